/* Ensuring many records: all in one call, and step by step. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <poll.h>

typedef esa_ensure_routine_related_records_request bulk_request;
typedef esa_ensure_routine_related_records_result bulk_result;

enum { ITEMS = 5 };

static esa_client *client;
static create_request items[ITEMS];

/* Five records. The fourth is on no site of the account. */
static bulk_request new_bulk(void) {
    static const char *const names[ITEMS] = {"b0.example.com", "b1.example.com", "b2.example.com", "b.elsewhere.org",
                                             "b4.example.com"};
    for (int i = 0; i < ITEMS; i++) {
        items[i] = new_request(names[i]);
    }
    bulk_request request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.items = items;
    request.count = ITEMS;
    return request;
}

/* NULL if the call fails. The tests then check its message. */
static bulk_result *ensured(const bulk_request *request) {
    bulk_result *result = NULL;
    esa_error *error = (esa_error *)&client;
    if (esa_ensure_routine_related_records(client, request, NULL, &result, &error) != ESA_OK) {
        printf("%s\n", error->message);
        esa_error_free(error);
    }
    return result;
}

static void every_record_has_a_result_or_an_error(void) {
    reset();
    bulk_request request = new_bulk();
    for (int round = 0; round < 2; round++) {
        bulk_result *result = ensured(&request);
        CHECK(result);
        CHECK(result);
        CHECK_INTEGER(result->count, ITEMS);
        CHECK_INTEGER(result->failed, 1);
        for (int i = 0; i < ITEMS; i++) {
            CHECK(!result->results[i] == (i == 3) && !result->errors[i] == (i != 3));
            if (result->results[i]) {
                CHECK_INTEGER(result->results[i]->origin, round == 0 ? ESA_ORIGIN_CREATED : ESA_ORIGIN_EXISTING);
            }
        }
        CHECK_INTEGER(result->errors[3]->service_code, ESA_CODE_SITE_PARAMETER_NOT_MATCH);
        esa_ensure_routine_related_records_result_free(result);
    }
}

typedef struct told {
    size_t times, last_done, stop_after;
    int failed;
} told;

static int32_t progress(void *data, size_t done, size_t count, const create_result *result, const esa_error *error) {
    told *told = data;
    told->times += count == ITEMS && !result != !error;
    told->failed += error != NULL;
    told->last_done = done;
    return done == told->stop_after;
}

static void progress_is_told_and_can_end_it(void) {
    reset();
    told told = {0, 0, 2, 0};
    bulk_request request = new_bulk();
    request.progress = progress;
    request.progress_data = &told;
    bulk_result *result = ensured(&request);
    CHECK(result);
    CHECK(told.times == ITEMS && told.last_done == ITEMS && told.failed == 3);
    CHECK_INTEGER(result->failed, 3);
    for (int i = 2; i < ITEMS; i++) {
        CHECK_INTEGER(result->errors[i]->status, ESA_ERR_CANCELLED);
        CHECK_INTEGER(result->errors[i]->outcome, ESA_OUTCOME_NOT_SENT);
    }
    esa_ensure_routine_related_records_result_free(result);
}

static void no_records_are_no_work(void) {
    bulk_request request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    bulk_result *result = ensured(&request);
    CHECK(result);
    CHECK(result->count == 0 && result->failed == 0 && !result->results && !result->errors);
    esa_ensure_routine_related_records_result_free(result);
    esa_ensure_routine_related_records_result_free(NULL);
}

static void refused(const bulk_request *request, esa_status status, const char *message) {
    bulk_result *result = (bulk_result *)&client;
    esa_error *error = NULL;
    const int before = requests_seen();
    CHECK_INTEGER(esa_ensure_routine_related_records(client, request, NULL, &result, &error), status);
    CHECK(!result && error);
    CHECK_TEXT(error->message, message);
    CHECK_INTEGER(requests_seen(), before);
    esa_error_free(error);
}

static void an_argument_that_cannot_be_used_is_named_and_nothing_is_sent(void) {
    bulk_request request = new_bulk();
    refused(NULL, ESA_ERR_INVALID_ARGUMENT, "request is NULL");
    request.reserved = 1;
    refused(&request, ESA_ERR_UNSUPPORTED, "request.reserved is not 0");
    request = new_bulk();
    items[2].record_name = NULL;
    refused(&request, ESA_ERR_INVALID_ARGUMENT, "items[2]: record_name is NULL");
    request = new_bulk();
    items[1].struct_size = 16;
    refused(&request, ESA_ERR_INVALID_ARGUMENT, "items[1]: struct_size is not that of the first item");
    request = new_bulk();
    request.items = NULL;
    refused(&request, ESA_ERR_INVALID_ARGUMENT, "items[0]: request is NULL");
}

static void step_by_step_it_is_the_same_and_outlives_its_client(void) {
    reset();
    bulk_request request = new_bulk();
    esa_client *own = new_client();
    esa_bulk *bulk = NULL;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_bulk_new(own, &request, NULL, NULL, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(error->message, "bulk is NULL");
    esa_error_free(error);
    CHECK_INTEGER(esa_bulk_new(own, &request, NULL, &bulk, &error), ESA_OK);
    CHECK(bulk && !error && requests_seen() == 0);
    esa_client_free(own);
    for (size_t left = ITEMS; left > 0; left--) {
        CHECK_INTEGER(esa_bulk_left(bulk), left);
        create_result *result = NULL;
        const esa_status status = esa_bulk_next(bulk, &result, &error);
        CHECK_INTEGER(status, left == 2 ? ESA_ERR_REJECTED : ESA_OK);
        CHECK(!result == (left == 2) && !error == (left != 2));
        esa_create_routine_related_record_result_free(result);
        esa_error_free(error);
    }
    create_result *result = (create_result *)&client;
    CHECK_INTEGER(esa_bulk_next(bulk, &result, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(error->message, "bulk has no records left");
    CHECK(!result);
    esa_error_free(error);
    esa_bulk_free(bulk);
    esa_bulk_free(NULL);
    CHECK_INTEGER(esa_bulk_left(NULL), 0);
    CHECK_INTEGER(esa_bulk_next(NULL, &result, NULL), ESA_ERR_INVALID_ARGUMENT);
}

/* Steps until a call has finished. */
static esa_pending *finished(esa_multi *multi) {
    struct pollfd readable = {esa_multi_descriptor(multi), POLLIN, 0};
    esa_pending *pending = NULL;
    while (!(pending = esa_multi_next_finished(multi)) && poll(&readable, 1, 20000) == 1) {
        if (esa_multi_step(multi) != ESA_OK) {
            break;
        }
    }
    return pending;
}

static void steps_are_calls_of_a_multi_as_well(void) {
    reset();
    bulk_request request = new_bulk();
    esa_multi *multi = NULL;
    esa_bulk *bulk = NULL;
    esa_pending *pending = NULL;
    esa_error *error = NULL;
    create_result *result = NULL;
    CHECK_INTEGER(esa_multi_new(&multi, NULL), ESA_OK);
    CHECK_INTEGER(esa_bulk_new(client, &request, NULL, &bulk, NULL), ESA_OK);
    for (size_t left = ITEMS; left > 0; left--) {
        CHECK_INTEGER(esa_bulk_left(bulk), left);
        CHECK_INTEGER(esa_bulk_next_start(multi, bulk, &result, &pending, &error), ESA_OK);
        CHECK(esa_pending_user_data(pending) == &result && !esa_multi_current(multi));
        CHECK_INTEGER(esa_ensure_routine_related_record_finish(pending, &result, NULL), ESA_ERR_INVALID_ARGUMENT);
        CHECK(finished(multi) == pending);
        const esa_status status = esa_bulk_next_finish(pending, &result, &error);
        CHECK_INTEGER(status, left == 2 ? ESA_ERR_REJECTED : ESA_OK);
        CHECK(!result == (left == 2) && !error == (left != 2));
        esa_create_routine_related_record_result_free(result);
        esa_error_free(error);
    }
    CHECK_INTEGER(esa_bulk_next_start(multi, bulk, NULL, &pending, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(error->message, "bulk has no records left");
    esa_error_free(error);
    CHECK_INTEGER(esa_bulk_next_start(multi, NULL, NULL, &pending, NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_bulk_next_start(NULL, bulk, NULL, &pending, NULL), ESA_ERR_INVALID_ARGUMENT);
    esa_bulk_free(bulk);
    esa_multi_free(multi);
}

static void one_step_at_a_time(void) {
    reset();
    bulk_request request = new_bulk();
    esa_multi *multi = NULL;
    esa_bulk *bulk = NULL;
    esa_pending *pending = NULL, *second = NULL;
    esa_error *error = NULL;
    create_result *result = NULL;
    CHECK_INTEGER(esa_multi_new(&multi, NULL), ESA_OK);
    CHECK_INTEGER(esa_bulk_new(client, &request, NULL, &bulk, NULL), ESA_OK);
    CHECK_INTEGER(esa_bulk_next_start(multi, bulk, NULL, &pending, NULL), ESA_OK);
    CHECK_INTEGER(esa_bulk_left(bulk), 0);
    CHECK_INTEGER(esa_bulk_next_start(multi, bulk, NULL, &second, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(error->message, "bulk is in use: a step of it hasn't finished");
    esa_error_free(error);
    CHECK_INTEGER(esa_bulk_next(bulk, &result, NULL), ESA_ERR_INVALID_ARGUMENT);
    esa_bulk_free(bulk);
    CHECK(!second && finished(multi) == pending);
    CHECK_INTEGER(esa_bulk_next_finish(pending, &result, NULL), ESA_OK);
    esa_create_routine_related_record_result_free(result);
    esa_multi_free(multi);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    client = new_client();
    RUN(every_record_has_a_result_or_an_error);
    RUN(progress_is_told_and_can_end_it);
    RUN(no_records_are_no_work);
    RUN(an_argument_that_cannot_be_used_is_named_and_nothing_is_sent);
    RUN(step_by_step_it_is_the_same_and_outlives_its_client);
    RUN(steps_are_calls_of_a_multi_as_well);
    RUN(one_step_at_a_time);
    esa_client_free(client);
    return stop_emulator();
}
