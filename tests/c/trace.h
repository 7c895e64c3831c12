/* Watches the system calls of a child, on its first thread, between two marks that the child sets. Needs _GNU_SOURCE.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Descriptors that nobody has, in close(): the marks. */
enum { MARK_BEGIN = -70001, MARK_END = -70002 };

static inline void trace_begin(void) { syscall(SYS_close, MARK_BEGIN); }
static inline void trace_end(void) { syscall(SYS_close, MARK_END); }

typedef struct system_call {
    pid_t process;
    long number;
    uint64_t arguments[6];
    /* The one before, and what it gave. */
    long number_before, result_before;
} system_call;

/* What is wrong about a call; NULL: nothing. Of a futex, it is wrong if it takes longer than PASSING_MS: another thread
 * may have a lock of the C library's for a moment, such as that of its memory. */
typedef const char *(*judge_fn)(const system_call *call);

enum { PASSING_MS = 50 };

/* The result of a traced child. */
typedef struct traced {
    int can_trace;
    int status; /* the child's exit status; -1: it ended otherwise */
    int calls;  /* how many there were between marks */
    char wrong[256];
} traced;

enum { CANNOT_TRACE = 77 };

static inline long long trace_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static inline void watch(pid_t child, judge_fn judge, traced *traced) {
    int status, is_marked = 0, is_entry = 1;
    system_call call = {.process = child, .number_before = -1};
    const char *wrong = NULL;
    long long entered = 0;
    traced->can_trace = 1;
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (int signal = 0;;) {
        if (ptrace(PTRACE_SYSCALL, child, 0, signal) != 0 || waitpid(child, &status, 0) != child ||
            !WIFSTOPPED(status)) {
            break;
        }
        signal = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            continue;
        }
        struct __ptrace_syscall_info info;
        memset(&info, 0, sizeof info);
        if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0) {
            traced->can_trace = 0;
            continue;
        }
        is_entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
        if (!is_entry) {
            call.number_before = call.number;
            call.result_before = (long)info.exit.rval;
            if (wrong && !*traced->wrong && (call.number != SYS_futex || trace_now_ms() - entered > PASSING_MS)) {
                snprintf(traced->wrong, sizeof traced->wrong, "system call %ld: %s", call.number, wrong);
            }
            wrong = NULL;
            continue;
        }
        call.number = (long)info.entry.nr;
        memcpy(call.arguments, info.entry.args, sizeof call.arguments);
        if (call.number == SYS_close && (int)call.arguments[0] == MARK_BEGIN) {
            is_marked = 1;
        } else if (call.number == SYS_close && (int)call.arguments[0] == MARK_END) {
            is_marked = 0;
        } else if (is_marked) {
            traced->calls++;
            wrong = judge(&call);
            entered = trace_now_ms();
        }
    }
    traced->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs `work` in a child, whose exit status it gives. */
static inline traced trace(int (*work)(const void *), const void *argument, judge_fn judge) {
    traced traced = {0, -1, 0, ""};
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) {
            _exit(CANNOT_TRACE);
        }
        raise(SIGSTOP);
        const int result = work(argument);
        fflush(stdout);
        fflush(stderr);
        _exit(result);
    }
    int status;
    if (child > 0 && waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        watch(child, judge, &traced);
    }
    return traced;
}

#endif
