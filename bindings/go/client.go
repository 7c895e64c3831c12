//go:build cgo

package esa

import (
	"context"
	"runtime"
)

// Client makes calls to the service. Any number of goroutines may use one at once; make one and keep it.
type Client struct {
	handle *handle
	slots  chan struct{}
}

// New makes a client. Nothing is sent, and no credentials are needed yet.
//
// It fails with an [*Error] of [StatusInvalidArgument] where a field of config is out of range, and of [StatusConfig]
// where the region is unknown, the endpoint isn't usable or a CA file can't be read.
//
// Close releases what the client holds. One that is dropped without it is released after a garbage collection.
func New(config Config) (*Client, error) {
	timeouts, err := config.check()
	if err != nil {
		return nil, err
	}
	native, err := newNativeClient(&config, timeouts)
	if err != nil {
		return nil, err
	}
	concurrent := config.MaxConcurrentCalls
	if concurrent == 0 {
		concurrent = defaultMaxConcurrentCalls
	}
	client := &Client{handle: &handle{native: native}, slots: make(chan struct{}, concurrent)}
	runtime.AddCleanup(client, (*handle).close, client.handle)
	return client, nil
}

// Close releases the client. Calls that run come to their proper end, and the log may get lines until they do; those
// that begin later, or still wait for their turn, fail with [ErrClosed].
//
// It doesn't wait, may be called any number of times from any goroutine, and always returns nil.
func (client *Client) Close() error {
	client.handle.close()
	return nil
}

// CreateRoutineRelatedRecordRequest is which record to create.
type CreateRoutineRelatedRecordRequest struct {
	// SiteID is the site's id: 1 or more.
	SiteID int64
	// Name is the routine's name: 1 to 253 bytes of UTF-8 without control characters.
	Name string
	// RecordName is the record's name, a domain name on the site: 1 to 253 bytes of UTF-8 without control characters.
	RecordName string
}

// CreatedRecord is the record that a call created.
type CreatedRecord struct {
	// RecordID is the record's id; 0 where the service didn't tell.
	RecordID int64
	// Origin is where the record came from.
	Origin Origin
	// Attempts is how many requests the call sent.
	Attempts int
	// Status is the service's word: "OK".
	Status string
	// RequestID is the service's id of the request.
	RequestID string
}

// CreateRoutineRelatedRecord creates a record on a site and ties it to a routine, so that requests for the record's
// name run the routine.
//
// It needs the RAM action esa:CreateRoutineRelatedRecord on acs:esa:{region}:{account}:site/{site id}.
//
// The deadline of ctx is the call's time limit; without one, [Config.Timeout] is. When ctx ends, the call returns at
// once: its error is then also the context's for [errors.Is], and its Outcome says whether the record may exist. Where
// ctx has ended before, nothing is sent.
//
// Every error is an [*Error], except [ErrClosed]. The service documents ten codes for this operation:
// [ErrInternalException] to [ErrUserOperationStatusIsLocked].
func (client *Client) CreateRoutineRelatedRecord(
	ctx context.Context, request CreateRoutineRelatedRecordRequest,
) (*CreatedRecord, error) {
	if err := checkText("name", request.Name, "record_name", request.RecordName); err != nil {
		return nil, err
	}
	return run(ctx, client, func(native nativeClient, limits nativeLimits) (*CreatedRecord, *Error) {
		return native.createRoutineRelatedRecord(&request, limits)
	})
}
