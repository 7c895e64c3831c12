#include <esa.h>
#include <inttypes.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_create_routine_related_record_result *record = NULL;
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.name = "test-routine1";
    request.record_name = "c.example.com";
    esa_config *config = esa_config_new();
    /* Each program of this host that writes to the account names the same file. */
    esa_config_set_write_lock_file(config, "account.lock");
    esa_config_set_write_lock_hold(config, 1000);

    const int failed = esa_client_new(config, &client, &error) != ESA_OK ||
                       esa_ensure_routine_related_record(client, &request, NULL, &record, &error) != ESA_OK;
    esa_config_free(config);
    esa_stats stats = ESA_STATS_INIT;
    if (esa_client_stats(client, &stats) == ESA_OK) {
        printf("acquired the lock %" PRIu64 " times\n", stats.lock_grants);
    }
    esa_create_routine_related_record_result_free(record);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
