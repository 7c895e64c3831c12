//go:build cgo

package esa

// Status is the kind of a failure. The hundreds say where it happened: 1xx before anything was sent, 2xx no usable
// answer, 3xx the service refused, 9xx the library itself.
//
// A Status is an error, for [errors.Is]: errors.Is(err, esa.StatusThrottled).
type Status int32

const (
	// StatusInvalidArgument: an argument is missing, malformed or out of range; the message names it.
	StatusInvalidArgument Status = 100
	// StatusUnsupported: this package needs a newer library than the one that is loaded.
	StatusUnsupported Status = 101
	// StatusConfig: the configuration can't be used: region, endpoint, CA file, ...
	StatusConfig Status = 102
	// StatusCredentials: there are no credentials, or they can't be used.
	StatusCredentials Status = 103
	// StatusLock: the write lock can't be used.
	StatusLock Status = 104
	// StatusCancelled: the caller cancelled the call. Look at the outcome: the request may have been sent already.
	StatusCancelled Status = 110
	// StatusForked: reserved. Clients of this version work in a child of fork.
	StatusForked Status = 111
	// StatusDescriptors: no file descriptors are left. Look at the outcome: a request may have been sent already.
	StatusDescriptors Status = 112
	// StatusDNS: the endpoint's name can't be resolved.
	StatusDNS Status = 200
	// StatusConnect: no connection can be made.
	StatusConnect Status = 201
	// StatusProxy: the proxy refused or failed.
	StatusProxy Status = 202
	// StatusTLS: the TLS handshake failed: certificate, protocol version, ...
	StatusTLS Status = 203
	// StatusTimeout: a time limit passed. Look at the outcome: the request may have been sent already.
	StatusTimeout Status = 204
	// StatusIO: the connection failed while it was in use.
	StatusIO Status = 205
	// StatusResponse: the answer can't be the service's: not HTTP, not JSON, too large, ...
	StatusResponse Status = 206
	// StatusRejected: the service refused the request.
	StatusRejected Status = 300
	// StatusAuth: the service doesn't accept the credentials or the signature.
	StatusAuth Status = 301
	// StatusForbidden: the credentials are valid, but don't allow this.
	StatusForbidden Status = 302
	// StatusNotFound: something that the request names doesn't exist.
	StatusNotFound Status = 303
	// StatusConflict: something with this name exists already.
	StatusConflict Status = 304
	// StatusQuota: a quota is used up.
	StatusQuota Status = 305
	// StatusThrottled: too many requests in a short time.
	StatusThrottled Status = 306
	// StatusBusy: the service is busy with another call of the same account.
	StatusBusy Status = 307
	// StatusOverdue: the account has overdue payments.
	StatusOverdue Status = 308
	// StatusNotActivated: Edge Routine is not activated for the account.
	StatusNotActivated Status = 309
	// StatusServer: the service failed.
	StatusServer Status = 310
	// StatusInternal: a bug in the library. Report it with the message.
	StatusInternal Status = 900
)

// Error implements error.
func (status Status) Error() string { return status.String() }

// Outcome says what a failed call did at the service.
type Outcome int32

const (
	// OutcomeNotSent: no write of the call was sent; nothing has changed.
	OutcomeNotSent Outcome = 0
	// OutcomeRefused: the service refused each write of the call, or a read, with a code that says that nothing has
	// changed.
	OutcomeRefused Outcome = 1
	// OutcomeUnknown: a write was sent, and the call couldn't find out in time whether the service executed it, or
	// still will. A refusal of a later attempt doesn't change that.
	OutcomeUnknown Outcome = 2
)

// Origin says who created a record.
type Origin int32

const (
	// OriginCreated: this call created the record, as the service says.
	OriginCreated Origin = 1
	// OriginRecovered: an answer was lost or incomplete, and the list shows the record. One of this call's requests
	// created it, or somebody else at the same time: the service doesn't say who.
	OriginRecovered Origin = 2
	// OriginExisting: the record existed before the call.
	OriginExisting Origin = 3
)
