/* Threads of the host: many short ones, and one that changes the environment all the time. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <dirent.h>

enum { WARM_UP = 200, SHORT_THREADS = 1000, PAGES_OF_SLACK = 512, CALLS = 50 };

static int descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    while (directory && readdir(directory)) {
        count++;
    }
    closedir(directory);
    return count;
}

static long resident_pages(void) {
    long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file) {
        resident = fscanf(file, "%ld %ld", &size, &resident) == 2 ? resident : 0;
        fclose(file);
    }
    return resident;
}

/* Finds a site; `argument` on success. */
static void *find_site(void *argument) {
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_get_match_site_result *result = NULL;
    const esa_status status = esa_get_match_site(argument, &request, NULL, &result, NULL);
    esa_get_match_site_result_free(result);
    return status == ESA_OK ? argument : NULL;
}

static int calls_of_short_threads(esa_client *client, int count) {
    int succeeded = 0;
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        void *result = NULL;
        if (pthread_create(&thread, NULL, find_site, client) == 0) {
            pthread_join(thread, &result);
            succeeded += result != NULL;
        }
    }
    return succeeded;
}

static void short_threads_leave_nothing_behind(void) {
    esa_client *client = new_client();
    CHECK_INTEGER(calls_of_short_threads(client, WARM_UP), WARM_UP);
    const int descriptors_before = descriptors();
    const long pages_before = resident_pages();
    CHECK_INTEGER(calls_of_short_threads(client, SHORT_THREADS), SHORT_THREADS);
    CHECK_INTEGER(descriptors(), descriptors_before);
    CHECK(resident_pages() <= pages_before + PAGES_OF_SLACK);
    esa_client_free(client);
    CHECK(descriptors() < descriptors_before);
}

static volatile int storm_ends;

static void *change_the_environment(void *argument) {
    const char *names[] = {"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ESA_ENDPOINT",
                           "ALIBABA_CLOUD_REGION_ID"};
    char value[256];
    for (unsigned i = 0; !storm_ends; i++) {
        memset(value, 'x', sizeof value);
        value[i % 250 + 1] = '\0';
        setenv(names[i % 4], value, 1);
        unsetenv(names[(i + 1) % 4]);
    }
    return argument;
}

static void the_environment_is_not_read_after_the_client_was_made(void) {
    setenv("ESA_ENDPOINT", emulator.url, 1);
    setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id, 1);
    setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret, 1);
    esa_client *client = client_of(NULL);
    pthread_t storm;
    CHECK_INTEGER(pthread_create(&storm, NULL, change_the_environment, NULL), 0);
    int succeeded = 0;
    for (int i = 0; i < CALLS; i++) {
        succeeded += find_site(client) != NULL;
    }
    storm_ends = 1;
    pthread_join(storm, NULL);
    esa_client_free(client);
    CHECK_INTEGER(succeeded, CALLS);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(short_threads_leave_nothing_behind);
    RUN(the_environment_is_not_read_after_the_client_was_made);
    return stop_emulator();
}
