#include <esa.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_create_routine_related_record_result *record = NULL;
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.name = "no-such-routine";
    request.record_name = "c.example.com"; /* the site is found by this name */

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_ensure_routine_related_record(client, &request, NULL, &record, &error) == ESA_OK) {
        puts(record->origin == ESA_ORIGIN_EXISTING ? "it was there already" : "created");
    } else if (error->service_code == ESA_CODE_ROUTINE_NOT_EXIST) {
        puts(esa_service_code_name(error->service_code));
        puts(esa_service_code_advice(error->service_code));
    } else {
        fprintf(stderr, "%s: %s\n", esa_outcome_name(error->outcome), error->message);
    }
    esa_create_routine_related_record_result_free(record);
    esa_error_free(error);
    esa_client_free(client);
    return 0;
}
