#include <esa.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_create_routine_related_record_result *record = NULL;
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = 54362329990032;
    request.name = "test-routine1";
    request.record_name = "c.example.com";

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_create_routine_related_record(client, &request, NULL, &record, &error) == ESA_OK) {
        printf("created record %lld\n", (long long)record->record_id);
    } else {
        fprintf(stderr, "%s: %s\n%s\n", esa_status_name(error->status), error->message, error->advice);
    }
    const int failed = error != NULL;
    esa_create_routine_related_record_result_free(record);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
