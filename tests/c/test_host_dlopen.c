/* A program that doesn't link the library: threads that load it, make a call, unload it and end. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <dlfcn.h>

enum { ROUNDS = 100 };

#define FIND(name) *(void **)(&name) = dlsym(library, #name)

/* Loads the library, calls by name (so that its resolver thread runs), and unloads it. NULL on success. */
static void *load_call_unload(void *argument) {
    (void)argument;
    esa_config *(*esa_config_new)(void);
    void (*esa_config_free)(esa_config *);
    esa_status (*esa_config_set_endpoint)(esa_config *, const char *);
    esa_status (*esa_config_set_credentials)(esa_config *, const char *, const char *, const char *);
    esa_status (*esa_client_new)(const esa_config *, esa_client **, esa_error **);
    void (*esa_client_free)(esa_client *);
    esa_status (*esa_get_match_site)(const esa_client *, const esa_get_match_site_request *, const esa_call_options *,
                                     esa_get_match_site_result **, esa_error **);
    void (*esa_get_match_site_result_free)(esa_get_match_site_result *);

    void *library = dlopen(getenv("LIBESA_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        return "the library can't be loaded";
    }
    FIND(esa_config_new), FIND(esa_config_free), FIND(esa_config_set_endpoint), FIND(esa_config_set_credentials);
    FIND(esa_client_new), FIND(esa_client_free), FIND(esa_get_match_site), FIND(esa_get_match_site_result_free);
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%ld", emulator.port);
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, url);
    esa_config_set_credentials(config, emulator.access_key_id, emulator.access_key_secret, NULL);
    esa_client *client = NULL;
    esa_client_new(config, &client, NULL);
    esa_config_free(config);
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_get_match_site_result *result = NULL;
    const esa_status status = esa_get_match_site(client, &request, NULL, &result, NULL);
    esa_get_match_site_result_free(result);
    esa_client_free(client);
    return status == ESA_OK && dlclose(library) == 0 ? NULL : "the call failed";
}

static void threads_load_and_unload_the_library(void) {
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        void *problem = NULL;
        CHECK_INTEGER(pthread_create(&thread, NULL, load_call_unload, NULL), 0);
        pthread_join(thread, &problem);
        CHECK_TEXT(problem ? (const char *)problem : "", "");
    }
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(threads_load_and_unload_the_library);
    return stop_emulator();
}
