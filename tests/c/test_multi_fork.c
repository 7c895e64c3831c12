/* fork() with calls of a multi pending: the child leaves all that it has in common with its parent alone. */
#define _GNU_SOURCE
#include "phases.h"
#include "trace.h"

enum { CHILD_SECONDS = 30 };

/* What both processes have. */
typedef struct family {
    esa_multi *multi;
    esa_client *client;
    esa_cancel *cancel;
    esa_pending *pending[ACTIONS];
    esa_pending *finished;
    int descriptors[3];
} family;

static family parent;

static int is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

static void found_family(void) {
    reset();
    add_fault("{\"delay_ms\": 100, \"times\": 0}");
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_attempt_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_timeout(config, PHASE_LIMIT_MS);
    parent = (family){.client = client_of(config), .cancel = new_cancel()};
    /* The three that the multi has are the lowest that are free. */
    for (int i = 0; i < 3; i++) {
        parent.descriptors[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    for (int i = 0; i < 3; i++) {
        close(parent.descriptors[i]);
    }
    parent.multi = new_multi();
    for (int i = 0; i < 3; i++) {
        CHECK(is_open(parent.descriptors[i]));
    }
    /* One has finished, and left a connection; the others wait for replies and for each other. */
    parent.finished = started(&actions[LIST], parent.multi, parent.client, "", NULL, NULL);
    CHECK(next_finished(parent.multi) == parent.finished);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = parent.cancel;
    for (int i = 0; i < ACTIONS; i++) {
        parent.pending[i] = started(&actions[i], parent.multi, parent.client, "a.example.com", &options, NULL);
    }
    turn_for(parent.multi, 50);
}

/* The parent's calls come to their ends as if nothing had happened. */
static void goes_on_undisturbed(void) {
    for (int i = 0; i < ACTIONS; i++) {
        CHECK(next_finished(parent.multi));
    }
    for (int i = 0; i < ACTIONS; i++) {
        const esa_status status = status_of(&actions[i], parent.pending[i]);
        CHECK(status == ESA_OK || status == ESA_ERR_CONFLICT);
    }
    CHECK_INTEGER(status_of(&actions[LIST], parent.finished), ESA_OK);
    esa_pending *again = started(&actions[LIST], parent.multi, parent.client, "", NULL, NULL);
    CHECK(next_finished(parent.multi) == again);
    CHECK_INTEGER(status_of(&actions[LIST], again), ESA_OK);
    esa_client_free(parent.client);
    esa_multi_free(parent.multi);
    esa_cancel_free(parent.cancel);
}

/* What changes what both processes have. */
static const char *disturbs(const system_call *call) {
    switch (call->number) {
    case SYS_epoll_ctl:
        return "changes the parent's epoll instance";
    case SYS_timerfd_settime:
        return "sets the parent's timer";
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
        return "takes the parent's events";
    case SYS_write:
    case SYS_read:
        return "touches the parent's events";
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_recvfrom:
    case SYS_shutdown:
        return "uses the parent's connections";
    default:
        return NULL;
    }
}

static int is_refused(esa_status status, esa_error *error) {
    const int refused = status == ESA_ERR_FORKED && error && error->status == ESA_ERR_FORKED;
    esa_error_free(error);
    return refused;
}

/* Every function with what the parent made; the first that is wrong. */
static int use_all(const void *argument) {
    (void)argument;
    alarm(CHILD_SECONDS);
    trace_begin();
    int wrong = 0;
    for (int i = 0; i < ACTIONS && !wrong; i++) {
        const target target = new_target("child.example.com");
        esa_pending *pending = (esa_pending *)&parent;
        esa_error *error = NULL;
        esa_status status = actions[i].start(parent.multi, parent.client, &target, NULL, NULL, &pending, &error);
        wrong = is_refused(status, error) && !pending ? 0 : 10 + i;
        esa_pending_cancel(parent.pending[i]);
    }
    wrong = wrong ? wrong : esa_multi_step(parent.multi) != ESA_ERR_FORKED ? 20 : 0;
    wrong = wrong ? wrong : esa_multi_next_finished(parent.multi) ? 21 : 0;
    esa_error *error = NULL;
    char text[64];
    const esa_status status = actions[LIST].finish(parent.finished, text, sizeof text, &error);
    wrong = wrong ? wrong : !is_refused(status, error) ? 22 : 0;
    /* One is finished before, one after, and one is freed. */
    esa_pending_free(parent.pending[0]);
    error = NULL;
    const esa_status before = actions[1].finish(parent.pending[1], text, sizeof text, &error);
    wrong = wrong ? wrong : !is_refused(before, error) ? 23 : 0;
    esa_multi_free(parent.multi);
    for (int i = 0; i < 3; i++) {
        wrong = wrong ? wrong : is_open(parent.descriptors[i]) ? 24 : 0;
    }
    for (int i = 2; i < ACTIONS; i++) {
        error = NULL;
        const esa_status after = actions[i].finish(parent.pending[i], text, sizeof text, &error);
        wrong = wrong ? wrong : !is_refused(after, error) ? 25 : 0;
    }
    esa_client_free(parent.client);
    esa_cancel_free(parent.cancel);
    trace_end();
    return wrong;
}

static void the_child_s_functions_refuse_and_leave_the_parent_alone(void) {
    found_family();
    CHECK_STILL_GOOD();
    const traced traced = trace(use_all, NULL, disturbs);
    goes_on_undisturbed();
    if (!traced.can_trace) {
        printf("LEFT OUT: what the child does, as nothing can be traced here\n");
        return;
    }
    fprintf(stderr, "%d system calls\n", traced.calls);
    CHECK_TEXT(traced.wrong, "");
    CHECK_INTEGER(traced.status, 0);
    CHECK(traced.calls > 0);
}

/* Without what the child's client connects to: that is its own. */
static const char *disturbs_the_multi(const system_call *call) {
    const char *wrong = call->number == SYS_epoll_ctl || call->number == SYS_timerfd_settime ? disturbs(call) : NULL;
    return wrong;
}

/* Calls of the same client: blocking ones, and those of a multi of the child's own. */
static int make_calls(const void *argument) {
    (void)argument;
    alarm(CHILD_SECONDS);
    trace_begin();
    const esa_status status = create(parent.client, "child.example.com", NULL, NULL);
    esa_multi_free(parent.multi);
    esa_client_free(parent.client);
    trace_end();
    return status == ESA_OK ? 0 : 1;
}

static void the_child_makes_calls_of_its_own(void) {
    found_family();
    CHECK_STILL_GOOD();
    const traced traced = trace(make_calls, NULL, disturbs_the_multi);
    goes_on_undisturbed();
    if (traced.can_trace) {
        CHECK_TEXT(traced.wrong, "");
        CHECK_INTEGER(traced.status, 0);
    }
}

static int in_a_child(int (*work)(void)) {
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        _exit(work());
    }
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int have_a_multi(void) {
    esa_multi_free(parent.multi);
    esa_multi *own = new_multi();
    for (int i = 0; i < ACTIONS; i++) {
        esa_pending *pending = started(&actions[i], own, parent.client, "own.example.com", NULL, NULL);
        if (next_finished(own) != pending) {
            return 1;
        }
        const esa_status status = status_of(&actions[i], pending);
        if (status != ESA_OK && status != ESA_ERR_CONFLICT) {
            return 2;
        }
    }
    esa_multi_free(own);
    esa_client_free(parent.client);
    return 0;
}

static void the_child_has_a_multi_of_its_own_with_the_same_client(void) {
    found_family();
    CHECK_STILL_GOOD();
    const int child = in_a_child(have_a_multi);
    goes_on_undisturbed();
    CHECK_INTEGER(child, 0);
}

static int leave_all(void) { return 0; }

static int free_the_client_first(void) {
    esa_client_free(parent.client);
    for (int i = 0; i < ACTIONS; i++) {
        esa_pending_free(parent.pending[i]);
    }
    esa_multi_free(parent.multi);
    return 0;
}

static void a_child_that_frees_the_client_first_does_no_harm(void) {
    found_family();
    CHECK_STILL_GOOD();
    const int child = in_a_child(free_the_client_first);
    goes_on_undisturbed();
    CHECK_INTEGER(child, 0);
}

static void many_children_do_no_harm(void) {
    found_family();
    CHECK_STILL_GOOD();
    for (int i = 0; i < 20; i++) {
        CHECK_INTEGER(in_a_child(i % 2 ? leave_all : free_the_client_first), 0);
    }
    goes_on_undisturbed();
}

/* What calls wait for when the process forks: in the child it is all given up. */
static esa_pending *held[2];

static int give_up(void) {
    for (int i = 0; i < 2; i++) {
        esa_pending_free(held[i]);
    }
    esa_multi_free(parent.multi);
    esa_client_free(parent.client);
    return 0;
}

static void in_every_phase_the_child_gives_up_and_the_parent_goes_on(void) {
    for (int i = 0; i < PHASES; i++) {
        const action *action = &actions[phases[i].action];
        parent.client = phases[i].client();
        parent.multi = new_multi();
        held[0] =
            phases[i].is_second ? started(action, parent.multi, parent.client, "first.example.com", NULL, NULL) : NULL;
        turn_for(parent.multi, 20);
        held[1] = started(action, parent.multi, parent.client, "held.example.com", NULL, NULL);
        turn_for(parent.multi, 60);
        CHECK_INTEGER(in_a_child(give_up), 0);
        /* A command that is asked for credentials is still there. */
        turn_for(parent.multi, 20);
        CHECK(!esa_multi_next_finished(parent.multi));
        esa_pending_cancel(held[1]);
        CHECK(next_finished(parent.multi) == held[1]);
        CHECK_INTEGER(status_of(action, held[1]), ESA_ERR_CANCELLED);
        esa_pending_free(held[0]);
        esa_multi_free(parent.multi);
        esa_client_free(parent.client);
        leave_phase();
    }
}

/* A token that a call had before, which the child then triggers. */
static void a_token_that_the_child_triggers_cancels_what_the_parent_starts(void) {
    reset();
    esa_client *client = new_client();
    esa_multi *multi = new_multi();
    esa_cancel *cancel = new_cancel();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    esa_pending *pending = started(&actions[LIST], multi, client, "", &options, NULL);
    CHECK(next_finished(multi) == pending);
    CHECK_INTEGER(status_of(&actions[LIST], pending), ESA_OK);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        esa_cancel_trigger(cancel);
        _exit(0);
    }
    CHECK(child > 0 && waitpid(child, NULL, 0) == child);
    turn_until_quiet_for(multi, 20);
    add_fault(HANG);
    pending = started(&actions[LIST], multi, client, "", &options, NULL);
    CHECK(next_finished(multi) == pending);
    CHECK_INTEGER(status_of(&actions[LIST], pending), ESA_ERR_CANCELLED);
    esa_cancel_free(cancel);
    esa_multi_free(multi);
    esa_client_free(client);
}

/* What a child that is forked in a callback finds. */
static int child_in_callback;

static void on_line_fork(void *user_data, const esa_log_record *record) {
    (void)user_data, (void)record;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        const int descriptor = esa_multi_descriptor(parent.multi);
        esa_multi_free(parent.multi);
        _exit(is_open(descriptor));
    }
    int status = -1;
    waitpid(child, &status, 0);
    child_in_callback |= status;
}

static void a_child_that_is_forked_in_a_callback_frees_the_multi(void) {
    reset();
    esa_config *config = new_config();
    esa_config_set_log(config, ESA_LOG_DEBUG, on_line_fork, NULL);
    esa_client *client = client_of(config);
    parent.multi = new_multi();
    esa_pending *pending = started(&actions[LIST], parent.multi, client, "", NULL, NULL);
    CHECK(next_finished(parent.multi) == pending);
    CHECK_INTEGER(status_of(&actions[LIST], pending), ESA_OK);
    CHECK_INTEGER(child_in_callback, 0);
    esa_multi_free(parent.multi);
    esa_client_free(client);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(the_child_s_functions_refuse_and_leave_the_parent_alone);
    RUN(the_child_makes_calls_of_its_own);
    RUN(the_child_has_a_multi_of_its_own_with_the_same_client);
    RUN(a_child_that_frees_the_client_first_does_no_harm);
    RUN(many_children_do_no_harm);
    RUN(in_every_phase_the_child_gives_up_and_the_parent_goes_on);
    RUN(a_token_that_the_child_triggers_cancels_what_the_parent_starts);
    RUN(a_child_that_is_forked_in_a_callback_frees_the_multi);
    return stop_emulator();
}
