/* Many calls of multis on one thread: what they take of memory, descriptors and threads, and that they leave nothing.
 */
#define _GNU_SOURCE
#include "phases.h"
#include <malloc.h>
#include <sys/resource.h>

/* What a pending call may take; and its connection, with room for the reply. */
enum { MOST_BYTES = 8192, CONNECTION_BYTES = 4096 };
enum { PENDING = 10000, STARTS = 100000 };

static size_t heap_bytes(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

static int threads(void) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    int count = -1;
    while (status && fgets(line, sizeof line, status) && sscanf(line, "Threads: %d", &count) != 1) {
    }
    if (status) {
        fclose(status);
    }
    return count;
}

static int open_descriptors(void) {
    int count = 0;
    for (int descriptor = 0; descriptor < 4096; descriptor++) {
        count += fcntl(descriptor, F_GETFD) >= 0;
    }
    return count;
}

static esa_pending *pending[PENDING];

/* Starts calls that stay pending; what each of them takes. */
static long start_many(esa_multi *multi, const esa_client *client, int action, int count) {
    const size_t before = heap_bytes();
    for (int i = 0; i < count; i++) {
        pending[i] = started(&actions[action], multi, client, "many.example.com", NULL, &pending[i]);
    }
    turn_for(multi, 50);
    const long each = (long)(heap_bytes() - before) / count;
    fprintf(stderr, "%d pending calls: %ld bytes each\n", count, each);
    return each;
}

static void ten_thousand_writes_wait_for_each_other(void) {
    esa_client *client = held_up_by("{\"action\": \"CreateRoutineRelatedRecord\", \"wire\": {\"kind\": \"hang\"}}");
    esa_multi *multi = new_multi();
    esa_pending *first = started(&actions[CREATE], multi, client, "first.example.com", NULL, NULL);
    CHECK(requests_arrive_while_stepping(multi, 1));
    const int descriptors = open_descriptors(), threads_before = threads();
    CHECK(start_many(multi, client, CREATE, PENDING) <= MOST_BYTES);
    CHECK_INTEGER(open_descriptors(), descriptors);
    CHECK_INTEGER(threads(), threads_before);
    CHECK(!is_readable_within(multi, 0));
    CHECK(!esa_multi_next_finished(multi));
    /* Some go on when they get their permit. The others are cancelled. */
    esa_pending_free(first);
    for (int i = 0; i < 10; i++) {
        CHECK(next_finished(multi) == pending[i]);
        CHECK_INTEGER(status_of(&actions[CREATE], pending[i]), i ? ESA_ERR_CONFLICT : ESA_OK);
    }
    for (int i = 10; i < PENDING; i++) {
        esa_pending_cancel(pending[i]);
    }
    int went_on = 0;
    for (int i = 10; i < PENDING; i++) {
        esa_pending *finished = next_finished(multi);
        CHECK(finished);
        const esa_status status = status_of(&actions[CREATE], finished);
        /* The next one may have got its permit before it was cancelled, and its connection is closed then. */
        went_on += status == ESA_ERR_CONFLICT;
        CHECK(status == ESA_ERR_CANCELLED || status == ESA_ERR_CONFLICT);
    }
    CHECK(went_on < 10);
    CHECK(open_descriptors() <= descriptors);
    esa_client_free(client);
    esa_multi_free(multi);
}

/* Every one of them comes to its end when their common token is triggered, and when their multi goes. */
static void ten_thousand_calls_end_at_once(void) {
    esa_client *client = held_up_by(HANG);
    esa_cancel *cancel = new_cancel();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    for (int by_multi = 0; by_multi < 2; by_multi++) {
        esa_multi *multi = new_multi();
        for (int i = 0; i < PENDING; i++) {
            pending[i] = started(&actions[CREATE], multi, client, "many.example.com", by_multi ? NULL : &options, NULL);
        }
        if (by_multi) {
            esa_multi_free(multi);
        } else {
            esa_cancel_trigger(cancel);
            CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
        }
        for (int i = 0; i < PENDING; i++) {
            CHECK(by_multi || esa_multi_next_finished(multi));
        }
        for (int i = 0; i < PENDING; i++) {
            CHECK_INTEGER(status_of(&actions[CREATE], pending[i]), ESA_ERR_CANCELLED);
        }
        if (!by_multi) {
            esa_multi_free(multi);
        }
    }
    esa_cancel_free(cancel);
    esa_client_free(client);
}

/* How many connections may be open beside what there is. */
static int room_for_connections(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max > 4096 ? 4096 : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return (int)limit.rlim_cur - 100 > 1000 ? 1000 : (int)limit.rlim_cur - 100;
}

static void calls_that_wait_for_replies_have_a_connection_each_and_nothing_else(void) {
    const int count = room_for_connections();
    esa_client *client = client_of(config_with(silent_peer("http://", 4096)));
    esa_multi *multi = new_multi();
    const int descriptors = open_descriptors(), threads_before = threads();
    CHECK(start_many(multi, client, LIST, count) <= MOST_BYTES + CONNECTION_BYTES);
    CHECK_INTEGER(open_descriptors(), descriptors + count);
    CHECK_INTEGER(threads(), threads_before);
    for (int i = 0; i < count; i++) {
        esa_pending_free(pending[i]);
    }
    CHECK_INTEGER(open_descriptors(), descriptors);
    esa_multi_free(multi);
    esa_client_free(client);
    leave_phase();
}

static void calls_that_look_a_name_up_share_one_thread(void) {
    esa_client *client = looks_up();
    esa_multi *multi = new_multi();
    const int descriptors = open_descriptors(), threads_before = threads();
    CHECK(start_many(multi, client, LIST, PENDING) <= MOST_BYTES);
    CHECK_INTEGER(open_descriptors(), descriptors);
    CHECK_INTEGER(threads(), threads_before + 1);
    for (int i = 0; i < PENDING; i++) {
        esa_pending_free(pending[i]);
    }
    esa_multi_free(multi);
    esa_client_free(client);
    leave_phase();
}

/* Starts a call and ends it at once, in one of the ways that there are. */
static int starts_and_ends(esa_multi *multi, const esa_client *client, int action, int way) {
    esa_pending *one = started(&actions[action], multi, client, "a.example.com", NULL, NULL);
    if (way % 3 == 0) {
        esa_pending_free(one);
        return 1;
    }
    esa_pending_cancel(one);
    if (way % 3 == 1) {
        esa_pending_free(one);
        return 1;
    }
    return esa_multi_step(multi) == ESA_OK && esa_multi_next_finished(multi) == one &&
           status_of(&actions[action], one) == ESA_ERR_CANCELLED;
}

/* Calls that wait for the same thing begin and end, over and over, and nothing is left of them. */
static void leave_nothing(const phase *phase, int starts) {
    esa_client *client = phase->client();
    esa_multi *multi = new_multi();
    esa_pending *first = started(&actions[phase->action], multi, client, "first.example.com", NULL, NULL);
    turn_for(multi, 50);
    for (int i = 0; i < 100; i++) {
        starts_and_ends(multi, client, phase->action, i);
    }
    const size_t heap = heap_bytes();
    const int descriptors = open_descriptors();
    for (int i = 0; i < starts; i++) {
        CHECK(starts_and_ends(multi, client, phase->action, i));
    }
    fprintf(stderr, "%s: %ld bytes are left of %d calls\n", phase->name, (long)(heap_bytes() - heap), starts);
    CHECK((long)(heap_bytes() - heap) < starts);
    CHECK_INTEGER(open_descriptors(), descriptors);
    CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
    CHECK(!is_readable_within(multi, 0));
    esa_pending_free(first);
    esa_multi_free(multi);
    esa_client_free(client);
    leave_phase();
}

static void a_hundred_thousand_starts_and_cancels_leave_nothing(void) {
    for (int i = 0; i < PHASES; i++) {
        if (phases[i].is_second) {
            leave_nothing(&phases[i], STARTS / 3);
        }
    }
}

static void calls_that_connect_leave_nothing(void) {
    for (int i = 0; i < PHASES; i++) {
        if (phases[i].client == does_the_handshake || phases[i].client == connects) {
            leave_nothing(&phases[i], 1000);
        }
    }
}

/* A thread's calls that end while a look-up goes on. */
static void threads_that_give_a_look_up_up_leave_nothing(void) {
    esa_client *client = looks_up();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 1;
    create(client, "a.example.com", &options, NULL);
    const int descriptors = open_descriptors();
    for (int i = 0; i < 20; i++) {
        CHECK_INTEGER(create(client, "a.example.com", &options, NULL), ESA_ERR_TIMEOUT);
    }
    CHECK_INTEGER(open_descriptors(), descriptors);
    esa_client_free(client);
    leave_phase();
}

static void many_multis_share_a_client(void) {
    enum { MULTIS = 200 };
    reset();
    esa_client *client = new_client();
    esa_multi *multis[MULTIS];
    for (int i = 0; i < MULTIS; i++) {
        multis[i] = new_multi();
        pending[i] = started(&actions[i % 2 ? LIST : MATCH], multis[i], client, "a.example.com", NULL, NULL);
    }
    for (int i = MULTIS - 1; i >= 0; i--) {
        CHECK(next_finished(multis[i]) == pending[i]);
        CHECK_INTEGER(status_of(&actions[i % 2 ? LIST : MATCH], pending[i]), ESA_OK);
    }
    for (int i = 0; i < MULTIS; i++) {
        esa_multi_free(multis[i]);
    }
    esa_client_free(client);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(ten_thousand_writes_wait_for_each_other);
    RUN(ten_thousand_calls_end_at_once);
    RUN(calls_that_wait_for_replies_have_a_connection_each_and_nothing_else);
    RUN(calls_that_look_a_name_up_share_one_thread);
    RUN(a_hundred_thousand_starts_and_cancels_leave_nothing);
    RUN(calls_that_connect_leave_nothing);
    RUN(threads_that_give_a_look_up_up_leave_nothing);
    RUN(many_multis_share_a_client);
    return stop_emulator();
}
