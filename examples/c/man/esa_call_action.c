#include <esa.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_call_action_result *reply = NULL;
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = "ListSites";
    request.params = "{\"SiteName\": \"example.com\", \"PageSize\": 20}";

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_call_action(client, &request, NULL, &reply, &error) == ESA_OK) {
        printf("%s\n", reply->body);
    } else {
        fprintf(stderr, "%s\n%s\n", error->message, error->advice);
    }
    const int failed = error != NULL;
    esa_call_action_result_free(reply);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
