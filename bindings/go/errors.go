//go:build cgo

package esa

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrClosed is returned by calls on a client that was closed. Nothing was sent.
var ErrClosed = errors.New("esa: the client is closed")

// The errors that the service documents for creating a record, for [errors.Is]. ServiceCode and Code of the [Error]
// tell the others.
var (
	// ErrInternalException: the service failed, and the record may exist.
	ErrInternalException error = codeError(ServiceCodeInternalException)
	// ErrInvalidParameter: a name or the site's id is malformed.
	ErrInvalidParameter error = codeError(ServiceCodeInvalidParameter)
	// ErrRoutineNotExist: the account has no routine of this name.
	ErrRoutineNotExist error = codeError(ServiceCodeRoutineNotExist)
	// ErrDependedByOthers: an ordinary DNS record of this name exists.
	ErrDependedByOthers error = codeError(ServiceCodeDependedByOthers)
	// ErrSiteParameterNotMatch: the site isn't the account's, or the name isn't on the site.
	ErrSiteParameterNotMatch error = codeError(ServiceCodeSiteParameterNotMatch)
	// ErrInternalOperationError: the service failed, and the record may exist.
	ErrInternalOperationError error = codeError(ServiceCodeInternalOperationError)
	// ErrParameterAlreadyExist: a record of this name exists already.
	ErrParameterAlreadyExist error = codeError(ServiceCodeParameterAlreadyExist)
	// ErrRelatedRecordNumberExceedQuotaLimit: the routine has as many records as it may.
	ErrRelatedRecordNumberExceedQuotaLimit error = codeError(ServiceCodeRelatedRecordNumberExceedQuotaLimit)
	// ErrRoutineUserServiceStatusHalt: the account has overdue payments.
	ErrRoutineUserServiceStatusHalt error = codeError(ServiceCodeRoutineUserServiceStatusHalt)
	// ErrUserOperationStatusIsLocked: another routine call of the account is running.
	ErrUserOperationStatusIsLocked error = codeError(ServiceCodeUserOperationStatusIsLocked)
)

// codeError stands for every error with its code.
type codeError ServiceCode

func (code codeError) Error() string { return "esa: " + ServiceCode(code).String() }

// Error is why a call failed, what it did, and what to do about it. Get at it by [errors.As].
//
// No field holds a secret. Strings are empty and numbers 0 where there is nothing.
type Error struct {
	// Status is the kind of failure.
	Status Status
	// Outcome is what the call did at the service.
	Outcome Outcome
	// ServiceCode is the service's code, typed.
	ServiceCode ServiceCode
	// HTTPStatus is that of the reply; 0 where there was none.
	HTTPStatus int
	// Attempts is how many requests the call sent, or tried to send.
	Attempts int
	// RetryAfter is how long the service asks to wait before the next try.
	RetryAfter time.Duration
	// Retryable tells that the same call may succeed later without anything being changed. With [OutcomeUnknown], read
	// back first whether the record is there.
	Retryable bool
	// Code is the service's code, verbatim, such as "Throttling.User".
	Code string
	// Message is the service's words, or the library's, which call a field by its C name, such as record_name.
	Message string
	// Advice is what to do about it, in a sentence.
	Advice string
	// RequestID is the service's id of the request, for its support.
	RequestID string
	// Recommend is a link to the service's own help on this error.
	Recommend string
	// AccessDeniedDetail is which permission was missing, in the service's JSON.
	AccessDeniedDetail string

	cause error
}

// Error is the code, the message, the HTTP status and the request's id, as far as there are any.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("esa: ")
	if e.Code != "" {
		text.WriteString(e.Code + ": ")
	}
	text.WriteString(e.Message)
	switch {
	case e.HTTPStatus == 0:
	case e.RequestID == "":
		fmt.Fprintf(&text, " (HTTP %d)", e.HTTPStatus)
	default:
		fmt.Fprintf(&text, " (HTTP %d, request %s)", e.HTTPStatus, e.RequestID)
	}
	return text.String()
}

// Is reports whether target is the sentinel of the error's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(codeError)
	return ok && ServiceCode(code) == e.ServiceCode
}

// Unwrap is [context.Canceled] or [context.DeadlineExceeded] where the call's context ended it, what [WriteLock.TryAcquire]
// failed with where that did, else nil.
func (e *Error) Unwrap() error { return e.cause }

func invalidArgument(field, reason string) *Error {
	return &Error{
		Status:  StatusInvalidArgument,
		Message: field + " " + reason,
		Advice:  "Correct the argument that the message names.",
	}
}

// endedBefore is the error of a call whose context left it no time.
func endedBefore(cause error) *Error {
	status := StatusCancelled
	if errors.Is(cause, context.DeadlineExceeded) {
		status = StatusTimeout
	}
	return &Error{
		Status:    status,
		Retryable: status == StatusTimeout,
		Message:   "the context ended before anything was sent: " + cause.Error(),
		Advice:    "Nothing has changed; call again when you like.",
		cause:     cause,
	}
}

// noTurn is the error of a call that waited for its turn, behind so many others, for as long as the client allows.
func noTurn(others int) *Error {
	return &Error{
		Status:    StatusTimeout,
		Retryable: true,
		Message:   fmt.Sprintf("time ran out while waiting for one of %d calls to end", others),
		Advice:    "Nothing was sent. Make fewer calls at once, or allow more of them or more time: MaxConcurrentCalls, Timeout.",
	}
}

func noDescriptors() *Error {
	return &Error{
		Status:  StatusConnect,
		Message: "no file descriptors are left",
		Advice:  "Close some, or raise the process's limit.",
	}
}
