/* How much of a thread's stack a call takes, and the steps of one: no more than the header says, with everything that
 * is done for the first time. */
#define _GNU_SOURCE
#include "multi.h"
#include <sys/mman.h>

/* What esa.h promises to do with. Much of it is for certificates that take more than the emulator's, such as RSA's. */
enum { STACK_BYTES = 96 * 1024, SPARE_BYTES = 40 * 1024 };
enum { PAINT = 0x5a };

typedef struct small_call {
    const esa_client *client;
    esa_status status;
} small_call;

/* Finds the site, the record, and makes it. */
static void *make_the_call(void *argument) {
    small_call *call = argument;
    create_request request = new_request("stack.example.com");
    request.site_id = 0;
    create_result *result = NULL;
    call->status = esa_ensure_routine_related_record(call->client, &request, NULL, &result, NULL);
    esa_create_routine_related_record_result_free(result);
    return NULL;
}

/* The same, as a program's event loop does it. */
static void *step_the_call(void *argument) {
    small_call *call = argument;
    create_request request = new_request("stepped.example.com");
    request.site_id = 0;
    esa_multi *multi = new_multi();
    esa_pending *pending = NULL;
    call->status = esa_ensure_routine_related_record_start(multi, call->client, &request, NULL, NULL, &pending, NULL);
    create_result *result = NULL;
    if (call->status == ESA_OK) {
        call->status = esa_ensure_routine_related_record_finish(next_finished(multi), &result, NULL);
    }
    esa_create_routine_related_record_result_free(result);
    esa_multi_free(multi);
    return NULL;
}

/* Makes a call in a thread of such a stack; what it left of that untouched, in bytes, or -1 where there is no thread.
 */
static long left_of_stack(small_call *call, void *(*make)(void *)) {
    const size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *memory =
        mmap(NULL, guard + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, guard, PROT_NONE) != 0) {
        return -1;
    }
    unsigned char *stack = memory + guard;
    memset(stack, PAINT, STACK_BYTES);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_t thread;
    long left = -1;
    if (pthread_attr_setstack(&attributes, stack, STACK_BYTES) == 0 &&
        pthread_create(&thread, &attributes, make, call) == 0) {
        pthread_join(thread, NULL);
        for (left = 0; left < STACK_BYTES && stack[left] == PAINT; left++) {
        }
    }
    pthread_attr_destroy(&attributes);
    munmap(memory, guard + STACK_BYTES);
    return left;
}

static void does_with_a_small_stack(void *(*make)(void *), esa_config *config, const char *kind) {
    small_call call = {.client = client_of(config), .status = ESA_ERR_INTERNAL};
    const long left = left_of_stack(&call, make);
    esa_client_free((esa_client *)call.client);
    fprintf(stderr, "%s, %s: %ld bytes of stack\n", make == make_the_call ? "call" : "steps", kind, STACK_BYTES - left);
    CHECK_INTEGER(call.status, ESA_OK);
    CHECK(left >= SPARE_BYTES);
}

typedef void *(*make_fn)(void *);
static const make_fn makes[] = {make_the_call, step_the_call};

static void over_http(void) {
    for (int i = 0; i < 2; i++) {
        does_with_a_small_stack(makes[i], new_config(), "http");
    }
}

static void by_name_with_a_lost_reply(make_fn make) {
    reset();
    add_fault("{\"action\": \"CreateRoutineRelatedRecord\", \"when\": \"after\", \"wire\": {\"kind\": \"drop\"}}");
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%ld", emulator.port);
    esa_config *config = new_config();
    esa_config_set_endpoint(config, url);
    does_with_a_small_stack(make, config, "http, by name, with a lost reply");
}

static void with_a_look_up_and_a_reply_that_is_lost(void) {
    for (int i = 0; i < 2; i++) {
        by_name_with_a_lost_reply(makes[i]);
    }
}

static void over_https(void) {
    for (int i = 0; i < 2; i++) {
        esa_config *config = new_config();
        esa_config_set_ca_file(config, emulator.ca_file);
        does_with_a_small_stack(makes[i], config, "https");
    }
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(over_http);
    RUN(with_a_look_up_and_a_reply_that_is_lost);
    const int failed = stop_emulator();
    const esa_emulator_options options = {NULL, 1};
    if (start_emulator(&options) != 0) {
        return 2;
    }
    RUN(over_https);
    return stop_emulator() || failed;
}
