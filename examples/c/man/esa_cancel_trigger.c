#include <esa.h>
#include <signal.h>
#include <stdio.h>

static esa_cancel *cancel;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    esa_cancel_trigger(cancel);
}

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_create_routine_related_record_result *record = NULL;
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = 54362329990032;
    request.name = "test-routine1";
    request.record_name = "cancel.example.com";
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 60000;

    esa_status status = esa_cancel_new(&cancel, &error);
    if (status == ESA_OK) {
        signal(SIGINT, on_interrupt);
        options.cancel = cancel;
        status = esa_client_new(NULL, &client, &error);
    }
    if (status == ESA_OK) {
        status = esa_create_routine_related_record(client, &request, &options, &record, &error);
    }
    if (status != ESA_OK) {
        fprintf(stderr, "%s: %s\n", error->message, esa_outcome_name(error->outcome));
    }
    signal(SIGINT, SIG_DFL); /* before what its handler uses is gone */
    const int failed = status != ESA_OK;
    esa_create_routine_related_record_result_free(record);
    esa_error_free(error);
    esa_client_free(client);
    esa_cancel_free(cancel);
    return failed;
}
