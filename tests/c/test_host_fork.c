/* fork() while other threads are inside calls: the child's calls return, over connections of their own. */
#define _GNU_SOURCE
#include "fixture.h"
#include <sched.h>

/* The most that a child may take before its alarm kills it; its calls end earlier. */
enum { CHILD_SECONDS = 30, CHILD_CALL_MS = 10000 };

/* Makes a call in a forked child. Returns its exit status, or -1 if it didn't end by itself. */
static int call_in_a_child(const esa_client *client, const char *record_name) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        esa_call_options options = ESA_CALL_OPTIONS_INIT;
        options.timeout_ms = CHILD_CALL_MS;
        _exit(create(client, record_name, &options, NULL) == ESA_OK ? 0 : 1);
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A thread is in a call that this rule holds up; the child's call of another record succeeds all the same. */
static void the_child_s_call_succeeds_beside(const char *rule) {
    reset();
    add_fault(rule);
    esa_client *client = new_client();
    CHECK_INTEGER(create(client, "idle.example.com", NULL, NULL), ESA_OK);
    esa_cancel *cancel = new_cancel();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    background_call call = {.client = client, .record_name = "held.example.com", .options = &options};
    background_start(&call);
    const int arrived = requests_arrive(2);
    const int child = call_in_a_child(client, "child.example.com");
    esa_cancel_trigger(cancel);
    background_end(&call);
    const esa_status after = create(client, "parent.example.com", NULL, NULL);
    esa_error_free(call.error);
    esa_cancel_free(cancel);
    esa_client_free(client);
    CHECK(arrived);
    CHECK_INTEGER(child, 0);
    CHECK_INTEGER(call.status, ESA_ERR_CANCELLED);
    CHECK_INTEGER(after, ESA_OK);
}

static void while_a_thread_waits_for_a_reply_inside_the_gate(void) {
    the_child_s_call_succeeds_beside(
        "{\"parameters\": {\"RecordName\": \"held.example.com\"}, \"times\": 0, \"wire\": {\"kind\": \"hang\"}}");
}

static void while_a_thread_waits_to_try_again(void) {
    the_child_s_call_succeeds_beside(
        "{\"parameters\": {\"RecordName\": \"held.example.com\"}, \"times\": 0, \"reply\": "
        "{\"code\": \"Throttling.User\", \"headers\": {\"Retry-After\": \"20\"}}}");
}

static const esa_client *busy_client;
static esa_cancel *end;

/* Looks the endpoint's name up and connects, over and over. */
static void *call_until_cancelled(void *argument) {
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = end;
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_status status;
    do {
        esa_get_match_site_result *result = NULL;
        status = esa_get_match_site(busy_client, &request, &options, &result, NULL);
        esa_get_match_site_result_free(result);
    } while (status == ESA_OK);
    return status == ESA_ERR_CANCELLED ? NULL : argument;
}

static void while_threads_look_up_and_connect(void) {
    reset();
    char url[64], name[64];
    snprintf(url, sizeof url, "http://localhost:%ld", emulator.port);
    esa_config *config = new_config();
    esa_config_set_endpoint(config, url);
    esa_config_set_max_idle_connections(config, ESA_NONE);
    esa_client *client = client_of(config);
    busy_client = client;
    end = new_cancel();
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        CHECK_INTEGER(pthread_create(&threads[i], NULL, call_until_cancelled, client), 0);
    }
    /* The C library's own look-up may not work in such a child; the call then ends by its time limit. */
    int ended = 0;
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "child%d.example.com", i);
        ended += call_in_a_child(client, name) >= 0;
    }
    esa_cancel_trigger(end);
    int failed = 0;
    for (int i = 0; i < 3; i++) {
        void *problem = NULL;
        pthread_join(threads[i], &problem);
        failed += problem != NULL;
    }
    esa_cancel_free(end);
    esa_client_free(client);
    CHECK_INTEGER(ended, 30);
    CHECK_INTEGER(failed, 0);
}

static void a_child_of_a_child_works_too(void) {
    reset();
    esa_client *client = new_client();
    CHECK_INTEGER(create(client, "first.example.com", NULL, NULL), ESA_OK);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(2 * CHILD_SECONDS);
        const int own = create(client, "second.example.com", NULL, NULL) == ESA_OK;
        _exit(own && call_in_a_child(client, "third.example.com") == 0 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    esa_client_free(client);
    CHECK_INTEGER(status, 0);
}

/* Forks into a new PID namespace. The child's id there is 1; -1 if that isn't allowed. */
static pid_t fork_into_namespace(void) {
    /* Who isn't root may have one in a user namespace. */
    return unshare(CLONE_NEWPID) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0 ? fork() : -1;
}

static int exit_status(pid_t child) {
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int namespaces_nest(void) {
    const pid_t outer = fork();
    if (outer == 0) {
        const pid_t first = fork_into_namespace();
        if (first == 0) {
            const pid_t second = fork_into_namespace();
            _exit(second == 0 ? 0 : exit_status(second) != 0);
        }
        _exit(exit_status(first) != 0);
    }
    return exit_status(outer) == 0;
}

/* How many connections the client has opened. */
static uint64_t opened(const esa_client *client) {
    esa_stats stats = ESA_STATS_INIT;
    esa_client_stats(client, &stats);
    return stats.connections_opened;
}

static void a_child_of_the_same_id_has_connections_of_its_own(void) {
    reset();
    fflush(stdout);
    const pid_t outer = fork();
    if (outer == 0) {
        const pid_t first = fork_into_namespace();
        if (first == 0) {
            alarm(2 * CHILD_SECONDS);
            esa_client *client = new_client();
            const int own = create(client, "first.example.com", NULL, NULL) == ESA_OK && opened(client) == 1;
            const pid_t second = fork_into_namespace();
            if (second == 0) {
                alarm(CHILD_SECONDS);
                _exit(getpid() == 1 && create(client, "second.example.com", NULL, NULL) == ESA_OK && opened(client) == 2
                          ? 0
                          : 1);
            }
            _exit(getpid() == 1 && own && exit_status(second) == 0 ? 0 : 1);
        }
        _exit(exit_status(first) == 0 ? 0 : 1);
    }
    CHECK_INTEGER(exit_status(outer), 0);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(while_a_thread_waits_for_a_reply_inside_the_gate);
    RUN(while_a_thread_waits_to_try_again);
    RUN(while_threads_look_up_and_connect);
    RUN(a_child_of_a_child_works_too);
    if (namespaces_nest()) {
        RUN(a_child_of_the_same_id_has_connections_of_its_own);
    } else {
        printf("LEFT OUT: a_child_of_the_same_id_has_connections_of_its_own, which needs PID namespaces\n");
    }
    return stop_emulator();
}
