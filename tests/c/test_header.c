/* The layout and the numbers of the binary interface, which may grow and never change. Valid from C99 to C23. */
#include "check.h"
#include <esa.h>
#include <stddef.h>

static void layout_of_the_request(void) {
    const esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;

    CHECK_INTEGER((int64_t)sizeof request, 32);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_request, struct_size), 0);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_request, site_id), 8);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_request, name), 16);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_request, record_name), 24);
    CHECK_INTEGER((int64_t)request.struct_size, sizeof request);
    CHECK(request.site_id == 0 && !request.name && !request.record_name);
}

/* All fields are there, in this order, and each at its place. */
#define FIELD(type, field, offset) CHECK_INTEGER(offsetof(type, field), offset)

static void layout_of_the_options(void) {
    const esa_call_options options = ESA_CALL_OPTIONS_INIT;

    CHECK_INTEGER((int64_t)sizeof options, 40);
    FIELD(esa_call_options, struct_size, 0);
    FIELD(esa_call_options, cancel, 8);
    FIELD(esa_call_options, timeout_ms, 16);
    FIELD(esa_call_options, max_attempts, 20);
    FIELD(esa_call_options, interrupt, 24);
    FIELD(esa_call_options, interrupt_data, 32);
    CHECK_INTEGER((int64_t)options.struct_size, sizeof options);
    CHECK(!options.cancel && options.timeout_ms == 0 && options.max_attempts == 0);
    CHECK(!options.interrupt && !options.interrupt_data);
}

static void layout_of_the_other_requests(void) {
    const esa_delete_routine_related_record_request del = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    const esa_list_routine_related_records_request list = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    const esa_get_match_site_request match = ESA_GET_MATCH_SITE_REQUEST_INIT;

    CHECK_INTEGER((int64_t)del.struct_size, sizeof del);
    CHECK_INTEGER((int64_t)sizeof del, 40);
    FIELD(esa_delete_routine_related_record_request, site_id, 8);
    FIELD(esa_delete_routine_related_record_request, name, 16);
    FIELD(esa_delete_routine_related_record_request, record_name, 24);
    FIELD(esa_delete_routine_related_record_request, record_id, 32);
    CHECK(del.site_id == 0 && !del.name && !del.record_name && del.record_id == 0);

    CHECK_INTEGER((int64_t)list.struct_size, sizeof list);
    CHECK_INTEGER((int64_t)sizeof list, 32);
    FIELD(esa_list_routine_related_records_request, name, 8);
    FIELD(esa_list_routine_related_records_request, search_key_word, 16);
    FIELD(esa_list_routine_related_records_request, page_number, 24);
    FIELD(esa_list_routine_related_records_request, page_size, 28);
    CHECK(!list.name && !list.search_key_word && list.page_number == 0 && list.page_size == 0);

    CHECK_INTEGER((int64_t)match.struct_size, sizeof match);
    CHECK_INTEGER((int64_t)sizeof match, 16);
    FIELD(esa_get_match_site_request, record_name, 8);
    CHECK(!match.record_name);
}

static void layout_of_the_other_results(void) {
    FIELD(esa_delete_routine_related_record_result, deleted, 0);
    FIELD(esa_delete_routine_related_record_result, attempts, 4);
    FIELD(esa_delete_routine_related_record_result, request_id, 8);
    FIELD(esa_list_routine_related_records_result, count, 0);
    FIELD(esa_list_routine_related_records_result, records, 8);
    FIELD(esa_list_routine_related_records_result, total_count, 16);
    FIELD(esa_list_routine_related_records_result, has_more, 24);
    FIELD(esa_list_routine_related_records_result, reserved, 28);
    FIELD(esa_list_routine_related_records_result, request_id, 32);
    FIELD(esa_related_record, record_id, 0);
    FIELD(esa_related_record, site_id, 8);
    FIELD(esa_related_record, record_name, 16);
    FIELD(esa_related_record, site_name, 24);
    FIELD(esa_get_match_site_result, site_id, 0);
    FIELD(esa_get_match_site_result, site_name, 8);
    FIELD(esa_get_match_site_result, request_id, 16);
}

static void layout_of_the_error(void) {
    CHECK_INTEGER(offsetof(esa_error, status), 0);
    CHECK_INTEGER(offsetof(esa_error, outcome), 4);
    CHECK_INTEGER(offsetof(esa_error, service_code), 8);
    CHECK_INTEGER(offsetof(esa_error, http_status), 12);
    CHECK_INTEGER(offsetof(esa_error, attempts), 16);
    CHECK_INTEGER(offsetof(esa_error, retry_after_ms), 20);
    CHECK_INTEGER(offsetof(esa_error, retryable), 24);
    CHECK_INTEGER(offsetof(esa_error, reserved), 28);
    CHECK_INTEGER(offsetof(esa_error, code), 32);
    CHECK_INTEGER(offsetof(esa_error, message), 40);
    CHECK_INTEGER(offsetof(esa_error, advice), 48);
    CHECK_INTEGER(offsetof(esa_error, request_id), 56);
    CHECK_INTEGER(offsetof(esa_error, recommend), 64);
    CHECK_INTEGER(offsetof(esa_error, access_denied_detail), 72);
}

static void layout_of_the_log_record(void) {
    CHECK_INTEGER(offsetof(esa_log_record, level), 0);
    CHECK_INTEGER(offsetof(esa_log_record, http_status), 4);
    CHECK_INTEGER(offsetof(esa_log_record, call), 8);
    CHECK_INTEGER(offsetof(esa_log_record, attempt), 16);
    CHECK_INTEGER(offsetof(esa_log_record, elapsed_ms), 20);
    CHECK_INTEGER(offsetof(esa_log_record, message), 24);
    CHECK_INTEGER(offsetof(esa_log_record, action), 32);
    CHECK_INTEGER(offsetof(esa_log_record, record_name), 40);
    CHECK_INTEGER(offsetof(esa_log_record, request_id), 48);
}

static void layout_of_the_result(void) {
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_result, record_id), 0);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_result, origin), 8);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_result, attempts), 12);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_result, status), 16);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_result, request_id), 24);
    CHECK_INTEGER(offsetof(esa_create_routine_related_record_result, site_id), 32);
}

#define STATUS(enumerator, number)                                                                                     \
    do {                                                                                                               \
        CHECK_INTEGER(enumerator, number);                                                                             \
        CHECK_TEXT(esa_status_name(number), #enumerator);                                                              \
    } while (0)

static void numbers_and_names_of_the_statuses(void) {
    CHECK_INTEGER((int64_t)sizeof(esa_status), 4);
    STATUS(ESA_OK, 0);
    STATUS(ESA_ERR_INVALID_ARGUMENT, 100);
    STATUS(ESA_ERR_UNSUPPORTED, 101);
    STATUS(ESA_ERR_CONFIG, 102);
    STATUS(ESA_ERR_CREDENTIALS, 103);
    STATUS(ESA_ERR_LOCK, 104);
    STATUS(ESA_ERR_CANCELLED, 110);
    STATUS(ESA_ERR_FORKED, 111);
    STATUS(ESA_ERR_DESCRIPTORS, 112);
    STATUS(ESA_ERR_DNS, 200);
    STATUS(ESA_ERR_CONNECT, 201);
    STATUS(ESA_ERR_PROXY, 202);
    STATUS(ESA_ERR_TLS, 203);
    STATUS(ESA_ERR_TIMEOUT, 204);
    STATUS(ESA_ERR_IO, 205);
    STATUS(ESA_ERR_RESPONSE, 206);
    STATUS(ESA_ERR_REJECTED, 300);
    STATUS(ESA_ERR_AUTH, 301);
    STATUS(ESA_ERR_FORBIDDEN, 302);
    STATUS(ESA_ERR_NOT_FOUND, 303);
    STATUS(ESA_ERR_CONFLICT, 304);
    STATUS(ESA_ERR_QUOTA, 305);
    STATUS(ESA_ERR_THROTTLED, 306);
    STATUS(ESA_ERR_BUSY, 307);
    STATUS(ESA_ERR_OVERDUE, 308);
    STATUS(ESA_ERR_NOT_ACTIVATED, 309);
    STATUS(ESA_ERR_SERVER, 310);
    STATUS(ESA_ERR_INTERNAL, 900);
    CHECK_TEXT(esa_status_name(1), "");
    CHECK_TEXT(esa_status_name(-1), "");
}

static void numbers_of_the_other_enumerations(void) {
    CHECK_INTEGER(ESA_OUTCOME_NOT_SENT, 0);
    CHECK_INTEGER(ESA_OUTCOME_REFUSED, 1);
    CHECK_INTEGER(ESA_OUTCOME_UNKNOWN, 2);
    CHECK_TEXT(esa_outcome_name(ESA_OUTCOME_NOT_SENT), "ESA_OUTCOME_NOT_SENT");
    CHECK_TEXT(esa_outcome_name(ESA_OUTCOME_REFUSED), "ESA_OUTCOME_REFUSED");
    CHECK_TEXT(esa_outcome_name(ESA_OUTCOME_UNKNOWN), "ESA_OUTCOME_UNKNOWN");
    CHECK_TEXT(esa_outcome_name(3), "");
    CHECK_INTEGER(ESA_LOG_ERROR, 1);
    CHECK_INTEGER(ESA_LOG_WARN, 2);
    CHECK_INTEGER(ESA_LOG_INFO, 3);
    CHECK_INTEGER(ESA_LOG_DEBUG, 4);
    CHECK_INTEGER(ESA_LOCK_NOT_YET, 0);
    CHECK_INTEGER(ESA_LOCK_ACQUIRED, 1);
    CHECK_INTEGER(ESA_LOCK_WITHOUT, 2);
    CHECK_INTEGER(ESA_LOCK_FAILED, 3);
    CHECK_INTEGER(ESA_ORIGIN_CREATED, 1);
}

#define CODE(enumerator, number, word)                                                                                 \
    do {                                                                                                               \
        CHECK_INTEGER(enumerator, number);                                                                             \
        CHECK_TEXT(esa_service_code_name(number), word);                                                               \
        CHECK(*esa_service_code_advice(number));                                                                       \
    } while (0)

static void numbers_words_and_advice_of_the_service_codes(void) {
    CHECK_INTEGER(ESA_CODE_NONE, 0);
    CHECK_INTEGER(ESA_CODE_OTHER, 1);
    CODE(ESA_CODE_INTERNAL_EXCEPTION, 10, "InternalException");
    CODE(ESA_CODE_INVALID_PARAMETER, 11, "InvalidParameter");
    CODE(ESA_CODE_ROUTINE_NOT_EXIST, 12, "RoutineNotExist");
    CODE(ESA_CODE_DEPENDED_BY_OTHERS, 13, "DependedByOthers");
    CODE(ESA_CODE_SITE_PARAMETER_NOT_MATCH, 14, "SiteParameterNotMatch");
    CODE(ESA_CODE_INTERNAL_OPERATION_ERROR, 15, "InternalOperationError");
    CODE(ESA_CODE_PARAMETER_ALREADY_EXIST, 16, "ParameterAlreadyExist");
    CODE(ESA_CODE_RELATED_RECORD_NUMBER_EXCEED_QUOTA_LIMIT, 17, "RelatedRecordNumberExceedQuotaLimit");
    CODE(ESA_CODE_ROUTINE_USER_SERVICE_STATUS_HALT, 18, "RoutineUserServiceStatusHalt");
    CODE(ESA_CODE_USER_OPERATION_STATUS_IS_LOCKED, 19, "UserOperationStatusIsLocked");
    CODE(ESA_CODE_LOCK_FAILED, 40, "LockFailed");
    CODE(ESA_CODE_SITE_SERVICE_BUSY, 41, "Site.ServiceBusy");
    CODE(ESA_CODE_RECORD_SERVICE_BUSY, 42, "Record.ServiceBusy");
    CODE(ESA_CODE_TOO_MANY_REQUESTS, 43, "TooManyRequests");
    CODE(ESA_CODE_SERVICE_NOT_OPEN, 44, "ServiceNotOpen");
    CODE(ESA_CODE_SITE_NOT_FOUND, 45, "SiteNotFound");
    CODE(ESA_CODE_PARAMETER_NOT_EXIST, 46, "ParameterNotExist");
    CODE(ESA_CODE_ROUTINE_ALREADY_EXIST, 47, "RoutineAlreadyExist");
    CODE(ESA_CODE_ROUTINE_NUMBER_EXCEED_QUOTA_LIMIT, 48, "RoutineNumberExceedQuotaLimit");
    CODE(ESA_CODE_THROTTLING, 60, "Throttling");
    CODE(ESA_CODE_THROTTLING_USER, 61, "Throttling.User");
    CODE(ESA_CODE_THROTTLING_API, 62, "Throttling.Api");
    CODE(ESA_CODE_REJECTED_THROTTLING, 63, "Rejected.Throttling");
    CODE(ESA_CODE_SERVICE_UNAVAILABLE, 64, "ServiceUnavailable");
    CODE(ESA_CODE_INTERNAL_ERROR, 65, "InternalError");
    CODE(ESA_CODE_UNKNOWN_ERROR, 66, "UnknownError");
    CODE(ESA_CODE_SIGNATURE_NONCE_USED, 67, "SignatureNonceUsed");
    CODE(ESA_CODE_INVALID_TIME_STAMP_EXPIRED, 68, "InvalidTimeStamp.Expired");
    CODE(ESA_CODE_INVALID_SECURITY_TOKEN_EXPIRED, 69, "InvalidSecurityToken.Expired");
    CODE(ESA_CODE_SIGNATURE_DOES_NOT_MATCH, 70, "SignatureDoesNotMatch");
    CODE(ESA_CODE_INCOMPLETE_SIGNATURE, 71, "IncompleteSignature");
    CODE(ESA_CODE_INVALID_ACCESS_KEY_ID_NOT_FOUND, 72, "InvalidAccessKeyId.NotFound");
    CODE(ESA_CODE_INVALID_ACCESS_KEY_ID_INACTIVE, 73, "InvalidAccessKeyId.Inactive");
    CODE(ESA_CODE_FORBIDDEN_ACCESS_KEY_DISABLED, 74, "Forbidden.AccessKeyDisabled");
    CODE(ESA_CODE_FORBIDDEN_RAM, 75, "Forbidden.RAM");
    CODE(ESA_CODE_NO_PERMISSION, 76, "NoPermission");
    CODE(ESA_CODE_FORBIDDEN_RISK_CONTROL, 77, "Forbidden.RiskControl");
    CODE(ESA_CODE_INVALID_ACTION_NOT_FOUND, 78, "InvalidAction.NotFound");
    CODE(ESA_CODE_INVALID_VERSION, 79, "InvalidVersion");
    CODE(ESA_CODE_INVALID_PROTOCOL_NEED_SSL, 80, "InvalidProtocol.NeedSsl");
    CODE(ESA_CODE_UNSUPPORTED_HTTP_METHOD, 81, "UnsupportedHTTPMethod");
    for (int32_t number = -1; number < 2; number++) {
        CHECK_TEXT(esa_service_code_name(number), "");
        CHECK_TEXT(esa_service_code_advice(number), "");
    }
    CHECK_TEXT(esa_service_code_name(INT32_MAX), "");
}

static void the_library_is_the_one_of_this_header(void) {
    CHECK_INTEGER(ESA_ABI_VERSION, 1);
    CHECK_INTEGER(esa_abi_version(), ESA_ABI_VERSION);
    unsigned parts[3];
    CHECK_INTEGER(sscanf(esa_version(), "%u.%u.%u", &parts[0], &parts[1], &parts[2]), 3);
}

int main(void) {
    RUN(layout_of_the_request);
    RUN(layout_of_the_options);
    RUN(layout_of_the_other_requests);
    RUN(layout_of_the_other_results);
    RUN(layout_of_the_error);
    RUN(layout_of_the_log_record);
    RUN(layout_of_the_result);
    RUN(numbers_and_names_of_the_statuses);
    RUN(numbers_of_the_other_enumerations);
    RUN(numbers_words_and_advice_of_the_service_codes);
    RUN(the_library_is_the_one_of_this_header);
    return check_failed_tests != 0;
}
