/* What the clients that use libesa from C have in common: the client, and the call. */
#ifndef ESA_BENCH_LIBESA_H
#define ESA_BENCH_LIBESA_H

#include <esa.h>
#include <stdio.h>
#include <stdlib.h>

static esa_client *client;
static esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
/* With everything on: a time limit and cancelling, beside what a call always does. */
static esa_call_options options = ESA_CALL_OPTIONS_INIT;

static void check(esa_status status, const esa_error *error) {
    if (status != ESA_OK) {
        fprintf(stderr, "libesa: %s\n", error->message);
        exit(1);
    }
}

static void make_client(const char *url, const char *ca_file) {
    esa_config *config = esa_config_new();
    esa_error *error = NULL;
    esa_config_set_endpoint(config, url);
    esa_config_set_ca_file(config, ca_file);
    esa_config_set_credentials(config, "testid", "testsecret", NULL);
    /* This server locks no account. */
    esa_config_set_max_concurrent_writes(config, ESA_UNLIMITED);
    check(esa_client_new(config, &client, &error), error);
    esa_config_free(config);
    request.site_id = 54362329990032;
    request.name = "test-routine1";
    request.record_name = "test-record-1.example.com";
    options.cancel = esa_cancel_new();
    options.timeout_ms = 30000;
}

static void take(esa_create_routine_related_record_result *result) {
    if (result->record_id != 3227405728754048) {
        fputs("libesa: the wrong record\n", stderr);
        exit(1);
    }
    esa_create_routine_related_record_result_free(result);
}

#endif
