#include <esa.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_signed_request *signed_request = NULL;
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = "CreateRoutine";
    request.params = "{\"Name\": \"hello\"}";

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_sign_action(client, &request, NULL, &signed_request, &error) == ESA_OK) {
        printf("%s %s\n", signed_request->method, signed_request->url);
        for (size_t i = 0; i < signed_request->header_count; i++) {
            const esa_header *header = &signed_request->headers[i];
            const int secret =
                strcmp(header->name, "authorization") == 0 || strcmp(header->name, "x-acs-security-token") == 0;
            printf("%s: %s\n", header->name, secret ? "(hidden)" : header->value);
        }
        printf("\n%s\n", signed_request->body);
    } else {
        fprintf(stderr, "%s\n%s\n", error->message, error->advice);
    }
    const int failed = error != NULL;
    esa_signed_request_free(signed_request);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
