#include <esa.h>
#include <stdio.h>

enum { COUNT = 2 };
static const char *const names[COUNT] = {"one.example.com", "two.example.com"};

int main(void) {
    esa_create_routine_related_record_request items[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        const esa_create_routine_related_record_request item = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        items[i] = item;
        items[i].name = "test-routine1";
        items[i].record_name = names[i];
    }
    esa_ensure_routine_related_records_request request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.items = items;
    request.count = COUNT;

    esa_client *client = NULL;
    esa_bulk *bulk = NULL;
    esa_error *error = NULL;
    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_bulk_new(client, &request, NULL, &bulk, &error) == ESA_OK) {
        for (size_t done = 0; esa_bulk_left(bulk) > 0; done++) {
            esa_create_routine_related_record_result *record = NULL;
            esa_error *reason = NULL;
            const esa_status status = esa_bulk_next(bulk, &record, &reason);
            printf("%s: %s\n", names[done], status == ESA_OK ? esa_origin_name(record->origin) : reason->message);
            esa_create_routine_related_record_result_free(record);
            esa_error_free(reason);
        }
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_bulk_free(bulk);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
