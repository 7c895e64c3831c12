/* Many threads with one client, with all that they share: connections, the write limit, credentials that expire, log,
 * cancelling. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <semaphore.h>
#include <time.h>

enum { THREADS = 12, ROUNDS = 15, LONGEST_MS = 60000 };

typedef struct member {
    const esa_client *client;
    const esa_cancel *cancel;
    int number;
    /* What the first of its calls said that failed. */
    esa_error *error;
    pthread_t thread;
} member;

/* Of the client, whose calls are asked for credentials one at a time. */
static int asked;

static void give_for_a_moment(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)timeout_ms;
    ++*(int *)user_data;
    esa_credentials_set(credentials, emulator.access_key_id, emulator.access_key_secret, NULL,
                        (int64_t)time(NULL) + 60);
}

static pthread_mutex_t lines = PTHREAD_MUTEX_INITIALIZER;

static void count_line(void *user_data, const esa_log_record *record) {
    (void)record;
    pthread_mutex_lock(&lines);
    ++*(long *)user_data;
    pthread_mutex_unlock(&lines);
}

static void keep_first(member *member, esa_error *error) {
    if (member->error) {
        esa_error_free(error);
    } else {
        member->error = error;
    }
}

static void *take_part(void *argument) {
    member *member = argument;
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = member->cancel;
    options.timeout_ms = LONGEST_MS;
    for (int round = 0; round < ROUNDS; round++) {
        char name[64];
        snprintf(name, sizeof name, "crowd-%d-%d.example.com", member->number, round);
        esa_error *error = NULL;
        create(member->client, name, &options, &error);
        keep_first(member, error);
        esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
        request.record_name = name;
        esa_get_match_site_result *result = NULL;
        if (esa_get_match_site(member->client, &request, &options, &result, &error) != ESA_OK) {
            keep_first(member, error);
        }
        esa_get_match_site_result_free(result);
        esa_stats stats = ESA_STATS_INIT;
        esa_client_stats(member->client, &stats);
        esa_client_credentials_source(member->client);
        esa_service_code_advice(ESA_CODE_INVALID_PARAMETER);
    }
    return NULL;
}

static esa_client *crowded(long *logged) {
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%ld", emulator.port);
    esa_config *config = new_config();
    esa_config_set_endpoint(config, url);
    esa_config_set_max_idle_connections(config, 2);
    esa_config_set_max_concurrent_writes(config, 2);
    esa_config_set_credentials_provider(config, give_for_a_moment, &asked);
    esa_config_set_log(config, ESA_LOG_DEBUG, count_line, logged);
    return client_of(config);
}

static void every_call_of_a_crowd_succeeds(void) {
    reset();
    long logged = 0;
    esa_client *client = crowded(&logged);
    esa_cancel *cancel = new_cancel();
    member members[THREADS];
    for (int i = 0; i < THREADS; i++) {
        members[i] = (member){.client = client, .cancel = cancel, .number = i};
        CHECK_INTEGER(pthread_create(&members[i].thread, NULL, take_part, &members[i]), 0);
    }
    char failure[512] = "";
    for (int i = 0; i < THREADS; i++) {
        pthread_join(members[i].thread, NULL);
        if (members[i].error) {
            snprintf(failure, sizeof failure, "%s", members[i].error->message);
        }
        esa_error_free(members[i].error);
    }
    esa_cancel_free(cancel);
    esa_client_free(client);
    CHECK_TEXT(failure, "");
    CHECK(asked > 0);
    CHECK(logged >= 2L * THREADS * ROUNDS);
}

/* How many calls have begun. Only a function of the program can count them. */
static sem_t begun;

static int32_t begins(void *is_new) {
    if (*(int *)is_new) {
        *(int *)is_new = 0;
        sem_post(&begun);
    }
    return 0;
}

/* All of them are in their calls when the client goes. */
static void a_crowd_is_cancelled_after_its_client_was_freed(void) {
    reset();
    add_fault(HANG);
    long logged = 0;
    esa_client *client = crowded(&logged);
    esa_cancel *cancel = new_cancel();
    sem_init(&begun, 0, 0);
    background_call calls[THREADS];
    esa_call_options options[THREADS];
    int is_new[THREADS];
    for (int i = 0; i < THREADS; i++) {
        options[i] = (esa_call_options)ESA_CALL_OPTIONS_INIT;
        options[i].cancel = cancel;
        options[i].timeout_ms = LONGEST_MS;
        options[i].interrupt = begins;
        options[i].interrupt_data = &is_new[i];
        is_new[i] = 1;
        calls[i] = (background_call){.client = client, .record_name = "hangs.example.com", .options = &options[i]};
        background_start(&calls[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        sem_wait(&begun);
    }
    esa_client_free(client);
    esa_cancel_trigger(cancel);
    int cancelled = 0;
    for (int i = 0; i < THREADS; i++) {
        background_end(&calls[i]);
        cancelled += calls[i].status == ESA_ERR_CANCELLED;
        esa_error_free(calls[i].error);
    }
    esa_cancel_free(cancel);
    CHECK_INTEGER(cancelled, THREADS);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(every_call_of_a_crowd_succeeds);
    RUN(a_crowd_is_cancelled_after_its_client_was_freed);
    return stop_emulator();
}
