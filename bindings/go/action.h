// Native code that calling, signing and reading an action share.

#pragma once

#include "native.h"

// Sets each field to the next of the terminated strings, or to NULL if that is empty. Returns the string after those.
static inline const char *set_strings(const char **const *fields, size_t count, const char *strings) {
    for (size_t i = 0; i < count; i++) {
        *fields[i] = *strings ? strings : NULL;
        strings += strlen(strings) + 1;
    }
    return strings;
}

static inline esa_call_action_request action_request(const char *strings, int32_t effect) {
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    const char **const fields[] = {&request.action, &request.params, &request.query,
                                   &request.form,   &request.method, &request.version};
    set_strings(fields, sizeof fields / sizeof *fields, strings);
    request.effect = effect;
    return request;
}
