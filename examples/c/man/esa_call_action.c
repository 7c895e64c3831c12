#include <esa.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_call_action_result *result = NULL;
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = "ListUserRoutines";
    request.params = "{\"PageNumber\": 1, \"PageSize\": 20}";

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_call_action(client, &request, NULL, &result, &error) == ESA_OK) {
        printf("%s\n", result->body);
    } else {
        fprintf(stderr, "%s\n%s\n", error->message, error->advice);
    }
    const int failed = error != NULL;
    esa_call_action_result_free(result);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
