/* Bad arguments of a call are refused by name, before anything is sent. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

static esa_client *client;

static void is_refused(esa_status status, esa_error *error, esa_status expected, const char *message) {
    CHECK_INTEGER(status, expected);
    CHECK(error);
    CHECK_INTEGER(error->status, expected);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    CHECK_INTEGER(error->attempts, 0);
    CHECK_INTEGER(error->retryable, 0);
    CHECK_TEXT(error->message, message);
    CHECK(*error->advice);
    CHECK_INTEGER(requests_seen(), 0);
}

/* Makes the call, which must fail as said. */
static void call_is_refused(const create_request *request, const esa_call_options *options, esa_status expected,
                            const char *message) {
    create_result *result = (create_result *)&client;
    esa_error *error = NULL;
    esa_status status = esa_create_routine_related_record(client, request, options, &result, &error);
    is_refused(status, error, expected, message);
    esa_error_free(error);
    CHECK(!result);
}

static void null_in_every_combination(void) {
    const create_request request = new_request("null.example.com");
    for (int given = 0; given < 16; given++) {
        create_result *result = (create_result *)&client;
        esa_error *error = NULL;
        const int has_client = given & 1, has_request = given & 2, has_result = given & 4, has_error = given & 8;
        if (has_client && has_request && has_result) {
            continue;
        }
        esa_status status =
            esa_create_routine_related_record(has_client ? client : NULL, has_request ? &request : NULL, NULL,
                                              has_result ? &result : NULL, has_error ? &error : NULL);
        CHECK_INTEGER(status, ESA_ERR_INVALID_ARGUMENT);
        if (has_result) {
            CHECK(!result);
        }
        if (has_error) {
            is_refused(status, error, ESA_ERR_INVALID_ARGUMENT,
                       !has_result   ? "result is NULL"
                       : !has_client ? "client is NULL"
                                     : "request is NULL");
            esa_error_free(error);
        }
    }
    CHECK_INTEGER(requests_seen(), 0);
}

static void texts_that_are_no_names(void) {
    char long_name[255];
    memset(long_name, 'a', 254);
    long_name[254] = '\0';
    const struct {
        const char *text, *reason;
    } cases[] = {
        {NULL, "is NULL"},
        {"", "is empty"},
        {long_name, "has 254 bytes; 253 is the most"},
        {"\xff", "is not UTF-8"},
        {"overlong\xc0\xaf", "is not UTF-8"},
        {"cut\xe4\xbe", "is not UTF-8"},
        {"surrogate\xed\xa0\x80", "is not UTF-8"},
        {"beyond\xf4\x90\x80\x80", "is not UTF-8"},
        {"bell\x07", "has a control character"},
        {"line\nfeed", "has a control character"},
        {"delete\x7f", "has a control character"},
        {"next line\xc2\x85", "has a control character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[64];
        create_request request = new_request("a.example.com");
        request.name = cases[i].text;
        snprintf(message, sizeof message, "name %s", cases[i].reason);
        call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, message);

        request = new_request(cases[i].text);
        snprintf(message, sizeof message, "record_name %s", cases[i].reason);
        call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, message);
        CHECK_STILL_GOOD();
    }
}

static void site_ids_below_one(void) {
    create_request request = new_request("a.example.com");
    request.site_id = 0;
    call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, "site_id is 0; it is 1 or more");
    request.site_id = -1;
    call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, "site_id is -1; it is 1 or more");
    request.site_id = INT64_MIN;
    call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, "site_id is -9223372036854775808; it is 1 or more");
}

static void sizes_that_were_never_set(void) {
    const size_t sizes[] = {0, 1, sizeof(size_t) - 1, 4097, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char message[128];
        create_request request = new_request("a.example.com");
        request.struct_size = sizes[i];
        snprintf(message, sizeof message, "request has struct_size %zu; begin with the struct's _INIT macro", sizes[i]);
        call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, message);

        esa_call_options options = ESA_CALL_OPTIONS_INIT;
        options.struct_size = sizes[i];
        request = new_request("a.example.com");
        snprintf(message, sizeof message, "options has struct_size %zu; begin with the struct's _INIT macro", sizes[i]);
        call_is_refused(&request, &options, ESA_ERR_INVALID_ARGUMENT, message);
        CHECK_STILL_GOOD();
    }
}

static void fields_beyond_an_older_caller_s_size_are_not_read(void) {
    create_request request = new_request("a.example.com");
    request.struct_size = offsetof(create_request, record_name);
    call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, "record_name is NULL");
    request.struct_size = offsetof(create_request, site_id);
    call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, "name is NULL");
}

static void sizes_inside_of_a_field(void) {
    char message[128];
    for (size_t size = offsetof(create_request, name) + 1; size < offsetof(create_request, record_name); size++) {
        create_request request = new_request("a.example.com");
        request.struct_size = size;
        snprintf(message, sizeof message,
                 "request has struct_size %zu, which ends inside of a field; begin with the struct's _INIT macro",
                 size);
        call_is_refused(&request, NULL, ESA_ERR_INVALID_ARGUMENT, message);
        CHECK_STILL_GOOD();
    }
    esa_stats stats = ESA_STATS_INIT;
    stats.struct_size = offsetof(esa_stats, calls) + 4;
    stats.calls = 7;
    CHECK_INTEGER(esa_client_stats(client, &stats), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(stats.calls, 7);
}

/* As a later version of the header may have them. */
typedef struct newer_request {
    create_request known;
    uint64_t added[2];
} newer_request;
typedef struct newer_options {
    esa_call_options known;
    uint64_t added[2];
} newer_options;

static void fields_of_a_newer_caller_may_be_zero(void) {
    newer_request request = {new_request("a.example.com"), {0, 0}};
    request.known.struct_size = sizeof request;
    request.known.site_id = 0;
    call_is_refused(&request.known, NULL, ESA_ERR_INVALID_ARGUMENT, "site_id is 0; it is 1 or more");

    newer_options options = {ESA_CALL_OPTIONS_INIT, {0, 0}};
    options.known.struct_size = sizeof options;
    const create_request unnamed = new_request("");
    call_is_refused(&unnamed, &options.known, ESA_ERR_INVALID_ARGUMENT, "record_name is empty");
}

static void fields_of_a_newer_caller_may_not_be_set(void) {
    newer_request request = {new_request("a.example.com"), {0, UINT64_C(1) << 56}};
    request.known.struct_size = sizeof request;
    call_is_refused(&request.known, NULL, ESA_ERR_UNSUPPORTED,
                    "request sets a field that this version of the library doesn't know");

    newer_options options = {ESA_CALL_OPTIONS_INIT, {1, 0}};
    options.known.struct_size = sizeof options;
    const create_request sound = new_request("a.example.com");
    call_is_refused(&sound, &options.known, ESA_ERR_UNSUPPORTED,
                    "options sets a field that this version of the library doesn't know");
}

static int32_t cancels(void *data) {
    (void)data;
    return 1;
}

static void options_of_an_older_caller_are_not_read_beyond_their_size(void) {
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.struct_size = offsetof(esa_call_options, interrupt);
    options.interrupt = cancels;
    add_fault("{\"delay_ms\": 200}");
    CHECK_INTEGER(create(client, "older.example.com", &options, NULL), ESA_OK);
    options.struct_size = sizeof options;
    add_fault("{\"delay_ms\": 200}");
    CHECK_INTEGER(create(client, "newer.example.com", &options, NULL), ESA_ERR_CANCELLED);
    reset();
}

static void out_pointers_may_lie_at_any_address(void) {
    char memory[2 * sizeof(void *) + 2];
    memset(memory, 0x5a, sizeof memory);
    create_result **result_at = (create_result **)(void *)(memory + 1);
    esa_error **error_at = (esa_error **)(void *)(memory + 1 + sizeof(void *));
    const create_request request = new_request("");

    esa_status status = esa_create_routine_related_record(client, &request, NULL, result_at, error_at);

    create_result *result;
    esa_error *error;
    memcpy(&result, memory + 1, sizeof(void *));
    memcpy(&error, memory + 1 + sizeof(void *), sizeof(void *));
    CHECK(!result);
    is_refused(status, error, ESA_ERR_INVALID_ARGUMENT, "record_name is empty");
    esa_error_free(error);
    CHECK(memory[0] == 0x5a && memory[sizeof memory - 1] == 0x5a);
}

static void requests_may_lie_at_any_address(void) {
    char memory[sizeof(create_request) + 1];
    create_request request = new_request("");
    memcpy(memory + 1, &request, sizeof request);
    call_is_refused((const create_request *)(void *)(memory + 1), NULL, ESA_ERR_INVALID_ARGUMENT,
                    "record_name is empty");
}

static void null_is_released_and_triggered_without_effect(void) {
    esa_error_free(NULL);
    esa_config_free(NULL);
    esa_client_free(NULL);
    esa_cancel_free(NULL);
    esa_cancel_trigger(NULL);
    esa_create_routine_related_record_result_free(NULL);
    esa_delete_routine_related_record_result_free(NULL);
    esa_list_routine_related_records_result_free(NULL);
    esa_get_match_site_result_free(NULL);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    client = new_client();
    RUN(null_in_every_combination);
    RUN(texts_that_are_no_names);
    RUN(site_ids_below_one);
    RUN(sizes_that_were_never_set);
    RUN(sizes_inside_of_a_field);
    RUN(fields_beyond_an_older_caller_s_size_are_not_read);
    RUN(fields_of_a_newer_caller_may_be_zero);
    RUN(fields_of_a_newer_caller_may_not_be_set);
    RUN(options_of_an_older_caller_are_not_read_beyond_their_size);
    RUN(out_pointers_may_lie_at_any_address);
    RUN(requests_may_lie_at_any_address);
    RUN(null_is_released_and_triggered_without_effect);
    esa_client_free(client);
    return stop_emulator();
}
