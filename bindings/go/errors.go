package esa

// #include "native.h"
import "C"

import (
	"errors"
	"fmt"
	"time"
)

// ErrClosed is the error of calls of a closed client. Nothing was sent.
var ErrClosed = errors.New("esa: the client is closed")

// The errors that the service documents for creating a record, for [errors.Is]. For others, use a [ServiceCode] or a
// [Status].
var (
	// ErrInternalException: the service failed, and the record may exist.
	ErrInternalException error = ServiceCodeInternalException
	// ErrInvalidParameter: a name or the site's id is malformed.
	ErrInvalidParameter error = ServiceCodeInvalidParameter
	// ErrRoutineNotExist: the account has no routine of this name.
	ErrRoutineNotExist error = ServiceCodeRoutineNotExist
	// ErrDependedByOthers: an ordinary DNS record of this name exists.
	ErrDependedByOthers error = ServiceCodeDependedByOthers
	// ErrSiteParameterNotMatch: the site isn't the account's, or the name isn't on the site.
	ErrSiteParameterNotMatch error = ServiceCodeSiteParameterNotMatch
	// ErrInternalOperationError: the service failed, and the record may exist.
	ErrInternalOperationError error = ServiceCodeInternalOperationError
	// ErrParameterAlreadyExist: a record of this name exists already.
	ErrParameterAlreadyExist error = ServiceCodeParameterAlreadyExist
	// ErrRelatedRecordNumberExceedQuotaLimit: the routine has as many records as its quota allows.
	ErrRelatedRecordNumberExceedQuotaLimit error = ServiceCodeRelatedRecordNumberExceedQuotaLimit
	// ErrRoutineUserServiceStatusHalt: the account has overdue payments.
	ErrRoutineUserServiceStatusHalt error = ServiceCodeRoutineUserServiceStatusHalt
	// ErrUserOperationStatusIsLocked: another routine call of the account is running.
	ErrUserOperationStatusIsLocked error = ServiceCodeUserOperationStatusIsLocked
)

// Error says why a call failed, what it did, and what to do about it. Get it with [errors.As].
//
// No field holds a secret. A field without a value is empty or 0.
type Error struct {
	// Status is the kind of failure.
	Status Status
	// Outcome says what the call did at the service.
	Outcome Outcome
	// ServiceCode is the service's code as a constant.
	ServiceCode ServiceCode
	// HTTPStatus is the reply's HTTP status; 0 if there was no reply.
	HTTPStatus int
	// Attempts is how many requests the call sent, or tried to send.
	Attempts int
	// RetryAfter is how long the service asks to wait before the next attempt.
	RetryAfter time.Duration
	// Retryable is true if the same call may succeed later. With [OutcomeUnknown], read the record back first.
	Retryable bool
	// Code is the service's code, verbatim, such as "Throttling.User".
	Code string
	// Message is the service's message, or the library's. The library's uses the C names of fields, such as
	// record_name.
	Message string
	// Advice says what to do about it.
	Advice string
	// RequestID is the service's id of the request. The service's support asks for it.
	RequestID string
	// Recommend is a link to the service's own help on this error.
	Recommend string
	// AccessDeniedDetail names the missing permission, in the service's JSON.
	AccessDeniedDetail string

	cause error
}

// Error returns the code, the message, the HTTP status and the request's id, without those that are empty.
func (e *Error) Error() string {
	text := "esa: " + e.Message
	if e.Code != "" {
		text = "esa: " + e.Code + ": " + e.Message
	}
	switch {
	case e.HTTPStatus == 0:
		return text
	case e.RequestID == "":
		return fmt.Sprintf("%s (HTTP %d)", text, e.HTTPStatus)
	}
	return fmt.Sprintf("%s (HTTP %d, request %s)", text, e.HTTPStatus, e.RequestID)
}

// Is reports whether target is the error's [Status] or its [ServiceCode].
func (e *Error) Is(target error) bool { return target == e.Status || target == e.ServiceCode }

// Unwrap returns the context's error and its [context.Cause] if the context ended the call, or the error of
// [WriteLock.TryAcquire] if that failed; otherwise nil.
func (e *Error) Unwrap() error { return e.cause }

func invalidArgument(field, reason string) *Error {
	return unsent(StatusInvalidArgument, field+" "+reason, "Correct the argument that the message names.")
}

// unsent is the error of a call that has sent nothing.
func unsent(status Status, message, advice string) *Error {
	return &Error{Status: status, Retryable: status == StatusTimeout, Message: message, Advice: advice}
}

// takeError copies an error and releases it.
func takeError(native *C.esa_error) *Error {
	defer C.esa_error_free(native)
	return &Error{
		Status:             Status(native.status),
		Outcome:            Outcome(native.outcome),
		ServiceCode:        ServiceCode(native.service_code),
		HTTPStatus:         int(native.http_status),
		Attempts:           int(native.attempts),
		RetryAfter:         time.Duration(native.retry_after_ms) * time.Millisecond,
		Retryable:          native.retryable != 0,
		Code:               C.GoString(native.code),
		Message:            C.GoString(native.message),
		Advice:             C.GoString(native.advice),
		RequestID:          C.GoString(native.request_id),
		Recommend:          C.GoString(native.recommend),
		AccessDeniedDetail: C.GoString(native.access_denied_detail),
	}
}
