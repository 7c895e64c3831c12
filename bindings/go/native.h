// What the native code of several files here shares.

#pragma once

#if __has_include(<esa.h>)
#include <esa.h>
#else
#error "libesa for this platform isn't here: take a released version, run `make stage` in its repository, or install it and build with -tags esa_system"
#endif
#include <stdlib.h>
#include <string.h>

// What ends a call early.
typedef struct {
    const esa_cancel *cancel;
    uint32_t timeout_ms;
    uintptr_t context; // of the call, for the log; 0: there is no log
} call_limits;

// The context of the call that this thread is in: its log lines are written on this thread.
extern __thread uintptr_t esa_go_context;

typedef struct {
    void *result;
    esa_error *error;
    uintptr_t lock_error; // a cgo.Handle of what the program's own lock failed with, or 0
} call_answer;

// Keeps the lock_error of the call on this thread; returns what was kept.
uintptr_t esaGoSwapLockError(uintptr_t error);

// Ends a function with what `function` answers, within a context, to the arguments before the result. In the log, a handler
// may make another call.
#define ANSWER_OF(result_type, context, function, ...)     \
    const uintptr_t outer = esa_go_context;                \
    result_type *result;                                   \
    call_answer answer;                                    \
    esa_go_context = context;                              \
    /* There is an error if there is no result. */         \
    (void)!(function)(__VA_ARGS__, &result, &answer.error); \
    esa_go_context = outer;                                \
    answer.result = result;                                \
    answer.lock_error = esaGoSwapLockError(0);             \
    return answer

// Ends a function that has a client, a request and limits with the answer to its call. The requests are built in C, so
// that no Go memory ever holds what C reads pointers from.
#define ANSWER(operation, result_type)                     \
    esa_call_options options = ESA_CALL_OPTIONS_INIT;      \
    options.cancel = limits.cancel;                        \
    options.timeout_ms = limits.timeout_ms;                \
    ANSWER_OF(result_type, limits.context, operation, client, &request, &options)
