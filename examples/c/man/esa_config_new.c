#include <esa.h>
#include <stdio.h>
#include <stdlib.h>

/* What isn't set comes from the environment, or has a default. A setter that fails makes esa_client_new() fail. */
int main(void) {
    esa_config *config = esa_config_new();
    esa_config_set_credentials(config, getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
                               NULL);
    esa_config_set_region(config, "ap-southeast-1"); /* an international account */
    esa_config_set_proxy(config, "");                /* none, whatever the environment says */
    esa_config_set_reconcile_horizon(config, 5000);

    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_get_match_site_result *site = NULL;
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "c.example.com";
    if (esa_client_new(config, &client, &error) == ESA_OK &&
        esa_get_match_site(client, &request, NULL, &site, &error) == ESA_OK) {
        printf("%s, by the keys of the %s\n", site->site_name, esa_client_credentials_source(client));
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_get_match_site_result_free(site);
    esa_error_free(error);
    esa_client_free(client);
    esa_config_free(config); /* the client has a copy, so this may come sooner */
    return failed;
}
