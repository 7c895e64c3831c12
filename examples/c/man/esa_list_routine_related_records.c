#include <esa.h>
#include <inttypes.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_list_routine_related_records_request request = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.name = "test-routine1";

    int more = esa_client_new(NULL, &client, &error) == ESA_OK;
    for (request.page_number = 1; more; request.page_number++) {
        esa_list_routine_related_records_result *page = NULL;
        more = 0;
        if (esa_list_routine_related_records(client, &request, NULL, &page, &error) == ESA_OK) {
            for (size_t i = 0; i < page->count; i++) {
                printf("%" PRId64 " %s\n", page->records[i]->record_id, page->records[i]->record_name);
            }
            more = page->has_more;
        }
        esa_list_routine_related_records_result_free(page);
    }
    const int failed = error != NULL;
    if (failed) {
        fprintf(stderr, "%s\n", error->message);
    }
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
