package esa

/*
#include "native.h"

void esaGoLog(uintptr_t logger, uintptr_t context, esa_log_record *record);
void esaGoCredentials(uintptr_t provider, uint32_t timeout_ms, esa_credentials *credentials);
int32_t esaGoTryAcquire(uintptr_t lock, uint32_t lease_ms, uint32_t *retry_after_ms);
void esaGoRelease(uintptr_t lock);

// What cgo declares for a Go function has no const, so this stands between.
static inline void forward_log(void *user_data, const esa_log_record *record) {
    esaGoLog((uintptr_t)user_data, esa_go_context, (esa_log_record *)record);
}

static inline void set_log(esa_config *config, int32_t level, uintptr_t logger) {
    esa_config_set_log(config, level, forward_log, (void *)logger);
}

static inline void forward_credentials(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    esaGoCredentials((uintptr_t)user_data, timeout_ms, credentials);
}

static inline void set_credentials_provider(esa_config *config, uintptr_t provider) {
    esa_config_set_credentials_provider(config, forward_credentials, (void *)provider);
}

static inline int32_t forward_try_acquire(void *user_data, uint32_t lease_ms, uint32_t *retry_after_ms) {
    return esaGoTryAcquire((uintptr_t)user_data, lease_ms, retry_after_ms);
}

static inline void forward_release(void *user_data) { esaGoRelease((uintptr_t)user_data); }

static inline void set_write_lock(esa_config *config, uintptr_t lock) {
    esa_config_set_write_lock(config, forward_try_acquire, forward_release, (void *)lock);
}

typedef esa_status (*set_text)(esa_config *config, const char *text);
typedef esa_status (*set_number)(esa_config *config, uint32_t number);

static inline void apply_text(set_text set, esa_config *config, const char *text) { set(config, text); }

static inline void apply_number(set_number set, esa_config *config, uint32_t number) { set(config, number); }

typedef struct {
    esa_client *client;
    esa_error *error;
} made_client;

static inline made_client make_client(const esa_config *config) {
    made_client made;
    (void)!esa_client_new(config, &made.client, &made.error);
    return made;
}

typedef struct {
    esa_cancel *cancel;
    esa_error *error;
} made_cancel;

static inline made_cancel make_cancel(void) {
    made_cancel made;
    (void)!esa_cancel_new(&made.cancel, &made.error);
    return made;
}

static inline call_answer create_record(const esa_client *client, call_limits limits, int ensure, int64_t site_id,
                                        const char *name, const char *record_name) {
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = site_id;
    request.name = name;
    request.record_name = record_name;
    ANSWER(ensure ? esa_ensure_routine_related_record : esa_create_routine_related_record,
           esa_create_routine_related_record_result);
}

typedef struct {
    esa_bulk *bulk;
    esa_error *error;
} begun_bulk;

// `names` has a routine's and a record's name for each, one terminated string after the other.
static inline begun_bulk begin_bulk(const esa_client *client, call_limits limits, size_t count, const int64_t *site_ids,
                                    const char *names) {
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
    request.timeout_ms = limits.timeout_ms;
    esa_call_options each = ESA_CALL_OPTIONS_INIT;
    each.cancel = limits.cancel;
    begun_bulk begun;
    (void)!esa_bulk_new(client, &request, &each, &begun.bulk, &begun.error);
    free(items);
    return begun;
}

static inline call_answer next_of_bulk(esa_bulk *bulk, uintptr_t context) {
    ANSWER_OF(esa_create_routine_related_record_result, context, esa_bulk_next, bulk);
}

static inline call_answer delete_record(const esa_client *client, call_limits limits, int64_t site_id,
                                        const char *name, const char *record_name, int64_t record_id) {
    esa_delete_routine_related_record_request request = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = site_id;
    request.name = name;
    request.record_name = record_name;
    request.record_id = record_id;
    ANSWER(esa_delete_routine_related_record, esa_delete_routine_related_record_result);
}

static inline call_answer list_records(const esa_client *client, call_limits limits, const char *name,
                                       const char *search_key_word, uint32_t page_number, uint32_t page_size) {
    esa_list_routine_related_records_request request = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.name = name;
    request.search_key_word = search_key_word;
    request.page_number = page_number;
    request.page_size = page_size;
    ANSWER(esa_list_routine_related_records, esa_list_routine_related_records_result);
}

static inline esa_stats client_stats(const esa_client *client) {
    esa_stats stats = ESA_STATS_INIT;
    esa_client_stats(client, &stats);
    return stats;
}

static inline call_answer get_match_site(const esa_client *client, call_limits limits, const char *record_name) {
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = record_name;
    ANSWER(esa_get_match_site, esa_get_match_site_result);
}
*/
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"strings"
	"time"
	"unsafe"
)

// nativeClient is an esa_client and what has to live as long as it does.
type nativeClient struct {
	client   *C.esa_client
	logger   cgo.Handle
	provider cgo.Handle
	lock     cgo.Handle
}

// What C calls Unlimited and None.
const (
	nativeUnlimited = C.ESA_UNLIMITED
	nativeNone      = C.ESA_NONE
)

// newNativeClient makes a client of a configuration, and refuses what C can't be handed.
func newNativeClient(config *Config) (client nativeClient, err error) {
	if version := C.esa_abi_version(); version < C.ESA_ABI_VERSION {
		return client, &Error{
			Status:  StatusUnsupported,
			Message: fmt.Sprintf("libesa %s has ABI version %d; this needs %d", Version(), version, C.ESA_ABI_VERSION),
			Advice:  "Install a newer libesa.",
		}
	}
	native := C.esa_config_new()
	if native == nil {
		return client, &Error{Status: StatusInternal, Message: "libesa made no configuration"}
	}
	defer C.esa_config_free(native)

	// What a setter refuses, esa_client_new reports.
	if config.Credentials != (Credentials{}) {
		C.esa_config_set_credentials(native, terminated(config.Credentials.AccessKeyID),
			terminated(config.Credentials.AccessKeySecret), optional(config.Credentials.SecurityToken))
	}
	C.esa_config_set_network(native, C.int32_t(config.Network))
	C.esa_config_set_signature_version(native, C.int32_t(config.SignatureVersion))
	for _, text := range []struct {
		field, given string
		set          C.set_text
	}{
		{"region", config.Region, C.set_text(C.esa_config_set_region)},
		{"endpoint", config.Endpoint, C.set_text(C.esa_config_set_endpoint)},
		{"proxy", config.Proxy, C.set_text(C.esa_config_set_proxy)},
		{"write_lock_file", config.WriteLockFile, C.set_text(C.esa_config_set_write_lock_file)},
		{"ca_file", config.CAFile, C.set_text(C.esa_config_set_ca_file)},
		{"ca_pem", config.CAPEM, C.set_text(C.esa_config_set_ca_pem)},
		{"user_agent", config.UserAgent, C.set_text(C.esa_config_set_user_agent)},
	} {
		if err := checkText(text.field, text.given); err != nil {
			return client, err
		}
		if text.given != "" {
			C.apply_text(text.set, native, terminated(text.given))
		}
	}
	if config.Proxy == NoProxy {
		C.esa_config_set_proxy(native, terminated(""))
	}
	for _, number := range []struct {
		field string
		given int64
		set   C.set_number
	}{
		{"connect_timeout", inMilliseconds(config.ConnectTimeout), C.set_number(C.esa_config_set_connect_timeout)},
		{"attempt_timeout", inMilliseconds(config.AttemptTimeout), C.set_number(C.esa_config_set_attempt_timeout)},
		{"timeout", inMilliseconds(config.Timeout), C.set_number(C.esa_config_set_timeout)},
		{"idle_timeout", inMilliseconds(config.IdleTimeout), C.set_number(C.esa_config_set_idle_timeout)},
		{"reconcile_horizon", inMilliseconds(config.ReconcileHorizon), C.set_number(C.esa_config_set_reconcile_horizon)},
		{"write_lock_hold", inMilliseconds(config.WriteLockHold), C.set_number(C.esa_config_set_write_lock_hold)},
		{"max_attempts", int64(config.MaxAttempts), C.set_number(C.esa_config_set_max_attempts)},
		{"max_concurrent_writes", int64(config.MaxConcurrentWrites), C.set_number(C.esa_config_set_max_concurrent_writes)},
		{"max_idle_connections", int64(config.MaxIdleConnections), C.set_number(C.esa_config_set_max_idle_connections)},
	} {
		value, err := nativeNumber(number.field, number.given)
		if err != nil {
			return client, err
		}
		C.apply_number(number.set, native, C.uint32_t(value))
	}

	if level := logLevel(config.Logger); level != 0 {
		client.logger = cgo.NewHandle(config.Logger)
		C.set_log(native, level, C.uintptr_t(client.logger))
	}
	if config.CredentialsProvider != nil {
		client.provider = cgo.NewHandle(config.CredentialsProvider)
		C.set_credentials_provider(native, C.uintptr_t(client.provider))
	}
	if config.WriteLock != nil {
		client.lock = cgo.NewHandle(config.WriteLock)
		C.set_write_lock(native, C.uintptr_t(client.lock))
	}
	made := C.make_client(native)
	if made.error != nil {
		client.free()
		return nativeClient{}, takeError(made.error)
	}
	client.client = made.client
	return client, nil
}

// free releases the client; no call may run.
func (client nativeClient) free() {
	C.esa_client_free(client.client)
	for _, held := range []cgo.Handle{client.logger, client.provider, client.lock} {
		if held != 0 {
			held.Delete()
		}
	}
}

// timeout is the time limit of a call that has no other; 0 where there is none.
func (client nativeClient) timeout() time.Duration {
	milliseconds := C.esa_client_timeout(client.client)
	if milliseconds == nativeUnlimited {
		return 0
	}
	return time.Duration(milliseconds) * time.Millisecond
}

func (client nativeClient) credentialsSource() string {
	return C.GoString(C.esa_client_credentials_source(client.client))
}

// nativeCall is a call of a client's. Its send blocks until it is over, and follows check.
type nativeCall interface {
	// check refuses what C can't be handed.
	check() error
	send(client *C.esa_client, limits C.call_limits) C.call_answer
}

func (request *CreateRoutineRelatedRecordRequest) send(client *C.esa_client, limits C.call_limits) C.call_answer {
	return C.create_record(client, limits, 0, C.int64_t(request.SiteID), terminated(request.Name),
		terminated(request.RecordName))
}

// ensured is the request for a record that may be there already.
type ensured struct {
	*CreateRoutineRelatedRecordRequest
}

func (request ensured) send(client *C.esa_client, limits C.call_limits) C.call_answer {
	return C.create_record(client, limits, 1, C.int64_t(request.SiteID), terminated(request.Name),
		terminated(request.RecordName))
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

// nativeBulk is an esa_bulk, and the context of its calls.
type nativeBulk struct {
	bulk    *C.esa_bulk
	context nativeContext
}

// beginBulk sends nothing yet. The limits are those of all records together, and must not be released before the bulk.
func (client nativeClient) beginBulk(
	ctx context.Context, requests []CreateRoutineRelatedRecordRequest, limits nativeLimits,
) (nativeBulk, error) {
	siteIDs := make([]C.int64_t, len(requests))
	var names strings.Builder
	for i, request := range requests {
		siteIDs[i] = C.int64_t(request.SiteID)
		names.WriteString(request.Name + "\x00" + request.RecordName + "\x00")
	}
	begun := C.begin_bulk(client.client, limits.native(), C.size_t(len(requests)), unsafe.SliceData(siteIDs),
		terminated(names.String()))
	if begun.error != nil {
		return nativeBulk{}, takeError(begun.error).within(ctx)
	}
	return nativeBulk{begun.bulk, limits.context}, nil
}

// next ensures the next record, and blocks until that is over.
func (bulk nativeBulk) next(ctx context.Context) (*Record, error) {
	return take(ctx, C.next_of_bulk(bulk.bulk, C.uintptr_t(bulk.context)), record)
}

func (bulk nativeBulk) free() { C.esa_bulk_free(bulk.bulk) }

func (request *DeleteRoutineRelatedRecordRequest) send(client *C.esa_client, limits C.call_limits) C.call_answer {
	return C.delete_record(client, limits, C.int64_t(request.SiteID), terminated(request.Name),
		terminated(request.RecordName), C.int64_t(request.RecordID))
}

func deletion(result *C.esa_delete_routine_related_record_result) *Deletion {
	defer C.esa_delete_routine_related_record_result_free(result)
	return &Deletion{
		Deleted: result.deleted != 0, Attempts: int(result.attempts), RequestID: C.GoString(result.request_id),
	}
}

func (request *ListRoutineRelatedRecordsRequest) send(client *C.esa_client, limits C.call_limits) C.call_answer {
	return C.list_records(client, limits, terminated(request.Name), optional(request.SearchKeyWord),
		C.uint32_t(request.PageNumber), C.uint32_t(request.PageSize))
}

func relatedRecordPage(result *C.esa_list_routine_related_records_result) *RelatedRecordPage {
	defer C.esa_list_routine_related_records_result_free(result)
	page := &RelatedRecordPage{
		TotalCount: uint64(result.total_count), HasMore: result.has_more != 0, RequestID: C.GoString(result.request_id),
	}
	// Without records, the pointer to them may be one that Go must not hold.
	if result.count == 0 {
		return page
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

func (request *GetMatchSiteRequest) send(client *C.esa_client, limits C.call_limits) C.call_answer {
	return C.get_match_site(client, limits, terminated(request.RecordName))
}

func matchSite(result *C.esa_get_match_site_result) *MatchSite {
	defer C.esa_get_match_site_result_free(result)
	return &MatchSite{
		SiteID: int64(result.site_id), SiteName: C.GoString(result.site_name), RequestID: C.GoString(result.request_id),
	}
}

// take copies the result or the error of a call within ctx, whichever there is, and releases it.
func take[Native, Result any](
	ctx context.Context, answer C.call_answer, copied func(*Native) *Result,
) (*Result, error) {
	if answer.error != nil {
		failure := takeError(answer.error)
		failure.cause = takeLockError(answer.lock_error)
		return nil, failure.within(ctx)
	}
	return copied((*Native)(answer.result)), nil
}

// nativeLimits is what ends a call early, and its context for the log.
type nativeLimits struct {
	cancel nativeCancel
	// timeout is in milliseconds; 0 leaves the client's.
	timeout uint32
	context nativeContext
}

func (limits nativeLimits) native() C.call_limits {
	return C.call_limits{
		cancel: limits.cancel.cancel, timeout_ms: C.uint32_t(limits.timeout), context: C.uintptr_t(limits.context),
	}
}

// nativeCancel is an esa_cancel; the zero value cancels nothing.
type nativeCancel struct {
	cancel *C.esa_cancel
}

// newNativeCancel fails where no file descriptors are left.
func newNativeCancel() (nativeCancel, *Error) {
	made := C.make_cancel()
	if made.error != nil {
		return nativeCancel{}, takeError(made.error)
	}
	return nativeCancel{made.cancel}, nil
}

func (cancel nativeCancel) trigger() { C.esa_cancel_trigger(cancel.cancel) }

func (cancel nativeCancel) free() { C.esa_cancel_free(cancel.cancel) }

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

// takeLockError is the error that keepLockError has kept for the call; nil where it has kept none.
func takeLockError(held C.uintptr_t) error {
	if held == 0 {
		return nil
	}
	handle := cgo.Handle(held)
	defer handle.Delete()
	return handle.Value().(error)
}

func (client nativeClient) stats() Stats {
	native := C.client_stats(client.client)
	return Stats{
		Calls:                uint64(native.calls),
		Attempts:             uint64(native.attempts),
		Retries:              uint64(native.retries),
		Recoveries:           uint64(native.recoveries),
		BusyWaits:            uint64(native.busy_waits),
		WriteLimitWaits:      uint64(native.write_limit_waits),
		ConnectionsOpened:    uint64(native.connections_opened),
		ConnectionsReused:    uint64(native.connections_reused),
		CredentialsRefreshed: uint64(native.credentials_refreshed),
		LockWaits:            uint64(native.lock_waits),
		LockGrants:           uint64(native.lock_grants),
		LockLosses:           uint64(native.lock_losses),
	}
}

// terminated is text for C to read during a call: pointer-free Go memory, which the pointer keeps alive.
func terminated(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text + "\x00")))
}

// optional is terminated, or NULL for the empty string.
func optional(text string) *C.char {
	if text == "" {
		return nil
	}
	return terminated(text)
}
