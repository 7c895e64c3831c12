/* Calls on a multi: what the calls that block give, who owns what, the descriptor, and callbacks. */
#define _GNU_SOURCE
#include "multi.h"
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>

static esa_client *client;
static esa_multi *multi;

/* For clients whose calls must end for another reason. */
enum { FAR_MS = 60000 };

/* --- The same results and errors as the calls that block. --- */

typedef struct situation {
    const char *name;
    const char *rule;    /* how the service behaves; NULL: well */
    const char *before;  /* a record that is there; NULL: none */
    target target;       /* what is asked for; site_id -1 and NULL stand for what there is */
    uint32_t timeout_ms; /* of the call */
} situation;

#define EXISTING "there.example.com"

static const situation situations[] = {
    {"a success", NULL, NULL, {-1, NULL, "new.example.com"}, 0},
    {"a record that is there", NULL, EXISTING, {-1, NULL, EXISTING}, 0},
    {"a site to be found", NULL, NULL, {0, NULL, "found.example.com"}, 0},
    {"no such routine", NULL, NULL, {-1, "no-such-routine", "a.example.com"}, 0},
    {"another's site", NULL, NULL, {-1, NULL, "a.elsewhere.org"}, 0},
    {"no permission", "{\"times\": 0, \"reply\": {\"code\": \"NoPermission\"}}", NULL, {-1, NULL, "b.example.com"}, 0},
    {"a lost reply", "{\"when\": \"after\", \"wire\": {\"kind\": \"drop\"}}", NULL, {-1, NULL, "c.example.com"}, 0},
    {"a reply that is cut off",
     "{\"when\": \"after\", \"wire\": {\"kind\": \"cut\", \"after_bytes\": 20}}",
     NULL,
     {-1, NULL, "d.example.com"},
     0},
    {"a reply byte by byte",
     "{\"wire\": {\"kind\": \"drip\", \"bytes\": 16, \"interval_ms\": 1}}",
     NULL,
     {-1, NULL, "e.example.com"},
     0},
    {"throttled once", "{\"reply\": {\"code\": \"Throttling.User\"}}", NULL, {-1, NULL, "f.example.com"}, 0},
    {"a service that hangs", HANG, EXISTING, {-1, NULL, EXISTING}, 150},
    {"a request that is too long for a name", NULL, NULL, {-1, "", "g.example.com"}, 0},
};
enum { SITUATIONS = sizeof situations / sizeof *situations };

static target target_in(const situation *situation) {
    target target = situation->target;
    target.site_id = target.site_id < 0 ? emulator.site_id : target.site_id;
    target.routine = target.routine ? target.routine : emulator.routine;
    return target;
}

/* A new client, because failures are remembered. */
static esa_client *prepare(const situation *situation) {
    reset();
    esa_client *own = new_client();
    if (situation->before) {
        create(own, situation->before, NULL, NULL);
    }
    if (situation->rule) {
        add_fault(situation->rule);
    }
    return own;
}

static outcome blocking(const action *action, const situation *situation, const esa_call_options *options) {
    esa_client *own = prepare(situation);
    const target target = target_in(situation);
    outcome outcome = {ESA_ERR_INTERNAL, "nothing"};
    esa_error *error = NULL;
    outcome.status = action->call(own, &target, options, outcome.text, sizeof outcome.text, &error);
    take_error(&outcome, error);
    esa_client_free(own);
    return outcome;
}

static outcome pending_of(const action *action, const situation *situation, const esa_call_options *options) {
    esa_client *own = prepare(situation);
    const target target = target_in(situation);
    outcome outcome = {ESA_ERR_INTERNAL, "nothing"};
    esa_pending *pending = NULL;
    esa_error *error = NULL;
    outcome.status = action->start(multi, own, &target, options, &outcome, &pending, &error);
    esa_client_free(own);
    take_error(&outcome, error);
    if (pending) {
        esa_pending *finished = next_finished(multi);
        check_that(finished == pending && esa_pending_user_data(finished) == &outcome, __FILE__, __LINE__,
                   "the call that was started finishes");
        if (finished) {
            outcome = finish_of(action, finished);
        }
    }
    return outcome;
}

static void every_action_gives_what_the_one_that_blocks_gives(void) {
    for (int i = 0; i < SITUATIONS * ACTIONS; i++) {
        const situation *situation = &situations[i / ACTIONS];
        const action *action = &actions[i % ACTIONS];
        esa_call_options options = ESA_CALL_OPTIONS_INIT;
        options.timeout_ms = situation->timeout_ms;
        const outcome expected = blocking(action, situation, &options);
        const outcome actual = pending_of(action, situation, &options);
        if (expected.status != actual.status || strcmp(expected.text, actual.text) != 0) {
            fprintf(stderr, "%s, %s:\n%s\n%s\n", action->name, situation->name, expected.text, actual.text);
        }
        CHECK_TEXT(actual.text, expected.text);
        CHECK_INTEGER(actual.status, expected.status);
    }
    CHECK(!esa_multi_next_finished(multi));
}

/* Ends a bulk after so many records. */
static int32_t stop_after(void *data, size_t done, size_t count, const create_result *result, const esa_error *error) {
    (void)count, (void)result, (void)error;
    return done >= *(size_t *)data;
}

/* What comes of a bulk whose progress or time limit ends it. */
static outcome bulk_ended(int blocks, size_t most, uint32_t timeout_ms, const char *rule) {
    reset();
    if (rule) {
        add_fault(rule);
    }
    esa_client *own = new_client();
    const target target = new_target("bulk.example.com");
    esa_ensure_routine_related_records_request request = *bulk_of(&target);
    request.progress = stop_after;
    request.progress_data = &most;
    request.timeout_ms = timeout_ms;
    esa_ensure_routine_related_records_result *result = NULL;
    outcome outcome = {ESA_ERR_INTERNAL, "nothing"};
    if (blocks) {
        outcome.status = esa_ensure_routine_related_records(own, &request, NULL, &result, NULL);
    } else {
        esa_pending *pending = NULL;
        outcome.status = esa_ensure_routine_related_records_start(multi, own, &request, NULL, NULL, &pending, NULL);
        if (outcome.status == ESA_OK) {
            outcome.status = esa_ensure_routine_related_records_finish(next_finished(multi), &result, NULL);
        }
    }
    if (result) {
        describe_records(result, outcome.text, sizeof outcome.text);
    }
    esa_ensure_routine_related_records_result_free(result);
    esa_client_free(own);
    return outcome;
}

static void a_bulk_is_ended_by_its_progress_and_its_time_limit_as_the_one_that_blocks(void) {
    const struct {
        size_t most;
        uint32_t timeout_ms;
        const char *rule, *part;
    } ends[] = {{1, 0, NULL, "2 of 3 failed"}, {3, 0, NULL, "0 of 3 failed"}, {3, 200, HANG, "3 of 3 failed"}};
    for (int i = 0; i < 3; i++) {
        const outcome expected = bulk_ended(1, ends[i].most, ends[i].timeout_ms, ends[i].rule);
        const outcome actual = bulk_ended(0, ends[i].most, ends[i].timeout_ms, ends[i].rule);
        CHECK(strstr(actual.text, ends[i].part));
        CHECK_TEXT(actual.text, expected.text);
        CHECK_INTEGER(actual.status, expected.status);
    }
}

/* --- A start that fails. --- */

/* Nothing was started or sent, and the error has the reason. */
static void does_not_start(const action *action, esa_multi *where, const esa_client *by, const target *target,
                           const esa_call_options *options, esa_status status, const char *message) {
    esa_pending *pending = (esa_pending *)&client;
    esa_error *error = NULL;
    const int before = requests_seen();
    CHECK_INTEGER(action->start(where, by, target, options, NULL, &pending, &error), status);
    CHECK(!pending && error);
    CHECK_INTEGER(error->status, status);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    if (message) {
        CHECK_TEXT(error->message, message);
    }
    esa_error_free(error);
    pending = (esa_pending *)&client;
    CHECK_INTEGER(action->start(where, by, target, options, NULL, &pending, NULL), status);
    CHECK(!pending);
    CHECK_INTEGER(requests_seen(), before);
    CHECK(!where || !esa_multi_next_finished(where));
}

static int32_t never(void *data) {
    (void)data;
    return 0;
}

static void a_start_that_fails_gives_no_call_and_sends_nothing(void) {
    reset();
    char long_name[300];
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    for (int i = 0; i < ACTIONS; i++) {
        const action *action = &actions[i];
        target target = new_target("a.example.com");
        does_not_start(action, NULL, client, &target, NULL, ESA_ERR_INVALID_ARGUMENT, "multi is NULL");
        does_not_start(action, multi, NULL, &target, NULL, ESA_ERR_INVALID_ARGUMENT, "client is NULL");
        does_not_start(action, multi, client, NULL, NULL, ESA_ERR_INVALID_ARGUMENT, "request is NULL");
        esa_call_options options = ESA_CALL_OPTIONS_INIT;
        options.interrupt = never;
        does_not_start(action, multi, client, &target, &options, ESA_ERR_UNSUPPORTED, NULL);
        options = (esa_call_options)ESA_CALL_OPTIONS_INIT;
        options.struct_size = 4;
        does_not_start(action, multi, client, &target, &options, ESA_ERR_INVALID_ARGUMENT, NULL);
        CHECK_STILL_GOOD();
        esa_error *error = NULL;
        CHECK_INTEGER(action->start(multi, client, &target, NULL, NULL, NULL, &error), ESA_ERR_INVALID_ARGUMENT);
        CHECK_TEXT(error->message, "pending is NULL");
        esa_error_free(error);
        target.record_name = target.routine = NULL;
        does_not_start(action, multi, client, &target, NULL, ESA_ERR_INVALID_ARGUMENT, NULL);
        target.record_name = target.routine = "\xff";
        does_not_start(action, multi, client, &target, NULL, ESA_ERR_INVALID_ARGUMENT, NULL);
        if (i != BULK) {
            target.record_name = target.routine = "";
            does_not_start(action, multi, client, &target, NULL, ESA_ERR_INVALID_ARGUMENT, NULL);
            target.record_name = target.routine = long_name;
            does_not_start(action, multi, client, &target, NULL, ESA_ERR_INVALID_ARGUMENT, NULL);
        }
        CHECK_STILL_GOOD();
    }
    esa_create_routine_related_record_request request = new_request("a.example.com");
    esa_pending *pending = NULL;
    request.struct_size = 8;
    CHECK_INTEGER(esa_create_routine_related_record_start(multi, client, &request, NULL, NULL, &pending, NULL),
                  ESA_ERR_INVALID_ARGUMENT);
    CHECK(!pending);
    CHECK_INTEGER(requests_seen(), 0);
}

static void a_call_that_finishes_when_it_is_started_is_taken_like_any_other(void) {
    reset();
    esa_cancel *cancel = new_cancel();
    esa_cancel_trigger(cancel);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    esa_pending *first = started(&actions[CREATE], multi, client, "a.example.com", &options, NULL);
    CHECK_STILL_GOOD();
    CHECK(is_readable_within(multi, 0));
    CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
    CHECK(is_readable_within(multi, 0));
    CHECK(esa_multi_next_finished(multi) == first);
    CHECK(!esa_multi_next_finished(multi));
    CHECK(!is_readable_within(multi, 0));
    const outcome outcome = finish_of(&actions[CREATE], first);
    CHECK_INTEGER(outcome.status, ESA_ERR_CANCELLED);
    CHECK(strncmp(outcome.text, "outcome 0, ", 11) == 0);
    CHECK_INTEGER(requests_seen(), 0);
    esa_cancel_free(cancel);
}

/* --- Who owns what. --- */

/* A client whose calls nothing ends but the test. */
static esa_client *patient_client(void) {
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, FAR_MS);
    esa_config_set_attempt_timeout(config, FAR_MS);
    esa_config_set_timeout(config, FAR_MS);
    return client_of(config);
}

static void stays(const action *action, esa_pending *pending, const char *message) {
    esa_error *error = NULL;
    char text[2048] = "";
    CHECK_INTEGER(action->finish(pending, text, sizeof text, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(error->message, message);
    CHECK_TEXT(text, "");
    esa_error_free(error);
}

static void what_cannot_be_finished_stays_as_it_is(void) {
    reset();
    static int marks[ACTIONS];
    esa_pending *pending[ACTIONS];
    esa_client *own = patient_client();
    for (int i = 0; i < ACTIONS; i++) {
        pending[i] = started(&actions[i], multi, own, "a.example.com", NULL, &marks[i]);
        stays(&actions[i], pending[i], "pending hasn't finished, or is a call of another action");
        CHECK_STILL_GOOD();
    }
    for (int finished = 0; finished < ACTIONS; finished++) {
        CHECK(next_finished(multi));
    }
    for (int i = 0; i < ACTIONS; i++) {
        for (int other = 0; other < ACTIONS; other++) {
            if (other != i) {
                stays(&actions[other], pending[i], "pending hasn't finished, or is a call of another action");
            }
        }
        esa_error *error = NULL;
        CHECK_INTEGER(actions[i].finish(pending[i], NULL, 0, &error), ESA_ERR_INVALID_ARGUMENT);
        CHECK_TEXT(error->message, "result is NULL");
        esa_error_free(error);
        CHECK(esa_pending_user_data(pending[i]) == &marks[i]);
        const outcome outcome = finish_of(&actions[i], pending[i]);
        CHECK(outcome.status == ESA_OK || outcome.status == ESA_ERR_CONFLICT);
        stays(&actions[i], NULL, "pending is NULL");
        CHECK_STILL_GOOD();
    }
    esa_client_free(own);
}

/* What has no calls, or is none. */
static void null_is_nothing(void) {
    esa_error *error = NULL;
    CHECK_INTEGER(esa_multi_new(NULL, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(error->message, "multi is NULL");
    esa_error_free(error);
    CHECK_INTEGER(esa_multi_descriptor(NULL), -1);
    CHECK_INTEGER(esa_multi_step(NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK(!esa_multi_next_finished(NULL));
    CHECK(!esa_pending_user_data(NULL));
    esa_pending_cancel(NULL);
    esa_pending_free(NULL);
    esa_multi_free(NULL);
}

static int is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

static void a_freed_multi_s_calls_are_cancelled_and_tell_what_they_did(void) {
    reset();
    add_fault(HANG);
    esa_multi *own = new_multi();
    const int descriptor = esa_multi_descriptor(own);
    esa_client *sender = patient_client();
    esa_pending *sent = started(&actions[CREATE], own, sender, "sent.example.com", NULL, sender);
    CHECK(requests_arrive_while_stepping(own, 1));
    /* It waits for the one that was sent. */
    esa_pending *unsent = started(&actions[CREATE], own, sender, "unsent.example.com", NULL, NULL);
    esa_pending *reading = started(&actions[LIST], own, sender, "", NULL, NULL);
    esa_pending *dropped = started(&actions[MATCH], own, sender, "a.example.com", NULL, NULL);
    CHECK_STILL_GOOD();
    esa_multi_free(own);
    CHECK(!is_open(descriptor));
    esa_pending_cancel(sent);
    CHECK(esa_pending_user_data(sent) == sender);
    stays(&actions[LIST], sent, "pending hasn't finished, or is a call of another action");
    const outcome one = finish_of(&actions[CREATE], sent), two = finish_of(&actions[CREATE], unsent),
                  three = finish_of(&actions[LIST], reading);
    esa_client_free(sender);
    esa_pending_free(dropped);
    CHECK_INTEGER(one.status, ESA_ERR_CANCELLED);
    CHECK(strncmp(one.text, "outcome 2, ", 11) == 0);
    CHECK_INTEGER(two.status, ESA_ERR_CANCELLED);
    CHECK(strncmp(two.text, "outcome 0, ", 11) == 0);
    CHECK_INTEGER(three.status, ESA_ERR_CANCELLED);
    CHECK(strncmp(three.text, "outcome 0, ", 11) == 0);
}

static int open_descriptors(void) {
    int count = 0;
    for (int descriptor = 0; descriptor < 512; descriptor++) {
        count += is_open(descriptor);
    }
    return count;
}

static uint64_t opened(const esa_client *of) {
    esa_stats stats = ESA_STATS_INIT;
    esa_client_stats(of, &stats);
    return stats.connections_opened;
}

static void a_freed_multi_closes_its_connections_and_leaves_the_client_its_own(void) {
    reset();
    esa_client *own_client = new_client();
    CHECK_INTEGER(create(own_client, "before.example.com", NULL, NULL), ESA_OK);
    const int before = open_descriptors();
    esa_multi *own = new_multi();
    esa_pending *pending = started(&actions[LIST], own, own_client, "", NULL, NULL);
    CHECK(next_finished(own) == pending);
    CHECK_INTEGER(open_descriptors(), before + 4);
    esa_multi_free(own);
    /* Its result may be taken all the same. */
    CHECK_INTEGER(open_descriptors(), before);
    CHECK_INTEGER(status_of(&actions[LIST], pending), ESA_OK);
    CHECK_INTEGER(create(own_client, "after.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER((int64_t)opened(own_client), 2);
    esa_client_free(own_client);
}

/* Each may keep one, and none takes the room of another. */
static void a_multi_s_connections_are_kept_beside_those_of_others(void) {
    reset();
    esa_config *config = new_config();
    esa_config_set_max_idle_connections(config, 1);
    esa_config_set_idle_timeout(config, FAR_MS);
    esa_client *own_client = client_of(config);
    esa_multi *multis[2] = {new_multi(), new_multi()};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2; i++) {
            esa_pending *pending = started(&actions[LIST], multis[i], own_client, "", NULL, NULL);
            CHECK(next_finished(multis[i]) == pending);
            CHECK_INTEGER(status_of(&actions[LIST], pending), ESA_OK);
        }
        create(own_client, "beside.example.com", NULL, NULL);
    }
    const uint64_t connections = opened(own_client);
    esa_multi_free(multis[0]);
    esa_multi_free(multis[1]);
    esa_client_free(own_client);
    CHECK_INTEGER((int64_t)connections, 3);
}

static void a_client_may_be_freed_with_calls_pending(void) {
    reset();
    esa_client *own = new_client();
    esa_pending *pending[ACTIONS];
    for (int i = 0; i < ACTIONS; i++) {
        pending[i] = started(&actions[i], multi, own, "a.example.com", NULL, NULL);
    }
    esa_client_free(own);
    for (int i = 0; i < ACTIONS; i++) {
        CHECK(next_finished(multi));
    }
    for (int i = 0; i < ACTIONS; i++) {
        const esa_status status = status_of(&actions[i], pending[i]);
        CHECK(status == ESA_OK || status == ESA_ERR_CONFLICT);
    }
}

static void a_pending_may_be_freed_at_any_time(void) {
    reset();
    const int before = open_descriptors();
    esa_client *own = patient_client();
    /* While it connects. */
    esa_pending_free(started(&actions[MATCH], multi, own, "a.example.com", NULL, NULL));
    CHECK_INTEGER(open_descriptors(), before);
    /* While it waits for the reply, and has the others wait. */
    add_fault("{\"action\": \"CreateRoutineRelatedRecord\", \"wire\": {\"kind\": \"hang\"}}");
    const int seen = requests_seen();
    esa_pending *writes = started(&actions[CREATE], multi, own, "a.example.com", NULL, NULL);
    CHECK(requests_arrive_while_stepping(multi, seen + 1));
    esa_pending *waits = started(&actions[CREATE], multi, own, "b.example.com", NULL, NULL);
    esa_pending *given_up = started(&actions[CREATE], multi, own, "c.example.com", NULL, NULL);
    esa_pending_free(given_up);
    esa_pending_free(writes);
    CHECK(next_finished(multi) == waits);
    CHECK_INTEGER(status_of(&actions[CREATE], waits), ESA_OK);
    /* When it has finished, before and after it was taken. */
    esa_pending *finished = started(&actions[LIST], multi, own, "", NULL, NULL);
    esa_pending *other = started(&actions[LIST], multi, own, "", NULL, NULL);
    CHECK(next_finished(multi));
    turn_for(multi, 300);
    esa_pending_free(finished);
    esa_pending_free(other);
    CHECK(!esa_multi_next_finished(multi));
    turn_for(multi, 20);
    CHECK(!is_readable_within(multi, 0));
    esa_client_free(own);
    CHECK_INTEGER(open_descriptors(), before);
}

static void a_call_may_be_finished_before_it_is_taken(void) {
    reset();
    esa_pending *pending = started(&actions[LIST], multi, client, "", NULL, NULL);
    while (!is_readable_within(multi, 0) || status_of(&actions[LIST], pending) != ESA_OK) {
        CHECK(is_readable_within(multi, LOOP_PATIENCE_MS));
        CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
    }
    CHECK(!esa_multi_next_finished(multi));
    turn_for(multi, 20);
    CHECK(!is_readable_within(multi, 0));
}

/* Leaves so many descriptors to open; returns the limit that there was. */
static struct rlimit leave_descriptors(int count) {
    struct rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    const int lowest = dup(0);
    close(lowest);
    const struct rlimit limit = {(rlim_t)(lowest + count), before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
    return before;
}

static void without_descriptors_there_is_no_multi_and_no_connection(void) {
    reset();
    esa_client *own = new_client();
    esa_error *error = NULL;
    esa_multi *none = (esa_multi *)&client;
    for (int left = 0; left < 3; left++) {
        const struct rlimit before = leave_descriptors(left);
        const esa_status status = esa_multi_new(&none, &error);
        setrlimit(RLIMIT_NOFILE, &before);
        CHECK_INTEGER(status, ESA_ERR_DESCRIPTORS);
        CHECK(!none && error);
        esa_error_free(error);
    }
    const struct rlimit before = leave_descriptors(0);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.max_attempts = 1;
    esa_pending *pending = started(&actions[LIST], multi, own, "", &options, NULL);
    setrlimit(RLIMIT_NOFILE, &before);
    CHECK(esa_multi_next_finished(multi) == pending);
    CHECK_INTEGER(status_of(&actions[LIST], pending), ESA_ERR_DESCRIPTORS);
    esa_client_free(own);
}

/* --- The descriptor. --- */

static void it_is_readable_while_there_is_something_to_do_and_no_longer(void) {
    reset();
    const int descriptor = esa_multi_descriptor(multi);
    turn_until_quiet_for(multi, 20);
    add_fault("{\"times\": 0, \"action\": \"GetMatchSite\", \"wire\": {\"kind\": \"hang\"}}");
    esa_client *own = patient_client();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 400;
    const long long begun = esa_emulator_now_ms();
    esa_pending *hangs = started(&actions[MATCH], multi, own, "a.example.com", &options, NULL);
    CHECK(requests_arrive_while_stepping(multi, 1));
    turn_for(multi, 20);
    /* It waits for a reply that never comes; then for its deadline. */
    if (esa_emulator_now_ms() - begun < 350) {
        CHECK(!is_readable_within(multi, 0));
    }
    CHECK(is_readable_within(multi, LOOP_PATIENCE_MS));
    CHECK(esa_emulator_now_ms() - begun >= 400);
    CHECK(next_finished(multi) == hangs);
    CHECK_INTEGER(status_of(&actions[MATCH], hangs), ESA_ERR_TIMEOUT);
    /* Finished calls show until the last is taken, however often somebody steps. */
    esa_pending *pending[3];
    for (int i = 0; i < 3; i++) {
        pending[i] = started(&actions[LIST], multi, own, "", NULL, NULL);
    }
    turn_for(multi, 500);
    for (int i = 0; i < 3; i++) {
        CHECK(is_readable_within(multi, 0));
        CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
        CHECK(is_readable_within(multi, 0));
        CHECK(esa_multi_next_finished(multi));
    }
    /* Until it has been said that there is none. */
    CHECK(!esa_multi_next_finished(multi));
    CHECK(!is_readable_within(multi, 0));
    for (int i = 0; i < 3; i++) {
        CHECK_INTEGER(status_of(&actions[LIST], pending[i]), ESA_OK);
    }
    CHECK_INTEGER(esa_multi_descriptor(multi), descriptor);
    esa_client_free(own);
}

/* A program's own wait for the descriptor: whether it is readable in good time. */
typedef int (*wait_fn)(int descriptor);

static int wait_with_select(int descriptor) {
    struct timeval patience = {LOOP_PATIENCE_MS / 1000, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(descriptor, &set);
    return select(descriptor + 1, &set, NULL, NULL, &patience) == 1;
}

static int wait_with_poll(int descriptor) {
    struct pollfd polled = {descriptor, POLLIN, 0};
    return poll(&polled, 1, LOOP_PATIENCE_MS) == 1;
}

static int epoll_instance;

static int wait_with_epoll(int descriptor) {
    (void)descriptor;
    struct epoll_event event;
    return epoll_wait(epoll_instance, &event, 1, LOOP_PATIENCE_MS) == 1;
}

enum { LOOP_CALLS = 40 };

/* Every call finishes, while each edge is followed by steps and by taking all that has finished. */
static void a_loop_drives_calls(wait_fn wait) {
    reset();
    esa_multi *own = new_multi();
    const int descriptor = esa_multi_descriptor(own);
    struct epoll_event event = {.events = EPOLLIN | (wait == wait_with_epoll ? EPOLLET : 0)};
    CHECK_INTEGER(epoll_ctl(epoll_instance, EPOLL_CTL_ADD, descriptor, &event), 0);
    int finished = 0, succeeded = 0, starts = 0;
    while (finished < LOOP_CALLS) {
        for (; starts < LOOP_CALLS && starts < finished + 8; starts++) {
            started(&actions[starts % 2 ? LIST : MATCH], own, client, "a.example.com", NULL,
                    (void *)(intptr_t)(starts % 2));
        }
        CHECK(wait(descriptor));
        CHECK_INTEGER(esa_multi_step(own), ESA_OK);
        for (esa_pending *pending; (pending = esa_multi_next_finished(own)) != NULL; finished++) {
            succeeded += status_of(&actions[esa_pending_user_data(pending) ? LIST : MATCH], pending) == ESA_OK;
        }
    }
    CHECK_INTEGER(succeeded, LOOP_CALLS);
    CHECK_INTEGER(epoll_ctl(epoll_instance, EPOLL_CTL_DEL, descriptor, NULL), 0);
    esa_multi_free(own);
}

static int level_triggered(int descriptor) { return wait_with_epoll(descriptor); }

static void it_works_in_select(void) { a_loop_drives_calls(wait_with_select); }
static void it_works_in_poll(void) { a_loop_drives_calls(wait_with_poll); }
static void it_works_in_epoll_for_levels(void) { a_loop_drives_calls(level_triggered); }
static void it_works_in_epoll_for_edges(void) { a_loop_drives_calls(wait_with_epoll); }

/* A call that is cancelled while another waits to be taken gets its own edge, once that one is taken. */
static void what_is_woken_while_calls_are_taken_has_an_edge_of_its_own(void) {
    reset();
    esa_multi *own = new_multi();
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    CHECK_INTEGER(epoll_ctl(epoll_instance, EPOLL_CTL_ADD, esa_multi_descriptor(own), &event), 0);
    add_fault(HANG);
    esa_client *patient = patient_client();
    esa_pending *held = started(&actions[LIST], own, patient, "", NULL, NULL);
    while (epoll_wait(epoll_instance, &event, 1, 50) == 1) {
        CHECK_INTEGER(esa_multi_step(own), ESA_OK);
        CHECK(!esa_multi_next_finished(own));
    }
    esa_cancel *cancel = new_cancel();
    esa_cancel_trigger(cancel);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    esa_pending *done = started(&actions[LIST], own, patient, "", &options, NULL);
    CHECK(wait_with_epoll(-1));
    CHECK_INTEGER(esa_multi_step(own), ESA_OK);
    esa_pending_cancel(held);
    CHECK(esa_multi_next_finished(own) == done);
    CHECK(!esa_multi_next_finished(own));
    CHECK_INTEGER(epoll_wait(epoll_instance, &event, 1, FAR_MS / 4), 1);
    CHECK_INTEGER(esa_multi_step(own), ESA_OK);
    CHECK(esa_multi_next_finished(own) == held);
    CHECK_INTEGER(status_of(&actions[LIST], held), ESA_ERR_CANCELLED);
    CHECK_INTEGER(status_of(&actions[LIST], done), ESA_ERR_CANCELLED);
    CHECK_INTEGER(epoll_ctl(epoll_instance, EPOLL_CTL_DEL, esa_multi_descriptor(own), NULL), 0);
    esa_cancel_free(cancel);
    esa_client_free(patient);
    esa_multi_free(own);
}

/* --- Callbacks. --- */

typedef struct guest {
    int times;
    esa_pending *others, *finished; /* what it may not release */
    esa_pending *started;           /* what it has */
    int wrong;                      /* how often it could do what it can't */
    esa_client *client;             /* to start calls with */
} guest;

/* All that a callback may and may not do. */
static void misbehave(guest *guest) {
    guest->times++;
    if (guest->started) {
        return;
    }
    guest->started = (esa_pending *)guest; /* Not again, from a callback of the start. */
    guest->wrong += esa_multi_step(multi) != ESA_ERR_INVALID_ARGUMENT;
    guest->wrong += esa_multi_next_finished(multi) != NULL;
    esa_error *error = NULL;
    char text[256];
    guest->wrong += actions[LIST].finish(guest->finished, text, sizeof text, &error) != ESA_ERR_INVALID_ARGUMENT;
    guest->wrong += !error || strcmp(error->message, "pending can't be finished in a callback of its multi") != 0;
    esa_error_free(error);
    esa_pending_free(guest->finished);
    esa_multi_free(multi);
    guest->wrong += esa_multi_descriptor(multi) < 0;
    esa_pending_cancel(guest->others);
    guest->started = started(&actions[LIST], multi, guest->client, "", NULL, guest);
}

static void on_line(void *user_data, const esa_log_record *record) {
    (void)record;
    misbehave(user_data);
}

static void on_ask(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)timeout_ms;
    misbehave(user_data);
    esa_credentials_set(credentials, emulator.access_key_id, emulator.access_key_secret, NULL, 0);
}

static int32_t on_progress(void *user_data, size_t done, size_t count, const create_result *result,
                           const esa_error *error) {
    (void)done, (void)count, (void)result, (void)error;
    misbehave(user_data);
    return 0;
}

/* A call of this client, whose callback misbehaves, succeeds, and so does what it starts. */
static void in_its_callback_it_may_start_and_cancel_only(guest *guest, esa_client *own, int action) {
    reset();
    add_fault("{\"action\": \"GetMatchSite\", \"times\": 0, \"wire\": {\"kind\": \"hang\"}}");
    esa_client *patient = patient_client();
    guest->client = patient;
    guest->finished = started(&actions[LIST], multi, client, "", NULL, NULL);
    CHECK(next_finished(multi) == guest->finished);
    guest->others = started(&actions[MATCH], multi, patient, "a.example.com", NULL, NULL);
    esa_pending *host = NULL;
    if (action == BULK) {
        const target target = new_target("bulk.example.com");
        esa_ensure_routine_related_records_request request = *bulk_of(&target);
        request.progress = on_progress;
        request.progress_data = guest;
        CHECK_INTEGER(esa_ensure_routine_related_records_start(multi, own, &request, NULL, NULL, &host, NULL), ESA_OK);
    } else {
        host = started(&actions[action], multi, own, "host.example.com", NULL, NULL);
    }
    for (int i = 0; i < 3; i++) {
        CHECK(next_finished(multi));
    }
    CHECK(guest->times > 0 && guest->started);
    CHECK_INTEGER(guest->wrong, 0);
    CHECK(esa_pending_user_data(guest->started) == guest);
    CHECK_INTEGER(status_of(&actions[action], host), ESA_OK);
    CHECK_INTEGER(status_of(&actions[LIST], guest->started), ESA_OK);
    CHECK_INTEGER(status_of(&actions[LIST], guest->finished), ESA_OK);
    CHECK_INTEGER(status_of(&actions[MATCH], guest->others), ESA_ERR_CANCELLED);
    CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
    esa_client_free(patient);
    esa_client_free(own);
}

static void in_the_log(void) {
    guest guest = {0};
    esa_config *config = new_config();
    esa_config_set_log(config, ESA_LOG_DEBUG, on_line, &guest);
    in_its_callback_it_may_start_and_cancel_only(&guest, client_of(config), CREATE);
}

static void where_credentials_are_asked_for(void) {
    guest guest = {0};
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    esa_config_set_credentials_provider(config, on_ask, &guest);
    in_its_callback_it_may_start_and_cancel_only(&guest, client_of(config), ENSURE);
}

static void where_a_bulk_tells_its_progress(void) {
    guest guest = {0};
    in_its_callback_it_may_start_and_cancel_only(&guest, new_client(), BULK);
    CHECK_INTEGER(guest.times, BULK_ITEMS);
}

/* Starts a call at each log line, until there are enough. */
typedef struct chain {
    esa_multi *multi;
    esa_client *client;
    esa_pending *links[8];
    int length;
} chain;

static void on_line_start(void *user_data, const esa_log_record *record) {
    (void)record;
    chain *chain = user_data;
    if (chain->length < 8) {
        chain->length++;
        chain->links[chain->length - 1] = started(&actions[LIST], chain->multi, chain->client, "", NULL, NULL);
    }
}

static chain *new_chain(chain *chain) {
    memset(chain, 0, sizeof *chain);
    chain->multi = new_multi();
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, FAR_MS);
    esa_config_set_attempt_timeout(config, FAR_MS);
    esa_config_set_timeout(config, FAR_MS);
    esa_config_set_log(config, ESA_LOG_DEBUG, on_line_start, chain);
    chain->client = client_of(config);
    return chain;
}

static void calls_that_callbacks_start_start_others(void) {
    reset();
    chain chain;
    new_chain(&chain);
    esa_pending *first = started(&actions[LIST], chain.multi, chain.client, "", NULL, NULL);
    for (int i = 0; i < 9; i++) {
        CHECK(next_finished(chain.multi));
    }
    CHECK_INTEGER(status_of(&actions[LIST], first), ESA_OK);
    for (int i = 0; i < 8; i++) {
        CHECK_INTEGER(status_of(&actions[LIST], chain.links[i]), ESA_OK);
    }
    esa_client_free(chain.client);
    esa_multi_free(chain.multi);
}

/* Each cancelled call writes a log line. The log function then starts a new call. */
static void calls_that_are_started_while_their_multi_is_freed_finish_too(void) {
    reset();
    add_fault(HANG);
    chain chain;
    new_chain(&chain);
    esa_pending *first = started(&actions[CREATE], chain.multi, chain.client, "a.example.com", NULL, NULL);
    CHECK(requests_arrive_while_stepping(chain.multi, 1));
    CHECK_INTEGER(chain.length, 0);
    esa_multi_free(chain.multi);
    CHECK_INTEGER(status_of(&actions[CREATE], first), ESA_ERR_CANCELLED);
    CHECK(chain.length > 0);
    for (int i = 0; i < chain.length; i++) {
        CHECK_INTEGER(status_of(&actions[LIST], chain.links[i]), ESA_ERR_CANCELLED);
    }
    esa_client_free(chain.client);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    client = new_client();
    multi = new_multi();
    epoll_instance = epoll_create1(EPOLL_CLOEXEC);
    RUN(every_action_gives_what_the_one_that_blocks_gives);
    RUN(a_bulk_is_ended_by_its_progress_and_its_time_limit_as_the_one_that_blocks);
    RUN(a_start_that_fails_gives_no_call_and_sends_nothing);
    RUN(a_call_that_finishes_when_it_is_started_is_taken_like_any_other);
    RUN(what_cannot_be_finished_stays_as_it_is);
    RUN(null_is_nothing);
    RUN(a_freed_multi_s_calls_are_cancelled_and_tell_what_they_did);
    RUN(a_freed_multi_closes_its_connections_and_leaves_the_client_its_own);
    RUN(a_multi_s_connections_are_kept_beside_those_of_others);
    RUN(a_client_may_be_freed_with_calls_pending);
    RUN(a_pending_may_be_freed_at_any_time);
    RUN(a_call_may_be_finished_before_it_is_taken);
    RUN(without_descriptors_there_is_no_multi_and_no_connection);
    RUN(it_is_readable_while_there_is_something_to_do_and_no_longer);
    RUN(it_works_in_select);
    RUN(it_works_in_poll);
    RUN(it_works_in_epoll_for_levels);
    RUN(it_works_in_epoll_for_edges);
    RUN(what_is_woken_while_calls_are_taken_has_an_edge_of_its_own);
    RUN(in_the_log);
    RUN(where_credentials_are_asked_for);
    RUN(where_a_bulk_tells_its_progress);
    RUN(calls_that_callbacks_start_start_others);
    RUN(calls_that_are_started_while_their_multi_is_freed_finish_too);
    close(epoll_instance);
    esa_multi_free(multi);
    esa_client_free(client);
    return stop_emulator();
}
