/* A host at its limits: no thread can be started, and no descriptor is left. The call says so, and works afterwards. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <sys/resource.h>

/* Too little for a thread's stack, enough for a call. */
enum { ROOM_BYTES = 1024 * 1024 };

static esa_client *by_name(void) {
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%ld", emulator.port);
    esa_config *config = new_config();
    esa_config_set_endpoint(config, url);
    esa_config_set_max_idle_connections(config, ESA_NONE);
    return client_of(config);
}

/* A call within the limit; the limit is as before afterwards. */
static esa_status create_within(esa_client *client, int resource, rlim_t most, esa_error **error) {
    struct rlimit before, within;
    getrlimit(resource, &before);
    within = before;
    within.rlim_cur = most;
    setrlimit(resource, &within);
    const esa_status status = create(client, "limited.example.com", NULL, error);
    setrlimit(resource, &before);
    return status;
}

/* The call has failed, having sent nothing, and succeeds without the limit. */
static void has_sent_nothing(esa_client *client, esa_error *error) {
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    CHECK_INTEGER(error->retryable, 1);
    CHECK(*error->message && *error->advice);
    esa_error_free(error);
    CHECK_INTEGER(requests_seen(), 0);
    CHECK_INTEGER(create(client, "limited.example.com", NULL, NULL), ESA_OK);
    esa_client_free(client);
}

static void fails_within(esa_client *client, int resource, rlim_t most, esa_status expected) {
    esa_error *error = NULL;
    const esa_status status = create_within(client, resource, most, &error);
    CHECK_TEXT(esa_status_name(status), esa_status_name(expected));
    has_sent_nothing(client, error);
}

/* First of all: a thread that has ended leaves its stack for the next. Root isn't bound by RLIMIT_NPROC. */
static void no_thread_can_be_started_to_look_up_the_name(void) {
    reset();
    esa_client *client = by_name();
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file);
    const int read = fscanf(file, "%ld", &pages);
    fclose(file);
    CHECK_INTEGER(read, 1);
    const rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ROOM_BYTES;
    fails_within(client, RLIMIT_AS, most, ESA_ERR_DNS);
}

/* The number that the next descriptor would have. */
static rlim_t next_descriptor(void) {
    const int next = dup(STDERR_FILENO);
    close(next);
    return (rlim_t)next;
}

static void no_descriptor_is_left_to_connect_with(void) {
    reset();
    esa_client *client = new_client();
    fails_within(client, RLIMIT_NOFILE, next_descriptor(), ESA_ERR_CONNECT);
}

/* With one or two it depends on who comes first, the thread that looks up or the call that waits for it. */
static void few_descriptors_are_left_to_look_up_the_name(void) {
    for (rlim_t left = 0; left <= 2; left++) {
        reset();
        esa_client *client = by_name();
        esa_error *error = NULL;
        const esa_status status = create_within(client, RLIMIT_NOFILE, next_descriptor() + left, &error);
        if (status == ESA_OK) {
            CHECK(left > 0);
            esa_client_free(client);
        } else {
            CHECK_TEXT(esa_status_name(status), "ESA_ERR_DNS");
            /* glibc says of a name that it had no descriptors to look for that there is none. */
            CHECK(strstr(error->message, "no file descriptors"));
            has_sent_nothing(client, error);
        }
        CHECK_STILL_GOOD();
    }
}

static void no_descriptor_is_left_to_cancel_with(void) {
    struct rlimit before, within;
    CHECK_INTEGER(getrlimit(RLIMIT_NOFILE, &before), 0);
    within = before;
    within.rlim_cur = next_descriptor();
    setrlimit(RLIMIT_NOFILE, &within);
    esa_cancel *cancel = esa_cancel_new();
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(!cancel);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(no_thread_can_be_started_to_look_up_the_name);
    RUN(no_descriptor_is_left_to_connect_with);
    RUN(few_descriptors_are_left_to_look_up_the_name);
    RUN(no_descriptor_is_left_to_cancel_with);
    return stop_emulator();
}
