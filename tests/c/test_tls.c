/* TLS: the service is accepted only if its certificate authority is trusted. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

static void trusted(esa_config *config, const char *record_name) {
    esa_client *client = client_of(config);
    esa_error *error = NULL;
    esa_status status = create(client, record_name, NULL, &error);
    esa_client_free(client);
    CHECK_TEXT(error ? error->message : "", "");
    CHECK_INTEGER(status, ESA_OK);
}

static void a_ca_file_is_trusted(void) {
    esa_config *config = new_config();
    CHECK_INTEGER(esa_config_set_ca_file(config, emulator.ca_file), ESA_OK);
    trusted(config, "ca-file.example.com");
}

static void ca_text_is_trusted(void) {
    char pem[16384];
    FILE *file = fopen(emulator.ca_file, "r");
    CHECK(file);
    pem[fread(pem, 1, sizeof pem - 1, file)] = '\0';
    fclose(file);
    esa_config *config = new_config();
    CHECK_INTEGER(esa_config_set_ca_pem(config, pem), ESA_OK);
    trusted(config, "ca-pem.example.com");
}

static void not_trusted(esa_config *config) {
    esa_client *client = client_of(config);
    esa_error *error = NULL;
    CHECK_INTEGER(create(client, "untrusted.example.com", NULL, &error), ESA_ERR_TLS);
    esa_client_free(client);
    CHECK(error);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    CHECK(strncmp(error->message, "the TLS handshake failed: ", 26) == 0);
    CHECK(*error->advice);
    esa_error_free(error);
}

static void an_unknown_authority_is_not_trusted(void) { not_trusted(new_config()); }

int main(void) {
    const esa_emulator_options options = {NULL, 1};
    if (start_emulator(&options) != 0) {
        return 2;
    }
    RUN(a_ca_file_is_trusted);
    RUN(ca_text_is_trusted);
    RUN(an_unknown_authority_is_not_trusted);
    return stop_emulator();
}
