/* pthread_cancel of a thread that is inside the library: the call comes to its end, and the thread ends after it. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

typedef struct cancelled_call {
    const esa_client *client;
    const esa_cancel *cancel;
    int type;
    /* The result of the call, if the thread went on after it. */
    esa_status status;
    int state_after;
    /* What the library handed out before the thread ended. */
    esa_error *error;
    int cleaned_up;
} cancelled_call;

static void clean_up(void *argument) { ((cancelled_call *)argument)->cleaned_up++; }

static void *call_and_be_cancelled(void *argument) {
    cancelled_call *call = argument;
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = call->cancel;
    int before;
    pthread_setcanceltype(call->type, &before);
    pthread_cleanup_push(clean_up, call);
    call->status = create(call->client, "held.example.com", &options, &call->error);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &call->state_after);
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

/* Cancels a thread of this type in a call that waits for its reply. */
static void cancel_in_a_call(cancelled_call *call) {
    reset();
    add_fault("{\"parameters\": {\"RecordName\": \"held.example.com\"}, \"times\": 0, \"wire\": {\"kind\": \"hang\"}}");
    esa_cancel *cancel = new_cancel();
    call->cancel = cancel;
    pthread_t thread;
    CHECK_INTEGER(pthread_create(&thread, NULL, call_and_be_cancelled, call), 0);
    const int arrived = requests_arrive(1);
    pthread_cancel(thread);
    esa_cancel_trigger(cancel);
    void *result = NULL;
    pthread_join(thread, &result);
    esa_cancel_free(cancel);
    /* The call has released its write permit. */
    const esa_status after = create(call->client, "after.example.com", NULL, NULL);
    CHECK(arrived);
    CHECK(result == PTHREAD_CANCELED);
    CHECK_INTEGER(call->cleaned_up, 1);
    CHECK(call->error != NULL);
    CHECK_INTEGER(call->error->status, ESA_ERR_CANCELLED);
    CHECK_INTEGER(call->error->outcome, ESA_OUTCOME_UNKNOWN);
    CHECK_INTEGER(after, ESA_OK);
}

static void a_thread_is_cancelled_after_its_call(void) {
    esa_client *client = new_client();
    cancelled_call call = {.client = client, .type = PTHREAD_CANCEL_DEFERRED, .state_after = -1};
    cancel_in_a_call(&call);
    esa_error_free(call.error);
    esa_client_free(client);
    CHECK_INTEGER(call.status, ESA_ERR_CANCELLED);
    CHECK_INTEGER(call.state_after, PTHREAD_CANCEL_ENABLE);
}

static void a_thread_of_the_asynchronous_type_too(void) {
    esa_client *client = new_client();
    cancelled_call call = {.client = client, .type = PTHREAD_CANCEL_ASYNCHRONOUS};
    cancel_in_a_call(&call);
    esa_error_free(call.error);
    esa_client_free(client);
}

/* Cancelled before: every function but the first would have a cancellation point in it. */
static void *use_what_opens_and_closes(void *argument) {
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_cancel(pthread_self());
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
    esa_client *client = new_client();
    esa_cancel *cancel = new_cancel();
    esa_cancel_trigger(cancel);
    esa_cancel_free(cancel);
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_get_match_site_result *result = NULL;
    *(esa_status *)argument = esa_get_match_site(client, &request, NULL, &result, NULL);
    esa_get_match_site_result_free(result);
    esa_client_free(client);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return argument;
}

static void no_function_is_a_cancellation_point(void) {
    reset();
    esa_status status = ESA_ERR_INTERNAL;
    pthread_t thread;
    CHECK_INTEGER(pthread_create(&thread, NULL, use_what_opens_and_closes, &status), 0);
    void *result = NULL;
    pthread_join(thread, &result);
    CHECK(result == &status);
    CHECK_INTEGER(status, ESA_OK);
}

static void keep_the_state(void *state, const esa_log_record *record) {
    (void)record;
    int other;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, state);
    pthread_setcancelstate(*(int *)state, &other);
}

static void what_the_host_has_switched_off_stays_off_and_so_it_is_in_its_functions(void) {
    reset();
    int in_log = -1, before = -1, after = -1;
    esa_config *config = new_config();
    esa_config_set_log(config, ESA_LOG_DEBUG, keep_the_state, &in_log);
    esa_client *client = client_of(config);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    const esa_status status = create(client, "a.example.com", NULL, NULL);
    pthread_setcancelstate(before, &after);
    esa_client_free(client);
    CHECK_INTEGER(status, ESA_OK);
    CHECK_INTEGER(in_log, PTHREAD_CANCEL_DISABLE);
    CHECK_INTEGER(before, PTHREAD_CANCEL_ENABLE);
    CHECK_INTEGER(after, PTHREAD_CANCEL_DISABLE);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(a_thread_is_cancelled_after_its_call);
    RUN(a_thread_of_the_asynchronous_type_too);
    RUN(no_function_is_a_cancellation_point);
    RUN(what_the_host_has_switched_off_stays_off_and_so_it_is_in_its_functions);
    return stop_emulator();
}
