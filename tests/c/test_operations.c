/* Ensuring, deleting, listing and finding the site. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

typedef esa_delete_routine_related_record_request delete_request;
typedef esa_delete_routine_related_record_result delete_result;
typedef esa_list_routine_related_records_request list_request;
typedef esa_list_routine_related_records_result list_result;
typedef esa_get_match_site_request match_request;
typedef esa_get_match_site_result match_result;

static esa_client *client;

static void ensured(const create_request *request, esa_origin origin, int64_t *record_id) {
    create_result *result = NULL;
    esa_error *error = NULL;
    const esa_status status = esa_ensure_routine_related_record(client, request, NULL, &result, &error);
    CHECK_TEXT(error ? error->message : "", "");
    CHECK_INTEGER(status, ESA_OK);
    CHECK_INTEGER(result->origin, origin);
    CHECK_INTEGER(result->site_id, emulator.site_id);
    CHECK(result->record_id >= 1 && *result->request_id);
    *record_id = result->record_id;
    esa_create_routine_related_record_result_free(result);
}

static void a_record_is_ensured_with_and_without_the_site_s_id(void) {
    reset();
    create_request request = new_request("ensured.example.com");
    int64_t first = 0, second = 0, third = 0;
    ensured(&request, ESA_ORIGIN_CREATED, &first);
    ensured(&request, ESA_ORIGIN_EXISTING, &second);
    request.site_id = 0;
    ensured(&request, ESA_ORIGIN_EXISTING, &third);
    CHECK(first == second && second == third);
    request.record_name = "new.example.com";
    ensured(&request, ESA_ORIGIN_CREATED, &second);
    CHECK(second != first);
}

static void a_record_of_another_routine_is_in_the_way(void) {
    reset();
    create_request request = new_request("taken.example.com");
    request.name = "test-routine2";
    int64_t record_id = 0;
    ensured(&request, ESA_ORIGIN_CREATED, &record_id);
    request.name = emulator.routine;
    create_result *result = (create_result *)&client;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_ensure_routine_related_record(client, &request, NULL, &result, &error), ESA_ERR_CONFLICT);
    CHECK(!result && error);
    CHECK_INTEGER(error->service_code, ESA_CODE_PARAMETER_ALREADY_EXIST);
    esa_error_free(error);
}

static void deleted(int64_t record_id, const char *record_name, int expected, uint32_t attempts) {
    delete_request request = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = emulator.site_id;
    request.name = emulator.routine;
    request.record_name = record_name;
    request.record_id = record_id;
    delete_result *result = NULL;
    esa_error *error = NULL;
    const esa_status status = esa_delete_routine_related_record(client, &request, NULL, &result, &error);
    CHECK_TEXT(error ? error->message : "", "");
    CHECK_INTEGER(status, ESA_OK);
    CHECK_INTEGER(result->deleted, expected);
    CHECK_INTEGER(result->attempts, attempts);
    CHECK(!expected || *result->request_id);
    esa_delete_routine_related_record_result_free(result);
}

static void a_record_is_deleted_by_its_id_or_by_its_name(void) {
    reset();
    const create_request one = new_request("one.example.com"), two = new_request("two.example.com");
    int64_t record_id = 0, other = 0;
    ensured(&one, ESA_ORIGIN_CREATED, &record_id);
    ensured(&two, ESA_ORIGIN_CREATED, &other);
    deleted(record_id, "one.example.com", 1, 1);
    deleted(record_id, "one.example.com", 0, 1);
    deleted(0, "two.example.com", 1, 1);
    deleted(0, "two.example.com", 0, 0);
}

static list_result *page_of(uint32_t number, uint32_t size, const char *key_word) {
    list_request request = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.name = emulator.routine;
    request.search_key_word = key_word;
    request.page_number = number;
    request.page_size = size;
    list_result *result = NULL;
    check_integers(esa_list_routine_related_records(client, &request, NULL, &result, NULL), ESA_OK, __FILE__, __LINE__,
                   "listing");
    return result;
}

enum { RECORDS = 45 };

static void all_records_are_on_the_pages_and_each_once(void) {
    reset();
    for (int i = 0; i < RECORDS; i++) {
        char name[64];
        snprintf(name, sizeof name, "r%02d.example.com", i);
        CHECK_INTEGER(create(client, name, NULL, NULL), ESA_OK);
    }
    int seen[RECORDS] = {0}, pages = 0, has_more = 1;
    while (has_more && pages < 10) {
        list_result *page = page_of((uint32_t)++pages, 0, NULL);
        CHECK(page && *page->request_id && page->count <= 20);
        CHECK_INTEGER((int64_t)page->total_count, RECORDS);
        for (size_t i = 0; i < page->count; i++) {
            const esa_related_record *record = page->records[i];
            int number = -1;
            CHECK(sscanf(record->record_name, "r%d.example.com", &number) == 1 && number >= 0 && number < RECORDS);
            CHECK(record->record_id >= 1 && record->site_id == emulator.site_id);
            CHECK_TEXT(record->site_name, emulator.site_name);
            seen[number]++;
        }
        has_more = page->has_more;
        esa_list_routine_related_records_result_free(page);
    }
    CHECK_INTEGER(pages, 3);
    for (int i = 0; i < RECORDS; i++) {
        CHECK_INTEGER(seen[i], 1);
    }
    list_result *found = page_of(1, 20, "r07.example.com"), *last = page_of(3, 20, NULL),
                *beyond = page_of(9, 20, NULL);
    CHECK(found && last && beyond);
    CHECK_TEXT(found->count == 1 ? found->records[0]->record_name : "", "r07.example.com");
    CHECK(last->count == 5 && !last->has_more && beyond->count == 0 && !beyond->has_more);
    esa_list_routine_related_records_result_free(found);
    esa_list_routine_related_records_result_free(last);
    esa_list_routine_related_records_result_free(beyond);
}

static void a_name_s_site_is_found(void) {
    match_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "deep.below.example.com";
    match_result *result = NULL;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_get_match_site(client, &request, NULL, &result, &error), ESA_OK);
    CHECK_INTEGER(result->site_id, emulator.site_id);
    CHECK_TEXT(result->site_name, emulator.site_name);
    CHECK(*result->request_id);
    esa_get_match_site_result_free(result);

    request.record_name = "a.example.net";
    CHECK_INTEGER(esa_get_match_site(client, &request, NULL, &result, &error), ESA_ERR_NOT_FOUND);
    CHECK(!result && error);
    CHECK_INTEGER(error->service_code, ESA_CODE_SITE_NOT_FOUND);
    esa_error_free(error);
}

/* A call of `operation` with one field of the request set to something bad is refused by name. */
#define REFUSED(operation, type, result_type, request, field, bad, text)                                               \
    do {                                                                                                               \
        type changed = request;                                                                                        \
        changed.field = bad;                                                                                           \
        result_type *result = (result_type *)&client;                                                                  \
        esa_error *error = NULL;                                                                                       \
        CHECK_INTEGER(operation(client, &changed, NULL, &result, &error), ESA_ERR_INVALID_ARGUMENT);                   \
        CHECK(!result && error);                                                                                       \
        CHECK_TEXT(error->message, text);                                                                              \
        CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);                                                           \
        esa_error_free(error);                                                                                         \
    } while (0)

static void bad_fields_are_refused_by_name(void) {
    reset();
    const create_request create = new_request("a.example.com");
    REFUSED(esa_ensure_routine_related_record, create_request, create_result, create, site_id, -1,
            "site_id is -1; it is 1 or more");
    REFUSED(esa_ensure_routine_related_record, create_request, create_result, create, name, NULL, "name is NULL");
    REFUSED(esa_ensure_routine_related_record, create_request, create_result, create, record_name, "",
            "record_name is empty");

    const delete_request gone = {sizeof gone, 1, "r", "a.example.com", 0};
    REFUSED(esa_delete_routine_related_record, delete_request, delete_result, gone, site_id, 0,
            "site_id is 0; it is 1 or more");
    REFUSED(esa_delete_routine_related_record, delete_request, delete_result, gone, name, "", "name is empty");
    REFUSED(esa_delete_routine_related_record, delete_request, delete_result, gone, record_name, NULL,
            "record_name is NULL");
    REFUSED(esa_delete_routine_related_record, delete_request, delete_result, gone, record_id, -1,
            "record_id is -1; it is 1 or more");

    const list_request list = {sizeof list, "r", NULL, 0, 0};
    REFUSED(esa_list_routine_related_records, list_request, list_result, list, name, "a\n",
            "name has a control character");
    REFUSED(esa_list_routine_related_records, list_request, list_result, list, search_key_word, "\xff",
            "search_key_word is not UTF-8");
    REFUSED(esa_list_routine_related_records, list_request, list_result, list, page_size, 21,
            "page_size is 21; it is 1 to 20");

    const match_request match = {sizeof match, "a.example.com"};
    REFUSED(esa_get_match_site, match_request, match_result, match, record_name, NULL, "record_name is NULL");
    REFUSED(esa_get_match_site, match_request, match_result, match, struct_size, 0,
            "request has struct_size 0; begin with the struct's _INIT macro");
    CHECK_INTEGER(requests_seen(), 0);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    client = new_client();
    RUN(a_record_is_ensured_with_and_without_the_site_s_id);
    RUN(a_record_of_another_routine_is_in_the_way);
    RUN(a_record_is_deleted_by_its_id_or_by_its_name);
    RUN(all_records_are_on_the_pages_and_each_once);
    RUN(a_name_s_site_is_found);
    RUN(bad_fields_are_refused_by_name);
    esa_client_free(client);
    return stop_emulator();
}
