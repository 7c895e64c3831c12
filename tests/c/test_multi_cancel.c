/* What ends a call of a multi: cancelling, its deadline, and the end of another call's permit; during each kind of
 * wait. test_multi_cancel SEED. */
#define _GNU_SOURCE
#include "phases.h"

static esa_multi *multi;

/* If nothing is due for this long, the call has reached its wait. */
enum { REACH_MS = 60 };

/* A command is looked after more often. */
static void reach(const phase *phase) {
    if (phase->client == runs_a_command_for_credentials) {
        turn_for(multi, REACH_MS);
    } else {
        turn_until_quiet_for(multi, REACH_MS);
    }
}

/* --- Each phase. --- */

/* Ends a call somehow; returns after how many steps it has finished, or 0. */
typedef int (*end_fn)(esa_pending *pending, esa_cancel *cancel);

static int steps_until_finished(int most) {
    for (int steps = 1; steps <= most; steps++) {
        if (!is_readable_within(multi, LOOP_PATIENCE_MS) || esa_multi_step(multi) != ESA_OK) {
            return 0;
        }
        if (is_readable_within(multi, 0) && esa_multi_next_finished(multi)) {
            return steps;
        }
    }
    return 0;
}

/* A command that is killed may take a moment to be gone. */
enum { MOST_STEPS = 20 };

static int by_itself(esa_pending *pending, esa_cancel *cancel) {
    (void)cancel;
    esa_pending_cancel(pending);
    return steps_until_finished(MOST_STEPS);
}

static void *trigger(void *cancel) {
    esa_cancel_trigger(cancel);
    return NULL;
}

static int by_a_token_from_another_thread(esa_pending *pending, esa_cancel *cancel) {
    (void)pending;
    pthread_t thread;
    if (pthread_create(&thread, NULL, trigger, cancel) != 0) {
        return 0;
    }
    const int steps = steps_until_finished(MOST_STEPS);
    pthread_join(thread, NULL);
    return steps;
}

static void a_call_ends_there(const phase *phase, end_fn end) {
    esa_client *client = phase->client();
    esa_cancel *cancel = new_cancel();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    esa_pending *first = NULL;
    if (phase->is_second) {
        first = started(&actions[phase->action], multi, client, "first.example.com", NULL, NULL);
        reach(phase);
    }
    esa_pending *pending = started(&actions[phase->action], multi, client, "held.example.com", &options, NULL);
    reach(phase);
    const long long begun = esa_emulator_now_ms();
    const int steps = end(pending, cancel);
    const long long took = esa_emulator_now_ms() - begun;
    fprintf(stderr, "%s: %d steps, %lld ms\n", phase->name, steps, took);
    const outcome outcome = finish_of(&actions[phase->action], pending);
    esa_pending_free(first);
    esa_client_free(client);
    esa_cancel_free(cancel);
    leave_phase();
    turn_until_quiet_for(multi, 5);
    CHECK_INTEGER(outcome.status, ESA_ERR_CANCELLED);
    char expected[32];
    snprintf(expected, sizeof expected, "outcome %d, ", phase->outcome);
    CHECK_TEXT(strncmp(outcome.text, expected, strlen(expected)) == 0 ? "" : outcome.text, "");
    /* Only what is killed is waited for. */
    CHECK(steps == 1 || (steps > 1 && phase->client == runs_a_command_for_credentials));
    CHECK(took < PHASE_LIMIT_MS / 10);
}

static void cancelling_ends_a_call_with_the_next_step_in_every_phase(void) {
    for (int i = 0; i < PHASES; i++) {
        a_call_ends_there(&phases[i], by_itself);
        CHECK_STILL_GOOD();
    }
}

static void a_token_ends_a_call_from_another_thread_in_every_phase(void) {
    for (int i = 0; i < PHASES; i++) {
        a_call_ends_there(&phases[i], by_a_token_from_another_thread);
        CHECK_STILL_GOOD();
    }
}

/* All phases at once, each with its own time. */
static void deadlines_end_calls_in_every_phase_while_the_loop_turns(void) {
    enum { LEAST_MS = 150 };
    for (int i = 0; i < PHASES; i++) {
        const phase *phase = &phases[i];
        esa_client *client = phase->client();
        esa_call_options options = ESA_CALL_OPTIONS_INIT;
        options.timeout_ms = LEAST_MS;
        esa_pending *first = NULL;
        if (phase->is_second) {
            first = started(&actions[phase->action], multi, client, "first.example.com", NULL, NULL);
            reach(phase);
        }
        const long long begun = esa_emulator_now_ms();
        esa_pending *pending = started(&actions[phase->action], multi, client, "held.example.com", &options, NULL);
        CHECK(next_finished(multi) == pending);
        const long long took = esa_emulator_now_ms() - begun;
        fprintf(stderr, "%s: %lld ms of %d\n", phase->name, took, LEAST_MS);
        const outcome outcome = finish_of(&actions[phase->action], pending);
        esa_pending_free(first);
        esa_client_free(client);
        leave_phase();
        /* What it can't wait for until the end isn't waited for. */
        const int gives_up_at_once = phase->client == waits_to_try_again;
        if (!gives_up_at_once && phase->client != waits_to_read_back) {
            CHECK_TEXT(outcome.status == ESA_ERR_TIMEOUT || outcome.status == ESA_ERR_CREDENTIALS ? "" : outcome.text,
                       "");
            CHECK(took >= LEAST_MS);
        }
        CHECK(took < PHASE_LIMIT_MS / 10);
    }
}

/* --- Many calls. --- */

enum { MANY = 200 };

static void one_token_ends_many_calls_with_one_step(void) {
    esa_client *client = held_up_by(HANG);
    esa_cancel *cancel = new_cancel();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    esa_pending *pending[MANY];
    for (int i = 0; i < MANY; i++) {
        pending[i] = started(&actions[i % 10 ? CREATE : LIST], multi, client, "a.example.com", &options, NULL);
    }
    esa_pending *other = started(&actions[MATCH], multi, client, "a.example.com", NULL, NULL);
    turn_until_quiet_for(multi, REACH_MS);
    pthread_t thread;
    CHECK_INTEGER(pthread_create(&thread, NULL, trigger, cancel), 0);
    pthread_join(thread, NULL);
    CHECK(is_readable_within(multi, 0));
    CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
    for (int i = 0; i < MANY; i++) {
        CHECK(esa_multi_next_finished(multi));
    }
    CHECK(!esa_multi_next_finished(multi));
    for (int i = 0; i < MANY; i++) {
        CHECK_INTEGER(status_of(&actions[i % 10 ? CREATE : LIST], pending[i]), ESA_ERR_CANCELLED);
    }
    /* It stays triggered for those to come. */
    esa_pending *late = started(&actions[LIST], multi, client, "", &options, NULL);
    CHECK(next_finished(multi) == late);
    CHECK_INTEGER(status_of(&actions[LIST], late), ESA_ERR_CANCELLED);
    esa_cancel_free(cancel);
    esa_pending_free(other);
    esa_client_free(client);
    turn_for(multi, 5);
    CHECK(!is_readable_within(multi, 0));
}

static void one_token_ends_calls_of_several_multis_and_a_thread_s(void) {
    esa_client *client = held_up_by(HANG);
    esa_cancel *cancel = new_cancel();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    esa_multi *other = new_multi();
    esa_pending *one = started(&actions[LIST], multi, client, "", &options, NULL);
    esa_pending *two = started(&actions[LIST], other, client, "", &options, NULL);
    background_call call = {.client = client, .record_name = "a.example.com", .options = &options};
    background_start(&call);
    CHECK(requests_arrive_while_stepping(multi, 1));
    CHECK(requests_arrive_while_stepping(other, 3));
    esa_cancel_trigger(cancel);
    esa_cancel_free(cancel);
    background_end(&call);
    esa_error_free(call.error);
    CHECK_INTEGER(call.status, ESA_ERR_CANCELLED);
    CHECK(next_finished(multi) == one && next_finished(other) == two);
    CHECK_INTEGER(status_of(&actions[LIST], one), ESA_ERR_CANCELLED);
    esa_multi_free(other);
    CHECK_INTEGER(status_of(&actions[LIST], two), ESA_ERR_CANCELLED);
    esa_client_free(client);
}

/* --- A multi that nobody steps. --- */

/* What threads wait for in vain is over when the attempt of the call that stands still is. */
enum { ATTEMPT_MS = 400 };

static esa_client *with_short_attempts(esa_config *config) {
    esa_config_set_connect_timeout(config, ATTEMPT_MS);
    esa_config_set_attempt_timeout(config, ATTEMPT_MS);
    esa_config_set_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_reconcile_horizon(config, 1);
    return client_of(config);
}

/* Several threads' calls succeed beside it, and then its own come to their ends. */
static void threads_go_on_beside(esa_client *client, int action, int calls, int (*reach)(void)) {
    enum { THREADS = 3 };
    esa_multi *stalled = new_multi();
    esa_pending *pending[8];
    for (int i = 0; i < calls; i++) {
        pending[i] = started(&actions[action], stalled, client, "stalled.example.com", NULL, NULL);
    }
    const long long begun = esa_emulator_now_ms();
    while (reach && !reach() && esa_emulator_now_ms() < begun + LOOP_PATIENCE_MS) {
        CHECK_INTEGER(esa_multi_step(stalled), ESA_OK);
    }
    const char *names[THREADS] = {"beside0.example.com", "beside1.example.com", "beside2.example.com"};
    background_call beside[THREADS];
    for (int i = 0; i < THREADS; i++) {
        beside[i] = (background_call){.client = client, .record_name = names[i]};
        background_start(&beside[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        background_end(&beside[i]);
        CHECK_TEXT(beside[i].error ? beside[i].error->message : "", "");
        CHECK_INTEGER(beside[i].status, ESA_OK);
    }
    fprintf(stderr, "beside a multi that nobody steps: %lld ms\n", esa_emulator_now_ms() - begun);
    CHECK(esa_emulator_now_ms() - begun < PHASE_LIMIT_MS / 2);
    for (int i = 0; i < calls; i++) {
        CHECK(next_finished(stalled));
    }
    for (int i = 0; i < calls; i++) {
        status_of(&actions[action], pending[i]);
    }
    esa_multi_free(stalled);
    esa_client_free(client);
}

static int one_request_has_arrived(void) { return requests_seen() >= 1; }

static void a_stalled_multi_that_writes_is_passed_by(void) {
    reset();
    add_fault("{\"delay_ms\": 20, \"parameters\": {\"RecordName\": \"stalled.example.com\"}, \"times\": 0}");
    threads_go_on_beside(with_short_attempts(new_config()), CREATE, 1, one_request_has_arrived);
}

/* They get their permits one after the other, and take up none. */
static void a_stalled_multi_with_calls_in_the_queue_is_passed_by(void) {
    reset();
    threads_go_on_beside(with_short_attempts(new_config()), CREATE, 3, one_request_has_arrived);
}

static void a_stalled_multi_that_has_not_even_connected_is_passed_by(void) {
    reset();
    threads_go_on_beside(with_short_attempts(new_config()), CREATE, 2, NULL);
}

/* A server of credentials that answers every question but the first. */
typedef struct keeper {
    pthread_t thread;
    int listener, asked;
} keeper;

static void *keep(void *argument) {
    keeper *keeper = argument;
    int first = -1;
    for (int connection; (connection = accept(keeper->listener, NULL, NULL)) >= 0;) {
        if (__atomic_add_fetch(&keeper->asked, 1, __ATOMIC_SEQ_CST) == 1) {
            first = connection;
            continue;
        }
        char request[4096], body[256], reply[512];
        if (recv(connection, request, sizeof request, 0) > 0) {
            snprintf(body, sizeof body,
                     "{\"Code\": \"Success\", \"AccessKeyId\": \"STS.valid\", \"AccessKeySecret\": \"sts-secret\", "
                     "\"SecurityToken\": \"sts/token+with=signs\", \"Expiration\": \"2099-01-01T00:00:00Z\"}");
            snprintf(reply, sizeof reply,
                     "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
                     "%d\r\n\r\n%s",
                     (int)strlen(body), body);
            send(connection, reply, strlen(reply), MSG_NOSIGNAL);
        }
        close(connection);
    }
    close(first);
    return NULL;
}

static keeper the_keeper;

static int the_keeper_was_asked(void) { return __atomic_load_n(&the_keeper.asked, __ATOMIC_SEQ_CST) >= 1; }

static void a_stalled_multi_that_asks_for_credentials_is_passed_by(void) {
    reset();
    const char *url = silent_peer("http://", 8);
    the_keeper.listener = silent_listener;
    CHECK_INTEGER(pthread_create(&the_keeper.thread, NULL, keep, &the_keeper), 0);
    setenv("ALIBABA_CLOUD_CREDENTIALS_URI", url, 1);
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    esa_client *client = with_short_attempts(config);
    unsetenv("ALIBABA_CLOUD_CREDENTIALS_URI");
    threads_go_on_beside(client, LIST, 2, the_keeper_was_asked);
    shutdown(silent_listener, SHUT_RDWR);
    pthread_join(the_keeper.thread, NULL);
    leave_phase();
    CHECK(the_keeper.asked >= 2);
}

int main(int argc, char **argv) {
    const esa_emulator_options emulator_options = {argc > 1 ? argv[1] : NULL, 0};
    if (start_emulator(&emulator_options) != 0) {
        return 2;
    }
    multi = new_multi();
    RUN(cancelling_ends_a_call_with_the_next_step_in_every_phase);
    RUN(a_token_ends_a_call_from_another_thread_in_every_phase);
    RUN(deadlines_end_calls_in_every_phase_while_the_loop_turns);
    RUN(one_token_ends_many_calls_with_one_step);
    RUN(one_token_ends_calls_of_several_multis_and_a_thread_s);
    RUN(a_stalled_multi_that_writes_is_passed_by);
    RUN(a_stalled_multi_with_calls_in_the_queue_is_passed_by);
    RUN(a_stalled_multi_that_has_not_even_connected_is_passed_by);
    RUN(a_stalled_multi_that_asks_for_credentials_is_passed_by);
    esa_multi_free(multi);
    return stop_emulator();
}
