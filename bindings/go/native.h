// Native code that several files share.

#pragma once

#if __has_include(<esa.h>)
#include <esa.h>
#else
#error "libesa for this platform isn't here: take a released version, run `make stage` in its repository, or install it and build with -tags esa_system"
#endif
#include <stdlib.h>
#include <string.h>

// A call of a client.
typedef struct native_call {
    const esa_client *client;
    esa_cancel *cancel; // NULL: nothing cancels it
    uint32_t timeout_ms; // 0: as long as the client's configuration says
    uintptr_t handle; // the cgo.Handle of its *call
} native_call;

// The handle of the call that runs on this thread, for what the library calls back; 0: none.
extern __thread uintptr_t esa_go_call;

typedef struct native_answer {
    void *result;
    esa_error *error;
} native_answer;

// Ends a C function: calls `function` with the arguments, for a Go call, and returns its result or its error. A log's
// handler can make another call meanwhile, so the outer call's handle is kept.
#define ANSWER_OF(result_type, call_handle, function, ...)  \
    const uintptr_t outer = esa_go_call;                    \
    result_type *result;                                    \
    native_answer answer;                                   \
    esa_go_call = call_handle;                              \
    /* There is an error if there is no result. */          \
    (void)!(function)(__VA_ARGS__, &result, &answer.error); \
    esa_go_call = outer;                                    \
    answer.result = result;                                 \
    return answer

// Ends a C function that has a `call` and a `request`: makes the call, and returns its answer. Requests are built in C,
// because Go memory must not hold pointers for C to read.
#define ANSWER(operation, result_type)                \
    esa_call_options options = ESA_CALL_OPTIONS_INIT; \
    options.cancel = call.cancel;                     \
    options.timeout_ms = call.timeout_ms;             \
    ANSWER_OF(result_type, call.handle, operation, call.client, &request, &options)
