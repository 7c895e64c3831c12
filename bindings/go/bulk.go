package esa

/*
#include "native.h"

// `names` has a routine's and a record's name for each, one terminated string after the other.
static inline native_answer new_bulk(native_call call, size_t count, const int64_t *site_ids, const char *names) {
    esa_create_routine_related_record_request *items = calloc(count, sizeof *items);
    for (size_t i = 0; items && i < count; i++) {
        items[i] = (esa_create_routine_related_record_request)ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        items[i].site_id = site_ids[i];
        items[i].name = names;
        items[i].record_name = names + strlen(names) + 1;
        names = items[i].record_name + strlen(items[i].record_name) + 1;
    }
    esa_ensure_routine_related_records_request request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.items = items;
    request.count = count;
    request.timeout_ms = call.timeout_ms;
    esa_call_options each = ESA_CALL_OPTIONS_INIT;
    each.cancel = call.cancel;
    native_answer answer;
    (void)!esa_bulk_new(call.client, &request, &each, (esa_bulk **)&answer.result, &answer.error);
    free(items);
    return answer;
}

static inline native_answer next_of_bulk(esa_bulk *bulk, uintptr_t call) {
    ANSWER_OF(esa_create_routine_related_record_result, call, esa_bulk_next, bulk);
}
*/
import "C"

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"unsafe"
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
			defer bulk.end()
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

// bulk is records that are ensured within the context of a call.
type bulk struct {
	*call
	records *C.esa_bulk
}

// beginBulk sends nothing yet.
func (client *Client) beginBulk(ctx context.Context, requests []CreateRoutineRelatedRecordRequest) (*bulk, error) {
	siteIDs := make([]C.int64_t, len(requests))
	var names strings.Builder
	for i, request := range requests {
		field := fmt.Sprintf("items[%d]: ", i)
		if err := checkText(field+"name", request.Name, field+"record_name", request.RecordName); err != nil {
			return nil, err
		}
		siteIDs[i] = C.int64_t(request.SiteID)
		names.WriteString(joined(request.Name, request.RecordName))
	}
	// The call keeps what the library calls back until the bulk is released, even if the client is closed before.
	call, err := client.begin(ctx, deadlineOf(ctx, unlimited))
	if err != nil {
		return nil, err
	}
	answer := C.new_bulk(call.native, C.size_t(len(requests)), unsafe.SliceData(siteIDs), terminated(names.String()))
	if err := call.failure(answer.error); err != nil {
		call.end()
		return nil, err
	}
	return &bulk{call, (*C.esa_bulk)(answer.result)}, nil
}

// next ensures the next record. It takes a slot for that alone, so that the loop may make calls as well.
func (bulk *bulk) next() (*Record, error) {
	if err := bulk.client.takeSlot(bulk.ctx, deadlineOf(bulk.ctx, unlimited)); err != nil {
		return nil, err
	}
	defer bulk.client.leaveSlot()
	if err := checkContext(bulk.ctx); err != nil {
		return nil, err
	}
	if bulk.client.handle.closed.Load() {
		return nil, ErrClosed
	}
	return take(bulk.call, C.next_of_bulk(bulk.records, bulk.native.handle), record)
}

func (bulk *bulk) end() {
	C.esa_bulk_free(bulk.records)
	bulk.call.end()
}
