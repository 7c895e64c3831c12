//go:build cgo

package esa

import (
	"context"
	"fmt"
	"iter"
)

// EnsureRoutineRelatedRecords ensures many records, each like [Client.EnsureRoutineRelatedRecord], one after the other:
// the service takes one at a time.
//
// The loop goes round once for each request, in their order, with the record or with the error in its place. The work is
// done as the loop comes to it, and ends where the loop is left; another loop starts again. Loops may run in any number of
// goroutines.
//
// The routines' records are listed first, 20 with a request, where that pays, so that what exists already costs a
// twentieth of a call. One that fails doesn't keep the others from being tried, unless it fails for a reason that all of
// them share: the credentials, the account, the context, a closed client. Then the rest fail with it, without being sent.
// Run again with the same requests, it does what is left to do. For a SiteID of 0, one record of the name that is tied to
// the routine is taken for the one.
//
// The deadline of ctx is for all of them together; besides, each has [Config.Timeout] from when its turn comes. Errors are as with
// [Client.CreateRoutineRelatedRecord]. Where a name has a NUL byte, nothing is sent and each request fails.
func (client *Client) EnsureRoutineRelatedRecords(
	ctx context.Context, requests []CreateRoutineRelatedRecordRequest,
) iter.Seq2[*Record, error] {
	return func(yield func(*Record, error) bool) {
		bulk, err := client.beginBulk(ctx, requests)
		if err == nil {
			defer bulk.free()
		}
		for range requests {
			var record *Record
			if bulk != nil {
				record, err = bulk.next()
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// bulk is records that are ensured within a context.
type bulk struct {
	client  *Client
	ctx     context.Context
	native  nativeBulk
	release func()
}

func (client *Client) beginBulk(ctx context.Context, requests []CreateRoutineRelatedRecordRequest) (*bulk, error) {
	for i, request := range requests {
		field := fmt.Sprintf("items[%d]: ", i)
		if err := checkText(field+"name", request.Name, field+"record_name", request.RecordName); err != nil {
			return nil, err
		}
	}
	timeout, err := client.enter(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer client.leave()
	limits, release, err := client.limitsOf(ctx, timeout)
	if err != nil {
		return nil, err
	}
	bulk := &bulk{client: client, ctx: ctx, release: release}
	// What the library calls back when the bulk is released is there until then, even if the client is closed before.
	if !client.handle.enter() {
		release()
		return nil, ErrClosed
	}
	bulk.native, err = client.handle.native.beginBulk(ctx, requests, limits)
	if err != nil {
		bulk.free()
		return nil, err
	}
	return bulk, nil
}

// next ensures the next record. It takes its turn among the client's calls again, so that what the loop does in between
// may make calls as well.
func (bulk *bulk) next() (*Record, error) {
	if _, err := bulk.client.enter(bulk.ctx, 0); err != nil {
		return nil, err
	}
	defer bulk.client.leave()
	return bulk.native.next(bulk.ctx)
}

func (bulk *bulk) free() {
	bulk.native.free()
	bulk.release()
	bulk.client.handle.leave()
}
