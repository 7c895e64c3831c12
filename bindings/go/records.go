package esa

/*
#include "native.h"

static inline native_answer create_record(native_call call, int ensure, int64_t site_id, const char *name,
                                          const char *record_name) {
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = site_id;
    request.name = name;
    request.record_name = record_name;
    ANSWER(ensure ? esa_ensure_routine_related_record : esa_create_routine_related_record,
           esa_create_routine_related_record_result);
}

static inline native_answer delete_record(native_call call, int64_t site_id, const char *name, const char *record_name,
                                          int64_t record_id) {
    esa_delete_routine_related_record_request request = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = site_id;
    request.name = name;
    request.record_name = record_name;
    request.record_id = record_id;
    ANSWER(esa_delete_routine_related_record, esa_delete_routine_related_record_result);
}

static inline native_answer list_records(native_call call, const char *name, const char *search_key_word,
                                         uint32_t page_number, uint32_t page_size) {
    esa_list_routine_related_records_request request = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.name = name;
    request.search_key_word = search_key_word;
    request.page_number = page_number;
    request.page_size = page_size;
    ANSWER(esa_list_routine_related_records, esa_list_routine_related_records_result);
}

static inline native_answer get_match_site(native_call call, const char *record_name) {
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = record_name;
    ANSWER(esa_get_match_site, esa_get_match_site_result);
}
*/
import "C"

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"unsafe"
)

// CreateRoutineRelatedRecordRequest names the record to create or to ensure.
type CreateRoutineRelatedRecordRequest struct {
	// SiteID is the site's id: 1 or more. With 0, [Client.EnsureRoutineRelatedRecord] uses the site that the record's
	// name belongs to.
	SiteID int64
	// Name is the routine's name: 1 to 253 bytes of UTF-8 without control characters.
	Name string
	// RecordName is the record's name, a domain name on the site: 1 to 253 bytes of UTF-8 without control characters.
	RecordName string
}

// Record is the result of a call that created or ensured a record.
type Record struct {
	// RecordID is the record's id; 0 if the service didn't say.
	RecordID int64
	// SiteID is the site's id.
	SiteID int64
	// Origin says who created the record.
	Origin Origin
	// Attempts is how many requests to create the record the call sent.
	Attempts int
	// Status is the service's status: "OK".
	Status string
	// RequestID is the service's id of the request.
	RequestID string
}

// CreateRoutineRelatedRecord creates a record on a site and ties it to a routine. Requests for the record's name then
// run the routine.
//
// If the record exists already, the call fails with [ErrParameterAlreadyExist]. A record that the call creates is never
// lost and never doubled: if the service's answer doesn't arrive, or doesn't say what the request did, the call reads
// the record back from the list of the routine's records, until [Config.ReconcileHorizon] or the time limit.
//
// It needs the RAM action esa:CreateRoutineRelatedRecord on acs:esa:{region}:{account}:site/{site id}. To read back, it
// needs esa:ListRoutineRelatedRecords on *. Without that permission, the outcome stays unknown.
//
// The deadline of ctx is the call's time limit; without a deadline, [Config.Timeout] is. If ctx ends, the call returns
// at once, whatever it waits for. [errors.Is] finds the context's error in the call's error, and Outcome says whether
// the record may exist. If ctx has ended before the call, nothing is sent. If too little time is left for another
// attempt, the call ends before its deadline, with the error of the last attempt.
//
// Every error is an [*Error], except [ErrClosed]. The service documents ten codes for this operation:
// [ErrInternalException] to [ErrUserOperationStatusIsLocked].
func (client *Client) CreateRoutineRelatedRecord(
	ctx context.Context, request CreateRoutineRelatedRecordRequest,
) (*Record, error) {
	return client.create(ctx, &request, 0)
}

// EnsureRoutineRelatedRecord reads the list of the routine's records first. If the record isn't there, it creates the
// record like [Client.CreateRoutineRelatedRecord].
//
// If the record exists and is tied to this routine, its Origin is [OriginExisting]. That takes a read and no write, so
// it doesn't wait for other writes of the account. If another record of this name is in the way, the call fails with
// [StatusConflict] after [Config.ReconcileHorizon]: until then, it may be a new record that the list doesn't show yet.
// If the request's SiteID is 0, the call finds the site as [Client.GetMatchSite] does.
//
// It needs the RAM actions of [Client.CreateRoutineRelatedRecord], esa:ListRoutineRelatedRecords on *, and for a SiteID
// of 0, esa:GetMatchSite on *. Context and errors are those of [Client.CreateRoutineRelatedRecord].
func (client *Client) EnsureRoutineRelatedRecord(
	ctx context.Context, request CreateRoutineRelatedRecordRequest,
) (*Record, error) {
	return client.create(ctx, &request, 1)
}

// create ensures the record if ensure isn't 0.
func (client *Client) create(
	ctx context.Context, request *CreateRoutineRelatedRecordRequest, ensure C.int,
) (*Record, error) {
	return run(ctx, client, func(call C.native_call) C.native_answer {
		return C.create_record(call, ensure, C.int64_t(request.SiteID), terminated(request.Name),
			terminated(request.RecordName))
	}, record, "name", request.Name, "record_name", request.RecordName)
}

func record(result *C.esa_create_routine_related_record_result) *Record {
	defer C.esa_create_routine_related_record_result_free(result)
	return &Record{
		RecordID:  int64(result.record_id),
		SiteID:    int64(result.site_id),
		Origin:    Origin(result.origin),
		Attempts:  int(result.attempts),
		Status:    C.GoString(result.status),
		RequestID: C.GoString(result.request_id),
	}
}

// DeleteRoutineRelatedRecordRequest names the record to delete.
type DeleteRoutineRelatedRecordRequest struct {
	// SiteID is the site's id: 1 or more.
	SiteID int64
	// Name is the routine's name: 1 to 253 bytes of UTF-8 without control characters.
	Name string
	// RecordName is the record's name: 1 to 253 bytes of UTF-8 without control characters.
	RecordName string
	// RecordID is the record's id. With 0, the call finds the record by its name.
	RecordID int64
}

// Deletion is the result of a call that deletes a record.
type Deletion struct {
	// Deleted is true if this call deleted the record, and false if the record was gone already. If an answer was lost,
	// somebody else may have deleted the record at the same time: the service doesn't say who.
	Deleted bool
	// Attempts is how many requests to delete the record the call sent.
	Attempts int
	// RequestID is the service's id of the request; empty if the record was gone already, or the answer was lost.
	RequestID string
}

// DeleteRoutineRelatedRecord deletes a record. If the record doesn't exist, the call succeeds too.
//
// It needs the RAM action esa:DeleteRoutineRelatedRecord on acs:esa:{region}:{account}:site/{site id}. Without a
// RecordID, or if an answer is lost, it needs esa:ListRoutineRelatedRecords on *.
//
// Context and errors are those of [Client.CreateRoutineRelatedRecord].
func (client *Client) DeleteRoutineRelatedRecord(
	ctx context.Context, request DeleteRoutineRelatedRecordRequest,
) (*Deletion, error) {
	return run(ctx, client, func(call C.native_call) C.native_answer {
		return C.delete_record(call, C.int64_t(request.SiteID), terminated(request.Name),
			terminated(request.RecordName), C.int64_t(request.RecordID))
	}, deletion, "name", request.Name, "record_name", request.RecordName)
}

func deletion(result *C.esa_delete_routine_related_record_result) *Deletion {
	defer C.esa_delete_routine_related_record_result_free(result)
	return &Deletion{
		Deleted: result.deleted != 0, Attempts: int(result.attempts), RequestID: C.GoString(result.request_id),
	}
}

// ListRoutineRelatedRecordsRequest selects a page of a routine's records.
type ListRoutineRelatedRecordsRequest struct {
	// Name is the routine's name: 1 to 253 bytes of UTF-8 without control characters.
	Name string
	// SearchKeyWord selects records by their names, with the service's fuzzy match. Empty selects all.
	SearchKeyWord string
	// PageNumber is the page's number: 1 or more. 0 is the first page.
	PageNumber int
	// PageSize is the number of records on a page: 1 to 20. 0 is 20.
	PageSize int
}

// RelatedRecord is a record that is tied to a routine.
type RelatedRecord struct {
	// RecordID is the record's id.
	RecordID int64
	// SiteID is the site's id.
	SiteID int64
	// RecordName is the record's name.
	RecordName string
	// SiteName is the site's name. It may be empty.
	SiteName string
}

// RelatedRecordPage is a page of a routine's records.
type RelatedRecordPage struct {
	// Records are the records of the page.
	Records []RelatedRecord
	// TotalCount is the number of records on all pages.
	TotalCount uint64
	// HasMore is true if there are later pages.
	HasMore bool
	// RequestID is the service's id of the request.
	RequestID string
}

// ListRoutineRelatedRecords lists a page of a routine's records. [Client.RelatedRecords] reads all pages.
//
// It needs the RAM action esa:ListRoutineRelatedRecords on *. A policy for one site doesn't allow it.
//
// Context and errors are those of [Client.CreateRoutineRelatedRecord]. Nothing is changed.
func (client *Client) ListRoutineRelatedRecords(
	ctx context.Context, request ListRoutineRelatedRecordsRequest,
) (*RelatedRecordPage, error) {
	if request.PageNumber < 0 || int64(request.PageNumber) > math.MaxUint32 {
		return nil, invalidArgument("page_number",
			fmt.Sprintf("is %d; it is 1 or more, and fits into 32 bits", request.PageNumber))
	}
	if request.PageSize < 0 || int64(request.PageSize) > math.MaxUint32 {
		return nil, invalidArgument("page_size", fmt.Sprintf("is %d; it is 1 to 20", request.PageSize))
	}
	return run(ctx, client, func(call C.native_call) C.native_answer {
		return C.list_records(call, terminated(request.Name), optional(request.SearchKeyWord),
			C.uint32_t(request.PageNumber), C.uint32_t(request.PageSize))
	}, relatedRecordPage, "name", request.Name, "search_key_word", request.SearchKeyWord)
}

func relatedRecordPage(result *C.esa_list_routine_related_records_result) *RelatedRecordPage {
	defer C.esa_list_routine_related_records_result_free(result)
	page := &RelatedRecordPage{
		TotalCount: uint64(result.total_count), HasMore: result.has_more != 0, RequestID: C.GoString(result.request_id),
	}
	for _, record := range unsafe.Slice(result.records, result.count) {
		page.Records = append(page.Records, RelatedRecord{
			RecordID:   int64(record.record_id),
			SiteID:     int64(record.site_id),
			RecordName: C.GoString(record.record_name),
			SiteName:   C.GoString(record.site_name),
		})
	}
	return page
}

// RelatedRecords iterates over a routine's records, from the page of the request to the last page.
//
// Each page is a call of [Client.ListRoutineRelatedRecords], made when the loop gets there. The deadline of ctx is for
// all pages together; without a deadline, each page has [Config.Timeout]. If a call fails, the loop gets the error,
// with a zero record, and ends. If records are created or deleted meanwhile, the loop may miss others or get them
// twice.
func (client *Client) RelatedRecords(
	ctx context.Context, request ListRoutineRelatedRecordsRequest,
) iter.Seq2[RelatedRecord, error] {
	return func(yield func(RelatedRecord, error) bool) {
		request := request // each loop starts again
		request.PageNumber = cmp.Or(request.PageNumber, 1)
		for more := true; more; request.PageNumber++ {
			page, err := client.ListRoutineRelatedRecords(ctx, request)
			if err != nil {
				yield(RelatedRecord{}, err)
				return
			}
			for _, record := range page.Records {
				if !yield(record, nil) {
					return
				}
			}
			more = page.HasMore
		}
	}
}

// GetMatchSiteRequest names the record whose site to get.
type GetMatchSiteRequest struct {
	// RecordName is the record's name: 1 to 253 bytes of UTF-8 without control characters.
	RecordName string
}

// MatchSite is the site that a record's name belongs to.
type MatchSite struct {
	// SiteID is the site's id.
	SiteID int64
	// SiteName is the site's name, such as "example.com".
	SiteName string
	// RequestID is the service's id of the request.
	RequestID string
}

// GetMatchSite gets the account's site whose name is the longest suffix of a record's name.
//
// It needs the RAM action esa:GetMatchSite on *. If the account has no matching site, the service refuses with
// [ServiceCodeSiteNotFound] or a similar code.
//
// Context and errors are those of [Client.CreateRoutineRelatedRecord]. Nothing is changed.
func (client *Client) GetMatchSite(ctx context.Context, request GetMatchSiteRequest) (*MatchSite, error) {
	return run(ctx, client, func(call C.native_call) C.native_answer {
		return C.get_match_site(call, terminated(request.RecordName))
	}, matchSite, "record_name", request.RecordName)
}

func matchSite(result *C.esa_get_match_site_result) *MatchSite {
	defer C.esa_get_match_site_result_free(result)
	return &MatchSite{
		SiteID: int64(result.site_id), SiteName: C.GoString(result.site_name), RequestID: C.GoString(result.request_id),
	}
}
