/* Starting and stepping calls of a multi makes no blocking system call, during each kind of wait. */
#define _GNU_SOURCE
#include "phases.h"
#include "trace.h"
#include <linux/futex.h>
#include <sched.h>

/* --- What may block. --- */

static uint64_t peek(const system_call *call, uint64_t address) {
    errno = 0;
    return (uint64_t)ptrace(PTRACE_PEEKDATA, call->process, address, 0);
}

/* Whether the time that `address` points to is none. */
static int is_no_time(const system_call *call, uint64_t address) {
    return address && peek(call, address) == 0 && peek(call, address + 8) == 0;
}

/* Whether the descriptor can make a read or write of it wait. */
static int can_block(const system_call *call, int descriptor) {
    char path[64], target[256] = "", line[128];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", call->process, descriptor);
    if (readlink(path, target, sizeof target - 1) < 0 || *target == '/') {
        /* A file. */
        return 0;
    }
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", call->process, descriptor);
    FILE *info = fopen(path, "r");
    unsigned flags = 0;
    while (info && fgets(line, sizeof line, info)) {
        if (sscanf(line, "flags: %o", &flags) == 1) {
            break;
        }
    }
    if (info) {
        fclose(info);
    }
    return !(flags & O_NONBLOCK);
}

/* How many commands may still be started, which is waited for: until the system has loaded them. */
static int commands_to_start;

static const char *that_transfers(const system_call *call, int flags) {
    const int was_asked =
        (call->number_before == SYS_poll || call->number_before == SYS_ppoll) && call->result_before == 1;
    if (flags & MSG_DONTWAIT || was_asked || !can_block(call, (int)call->arguments[0])) {
        return NULL;
    }
    return call->number == SYS_recvfrom && commands_to_start-- > 0 ? NULL : "may wait for the descriptor, which blocks";
}

static const char *may_block(const system_call *call) {
    const uint64_t *arguments = call->arguments;
    switch (call->number) {
#ifdef SYS_poll
    case SYS_poll:
        return (int)arguments[2] ? "poll waits" : NULL;
#endif
    case SYS_ppoll:
        return is_no_time(call, arguments[2]) ? NULL : "ppoll waits";
#ifdef SYS_select
    case SYS_select:
#endif
    case SYS_pselect6:
        return is_no_time(call, arguments[4]) ? NULL : "select waits";
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
        return (int)arguments[3] ? "epoll_wait waits" : NULL;
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
        return "sleeps";
#ifdef SYS_pause
    case SYS_pause:
#endif
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait:
        return "waits for a signal";
    case SYS_futex:
        switch (arguments[1] & FUTEX_CMD_MASK) {
        case FUTEX_WAKE:
        case FUTEX_WAKE_OP:
        case FUTEX_WAKE_BITSET:
            return NULL;
        default:
            return "waits for a lock";
        }
    case SYS_wait4:
        return arguments[2] & WNOHANG ? NULL : "waits for a process";
    case SYS_waitid:
        return arguments[3] & WNOHANG ? NULL : "waits for a process";
    case SYS_flock:
        return "waits for a lock of a file";
    case SYS_fcntl:
        return arguments[1] == F_SETLKW ? "waits for a lock of a file" : NULL;
    case SYS_connect:
    case SYS_accept4:
    case SYS_read:
    case SYS_write:
    case SYS_readv:
    case SYS_writev:
        return that_transfers(call, 0);
    case SYS_recvfrom:
    case SYS_sendto:
        return that_transfers(call, (int)arguments[3]);
    case SYS_recvmsg:
    case SYS_sendmsg:
        return that_transfers(call, (int)arguments[2]);
    default:
        return NULL;
    }
}

/* --- An action by its name, as the others are. --- */

static esa_call_action_request routine_of(const target *target) {
    static char params[128];
    snprintf(params, sizeof params, "{\"Name\":\"%s\"}", target->routine);
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = "GetRoutine";
    request.params = params;
    return request;
}

static void describe_called(const esa_call_action_result *result, char *text, size_t size) {
    snprintf(text, size, "%s", result->body);
}

ACTION(call_action, esa_call_action_result, esa_call_action_request, routine_of(target), describe_called)
static const action by_name = ROW(call_action);

/* --- Calls with marks around all that is the library's. --- */

/* The loop of a program: its own wait is outside the marks. NULL: nothing has finished within this time. */
static esa_pending *turn(esa_multi *multi, int milliseconds) {
    const long long end = esa_emulator_now_ms() + milliseconds;
    for (long long left; (left = end - esa_emulator_now_ms()) > 0;) {
        if (is_readable_within(multi, (int)left)) {
            trace_begin();
            const esa_status status = esa_multi_step(multi);
            esa_pending *pending = status == ESA_OK ? esa_multi_next_finished(multi) : NULL;
            trace_end();
            if (pending) {
                return pending;
            }
        }
    }
    return NULL;
}

static esa_pending *start(const action *action, esa_multi *multi, const esa_client *client, const char *record_name) {
    trace_begin();
    esa_pending *pending = started(action, multi, client, record_name, NULL, NULL);
    trace_end();
    return pending;
}

static esa_status finish(const action *action, esa_pending *pending) {
    trace_begin();
    const esa_status status = pending ? status_of(action, pending) : ESA_ERR_INTERNAL;
    trace_end();
    return status;
}

/* Reaches the phase, stays in it for a while, and is cancelled there. */
static int in_phase(const void *argument) {
    const phase *phase = argument;
    const action *action = &actions[phase->action];
    esa_client *client = phase->client();
    esa_multi *multi = new_multi();
    esa_pending *first = NULL;
    if (phase->is_second) {
        first = start(action, multi, client, "first.example.com");
        turn(multi, 30);
    }
    esa_pending *pending = start(action, multi, client, "held.example.com");
    if (turn(multi, 150)) {
        return 1;
    }
    trace_begin();
    esa_pending_cancel(pending);
    trace_end();
    if (turn(multi, LOOP_PATIENCE_MS) != pending || finish(action, pending) != ESA_ERR_CANCELLED) {
        return 2;
    }
    trace_begin();
    esa_pending_free(first);
    trace_end();
    esa_multi_free(multi);
    esa_client_free(client);
    leave_phase();
    return 0;
}

static void is_never_blocked(int (*work)(const void *), const void *argument, const char *name) {
    const traced traced = trace(work, argument, may_block);
    if (!traced.can_trace) {
        printf("LEFT OUT: %s, as nothing can be traced here\n", name);
        return;
    }
    fprintf(stderr, "%s: %d system calls, ended with %d: %s\n", name, traced.calls, traced.status, traced.wrong);
    CHECK_TEXT(traced.wrong, "");
    CHECK_INTEGER(traced.status, 0);
    CHECK(traced.calls > 0);
}

static void no_phase_blocks(void) {
    for (int i = 0; i < PHASES; i++) {
        commands_to_start = phases[i].client == runs_a_command_for_credentials;
        is_never_blocked(in_phase, &phases[i], phases[i].name);
        commands_to_start = 0;
        CHECK_STILL_GOOD();
    }
}

/* A call of every action and one by its name, then many reads at once. All succeed. */
static int succeeds(const void *argument) {
    enum { READS = 30 };
    esa_client *client = (esa_client *)argument;
    esa_multi *multi = new_multi();
    for (int i = 0; i < ACTIONS; i++) {
        esa_pending *pending = start(&actions[i], multi, client, i ? "once.example.com" : "first.example.com");
        if (turn(multi, LOOP_PATIENCE_MS) != pending || finish(&actions[i], pending) != ESA_OK) {
            return 1 + i;
        }
    }
    esa_pending *called = start(&by_name, multi, client, "");
    if (turn(multi, LOOP_PATIENCE_MS) != called || finish(&by_name, called) != ESA_OK) {
        return 10;
    }
    for (int i = 0; i < READS; i++) {
        start(&actions[LIST], multi, client, "");
    }
    for (int i = 0; i < READS; i++) {
        esa_pending *pending = turn(multi, LOOP_PATIENCE_MS);
        if (finish(&actions[LIST], pending) != ESA_OK) {
            return 20;
        }
    }
    esa_multi_free(multi);
    return 0;
}

static void succeeds_unblocked(esa_client *client, const char *name) {
    is_never_blocked(succeeds, client, name);
    esa_client_free(client);
}

static void calls_that_succeed_do_not_block(void) {
    reset();
    succeeds_unblocked(new_client(), "over http");
}

static void looking_up_a_name_does_not_block(void) {
    reset();
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%ld", emulator.port);
    esa_config *config = new_config();
    esa_config_set_endpoint(config, url);
    succeeds_unblocked(client_of(config), "by name");
}

static void a_command_that_gives_credentials_does_not_block(void) {
    reset();
    char command[512];
    snprintf(command, sizeof command,
             "sh -c 'sleep 0.1; echo \\\"{\\\\\\\"mode\\\\\\\": \\\\\\\"AK\\\\\\\", \\\\\\\"access_key_id\\\\\\\": "
             "\\\\\\\"%s\\\\\\\", \\\\\\\"access_key_secret\\\\\\\": \\\\\\\"%s\\\\\\\"}\\\"'",
             emulator.access_key_id, emulator.access_key_secret);
    commands_to_start = 1;
    succeeds_unblocked(client_of_command(command, emulator.url), "credentials of a command");
    commands_to_start = 0;
    leave_phase();
}

static void tls_does_not_block(void) {
    esa_config *config = new_config();
    esa_config_set_ca_file(config, emulator.ca_file);
    succeeds_unblocked(client_of(config), "over https");
}

/* A test that can't fail proves nothing: the calls that block do. */
static int blocks(const void *argument) {
    trace_begin();
    create(argument, "a.example.com", NULL, NULL);
    trace_end();
    return 0;
}

static void what_blocks_is_seen(void) {
    reset();
    add_fault("{\"delay_ms\": 50}");
    esa_client *client = new_client();
    const traced traced = trace(blocks, client, may_block);
    esa_client_free(client);
    if (traced.can_trace) {
        CHECK(strstr(traced.wrong, "waits"));
    }
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(what_blocks_is_seen);
    RUN(no_phase_blocks);
    RUN(calls_that_succeed_do_not_block);
    RUN(looking_up_a_name_does_not_block);
    RUN(a_command_that_gives_credentials_does_not_block);
    const int failed = stop_emulator();
    const esa_emulator_options options = {NULL, 1};
    if (start_emulator(&options) != 0) {
        return 2;
    }
    RUN(tls_does_not_block);
    return stop_emulator() || failed;
}
