#include <esa.h>
#include <poll.h>
#include <stdio.h>

/* Names the call that a line of the log is about. */
static void show(void *multi, const esa_log_record *record) {
    const esa_pending *pending = esa_multi_current(*(esa_multi **)multi);
    const char *record_name = pending ? esa_pending_user_data(pending) : "no call";
    fprintf(stderr, "[%d] %s: %s\n", (int)record->level, record_name, record->message);
}

int main(void) {
    esa_client *client = NULL;
    esa_multi *multi = NULL;
    esa_error *error = NULL;
    esa_config *config = esa_config_new();
    esa_config_set_log(config, ESA_LOG_DEBUG, show, &multi);
    esa_status status = esa_client_new(config, &client, &error);
    esa_config_free(config);
    char unwanted_name[] = "unwanted.example.com", cancelled_name[] = "cancelled.example.com";
    esa_pending *unwanted = NULL, *cancelled = NULL;
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = unwanted_name;
    if (status == ESA_OK && esa_multi_new(&multi, &error) == ESA_OK &&
        esa_get_match_site_start(multi, client, &request, NULL, unwanted_name, &unwanted, &error) == ESA_OK &&
        esa_get_match_site_start(multi, client, &request, NULL, cancelled_name, &cancelled, &error) == ESA_OK) {
        esa_pending_free(unwanted); /* drops the call: what it did stays unknown */
        esa_pending_cancel(cancelled);
        esa_pending *finished;
        while ((finished = esa_multi_next_finished(multi)) == NULL && status == ESA_OK) {
            struct pollfd watched = {esa_multi_descriptor(multi), POLLIN, 0};
            poll(&watched, 1, -1);
            status = esa_multi_step(multi);
        }
        esa_get_match_site_result *site = NULL;
        printf("%s: ", (const char *)esa_pending_user_data(finished));
        puts(esa_status_name(esa_get_match_site_finish(finished, &site, NULL)));
        esa_get_match_site_result_free(site);
    } else {
        fprintf(stderr, "%s\n", error->message);
    }
    const int failed = error != NULL;
    esa_error_free(error);
    esa_multi_free(multi);
    esa_client_free(client);
    return failed;
}
