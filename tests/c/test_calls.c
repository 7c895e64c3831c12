/* Calls as programs make them: results, errors, threads and connections. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

static esa_client *client;

static void a_record_is_created(void) {
    reset();
    const create_request request = new_request("created.example.com");
    create_result *result = NULL;
    esa_error *error = (esa_error *)&client;
    CHECK_INTEGER(esa_create_routine_related_record(client, &request, NULL, &result, &error), ESA_OK);
    CHECK(result && !error);
    CHECK(result->record_id >= 1);
    CHECK_INTEGER(result->origin, ESA_ORIGIN_CREATED);
    CHECK_INTEGER(result->attempts, 1);
    CHECK_TEXT(result->status, "OK");
    CHECK(*result->request_id);
    esa_create_routine_related_record_result_free(result);

    char *state = NULL;
    CHECK_INTEGER(esa_emulator_get(&emulator, "state", &state), 0);
    const int is_there = strstr(state, "\"created.example.com\"") != NULL;
    free(state);
    CHECK(is_there);
}

static void what_a_call_was_given_can_be_gone_afterwards(void) {
    reset();
    char name[] = "again.example.com";
    create_result *result = NULL;
    esa_error *error = NULL;
    {
        const create_request request = new_request(name);
        CHECK_INTEGER(esa_create_routine_related_record(client, &request, NULL, &result, NULL), ESA_OK);
        CHECK_INTEGER(create(client, name, NULL, &error), ESA_ERR_CONFLICT);
    }
    memset(name, 'x', sizeof name);
    CHECK_TEXT(result->status, "OK");
    CHECK_TEXT(error->code, "ParameterAlreadyExist");
    esa_create_routine_related_record_result_free(result);
    esa_error_free(error);
}

static void the_caller_may_not_want_the_error(void) {
    reset();
    CHECK_INTEGER(create(client, "a.example.net", NULL, NULL), ESA_ERR_REJECTED);
    CHECK_INTEGER(requests_seen(), 1);
}

/* Reads and frees the error on another thread than the one that made the call. */
static void *read_and_free(void *argument) {
    esa_error *error = argument;
    const int is_right = error->status == ESA_ERR_NOT_FOUND && strcmp(error->code, "RoutineNotExist") == 0 &&
                         *error->message && *error->advice && *error->request_id;
    esa_error_free(error);
    return is_right ? error : NULL;
}

static void an_error_is_read_on_another_thread(void) {
    reset();
    create_request request = new_request("a.example.com");
    request.name = "no-such-routine";
    create_result *result = NULL;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_create_routine_related_record(client, &request, NULL, &result, &error), ESA_ERR_NOT_FOUND);
    CHECK(error && !result);

    pthread_t thread;
    void *is_right = NULL;
    CHECK_INTEGER(pthread_create(&thread, NULL, read_and_free, error), 0);
    pthread_join(thread, &is_right);
    CHECK(is_right);
}

enum { THREADS = 8, CALLS = 10 };

/* Creates records with new names. Returns how many, as a pointer. */
static void *create_some(void *argument) {
    const long thread = (long)(intptr_t)argument;
    intptr_t created = 0;
    for (int i = 0; i < CALLS; i++) {
        char name[64];
        snprintf(name, sizeof name, "t%ld-%d.example.com", thread, i);
        created += create(client, name, NULL, NULL) == ESA_OK;
    }
    return (void *)created;
}

static void threads_share_a_client(void) {
    reset();
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++) {
        CHECK_INTEGER(pthread_create(&threads[i], NULL, create_some, (void *)(intptr_t)i), 0);
    }
    intptr_t created = 0;
    for (int i = 0; i < THREADS; i++) {
        void *some = NULL;
        pthread_join(threads[i], &some);
        created += (intptr_t)some;
    }
    CHECK_INTEGER(created, THREADS * CALLS);
    CHECK_INTEGER(requests_seen(), THREADS * CALLS);
}

static void a_client_may_be_freed_while_a_call_runs(void) {
    reset();
    add_fault("{\"delay_ms\": 1000}");
    esa_client *own = new_client();
    background_call call = {.client = own, .record_name = "freed.example.com"};
    background_start(&call);
    const int arrived = requests_arrive(1);
    esa_client_free(own);
    background_end(&call);
    CHECK(arrived);
    CHECK_INTEGER(call.status, ESA_OK);
    CHECK(!call.error);
}

/* The numbers of the connections that the first `count` requests came over. */
static void read_connections(long *numbers, int count) {
    char *log = NULL;
    CHECK_INTEGER(esa_emulator_get(&emulator, "requests", &log), 0);
    const char *key = "\"connection\":", *entry = log;
    for (int i = 0; i < count; i++) {
        entry = entry ? strstr(entry, key) : NULL;
        numbers[i] = entry ? strtol(entry += strlen(key), NULL, 10) : -1 - i;
    }
    free(log);
}

/* Makes two calls with a client of this configuration, which is freed. */
static void connections_of_two_calls(esa_config *config, long numbers[2]) {
    reset();
    esa_client *own = client_of(config);
    CHECK_INTEGER(create(own, "one.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER(create(own, "two.example.com", NULL, NULL), ESA_OK);
    esa_client_free(own);
    read_connections(numbers, 2);
}

static void two_calls_use_one_connection(void) {
    long numbers[2] = {0, 0};
    connections_of_two_calls(new_config(), numbers);
    CHECK_STILL_GOOD();
    CHECK_INTEGER(numbers[0], numbers[1]);
}

static void without_keep_alive_each_call_has_its_connection(void) {
    esa_config *config = new_config();
    CHECK_INTEGER(esa_config_set_max_idle_connections(config, ESA_NONE), ESA_OK);
    long numbers[2] = {0, 0};
    connections_of_two_calls(config, numbers);
    CHECK_STILL_GOOD();
    CHECK(numbers[0] != numbers[1]);
}

static void a_client_without_any_limit_makes_calls(void) {
    reset();
    esa_config *config = new_config();
    esa_status (*const setters[])(esa_config *, uint32_t) = {
        esa_config_set_connect_timeout,      esa_config_set_attempt_timeout,   esa_config_set_timeout,
        esa_config_set_max_attempts,         esa_config_set_reconcile_horizon, esa_config_set_max_concurrent_writes,
        esa_config_set_max_idle_connections, esa_config_set_idle_timeout,      esa_config_set_write_lock_hold,
    };
    for (size_t i = 0; i < sizeof setters / sizeof *setters; i++) {
        CHECK_INTEGER(setters[i](config, ESA_UNLIMITED), ESA_OK);
    }
    esa_client *own = client_of(config);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = options.max_attempts = ESA_UNLIMITED;
    add_fault("{\"action\": \"CreateRoutineRelatedRecord\", \"when\": \"after\", \"wire\": {\"kind\": \"drop\"}}");
    const create_request request = new_request("unlimited.example.com");
    create_result *result = NULL;
    CHECK_INTEGER(esa_create_routine_related_record(own, &request, &options, &result, NULL), ESA_OK);
    CHECK_INTEGER(result->origin, ESA_ORIGIN_RECOVERED);
    CHECK_INTEGER(esa_client_timeout(own), ESA_UNLIMITED);
    CHECK_INTEGER(esa_client_timeout(client), 30000);
    CHECK_INTEGER(esa_client_timeout(NULL), 0);
    esa_create_routine_related_record_result_free(result);
    esa_client_free(own);
}

static void a_forked_child_and_its_parent_share_no_connection(void) {
    reset();
    CHECK_INTEGER(create(client, "parent.example.com", NULL, NULL), ESA_OK);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        _exit(create(client, "child.example.com", NULL, NULL) == ESA_OK ? 0 : 1);
    }
    CHECK(child > 0);
    int status = -1;
    waitpid(child, &status, 0);
    CHECK_INTEGER(status, 0);
    CHECK_INTEGER(create(client, "parent-again.example.com", NULL, NULL), ESA_OK);
    long numbers[3] = {0, 0, 0};
    read_connections(numbers, 3);
    CHECK(numbers[0] != numbers[1]);
    CHECK_INTEGER(numbers[2], numbers[0]);
}

static void ctrl_c_in_a_terminal_does_not_reach_the_emulator(void) {
    CHECK_INTEGER(getpgid(emulator.pid), emulator.pid);
    CHECK(getpgid(0) != emulator.pid);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    client = new_client();
    RUN(a_record_is_created);
    RUN(what_a_call_was_given_can_be_gone_afterwards);
    RUN(the_caller_may_not_want_the_error);
    RUN(an_error_is_read_on_another_thread);
    RUN(threads_share_a_client);
    RUN(a_client_may_be_freed_while_a_call_runs);
    RUN(two_calls_use_one_connection);
    RUN(without_keep_alive_each_call_has_its_connection);
    RUN(a_client_without_any_limit_makes_calls);
    RUN(a_forked_child_and_its_parent_share_no_connection);
    RUN(ctrl_c_in_a_terminal_does_not_reach_the_emulator);
    esa_client_free(client);
    return stop_emulator();
}
