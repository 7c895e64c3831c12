#include <esa.h>
#include <stdio.h>

/* A lock that the clients of one thread share. A real one is elsewhere, and ends by itself after the lease. */
typedef struct lock {
    int is_held;
} lock;

static int32_t try_acquire(void *user_data, uint32_t lease_ms, uint32_t *retry_after_ms) {
    lock *account = user_data;
    if (account->is_held) {
        *retry_after_ms = 20;
        return ESA_LOCK_NOT_YET;
    }
    printf("acquired, for %s\n", lease_ms > 0 ? "a lease" : "no time");
    account->is_held = 1;
    return ESA_LOCK_ACQUIRED;
}

static void release(void *user_data) {
    lock *account = user_data;
    account->is_held = 0;
    puts("released");
}

int main(void) {
    lock account = {0};
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_create_routine_related_record_result *record = NULL;
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = 54362329990032;
    request.name = "test-routine1";
    request.record_name = "c.example.com";
    esa_config *config = esa_config_new();
    esa_config_set_write_lock(config, try_acquire, release, &account);

    const int failed = esa_client_new(config, &client, &error) != ESA_OK ||
                       esa_create_routine_related_record(client, &request, NULL, &record, &error) != ESA_OK;
    esa_config_free(config);
    esa_create_routine_related_record_result_free(record);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
