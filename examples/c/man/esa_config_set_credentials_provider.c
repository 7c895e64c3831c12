#include <esa.h>
#include <stdio.h>
#include <stdlib.h>

/* A real one asks a vault, within `timeout_ms`. */
static void from_vault(void *vault, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)vault;
    (void)timeout_ms;
    const char *secret = getenv("VAULT_SECRET");
    if (secret) {
        esa_credentials_set(credentials, getenv("VAULT_ID"), secret, NULL, 0);
    } else {
        esa_credentials_fail(credentials, "the vault is locked");
    }
}

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_get_match_site_result *site = NULL;
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "c.example.com";
    esa_config *config = esa_config_new();
    esa_config_set_credentials_provider(config, from_vault, NULL);

    if (esa_client_new(config, &client, &error) == ESA_OK &&
        esa_get_match_site(client, &request, NULL, &site, &error) == ESA_OK) {
        printf("%s\n", esa_client_credentials_source(client));
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_get_match_site_result_free(site);
    esa_error_free(error);
    esa_client_free(client);
    esa_config_free(config);
    return failed;
}
