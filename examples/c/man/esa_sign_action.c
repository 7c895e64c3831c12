#include <esa.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_signed_request *signed_request = NULL;
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = "GetMatchSite";
    request.params = "{\"RecordName\": \"app.example.com\"}";

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_sign_action(client, &request, NULL, &signed_request, &error) == ESA_OK) {
        /* Hand these to an HTTP library: method, URL, headers and body. */
        printf("%s %s\n", signed_request->method, signed_request->url);
        for (size_t i = 0; i < signed_request->header_count; i++) {
            printf("%s\n", signed_request->headers[i].name);
        }
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_signed_request_free(signed_request);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
