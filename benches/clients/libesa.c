/* libesa from C, with everything on: a time limit and cancelling, beside what a call always does. */
#include "driver.h"
#include <esa.h>

static esa_client *client;
static esa_cancel *cancel;

static void set_up(const char *url, const char *ca_file) {
    esa_config *config = esa_config_new();
    esa_error *error = NULL;
    esa_config_set_endpoint(config, url);
    esa_config_set_ca_file(config, ca_file);
    esa_config_set_credentials(config, "testid", "testsecret", NULL);
    /* This server locks no account. */
    esa_config_set_max_concurrent_writes(config, 0);
    if (esa_client_new(config, &client, &error) != ESA_OK) {
        fprintf(stderr, "libesa: %s\n", error->message);
        exit(1);
    }
    esa_config_free(config);
    cancel = esa_cancel_new();
}

static void *set_up_thread(void) { return NULL; }

static void call(void *thread) {
    (void)thread;
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = 54362329990032;
    request.name = "test-routine1";
    request.record_name = "test-record-1.example.com";
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    options.timeout_ms = 30000;
    esa_create_routine_related_record_result *result = NULL;
    esa_error *error = NULL;
    if (esa_create_routine_related_record(client, &request, &options, &result, &error) != ESA_OK) {
        fprintf(stderr, "libesa: %s\n", error->message);
        exit(1);
    }
    if (result->record_id != 3227405728754048) {
        fputs("libesa: the wrong record\n", stderr);
        exit(1);
    }
    esa_create_routine_related_record_result_free(result);
}
