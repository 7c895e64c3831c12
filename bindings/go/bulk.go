package esa

/*
#include "native.h"

// `names` has the routine's and the record's name of each request: terminated strings, one after the other.
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
    esa_bulk *bulk;
    native_answer answer;
    (void)!esa_bulk_new(call.client, &request, &each, &bulk, &answer.error);
    answer.result = bulk;
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
// the service accepts one write at a time.
//
// The loop gets a record or an error for each request, in their order. Each record is ensured when the loop gets there.
// A loop that is left ensures no more; another loop starts again. Any number of goroutines can run loops at once.
//
// If it saves requests, the call lists the routines' records first, 20 in a request. A record that exists then takes a
// twentieth of a request. If a record fails, the others are still tried, unless the reason holds for all of them: the
// credentials, the account, the context, a closed client. Then the rest fail with the same error, and are not sent. To
// finish the work later, call it again with the same requests. For a SiteID of 0, a record of this name that is tied to
// the routine counts as the record.
//
// The deadline of ctx is for all records together. In addition, each has [Config.Timeout], from when it is tried.
// Errors are those of [Client.CreateRoutineRelatedRecord]. If a name contains a NUL byte, nothing is sent, and each
// request fails.
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

// bulk ensures records within the context of its call.
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
	// The native client lives as long as this call: the library can call back until the bulk is released.
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

// next ensures the next record. It holds a slot only meanwhile, so that the loop can make calls too.
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
