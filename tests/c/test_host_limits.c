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
    fails_within(client, RLIMIT_NOFILE, next_descriptor(), ESA_ERR_DESCRIPTORS);
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
            CHECK_TEXT(esa_status_name(status), "ESA_ERR_DESCRIPTORS");
            /* If glibc has no descriptors for a look-up, it reports that the name does not exist. */
            CHECK(strstr(error->message, "no file descriptors"));
            has_sent_nothing(client, error);
        }
        CHECK_STILL_GOOD();
    }
}

/* What is done while no descriptor is left. */
static esa_status without_descriptors(esa_status (*doing)(esa_error **error), esa_error **error) {
    struct rlimit before, within;
    getrlimit(RLIMIT_NOFILE, &before);
    within = before;
    within.rlim_cur = next_descriptor();
    setrlimit(RLIMIT_NOFILE, &within);
    const esa_status status = doing(error);
    setrlimit(RLIMIT_NOFILE, &before);
    return status;
}

static esa_status make_a_cancel(esa_error **error) {
    esa_cancel *cancel = NULL;
    const esa_status status = esa_cancel_new(&cancel, error);
    esa_cancel_free(cancel);
    return status;
}

static esa_status make_a_multi(esa_error **error) {
    esa_multi *multi = NULL;
    const esa_status status = esa_multi_new(&multi, error);
    esa_multi_free(multi);
    return status;
}

static esa_status make_a_client_with_a_ca_file(esa_error **error) {
    esa_client *client = NULL;
    esa_config *config = new_config();
    esa_config_set_ca_file(config, "tests/vectors/seed.json");
    const esa_status status = esa_client_new(config, &client, error);
    esa_config_free(config);
    esa_client_free(client);
    return status;
}

static esa_status write_with_a_file_as_the_lock(esa_error **error) {
    esa_config *config = new_config();
    esa_config_set_write_lock_file(config, "tests/vectors/seed.json");
    esa_client *client = client_of(config);
    const esa_status status = create(client, "limited.example.com", NULL, error);
    esa_client_free(client);
    return status;
}

static esa_status take_credentials_of_a_file(esa_error **error) {
    setenv("ALIBABA_CLOUD_CREDENTIALS_FILE", "tests/vectors/seed.json", 1);
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    esa_client *client = client_of(config);
    const esa_status status = create(client, "limited.example.com", NULL, error);
    esa_client_free(client);
    unsetenv("ALIBABA_CLOUD_CREDENTIALS_FILE");
    return status;
}

static void whatever_lacks_a_descriptor_has_one_status(void) {
    unsetenv("SSL_CERT_FILE"); /* which a client reads */
    esa_status (*const doings[])(esa_error **) = {make_a_cancel, make_a_multi, make_a_client_with_a_ca_file,
                                                  write_with_a_file_as_the_lock, take_credentials_of_a_file};
    for (size_t i = 0; i < sizeof doings / sizeof *doings; i++) {
        esa_error *error = NULL;
        const esa_status status = without_descriptors(doings[i], &error);
        CHECK_TEXT(esa_status_name(status), "ESA_ERR_DESCRIPTORS");
        CHECK_INTEGER(error->status, status);
        CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
        CHECK_INTEGER(error->retryable, 1);
        CHECK(strstr(error->message, "no file descriptors are left"));
        CHECK(strstr(error->advice, "ulimit -n"));
        esa_error_free(error);
    }
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(no_thread_can_be_started_to_look_up_the_name);
    RUN(no_descriptor_is_left_to_connect_with);
    RUN(few_descriptors_are_left_to_look_up_the_name);
    RUN(whatever_lacks_a_descriptor_has_one_status);
    return stop_emulator();
}
