/* The interrupt callback, asked while a call waits; and the client's writes, which wait for each other. */
#define _XOPEN_SOURCE 700
#include "fixture.h"

/* Of the client: what ends earlier was interrupted. */
enum { TIME_LIMIT_MS = 60000 };

static esa_client *client;

typedef struct question {
    pthread_t caller;
    int asked, wrong_thread, until; /* it answers yes from this time on; 0: never */
} question;

static int32_t ask(void *data) {
    question *question = data;
    question->wrong_thread += !pthread_equal(question->caller, pthread_self());
    return ++question->asked >= question->until && question->until != 0;
}

static esa_call_options asking(question *question, int until) {
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    memset(question, 0, sizeof *question);
    question->caller = pthread_self();
    question->until = until;
    options.interrupt = ask;
    options.interrupt_data = question;
    return options;
}

static void is_interrupted(const char *rule, esa_outcome outcome) {
    reset();
    add_fault(rule);
    question question;
    const esa_call_options options = asking(&question, 3);
    esa_error *error = NULL;
    const long long started = esa_emulator_now_ms();
    CHECK_INTEGER(create(client, "interrupted.example.com", &options, &error), ESA_ERR_CANCELLED);
    CHECK(esa_emulator_now_ms() - started < TIME_LIMIT_MS / 10);
    CHECK_INTEGER(error->outcome, outcome);
    esa_error_free(error);
    CHECK_INTEGER(question.asked, 3);
    CHECK_INTEGER(question.wrong_thread, 0);
}

static void a_call_that_waits_for_the_reply_is_interrupted(void) { is_interrupted(HANG, ESA_OUTCOME_UNKNOWN); }

static void a_call_that_waits_to_try_again_is_interrupted(void) {
    is_interrupted("{\"times\": 0, \"reply\": {\"code\": \"Throttling.User\", \"headers\": {\"Retry-After\": \"20\"}}}",
                   ESA_OUTCOME_REFUSED);
}

static void it_is_asked_only_while_the_call_waits(void) {
    reset();
    question question;
    const esa_call_options options = asking(&question, 1);
    CHECK_INTEGER(create(client, "", &options, NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(question.asked, 0);
}

/* How often it is asked during a reply that takes 600 ms. */
static int asked_meanwhile(const char *record_name) {
    question question;
    const esa_call_options options = asking(&question, 0);
    add_fault("{\"delay_ms\": 600}");
    return create(client, record_name, &options, NULL) == ESA_OK && !question.wrong_thread ? question.asked : -1;
}

static void on_alarm(int signal_number) { (void)signal_number; }

static void it_is_asked_now_and_then_and_at_every_signal(void) {
    reset();
    const int calmly = asked_meanwhile("calm.example.com");
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    add_fault("{\"delay_ms\": 600}");
    question question;
    const esa_call_options options = asking(&question, 0);
    const struct itimerval every_5_ms = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every_5_ms, NULL);
    const esa_status status = create(client, "signals.example.com", &options, NULL);
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN); /* One may still be on its way. */
    CHECK_INTEGER(status, ESA_OK);
    CHECK(calmly >= 2 && calmly <= 13);
    CHECK(question.asked > 2 * calmly);
}

enum { WRITERS = 4 };

static void load_lock(void) {
    char seed[1024];
    snprintf(
        seed, sizeof seed,
        "{\"accounts\": [{\"lock_hold_ms\": 200, \"users\": [{\"name\": \"u\", \"keys\": [{\"access_key_id\": \"%s\", "
        "\"access_key_secret\": \"%s\"}]}], \"sites\": [{\"site_id\": %lld, \"site_name\": \"%s\"}], "
        "\"routines\": [{\"name\": \"%s\"}]}]}",
        emulator.access_key_id, emulator.access_key_secret, emulator.site_id, emulator.site_name, emulator.routine);
    CHECK_TEXT(esa_emulator_post(&emulator, "seed", seed) ? emulator.error : "", "");
}

/* Writes of several threads to an account that takes one at a time; whether the service refused one of them. */
static int a_write_is_refused(uint32_t max_concurrent_writes) {
    reset();
    load_lock();
    esa_config *config = new_config();
    esa_config_set_max_concurrent_writes(config, max_concurrent_writes);
    esa_client *own = client_of(config);
    const char *names[WRITERS] = {"w0.example.com", "w1.example.com", "w2.example.com", "w3.example.com"};
    background_call calls[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        calls[i] = (background_call){.client = own, .record_name = names[i]};
        background_start(&calls[i]);
    }
    int succeeded = 0;
    for (int i = 0; i < WRITERS; i++) {
        background_end(&calls[i]);
        succeeded += calls[i].status == ESA_OK;
        esa_error_free(calls[i].error);
    }
    esa_client_free(own);
    char *log = NULL;
    if (succeeded != WRITERS || esa_emulator_get(&emulator, "requests", &log) != 0) {
        return -1;
    }
    const int refused = strstr(log, "UserOperationStatusIsLocked") != NULL;
    free(log);
    return refused;
}

static void writes_wait_for_each_other_so_that_none_is_refused(void) {
    CHECK_INTEGER(a_write_is_refused(1), 0);
    CHECK_INTEGER(a_write_is_refused(ESA_UNLIMITED), 1);
    reset();
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, TIME_LIMIT_MS);
    esa_config_set_attempt_timeout(config, TIME_LIMIT_MS);
    esa_config_set_timeout(config, TIME_LIMIT_MS);
    client = client_of(config);
    RUN(a_call_that_waits_for_the_reply_is_interrupted);
    RUN(a_call_that_waits_to_try_again_is_interrupted);
    RUN(it_is_asked_only_while_the_call_waits);
    RUN(it_is_asked_now_and_then_and_at_every_signal);
    RUN(writes_wait_for_each_other_so_that_none_is_refused);
    esa_client_free(client);
    return stop_emulator();
}
