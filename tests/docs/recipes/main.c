/* Runs one of the recipes; test_recipes.py makes recipes.h of the document. */
#define _POSIX_C_SOURCE 200809L
#include <esa.h>
#include <esa_emulator.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recipes.h"

static const char ROUTINE[] = "test-routine1";
static const int64_t SITE_ID = 54362329990032;

static void bulk(const esa_client *client) {
    const char *const names[] = {"a.example.com", "b.example.net", "c.example.com"};
    printf("%d failed\n", bind_domains(client, ROUTINE, names, 3));
}

static void proxied(void) {
    esa_client *client = client_behind(getenv("PROXY"));
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_get_match_site_result *site = NULL;
    puts(esa_status_name(esa_get_match_site(client, &request, NULL, &site, NULL)));
    esa_client_free(client);
}

static void accounts(void) {
    for (int account = 1; account <= 2; account++) {
        char id[8], name[32];
        snprintf(id, sizeof id, "id%d", account);
        snprintf(name, sizeof name, "a.account%d.example", account);
        esa_client *client = client_of(id, "secret", "cn-hangzhou");
        bind_domain(client, ROUTINE, name);
        esa_client_free(client);
    }
}

static void surely(const esa_client *client) {
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = SITE_ID;
    request.name = ROUTINE;
    request.record_name = "a.example.com";
    esa_create_routine_related_record_result *record = NULL;
    esa_error *error = NULL;
    if (create_surely(client, &request, &record, &error) == ESA_OK) {
        puts(esa_origin_name(record->origin));
    }
    esa_create_routine_related_record_result_free(record);
    esa_error_free(error);
}

int main(int argc, char **argv) {
    const char *recipe = argc > 1 ? argv[1] : "";
    esa_client *client = NULL;
    if (strcmp(recipe, "rotate") == 0) {
        client = client_of_file(getenv("KEY_FILE"));
        bind_domain(client, ROUTINE, "a.example.com");
        puts(esa_client_credentials_source(client));
    } else if (strcmp(recipe, "proxy") == 0) {
        proxied();
    } else if (strcmp(recipe, "accounts") == 0) {
        accounts();
    } else if (strcmp(recipe, "log") == 0) {
        client = client_with_log(stderr);
        bind_domain(client, ROUTINE, "a.example.com");
        print_stats(client);
    } else if (strcmp(recipe, "emulator") == 0) {
        return a_lost_answer_is_found() ? 0 : 1;
    } else if (esa_client_new(NULL, &client, NULL) != ESA_OK) {
        return 1;
    } else if (strcmp(recipe, "bind") == 0) {
        bind_domain(client, ROUTINE, "a.example.com");
        bind_domain(client, ROUTINE, "a.example.com");
    } else if (strcmp(recipe, "bulk") == 0) {
        bulk(client);
    } else if (strcmp(recipe, "clean") == 0) {
        clean_up(client, ROUTINE);
    } else if (strcmp(recipe, "surely") == 0) {
        surely(client);
    }
    esa_client_free(client);
    return 0;
}
