#include <esa.h>
#include <inttypes.h>
#include <stdio.h>

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_get_match_site_result *site = NULL;
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "c.example.com";

    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        esa_get_match_site(client, &request, NULL, &site, &error) == ESA_OK) {
        printf("%" PRId64 " %s\n", site->site_id, site->site_name);
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_get_match_site_result_free(site);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
