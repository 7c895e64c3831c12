/* What tests of esa_multi share: its six actions as one table, in words that can be compared, and an event loop. */
#ifndef MULTI_H
#define MULTI_H

#include "fixture.h"

/* Longer than anything that a test waits for takes, on any machine. */
enum { LOOP_PATIENCE_MS = 60000 };

/* What an action is asked for: each takes of it what it needs. */
typedef struct target {
    long long site_id;
    const char *routine, *record_name;
} target;

static inline target new_target(const char *record_name) {
    return (target){emulator.site_id, emulator.routine, record_name};
}

/* The result of a call, without the parts that differ each time. */
typedef struct outcome {
    esa_status status;
    char text[2048];
} outcome;

typedef struct action {
    const char *name;
    esa_status (*call)(const esa_client *, const target *, const esa_call_options *, char *, size_t, esa_error **);
    esa_status (*start)(esa_multi *, const esa_client *, const target *, const esa_call_options *, void *,
                        esa_pending **, esa_error **);
    /* NULL for the text: asks for the result without a place for it. */
    esa_status (*finish)(esa_pending *, char *, size_t, esa_error **);
} action;

static inline void describe_record(const create_result *result, char *text, size_t size) {
    snprintf(text, size, "record %d, origin %d, %u attempts, status %s, site %d", result->record_id > 0, result->origin,
             (unsigned)result->attempts, result->status, result->site_id == emulator.site_id);
}

static inline void describe_deletion(const esa_delete_routine_related_record_result *result, char *text, size_t size) {
    snprintf(text, size, "deleted %d, %u attempts", result->deleted, (unsigned)result->attempts);
}

static inline void describe_page(const esa_list_routine_related_records_result *result, char *text, size_t size) {
    snprintf(text, size, "%d records of %" PRId64, (int)result->count, (int64_t)result->total_count);
}

static inline void describe_site(const esa_get_match_site_result *result, char *text, size_t size) {
    snprintf(text, size, "site %d, %s", result->site_id == emulator.site_id, result->site_name);
}

static inline void describe_error(const esa_error *error, char *text, size_t size) {
    snprintf(text, size, "outcome %d, code %d %s, http %d, %u attempts, retryable %d after %u: %s; %s", error->outcome,
             error->service_code, error->code, error->http_status, (unsigned)error->attempts, error->retryable,
             (unsigned)error->retry_after_ms, error->message, error->advice);
}

static inline void describe_records(const esa_ensure_routine_related_records_result *result, char *text, size_t size) {
    size_t length = (size_t)snprintf(text, size, "%d of %d failed", (int)result->failed, (int)result->count);
    for (size_t i = 0; i < result->count && length + 2 < size; i++) {
        text[length++] = ';';
        text[length++] = ' ';
        if (result->results[i]) {
            describe_record(result->results[i], text + length, size - length);
        } else {
            describe_error(result->errors[i], text + length, size - length);
        }
        length += strlen(text + length);
    }
}

static inline create_request request_of(const target *target) {
    create_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = target->site_id;
    request.name = target->routine;
    request.record_name = target->record_name;
    return request;
}

static inline esa_delete_routine_related_record_request deletion_of(const target *target) {
    esa_delete_routine_related_record_request request = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = target->site_id;
    request.name = target->routine;
    request.record_name = target->record_name;
    return request;
}

static inline esa_list_routine_related_records_request page_of(const target *target) {
    esa_list_routine_related_records_request request = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.name = target->routine;
    return request;
}

static inline esa_get_match_site_request site_of(const target *target) {
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = target->record_name;
    return request;
}

/* How many records a bulk is of: all the same but for the first, which nobody has. */
enum { BULK_ITEMS = 3 };

static inline const esa_ensure_routine_related_records_request *bulk_of(const target *target) {
    static create_request items[BULK_ITEMS];
    static esa_ensure_routine_related_records_request request;
    for (int i = 0; i < BULK_ITEMS; i++) {
        items[i] = request_of(target);
    }
    request = (esa_ensure_routine_related_records_request)ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.items = items;
    request.count = BULK_ITEMS;
    return &request;
}

/* The functions of one action, whose request is made by the expression `made` of a target. */
#define ACTION(action, result_type, request_type, made, describe)                                                      \
    static inline esa_status call_##action(const esa_client *client, const target *target,                             \
                                           const esa_call_options *options, char *text, size_t size,                   \
                                           esa_error **error) {                                                        \
        const request_type request = made;                                                                             \
        result_type *result = NULL;                                                                                    \
        const esa_status status = esa_##action(client, &request, options, &result, error);                             \
        if (result) {                                                                                                  \
            describe(result, text, size);                                                                              \
        }                                                                                                              \
        result_type##_free(result);                                                                                    \
        return status;                                                                                                 \
    }                                                                                                                  \
    static inline esa_status start_##action(esa_multi *multi, const esa_client *client, const target *target,          \
                                            const esa_call_options *options, void *user_data, esa_pending **pending,   \
                                            esa_error **error) {                                                       \
        if (!target) {                                                                                                 \
            return esa_##action##_start(multi, client, NULL, options, user_data, pending, error);                      \
        }                                                                                                              \
        const request_type request = made;                                                                             \
        return esa_##action##_start(multi, client, &request, options, user_data, pending, error);                      \
    }                                                                                                                  \
    static inline esa_status finish_##action(esa_pending *pending, char *text, size_t size, esa_error **error) {       \
        if (!text) {                                                                                                   \
            return esa_##action##_finish(pending, NULL, error);                                                        \
        }                                                                                                              \
        result_type *result = NULL;                                                                                    \
        const esa_status status = esa_##action##_finish(pending, &result, error);                                      \
        if (result) {                                                                                                  \
            describe(result, text, size);                                                                              \
        }                                                                                                              \
        result_type##_free(result);                                                                                    \
        return status;                                                                                                 \
    }

ACTION(create_routine_related_record, esa_create_routine_related_record_result,
       esa_create_routine_related_record_request, request_of(target), describe_record)
ACTION(ensure_routine_related_record, esa_create_routine_related_record_result,
       esa_create_routine_related_record_request, request_of(target), describe_record)
ACTION(ensure_routine_related_records, esa_ensure_routine_related_records_result,
       esa_ensure_routine_related_records_request, *bulk_of(target), describe_records)
ACTION(delete_routine_related_record, esa_delete_routine_related_record_result,
       esa_delete_routine_related_record_request, deletion_of(target), describe_deletion)
ACTION(list_routine_related_records, esa_list_routine_related_records_result, esa_list_routine_related_records_request,
       page_of(target), describe_page)
ACTION(get_match_site, esa_get_match_site_result, esa_get_match_site_request, site_of(target), describe_site)

#define ROW(action) {#action, call_##action, start_##action, finish_##action}
enum { CREATE, ENSURE, BULK, DELETE, LIST, MATCH, ACTIONS };
static const action actions[ACTIONS] = {ROW(create_routine_related_record),  ROW(ensure_routine_related_record),
                                        ROW(ensure_routine_related_records), ROW(delete_routine_related_record),
                                        ROW(list_routine_related_records),   ROW(get_match_site)};

static inline esa_multi *new_multi(void) {
    esa_multi *multi = NULL;
    return esa_multi_new(&multi, NULL) == ESA_OK ? multi : NULL;
}

/* Whether the multi's descriptor becomes readable within this time. */
static inline int is_readable_within(const esa_multi *multi, int milliseconds) {
    struct pollfd polled = {esa_multi_descriptor(multi), POLLIN, 0};
    return poll(&polled, 1, milliseconds) == 1 && polled.revents == POLLIN;
}

/* The program's event loop: waits, steps, and takes the next finished call. NULL if there is none. */
static inline esa_pending *next_finished(esa_multi *multi) {
    for (;;) {
        esa_pending *pending = esa_multi_next_finished(multi);
        if (pending) {
            return pending;
        }
        if (!is_readable_within(multi, LOOP_PATIENCE_MS) || esa_multi_step(multi) != ESA_OK) {
            return NULL;
        }
    }
}

/* Steps whenever something is due, for so long. */
static inline void turn_for(esa_multi *multi, int milliseconds) {
    const long long end = esa_emulator_now_ms() + milliseconds;
    for (long long left = milliseconds; left > 0; left = end - esa_emulator_now_ms()) {
        if (is_readable_within(multi, (int)left) && esa_multi_step(multi) != ESA_OK) {
            return;
        }
    }
}

/* Turns the loop until nothing has been due for so long: the calls wait for what doesn't come. */
static inline void turn_until_quiet_for(esa_multi *multi, int milliseconds) {
    while (is_readable_within(multi, milliseconds) && esa_multi_step(multi) == ESA_OK) {
    }
}

/* Turns the loop until the service has got so many requests. */
static inline int requests_arrive_while_stepping(esa_multi *multi, int count) {
    const long long end = esa_emulator_now_ms() + LOOP_PATIENCE_MS;
    while (esa_emulator_now_ms() < end) {
        if (esa_multi_step(multi) != ESA_OK) {
            return 0;
        }
        if (requests_seen() >= count) {
            return 1;
        }
        is_readable_within(multi, 5);
    }
    return 0;
}

static inline void take_error(outcome *outcome, esa_error *error) {
    if (error) {
        describe_error(error, outcome->text, sizeof outcome->text);
        esa_error_free(error);
    }
}

static inline outcome finish_of(const action *action, esa_pending *pending) {
    outcome outcome = {ESA_ERR_INTERNAL, "nothing"};
    esa_error *error = NULL;
    outcome.status = action->finish(pending, outcome.text, sizeof outcome.text, &error);
    take_error(&outcome, error);
    return outcome;
}

/* Finishes a call whose status matters. */
static inline esa_status status_of(const action *action, esa_pending *pending) {
    return finish_of(action, pending).status;
}

/* Starts a call that has to start. */
static inline esa_pending *started(const action *action, esa_multi *multi, const esa_client *client,
                                   const char *record_name, const esa_call_options *options, void *user_data) {
    const target target = new_target(record_name);
    esa_pending *pending = NULL;
    esa_error *error = NULL;
    action->start(multi, client, &target, options, user_data, &pending, &error);
    check_that(pending && !error, __FILE__, __LINE__, error ? error->message : "a call starts");
    esa_error_free(error);
    return pending;
}

#endif
