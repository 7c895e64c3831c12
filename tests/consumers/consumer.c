/* What a program that links an installed libesa does: makes a record, at the emulator that ESA_ENDPOINT names. */
#include <esa.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    if (esa_client_new(NULL, &client, &error) == ESA_OK) {
        esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        request.name = "test-routine1";
        request.record_name = "consumer.example.com";
        esa_create_routine_related_record_result *result = NULL;
        if (esa_ensure_routine_related_record(client, &request, NULL, &result, &error) == ESA_OK) {
            printf("libesa %s: %s\n", esa_version(), result->status);
        }
        esa_create_routine_related_record_result_free(result);
    }
    if (error) {
        printf("%s\n", error->message);
    }
    const int failed = error != NULL || strcmp(esa_version(), "") == 0;
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
