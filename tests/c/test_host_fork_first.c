/* fork() while another thread is in its first call into the library, at each of the places where that asks for memory.
 */
#define _GNU_SOURCE
#include "check.h"
#include <esa.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The most that a child may take before its alarm kills it; it ends within milliseconds. */
enum { CHILD_SECONDS = 60 };

/* Only the held thread counts. */
static __thread long calls_until_held = -1;
static sem_t held, released;

extern void *__libc_malloc(size_t size);

void *malloc(size_t size) {
    if (calls_until_held >= 0 && calls_until_held-- == 0) {
        sem_post(&held);
        sem_wait(&released);
    }
    return __libc_malloc(size);
}

/* What a program may do first. */
static int use_the_library(void) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, "https://127.0.0.1:1");
    esa_config_set_credentials(config, "id", "secret", NULL);
    esa_config_set_max_attempts(config, 1);
    esa_client *client = NULL;
    const esa_status made = esa_client_new(config, &client, NULL);
    esa_config_free(config);
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_get_match_site_result *result = NULL;
    esa_error *error = NULL;
    const esa_status status = esa_get_match_site(client, &request, NULL, &result, &error);
    esa_error_free(error);
    esa_client_free(client);
    return made == ESA_OK && status == ESA_ERR_CONNECT &&
           esa_service_code_advice(ESA_CODE_INVALID_PARAMETER)[0] != '\0';
}

static void *use_and_be_held(void *place) {
    calls_until_held = *(long *)place;
    const int used = use_the_library();
    calls_until_held = -1;
    sem_post(&held);
    return used ? place : NULL;
}

/* In a process that hasn't used the library: 0 where a child works that is forked while a thread is held at `place`, 1
 * where it doesn't, 2 where the thread has no such place. */
static int fork_at(long place) {
    alarm(2 * CHILD_SECONDS);
    sem_init(&held, 0, 0);
    sem_init(&released, 0, 0);
    pthread_t thread;
    if (pthread_create(&thread, NULL, use_and_be_held, &place) != 0) {
        return 1;
    }
    sem_wait(&held);
    const pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        _exit(use_the_library() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    sem_post(&released);
    void *used = NULL;
    pthread_join(thread, &used);
    /* If there is no other post, the first one was the end's. */
    const int has_place = sem_trywait(&held) == 0;
    return status != 0 || !used ? 1 : has_place ? 0 : 2;
}

static void a_child_works_wherever_the_first_call_is(void) {
    int outcome = 0;
    long place = 0;
    for (; outcome == 0 && place < 10000; place++) {
        fflush(stdout);
        const pid_t process = fork();
        if (process == 0) {
            _exit(fork_at(place));
        }
        int status = -1;
        waitpid(process, &status, 0);
        outcome = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    CHECK_INTEGER(outcome, 2);
    CHECK(place > 10);
}

int main(void) {
    RUN(a_child_works_wherever_the_first_call_is);
    return check_failed_tests != 0;
}
