#include <esa.h>
#include <inttypes.h>
#include <stdio.h>

static void to_stderr(void *program, const esa_log_record *record) {
    fprintf(stderr, "%s: [%d] %s\n", (const char *)program, (int)record->level, record->message);
}

int main(void) {
    esa_client *client = NULL;
    esa_error *error = NULL;
    esa_get_match_site_result *site = NULL;
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "c.example.com";
    esa_config *config = esa_config_new();
    esa_config_set_log(config, ESA_LOG_DEBUG, to_stderr, "my-agent");
    esa_config_set_user_agent(config, "my-agent/1.2");
    esa_config_set_connect_timeout(config, 2000);
    esa_config_set_attempt_timeout(config, 5000);
    esa_config_set_timeout(config, 20000);
    esa_config_set_max_attempts(config, 5);

    esa_status status = esa_client_new(config, &client, &error);
    if (status == ESA_OK) {
        status = esa_get_match_site(client, &request, NULL, &site, &error);
    }
    esa_config_free(config);
    esa_stats stats = ESA_STATS_INIT;
    if (esa_client_stats(client, &stats) == ESA_OK) {
        printf("%" PRIu64 " requests over %" PRIu64 " connections\n", stats.attempts, stats.connections_opened);
    }
    const int failed = status != ESA_OK;
    esa_get_match_site_result_free(site);
    esa_error_free(error);
    esa_client_free(client);
    return failed;
}
