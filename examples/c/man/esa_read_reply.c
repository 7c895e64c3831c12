#include <esa.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    /* What an HTTP library has received. */
    static const char body[] = "{\"Code\":\"Throttling.User\",\"Message\":\"Slow down.\",\"RequestId\":\"R\"}";
    static const esa_header headers[] = {{"Retry-After", "2"}};
    esa_reply reply = ESA_REPLY_INIT;
    reply.action = "CreateRoutine";
    reply.http_status = 400;
    reply.headers = headers;
    reply.header_count = 1;
    reply.body = body;
    reply.body_length = strlen(body);

    esa_call_action_result *result = NULL;
    esa_error *error = NULL;
    if (esa_read_reply(&reply, &result, &error) == ESA_OK) {
        printf("%s\n", result->body);
    } else if (error->outcome == ESA_OUTCOME_REFUSED && error->retryable) {
        printf("nothing has changed: try again in %u ms\n", (unsigned)error->retry_after_ms);
    } else {
        printf("%s\n", error->advice);
    }
    esa_call_action_result_free(result);
    esa_error_free(error);
    return 0;
}
