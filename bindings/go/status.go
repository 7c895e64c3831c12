//go:build cgo

package esa

// Status is the kind of a failure. The hundreds tell where: 1xx before anything was sent, 2xx no usable answer, 3xx the
// service said no, 9xx the library itself.
//
// It is an error itself, for [errors.Is]: errors.Is(err, esa.StatusThrottled).
type Status int32

const (
	// StatusInvalidArgument: an argument is missing, malformed or out of range; the message names it.
	StatusInvalidArgument Status = 100
	// StatusUnsupported: the library that is loaded is older than this package needs.
	StatusUnsupported Status = 101
	// StatusConfig: the configuration can't be used: region, endpoint, CA file, ...
	StatusConfig Status = 102
	// StatusCredentials: no credentials were found, or they can't be used.
	StatusCredentials Status = 103
	// StatusLock: the lock that the client shares with others can't be used.
	StatusLock Status = 104
	// StatusCancelled: the caller cancelled the call. Look at the outcome: the request may have been sent already.
	StatusCancelled Status = 110
	// StatusForked: the call can't be made in a child of fork. Reserved: this version's clients work there.
	StatusForked Status = 111
	// StatusDNS: the endpoint's name could not be resolved.
	StatusDNS Status = 200
	// StatusConnect: no connection could be made.
	StatusConnect Status = 201
	// StatusProxy: the proxy refused or failed.
	StatusProxy Status = 202
	// StatusTLS: the TLS handshake failed: certificate, protocol version, ...
	StatusTLS Status = 203
	// StatusTimeout: a time limit passed. Look at the outcome: the request may have been sent already.
	StatusTimeout Status = 204
	// StatusIO: the connection failed while it was in use.
	StatusIO Status = 205
	// StatusResponse: the answer is not one that the service gives: not HTTP, not JSON, too large, ...
	StatusResponse Status = 206
	// StatusRejected: the service refused the request as it stands.
	StatusRejected Status = 300
	// StatusAuth: the service doesn't accept the credentials or the signature.
	StatusAuth Status = 301
	// StatusForbidden: the credentials are good, but don't allow this.
	StatusForbidden Status = 302
	// StatusNotFound: what the request names doesn't exist.
	StatusNotFound Status = 303
	// StatusConflict: something in the way exists already.
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
	// StatusInternal: a bug in the library. Please report it with the message.
	StatusInternal Status = 900
)

// Error implements error.
func (status Status) Error() string { return status.String() }

// Outcome is what a failed call did at the service.
type Outcome int32

const (
	// OutcomeNotSent: no write of the call was sent; nothing has changed.
	OutcomeNotSent Outcome = 0
	// OutcomeRefused: each write of the call that was sent was refused, with a code that says that nothing has changed.
	OutcomeRefused Outcome = 1
	// OutcomeUnknown: a write was sent, and the call couldn't find out in time whether it was carried out, or still will be.
	// No later refusal takes that back.
	OutcomeUnknown Outcome = 2
)

// Origin is where a record came from.
type Origin int32

const (
	// OriginCreated: this call created it; the service says so.
	OriginCreated Origin = 1
	// OriginRecovered: it is there; the list shows it, after an answer was lost or incomplete. One of this call's requests
	// may have created it, or somebody else at the same time; the service doesn't say who.
	OriginRecovered Origin = 2
	// OriginExisting: it was there already.
	OriginExisting Origin = 3
)
