#include <esa.h>
#include <stdio.h>

enum { COUNT = 2 };
static const char *const names[COUNT] = {"one.example.com", "two.example.com"};

static int32_t show(void *data, size_t done, size_t count, const esa_create_routine_related_record_result *result,
                    const esa_error *error) {
    (void)data;
    printf("%zu of %zu: %s\n", done, count, result ? esa_origin_name(result->origin) : error->message);
    return 0; /* go on */
}

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
    request.progress = show;

    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_ensure_routine_related_records_result *records = NULL;
    int failed = 1;
    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_ensure_routine_related_records(client, &request, NULL, &records, &error) == ESA_OK) {
        failed = records->failed > 0;
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    esa_ensure_routine_related_records_result_free(records);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
