/* Makes a call by libcurl; test_actions.py makes curl_snippets.h of the document. */
#define _POSIX_C_SOURCE 200809L
#include <curl/curl.h>
#include <esa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "curl_snippets.h"

int main(int argc, char **argv) {
    if (argc != 5) {
        return 2;
    }
    char params[128];
    snprintf(params, sizeof params, "{\"Name\": \"%s\"}", argv[3]);
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = argv[2];
    request.params = params;
    request.effect = strcmp(argv[4], "READS") == 0 ? ESA_EFFECT_READS : ESA_EFFECT_WRITES;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *curl = curl_easy_init();
    esa_client *client = NULL;
    esa_call_action_result *reply = NULL;
    esa_error *error = NULL;
    if (esa_client_new(NULL, &client, &error) == ESA_OK &&
        call_by_curl(client, curl, &request, &reply, &error) == ESA_OK) {
        puts(reply->body);
    } else {
        puts(error ? esa_outcome_name(error->outcome) : "no reply");
    }
    esa_call_action_result_free(reply);
    esa_error_free(error);
    esa_client_free(client);
    curl_easy_cleanup(curl);
    return 0;
}
