/* What tests against the emulator share: one emulator a program, and clients, requests and calls for it. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "check.h"
#include "esa_emulator.h"
#include <esa.h>
#include <pthread.h>

typedef esa_create_routine_related_record_request create_request;
typedef esa_create_routine_related_record_result create_result;

static esa_emulator emulator;

/* For main(): 0, or the exit status of a program that can't test anything. */
static inline int start_emulator(const esa_emulator_options *options) {
    if (esa_emulator_start(options, &emulator) != 0) {
        fprintf(stderr, "%s\n", emulator.error);
        esa_emulator_stop(&emulator);
        return 2;
    }
    return 0;
}

static inline int stop_emulator(void) {
    if (esa_emulator_stop(&emulator) != 0) {
        printf("FAILED stop: %s:%d: %s\n", __FILE__, __LINE__, emulator.error);
        check_failed_tests++;
    }
    return check_failed_tests != 0;
}

static inline esa_config *new_config(void) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    esa_config_set_credentials(config, emulator.access_key_id, emulator.access_key_secret, NULL);
    return config;
}

/* Makes a client and frees the configuration. */
static inline esa_client *client_of(esa_config *config) {
    esa_client *client = NULL;
    const esa_status status = esa_client_new(config, &client, NULL);
    esa_config_free(config);
    return status == ESA_OK ? client : NULL;
}

static inline esa_cancel *new_cancel(void) {
    esa_cancel *cancel = NULL;
    return esa_cancel_new(&cancel, NULL) == ESA_OK ? cancel : NULL;
}

static inline esa_client *new_client(void) { return client_of(new_config()); }

static inline create_request new_request(const char *record_name) {
    create_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = emulator.site_id;
    request.name = emulator.routine;
    request.record_name = record_name;
    return request;
}

/* A call whose status and error matter. */
static inline esa_status create(const esa_client *client, const char *record_name, const esa_call_options *options,
                                esa_error **error) {
    create_request request = new_request(record_name);
    create_result *result = NULL;
    esa_status status = esa_create_routine_related_record(client, &request, options, &result, error);
    esa_create_routine_related_record_result_free(result);
    return status;
}

static inline void reset(void) { CHECK_TEXT(esa_emulator_reset(&emulator) ? emulator.error : "", ""); }

static inline void add_fault(const char *rule) {
    CHECK_TEXT(esa_emulator_post(&emulator, "faults", rule) ? emulator.error : "", "");
}

#define HANG "{\"wire\": {\"kind\": \"hang\"}, \"times\": 0}"

/* How many requests the service got; -1 if the emulator doesn't say. */
static inline int requests_seen(void) {
    char *log = NULL;
    if (esa_emulator_get(&emulator, "requests", &log) != 0) {
        return -1;
    }
    int count = 0;
    for (const char *entry = log; (entry = strstr(entry, "\"connection\":")) != NULL; entry++) {
        count++;
    }
    free(log);
    return count;
}

/* Whether `count` requests arrive in good time. */
static inline int requests_arrive(int count) {
    const struct timespec pause = {0, 10000000};
    for (int i = 0; i < 3000; i++) {
        if (requests_seen() >= count) {
            return 1;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* A call on a thread of its own. */
typedef struct background_call {
    const esa_client *client;
    const char *record_name;
    const esa_call_options *options;
    pthread_t thread;
    esa_status status;
    esa_error *error;
} background_call;

static inline void *background_main(void *argument) {
    background_call *call = argument;
    call->status = create(call->client, call->record_name, call->options, &call->error);
    return NULL;
}

static inline void background_start(background_call *call) {
    CHECK_INTEGER(pthread_create(&call->thread, NULL, background_main, call), 0);
}

static inline void background_end(background_call *call) { pthread_join(call->thread, NULL); }

#endif
