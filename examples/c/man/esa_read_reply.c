#include <esa.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    /* What the program's own HTTP library received. */
    const char body[] =
        "{\"Code\": \"Throttling.User\", \"Message\": \"Request was denied due to user flow control.\"}";
    const esa_header headers[] = {{"x-acs-retry-after", "1500"}};
    esa_reply received = ESA_REPLY_INIT;
    received.action = "CreateRoutine";
    received.http_status = 400;
    received.headers = headers;
    received.header_count = 1;
    received.body = body;
    received.body_length = strlen(body);

    esa_call_action_result *reply = NULL;
    esa_error *error = NULL;
    if (esa_read_reply(&received, &reply, &error) == ESA_OK) {
        printf("%s\n", reply->body);
    } else {
        printf("%s, %s", esa_status_name(error->status), esa_outcome_name(error->outcome));
        if (error->retryable && error->outcome != ESA_OUTCOME_UNKNOWN) {
            printf(", try again in %" PRIu32 " ms", error->retry_after_ms);
        }
        printf("\n");
    }
    esa_call_action_result_free(reply);
    esa_error_free(error);
    return 0;
}
