/* Cancelling: before a call, and while it waits, from another thread or a signal handler. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

/* Of the client: what ends earlier was cancelled. */
enum { TIME_LIMIT_MS = 60000 };

static esa_client *client;
static esa_cancel *cancel;
static esa_call_options options;

static void new_cancel(void) {
    cancel = esa_cancel_new();
    CHECK(cancel);
    options = (esa_call_options)ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
}

static void was_cancelled(esa_status status, esa_error *error, esa_outcome outcome) {
    CHECK_INTEGER(status, ESA_ERR_CANCELLED);
    CHECK(error);
    CHECK_INTEGER(error->status, ESA_ERR_CANCELLED);
    CHECK_INTEGER(error->outcome, outcome);
    CHECK_INTEGER(error->http_status, 0);
    CHECK(*error->message && *error->advice);
    esa_error_free(error);
}

static void before_the_call_nothing_is_sent(void) {
    reset();
    new_cancel();
    esa_cancel_trigger(cancel);
    esa_cancel_trigger(cancel);
    for (int i = 0; i < 2; i++) {
        esa_error *error = NULL;
        esa_status status = create(client, "never.example.com", &options, &error);
        was_cancelled(status, error, ESA_OUTCOME_NOT_SENT);
    }
    CHECK_INTEGER(requests_seen(), 0);
    esa_cancel_free(cancel);
}

static void from_another_thread_while_the_service_hangs(void) {
    reset();
    add_fault(HANG);
    new_cancel();
    background_call calls[2];
    for (int i = 0; i < 2; i++) {
        calls[i] = (background_call){.client = client, .record_name = "hanging.example.com", .options = &options};
        background_start(&calls[i]);
    }
    const int arrived = requests_arrive(2);
    const long long started = esa_emulator_now_ms();
    esa_cancel_trigger(cancel);
    background_end(&calls[0]);
    background_end(&calls[1]);
    CHECK(arrived);
    CHECK(esa_emulator_now_ms() - started < TIME_LIMIT_MS / 2);
    was_cancelled(calls[0].status, calls[0].error, ESA_OUTCOME_UNKNOWN);
    was_cancelled(calls[1].status, calls[1].error, ESA_OUTCOME_UNKNOWN);
    esa_cancel_free(cancel);
}

static void a_freed_one_cancels_nothing_any_more(void) {
    reset();
    add_fault("{\"delay_ms\": 300}");
    new_cancel();
    background_call call = {.client = client, .record_name = "kept.example.com", .options = &options};
    background_start(&call);
    const int arrived = requests_arrive(1);
    esa_cancel_free(cancel);
    background_end(&call);
    CHECK(arrived);
    CHECK_INTEGER(call.status, ESA_OK);
}

static void one_that_is_not_triggered_does_no_harm(void) {
    reset();
    new_cancel();
    CHECK_INTEGER(create(client, "untouched.example.com", &options, NULL), ESA_OK);
    esa_cancel_free(cancel);
}

static void on_alarm(int signal_number) {
    (void)signal_number;
    esa_cancel_trigger(cancel);
}

static pthread_t caller;

/* Interrupts the caller when its request has arrived. */
static void *interrupt(void *argument) {
    (void)argument;
    requests_arrive(1);
    pthread_kill(caller, SIGALRM);
    return NULL;
}

static void from_a_signal_handler(void) {
    reset();
    add_fault(HANG);
    new_cancel();
    struct sigaction action, previous;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigemptyset(&action.sa_mask);
    CHECK_INTEGER(sigaction(SIGALRM, &action, &previous), 0);
    caller = pthread_self();
    pthread_t thread;
    CHECK_INTEGER(pthread_create(&thread, NULL, interrupt, NULL), 0);

    esa_error *error = NULL;
    esa_status status = create(client, "hanging.example.com", &options, &error);

    pthread_join(thread, NULL);
    sigaction(SIGALRM, &previous, NULL);
    was_cancelled(status, error, ESA_OUTCOME_UNKNOWN);
    esa_cancel_free(cancel);
}

static void a_signal_that_cancels_nothing_does_not_end_a_call(void) {
    reset();
    add_fault("{\"delay_ms\": 500}");
    struct sigaction action, previous;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigemptyset(&action.sa_mask);
    CHECK_INTEGER(sigaction(SIGALRM, &action, &previous), 0);
    cancel = NULL;
    caller = pthread_self();
    pthread_t thread;
    CHECK_INTEGER(pthread_create(&thread, NULL, interrupt, NULL), 0);

    esa_status status = create(client, "interrupted.example.com", NULL, NULL);

    pthread_join(thread, NULL);
    sigaction(SIGALRM, &previous, NULL);
    CHECK_INTEGER(status, ESA_OK);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, TIME_LIMIT_MS);
    esa_config_set_attempt_timeout(config, TIME_LIMIT_MS);
    esa_config_set_timeout(config, TIME_LIMIT_MS);
    esa_config_set_max_concurrent_writes(config, ESA_UNLIMITED);
    client = client_of(config);
    RUN(before_the_call_nothing_is_sent);
    RUN(from_another_thread_while_the_service_hangs);
    RUN(a_freed_one_cancels_nothing_any_more);
    RUN(one_that_is_not_triggered_does_no_harm);
    RUN(from_a_signal_handler);
    RUN(a_signal_that_cancels_nothing_does_not_end_a_call);
    esa_client_free(client);
    return stop_emulator();
}
