/* The table of cases that every language runs: test_vectors SEED.json */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include "vectors.h"

#define CHECK_AS_SAID(actual, expected)                                                                                \
    do {                                                                                                               \
        if (strcmp(expected, "*") == 0) {                                                                              \
            CHECK(*(actual));                                                                                          \
        } else {                                                                                                       \
            CHECK_TEXT(actual, expected);                                                                              \
        }                                                                                                              \
    } while (0)

static void check_result(const vector *vector, const create_result *result, const esa_error *error) {
    CHECK(result && !error);
    if (vector->record_id == -1) {
        CHECK(result->record_id >= 1);
    } else {
        CHECK_INTEGER(result->record_id, vector->record_id);
    }
    CHECK_TEXT(esa_origin_name(result->origin), esa_origin_name(vector->origin));
    CHECK(vector->site_id == 0 ? result->site_id >= 1 : result->site_id == vector->site_id);
    CHECK_INTEGER(result->attempts, vector->attempts);
    CHECK_AS_SAID(result->status, vector->service_status);
    CHECK_AS_SAID(result->request_id, vector->request_id);
}

static void check_error(const vector *vector, const create_result *result, const esa_error *error) {
    CHECK(error && !result);
    CHECK_INTEGER(error->status, vector->status);
    CHECK_INTEGER(error->outcome, vector->outcome);
    CHECK_INTEGER(error->service_code, vector->service_code);
    CHECK_INTEGER(error->http_status, vector->http_status);
    CHECK_INTEGER(error->attempts, vector->attempts);
    CHECK_INTEGER(error->retry_after_ms, vector->retry_after_ms);
    CHECK_INTEGER(error->retryable, vector->retryable);
    CHECK_INTEGER(error->reserved, 0);
    CHECK_AS_SAID(error->code, vector->code);
    CHECK_AS_SAID(error->message, vector->message);
    CHECK_AS_SAID(error->request_id, vector->request_id);
    CHECK_AS_SAID(error->recommend, vector->recommend);
    CHECK_AS_SAID(error->access_denied_detail, vector->access_denied_detail);
    CHECK(*error->advice);
}

static void run_case(const vector *vector) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    esa_config_set_reconcile_horizon(config, RECONCILE_HORIZON_MS);
    esa_config_set_credentials(config, vector->access_key_id, vector->access_key_secret, vector->token);
    if (vector->signature_version != 0) {
        esa_config_set_signature_version(config, vector->signature_version);
    }
    esa_client *client = client_of(config);
    create_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = vector->site_id;
    request.name = vector->routine;
    request.record_name = vector->record_name;
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = vector->timeout_ms;
    options.max_attempts = vector->max_attempts;
    create_result *result = NULL;
    esa_error *error = NULL;

    esa_status status = (vector->ensures ? esa_ensure_routine_related_record : esa_create_routine_related_record)(
        client, &request, &options, &result, &error);

    CHECK_TEXT(esa_status_name(status), esa_status_name(vector->status));
    if (status == ESA_OK) {
        check_result(vector, result, error);
    } else {
        check_error(vector, result, error);
    }
    esa_create_routine_related_record_result_free(result);
    esa_error_free(error);
    esa_client_free(client);
}

int main(int count, char **arguments) {
    const esa_emulator_options options = {count == 2 ? arguments[1] : NULL, 0};
    if (start_emulator(&options) != 0) {
        return 2;
    }
    for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++) {
        check_begin(VECTORS[i].name);
        run_case(&VECTORS[i]);
        check_end();
    }
    return stop_emulator();
}
