/* esa_config_set_write_lock and its like: a lock that clients share which don't know of each other. */
#define _POSIX_C_SOURCE 200809L
#include "multi.h"
#include <unistd.h>

/* A lock that gives `answers` of esa_lock, one after the other, then that it is acquired. */
typedef struct engine {
    const int *answers;
    size_t count;
    uint32_t lease_ms;
    int asked, held, acquired, released;
    int misused;      /* acquired or released twice, or *retry_after_ms was not 0 */
    pthread_t thread; /* on which it was asked */
} engine;

static int32_t try_acquire(void *user_data, uint32_t lease_ms, uint32_t *retry_after_ms) {
    engine *engine = user_data;
    const int answer = (size_t)engine->asked < engine->count ? engine->answers[engine->asked] : ESA_LOCK_ACQUIRED;
    engine->asked++;
    engine->lease_ms = lease_ms;
    engine->thread = pthread_self();
    engine->misused += *retry_after_ms != 0;
    *retry_after_ms = 1;
    if (answer == ESA_LOCK_ACQUIRED) {
        engine->misused += engine->held;
        engine->held = 1;
        engine->acquired++;
    }
    return answer == ESA_LOCK_FAILED ? esa_lock_fail("no such table") : answer;
}

static void release(void *user_data) {
    engine *engine = user_data;
    engine->misused += !engine->held;
    engine->held = 0;
    engine->released++;
}

/* One that gives these answers. */
static engine saying(const int *answers, size_t count) {
    return (engine){answers, count, 0, 0, 0, 0, 0, 0, pthread_self()};
}

static esa_client *client_with(engine *engine) {
    reset();
    esa_config *config = new_config();
    esa_config_set_write_lock(config, try_acquire, release, engine);
    return client_of(config);
}

static void a_write_holds_it(void) {
    engine engine = saying(NULL, 0);
    esa_client *client = client_with(&engine);
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    CHECK(pthread_equal(engine.thread, pthread_self()));
    CHECK_INTEGER(engine.misused, 0);
    CHECK_INTEGER(engine.acquired, 1);
    CHECK_INTEGER(engine.released, 1);
    CHECK_INTEGER(engine.lease_ms, 2000 + 10000 + 1000);
    esa_stats stats = ESA_STATS_INIT;
    CHECK_INTEGER(esa_client_stats(client, &stats), ESA_OK);
    CHECK_INTEGER(stats.lock_waits, 0);
    CHECK_INTEGER(stats.lock_grants, 1);
    CHECK_INTEGER(stats.lock_losses, 0);
    esa_client_free(client);
}

static void it_is_asked_for_until_it_is_there(void) {
    const int answers[] = {ESA_LOCK_NOT_YET, ESA_LOCK_NOT_YET, ESA_LOCK_ACQUIRED};
    engine engine = saying(answers, 3);
    esa_client *client = client_with(&engine);
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER(engine.misused, 0);
    CHECK_INTEGER(engine.asked, 3);
    CHECK_INTEGER(engine.released, 1);
    esa_client_free(client);
}

static void without_it_a_call_goes_on(void) {
    const int answers[] = {ESA_LOCK_WITHOUT};
    engine engine = saying(answers, 1);
    esa_client *client = client_with(&engine);
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER(engine.released, 0);
    esa_client_free(client);
}

static void where_it_fails_nothing_is_sent(void) {
    const int answers[] = {ESA_LOCK_FAILED, -7};
    engine engine = saying(answers, 2);
    esa_client *client = client_with(&engine);
    for (int i = 0; i < 2; i++) {
        esa_error *error = NULL;
        CHECK_INTEGER(create(client, "a.example.com", NULL, &error), ESA_ERR_LOCK);
        CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
        CHECK_INTEGER(error->attempts, 0);
        CHECK(strstr(error->message, i == 0 ? "the write lock can't be used: no such table" : "returns -7") != NULL);
        esa_error_free(error);
    }
    CHECK_INTEGER(requests_seen(), 0);
    esa_client_free(client);
}

static void the_deadline_ends_the_wait(void) {
    int answers[1000];
    memset(answers, 0, sizeof answers);
    engine engine = saying(answers, 1000);
    esa_client *client = client_with(&engine);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 50;
    esa_error *error = NULL;
    CHECK_INTEGER(create(client, "a.example.com", &options, &error), ESA_ERR_TIMEOUT);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    esa_error_free(error);
    esa_client_free(client);
}

/* A call of a multi that waits for the lock, and one that writes when it is given up. */
static void a_multi_never_waits_for_it(void) {
    int answers[1000];
    memset(answers, 0, sizeof answers);
    engine engine = saying(answers, 1000);
    esa_client *client = client_with(&engine);
    esa_multi *multi = NULL;
    CHECK_INTEGER(esa_multi_new(&multi, NULL), ESA_OK);
    create_request request = new_request("a.example.com");
    esa_pending *pending = NULL;
    CHECK_INTEGER(esa_create_routine_related_record_start(multi, client, &request, NULL, NULL, &pending, NULL), ESA_OK);
    CHECK_INTEGER(engine.asked, 1);
    esa_pending_cancel(pending);
    while (esa_multi_next_finished(multi) == NULL) {
        CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
    }
    create_result *result = NULL;
    CHECK_INTEGER(esa_create_routine_related_record_finish(pending, &result, NULL), ESA_ERR_CANCELLED);
    CHECK_INTEGER(requests_seen(), 0);

    /* A client that holds the lock releases it when the client is released. */
    engine.count = 0;
    add_fault(HANG);
    CHECK_INTEGER(esa_create_routine_related_record_start(multi, client, &request, NULL, NULL, &pending, NULL), ESA_OK);
    CHECK_INTEGER(engine.held, 1);
    esa_pending_free(pending);
    CHECK_INTEGER(engine.held, 0);
    esa_multi_free(multi);
    esa_client_free(client);
}

static void what_cannot_be_set_is_refused(void) {
    reset();
    esa_config *config = new_config();
    CHECK_INTEGER(esa_config_set_write_lock(NULL, try_acquire, release, NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_write_lock(config, NULL, release, NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_write_lock(config, try_acquire, NULL, NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_write_lock_file(config, ""), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_write_lock_file(config, NULL), ESA_ERR_INVALID_ARGUMENT);
    /* Then none is wanted, which counts. */
    CHECK_INTEGER(esa_config_set_write_lock(config, NULL, NULL, NULL), ESA_OK);
    CHECK_INTEGER(esa_config_set_write_lock_hold(config, 0), ESA_OK);
    CHECK_INTEGER(esa_config_set_write_lock_hold(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    esa_client *client = client_of(config);
    CHECK(client != NULL);
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    esa_client_free(client);
}

/* Two clients, as two programs have them, and a file of their own. */
static void a_file_is_a_lock_too(void) {
    enum { CALLS = 20 };
    static char names[2][CALLS][32];
    char path[64];
    snprintf(path, sizeof path, "/tmp/libesa-write-lock-%d", (int)getpid());
    reset();
    esa_client *clients[2];
    for (int i = 0; i < 2; i++) {
        esa_config *config = new_config();
        CHECK_INTEGER(esa_config_set_write_lock_file(config, path), ESA_OK);
        clients[i] = client_of(config);
    }
    static background_call calls[2][CALLS];
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < CALLS; j++) {
            snprintf(names[i][j], sizeof names[i][j], "r%d-%d.example.com", i, j);
            calls[i][j] = (background_call){clients[i], names[i][j], NULL, pthread_self(), ESA_OK, NULL};
            background_start(&calls[i][j]);
        }
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < CALLS; j++) {
            background_end(&calls[i][j]);
            CHECK_INTEGER(calls[i][j].status, ESA_OK);
        }
        esa_stats stats = ESA_STATS_INIT;
        esa_client_stats(clients[i], &stats);
        CHECK_INTEGER(stats.busy_waits, 0);
        CHECK(stats.lock_grants > 0);
        esa_client_free(clients[i]);
    }
    CHECK_INTEGER(unlink(path), 0);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(a_write_holds_it);
    RUN(it_is_asked_for_until_it_is_there);
    RUN(without_it_a_call_goes_on);
    RUN(where_it_fails_nothing_is_sent);
    RUN(the_deadline_ends_the_wait);
    RUN(a_multi_never_waits_for_it);
    RUN(what_cannot_be_set_is_refused);
    RUN(a_file_is_a_lock_too);
    return stop_emulator();
}
