/* esa_client_stats: what a client has done, in a struct of the caller's that may be older or newer than the library's.
 */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <sys/wait.h>
#include <unistd.h>

/* All zero if it fails. */
static esa_stats stats_of(const esa_client *client) {
    esa_stats stats = ESA_STATS_INIT;
    esa_client_stats(client, &stats);
    return stats;
}

static void a_new_client_has_done_nothing(void) {
    const esa_stats nothing = ESA_STATS_INIT;
    esa_client *client = new_client();
    esa_stats stats;
    memset(&stats, 0xff, sizeof stats);
    stats.struct_size = sizeof stats;
    CHECK_INTEGER(esa_client_stats(client, &stats), ESA_OK);
    CHECK(memcmp(&stats, &nothing, sizeof stats) == 0);
    esa_client_free(client);
}

static void each_number_is_that_of_what_was_done(void) {
    reset();
    esa_client *client = new_client();
    add_fault("{\"action\": \"CreateRoutineRelatedRecord\", \"nth\": 2, \"when\": \"after\", \"wire\": {\"kind\": "
              "\"drop\"}}");
    add_fault("{\"action\": \"CreateRoutineRelatedRecord\", \"nth\": 3, \"reply\": {\"code\": \"LockFailed\"}}");
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER(create(client, "b.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER(create(client, "c.example.com", NULL, NULL), ESA_OK);
    const esa_stats stats = stats_of(client);
    /* One; one whose answer was lost, and a read-back; one that was refused as busy, and another one. */
    CHECK_INTEGER(stats.calls, 3);
    CHECK_INTEGER(stats.attempts, 5);
    CHECK_INTEGER(stats.retries, 1);
    CHECK_INTEGER(stats.recoveries, 1);
    CHECK_INTEGER(stats.busy_waits, 1);
    CHECK_INTEGER(stats.write_limit_waits, 0);
    CHECK_INTEGER(stats.connections_opened, 2);
    CHECK_INTEGER(stats.connections_reused, 3);
    CHECK_INTEGER(stats.credentials_refreshed, 1);
    esa_client_free(client);
}

static void no_more_is_filled_than_the_caller_has(void) {
    reset();
    esa_client *client = new_client();
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    esa_stats old;
    memset(&old, 0xff, sizeof old);
    old.struct_size = offsetof(esa_stats, attempts);
    CHECK_INTEGER(esa_client_stats(client, &old), ESA_OK);
    CHECK_INTEGER(old.struct_size, offsetof(esa_stats, attempts));
    CHECK_INTEGER(old.calls, 1);
    CHECK(old.attempts == UINT64_MAX);
    esa_client_free(client);
}

static void what_the_library_does_not_know_is_zero(void) {
    struct {
        esa_stats known;
        uint64_t later, behind;
    } new;
    memset(&new, 0xff, sizeof new);
    new.known.struct_size = sizeof new.known + sizeof new.later;
    esa_client *client = new_client();
    CHECK_INTEGER(esa_client_stats(client, &new.known), ESA_OK);
    CHECK(new.later == 0 && new.behind == UINT64_MAX);
    esa_client_free(client);
}

static void nothing_is_filled_where_an_argument_is_bad(void) {
    esa_stats stats = ESA_STATS_INIT;
    esa_client *client = new_client();
    CHECK_INTEGER(esa_client_stats(NULL, &stats), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_client_stats(client, NULL), ESA_ERR_INVALID_ARGUMENT);
    memset(&stats, 0xff, sizeof stats);
    CHECK_INTEGER(esa_client_stats(client, &stats), ESA_ERR_INVALID_ARGUMENT);
    stats.struct_size = 0;
    CHECK_INTEGER(esa_client_stats(client, &stats), ESA_ERR_INVALID_ARGUMENT);
    CHECK(stats.calls == UINT64_MAX);
    esa_client_free(client);
}

static void a_forked_child_goes_on_from_what_it_inherited(void) {
    reset();
    esa_client *client = new_client();
    CHECK_INTEGER(create(client, "parent.example.com", NULL, NULL), ESA_OK);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        const int created = create(client, "child.example.com", NULL, NULL) == ESA_OK;
        _exit(created && stats_of(client).calls == 2 ? 0 : 1);
    }
    int status = 1;
    CHECK_INTEGER(waitpid(child, &status, 0), child);
    CHECK_INTEGER(status, 0);
    CHECK_INTEGER(stats_of(client).calls, 1);
    esa_client_free(client);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(a_new_client_has_done_nothing);
    RUN(each_number_is_that_of_what_was_done);
    RUN(no_more_is_filled_than_the_caller_has);
    RUN(what_the_library_does_not_know_is_zero);
    RUN(nothing_is_filled_where_an_argument_is_bad);
    RUN(a_forked_child_goes_on_from_what_it_inherited);
    return stop_emulator();
}
