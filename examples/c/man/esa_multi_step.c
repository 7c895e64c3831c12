#include <esa.h>
#include <poll.h>
#include <stdio.h>

/* Takes the calls that have finished, and returns how many. */
static int take_finished(esa_multi *multi) {
    int count = 0;
    esa_pending *pending;
    while ((pending = esa_multi_next_finished(multi)) != NULL) {
        const char *record_name = esa_pending_user_data(pending);
        esa_get_match_site_result *site = NULL;
        esa_error *error = NULL;
        const esa_status status = esa_get_match_site_finish(pending, &site, &error);
        printf("%s: %s\n", record_name, status == ESA_OK ? site->site_name : error->message);
        esa_get_match_site_result_free(site);
        esa_error_free(error);
        count++;
    }
    return count;
}

int main(void) {
    esa_client *client = NULL;
    esa_multi *multi = NULL;
    esa_pending *pending = NULL;
    esa_error *error = NULL;
    char record_name[] = "c.example.com";
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = record_name;

    if (esa_client_new(NULL, &client, &error) == ESA_OK && esa_multi_new(&multi, &error) == ESA_OK &&
        esa_get_match_site_start(multi, client, &request, NULL, record_name, &pending, &error) == ESA_OK) {
        int left = 1;
        while (left > 0) {
            /* The program's own descriptors are watched beside this one. */
            struct pollfd watched = {esa_multi_descriptor(multi), POLLIN, 0};
            poll(&watched, 1, -1);
            if (esa_multi_step(multi) != ESA_OK) {
                break;
            }
            left -= take_finished(multi);
        }
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_error_free(error);
    esa_multi_free(multi);
    esa_client_free(client);
    return failed;
}
