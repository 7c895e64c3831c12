#include <esa.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_delete_routine_related_record_result *result = NULL;
    esa_delete_routine_related_record_request request = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = 54362329990032;
    request.name = "test-routine1";
    request.record_name = "c.example.com";

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_delete_routine_related_record(client, &request, NULL, &result, &error) == ESA_OK) {
        puts(result->deleted ? "deleted" : "it was gone already");
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_delete_routine_related_record_result_free(result);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
