/* Multis in programs with threads: handed from one to another, and several at once with one client. */
#define _GNU_SOURCE
#include "multi.h"

/* --- One multi, passed between threads. --- */

enum { HANDS = 4, HANDED = 60 };

typedef struct shared {
    pthread_mutex_t lock;
    esa_multi *multi;
    const esa_client *client;
    int started, finished, wrong;
} shared;

/* Starts some, steps, and takes what has finished, then lets go of the multi. */
static void *take_turns(void *argument) {
    shared *shared = argument;
    for (int is_done = 0; !is_done;) {
        pthread_mutex_lock(&shared->lock);
        for (int i = 0; i < 3 && shared->started < HANDED; i++) {
            const int number = shared->started++;
            started(&actions[number % 2 ? CREATE : LIST], shared->multi, shared->client, "handed.example.com", NULL,
                    (void *)&actions[number % 2 ? CREATE : LIST]);
        }
        is_readable_within(shared->multi, 20);
        shared->wrong += esa_multi_step(shared->multi) != ESA_OK;
        esa_pending *pending = esa_multi_next_finished(shared->multi);
        if (pending) {
            const esa_status status = status_of(esa_pending_user_data(pending), pending);
            shared->wrong += status != ESA_OK && status != ESA_ERR_CONFLICT;
            shared->finished++;
        }
        is_done = shared->finished == HANDED;
        pthread_mutex_unlock(&shared->lock);
    }
    return NULL;
}

static void a_multi_is_handed_from_thread_to_thread(void) {
    reset();
    esa_client *client = new_client();
    shared shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .multi = new_multi(), .client = client};
    pthread_t threads[HANDS];
    for (int i = 0; i < HANDS; i++) {
        CHECK_INTEGER(pthread_create(&threads[i], NULL, take_turns, &shared), 0);
    }
    for (int i = 0; i < HANDS; i++) {
        pthread_join(threads[i], NULL);
    }
    esa_multi_free(shared.multi);
    esa_client_free(client);
    CHECK_INTEGER(shared.wrong, 0);
    CHECK_INTEGER(shared.finished, HANDED);
}

/* --- Many threads, with a multi each or with calls that block. --- */

enum { LOOPS = 4, BLOCKING = 4, ROUNDS = 12, AT_ONCE = 5 };

typedef struct member {
    const esa_client *client;
    int number, wrong;
    pthread_t thread;
} member;

static int asked;

/* Asked one at a time. */
static void give_for_a_moment(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)user_data, (void)timeout_ms;
    asked++;
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

static void *turn_a_loop(void *argument) {
    member *member = argument;
    esa_multi *multi = new_multi();
    for (int round = 0; round < ROUNDS; round++) {
        char name[64];
        for (int i = 0; i < AT_ONCE; i++) {
            const action *action = &actions[i % 2 ? CREATE : MATCH];
            snprintf(name, sizeof name, "m%d-%d-%d.example.com", member->number, round, i);
            started(action, multi, member->client, name, NULL, (void *)action);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            esa_pending *pending = next_finished(multi);
            member->wrong += !pending || status_of(esa_pending_user_data(pending), pending) != ESA_OK;
        }
    }
    esa_multi_free(multi);
    return NULL;
}

static void *block(void *argument) {
    member *member = argument;
    for (int round = 0; round < ROUNDS; round++) {
        char name[64];
        snprintf(name, sizeof name, "b%d-%d.example.com", member->number, round);
        member->wrong += create(member->client, name, NULL, NULL) != ESA_OK;
    }
    return NULL;
}

static void loops_and_threads_that_block_share_a_client(void) {
    reset();
    char url[64];
    long logged = 0;
    snprintf(url, sizeof url, "http://localhost:%ld", emulator.port);
    esa_config *config = new_config();
    esa_config_set_endpoint(config, url);
    esa_config_set_max_idle_connections(config, 2);
    esa_config_set_timeout(config, LOOP_PATIENCE_MS);
    esa_config_set_credentials_provider(config, give_for_a_moment, NULL);
    esa_config_set_log(config, ESA_LOG_DEBUG, count_line, &logged);
    esa_client *client = client_of(config);
    member members[LOOPS + BLOCKING];
    for (int i = 0; i < LOOPS + BLOCKING; i++) {
        members[i] = (member){.client = client, .number = i};
        CHECK_INTEGER(pthread_create(&members[i].thread, NULL, i < LOOPS ? turn_a_loop : block, &members[i]), 0);
    }
    int wrong = 0;
    for (int i = 0; i < LOOPS + BLOCKING; i++) {
        pthread_join(members[i].thread, NULL);
        wrong += members[i].wrong;
    }
    esa_client_free(client);
    CHECK_INTEGER(wrong, 0);
    CHECK(asked > 0);
    CHECK(logged > LOOPS * ROUNDS * AT_ONCE);
}

/* --- What other threads do meanwhile. --- */

static void *trigger(void *cancel) {
    esa_cancel_trigger(cancel);
    return NULL;
}

static void *free_client(void *client) {
    esa_client_free(client);
    return NULL;
}

/* Idle connections of the multi go with the client, on another thread, while the multi is at work for another client.
 */
static void another_thread_frees_a_client_and_cancels_while_the_loop_turns(void) {
    reset();
    esa_multi *multi = new_multi();
    esa_client *busy = new_client();
    for (int round = 0; round < 30; round++) {
        esa_client *client = new_client();
        esa_cancel *cancel = new_cancel();
        esa_call_options options = ESA_CALL_OPTIONS_INIT;
        options.cancel = cancel;
        esa_pending *first = started(&actions[LIST], multi, client, "", NULL, NULL);
        CHECK(next_finished(multi) == first);
        CHECK_INTEGER(status_of(&actions[LIST], first), ESA_OK);
        pthread_t threads[2];
        CHECK_INTEGER(pthread_create(&threads[0], NULL, free_client, client), 0);
        CHECK_INTEGER(pthread_create(&threads[1], NULL, trigger, cancel), 0);
        for (int i = 0; i < 4; i++) {
            started(&actions[LIST], multi, busy, "", i % 2 ? &options : NULL, (void *)(intptr_t)(i % 2));
        }
        for (int i = 0; i < 4; i++) {
            esa_pending *pending = next_finished(multi);
            CHECK(pending);
            const int may_be_cancelled = esa_pending_user_data(pending) != NULL;
            const esa_status status = status_of(&actions[LIST], pending);
            CHECK(status == ESA_OK || (may_be_cancelled && status == ESA_ERR_CANCELLED));
        }
        pthread_join(threads[0], NULL);
        pthread_join(threads[1], NULL);
        esa_cancel_free(cancel);
    }
    esa_multi_free(multi);
    esa_client_free(busy);
}

/* A call that blocks, on the thread of the loop and in the log of one of its calls. */
static void on_line(void *user_data, const esa_log_record *record) {
    (void)record;
    member *member = user_data;
    if (!member->number++) {
        member->wrong += create(member->client, "inside.example.com", NULL, NULL) != ESA_OK;
        esa_multi *own = new_multi();
        esa_pending *pending = started(&actions[LIST], own, member->client, "", NULL, NULL);
        member->wrong += next_finished(own) != pending || status_of(&actions[LIST], pending) != ESA_OK;
        esa_multi_free(own);
    }
}

static void a_callback_may_block_and_have_a_multi_of_its_own(void) {
    reset();
    esa_client *other = new_client();
    member member = {.client = other};
    esa_config *config = new_config();
    esa_config_set_log(config, ESA_LOG_DEBUG, on_line, &member);
    esa_client *client = client_of(config);
    esa_multi *multi = new_multi();
    esa_pending *pending = started(&actions[LIST], multi, client, "", NULL, NULL);
    CHECK(next_finished(multi) == pending);
    CHECK_INTEGER(status_of(&actions[LIST], pending), ESA_OK);
    CHECK(member.number > 0 && member.wrong == 0);
    esa_multi_free(multi);
    esa_client_free(client);
    esa_client_free(other);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(a_multi_is_handed_from_thread_to_thread);
    RUN(loops_and_threads_that_block_share_a_client);
    RUN(another_thread_frees_a_client_and_cancels_while_the_loop_turns);
    RUN(a_callback_may_block_and_have_a_multi_of_its_own);
    return stop_emulator();
}
