/* Any action by its name: what is sent, what comes back, and when it is made again. */
#define _POSIX_C_SOURCE 200809L
#include "code_upload.h"
#include "multi.h"
#include <stdarg.h>

typedef esa_call_action_request call_request;
typedef esa_call_action_result call_result;

static esa_client *client;

static call_request new_call(const char *action, const char *params) {
    call_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = action;
    request.params = params;
    return request;
}

/* The body of the reply, up to the next call; "" and a failed test if there is none. */
static const char *body_of(const call_request *request) {
    static char body[4096];
    call_result *result = NULL;
    esa_error *error = NULL;
    *body = '\0';
    const esa_status status = esa_call_action(client, request, NULL, &result, &error);
    if (check_that(status == ESA_OK && result && !error, __FILE__, __LINE__, error ? error->message : "a result")) {
        check_that(strlen(result->body) == result->body_length && result->http_status == 200 && *result->request_id,
                   __FILE__, __LINE__, "a whole result");
        snprintf(body, sizeof body, "%s", result->body);
    }
    esa_call_action_result_free(result);
    esa_error_free(error);
    return body;
}

/* Whether the call fails so, with so many requests; `said` is in its message. */
static void fails(const call_request *request, esa_status status, esa_outcome outcome, int requests, const char *said) {
    call_result *result = (call_result *)&client;
    esa_error *error = NULL;
    const int before = requests_seen();
    CHECK_INTEGER(esa_call_action(client, request, NULL, &result, &error), status);
    CHECK(!result && error);
    CHECK_INTEGER(error->outcome, outcome);
    CHECK_INTEGER(requests_seen() - before, requests);
    check_that(strstr(error->message, said) != NULL, __FILE__, __LINE__, error->message);
    CHECK(outcome != ESA_OUTCOME_UNKNOWN || strstr(error->advice, "read back"));
    esa_error_free(error);
}

/* Whether the last request that the service got has all these in its details. */
static void last_request_has(const char *const *expected) {
    char *details = NULL, path[64];
    snprintf(path, sizeof path, "requests/%d", requests_seen());
    CHECK_TEXT(esa_emulator_get(&emulator, path, &details) ? emulator.error : "", "");
    for (; *expected; expected++) {
        check_that(strstr(details, *expected) != NULL, __FILE__, __LINE__, *expected);
    }
    if (check_test_failed) {
        printf("%s\n", details);
    }
    free(details);
}

/* The reply of an action with the parameters that `params` and what follows make, as with printf. */
static const char *reply_of(const char *action, const char *params, ...) {
    char text[512];
    va_list values;
    va_start(values, params);
    vsnprintf(text, sizeof text, params, values);
    va_end(values);
    const call_request request = new_call(action, text);
    return body_of(&request);
}

/* What follows `"name":` in a reply, up to the text's or the number's end. */
static void value_in(const char *reply, const char *name, char *value, size_t size) {
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *begin = strstr(reply, key);
    begin = begin ? begin + strlen(key) : "";
    begin += *begin == '"';
    snprintf(value, size, "%.*s", (int)strcspn(begin, "\",}]"), begin);
    CHECK(*value);
}

static void a_routine_lives_by_calls_alone(void) {
    char version[64], record_id[64];
    const long long site_id = (long long)emulator.site_id;
    reset();
    CHECK(strstr(reply_of("CreateRoutine", "{\"Name\":\"called\",\"Description\":\"\\u00fc \\\"x\\\"\"}"), "\"OK\""));
    CHECK(upload_code(&emulator, reply_of("GetRoutineStagingCodeUploadInfo", "{\"Name\":\"called\"}"),
                      "export default { fetch: () => new Response() }"));
    value_in(reply_of("CommitRoutineStagingCode", "{\"Name\":\"called\"}"), "CodeVersion", version, sizeof version);
    reply_of("PublishRoutineCodeVersion", "{\"Name\":\"called\",\"Env\":\"production\",\"CodeVersion\":\"%s\"}",
             version);
    CHECK(strstr(reply_of("GetRoutine", "{\"Name\":\"called\"}"), version));
    CHECK(strstr(reply_of("ListUserRoutines", "{\"PageNumber\":2,\"PageSize\":1}"), "\"PageNumber\":2"));

    value_in(reply_of("CreateRoutineRelatedRecord",
                      "{\"Name\":\"called\",\"RecordName\":\"called.example.com\",\"SiteId\":%lld}", site_id),
             "RecordId", record_id, sizeof record_id);
    CHECK(strstr(reply_of("ListRoutineRelatedRecords", "{\"Name\":\"called\"}"), record_id));
    reply_of("DeleteRoutineRelatedRecord",
             "{\"Name\":\"called\",\"RecordName\":\"called.example.com\",\"SiteId\":%lld,\"RecordId\":%s}", site_id,
             record_id);
    CHECK(strstr(reply_of("DeleteRoutine", "{\"Name\":\"called\"}"), "\"OK\""));
    const call_request get = new_call("GetRoutine", "{\"Name\":\"called\"}");
    fails(&get, ESA_ERR_NOT_FOUND, ESA_OUTCOME_REFUSED, 1, "routine");
}

static void a_site_is_made_and_found(void) {
    char site_id[64];
    reset();
    value_in(reply_of("CreateSite", "{\"SiteName\":\"called.org\",\"AccessType\":\"NS\",\"Coverage\":\"overseas\","
                                    "\"InstanceId\":\"esa-site-called\"}"),
             "SiteId", site_id, sizeof site_id);
    CHECK(strstr(reply_of("ListSites", "{\"SiteName\":\"called.org\",\"SiteSearchType\":\"exact\"}"), site_id));
    CHECK(strstr(reply_of("GetSite", "{\"SiteId\":%s}", site_id), "called.org"));
}

static void parameters_go_where_the_action_wants_them(void) {
    reset();
    const call_request site = new_call("GetMatchSite", "{\"RecordName\":\"a.example.com\"}");
    CHECK(strstr(body_of(&site), "\"SiteId\""));
    static const char *const get[] = {"\"method\":\"GET\"", "RecordName=a.example.com", NULL};
    last_request_has(get);
    const call_request list = new_call("ListUserRoutines", "{\"PageNumber\":1}");
    body_of(&list);
    static const char *const query[] = {"\"method\":\"POST\"", "PageNumber=1", "\"body\":\"\"", NULL};
    last_request_has(query);
    const call_request routine = new_call("GetRoutine", "{\"Name\":\"test-routine1\"}");
    body_of(&routine);
    static const char *const form[] = {"\"query\":\"\"", "\"body\":\"Name=test-routine1\"", NULL};
    last_request_has(form);
}

static void the_caller_may_say_where_and_how(void) {
    reset();
    call_request request = new_call("GetRoutine", NULL);
    request.query = "{\"Name\":\"test-routine1\"}";
    request.form = "{\"Extra\":[1,{\"a\": 2.50}]}";
    body_of(&request);
    static const char *const moved[] = {"\"query\":\"Name=test-routine1\"",
                                        "\"body\":\"Extra=%5B1%2C%7B%22a%22%3A%202.50%7D%5D\"", NULL};
    last_request_has(moved);
    static const esa_parameter parameters[] = {{"Name", "test-routine1", ESA_PLACE_QUERY, 0},
                                               {"Tag.1.Key", "", ESA_PLACE_DEFAULT, 0},
                                               {"Other", "a b", ESA_PLACE_FORM, 0}};
    request = new_call("GetRoutine", NULL);
    request.parameters = parameters;
    request.parameter_count = 3;
    request.method = "GET";
    body_of(&request);
    static const char *const pairs[] = {"\"method\":\"GET\"", "\"query\":\"Name=test-routine1&Tag.1.Key=\"",
                                        "\"body\":\"Other=a%20b\"", NULL};
    last_request_has(pairs);
}

static void lists_are_numbered(void) {
    reset();
    call_request request =
        new_call("TagResources", "{\"ResourceId\":[\"a\",\"b\"],\"Tag\":[{\"Key\":\"k\",\"Value\":1}]}");
    add_fault("{\"action\":\"TagResources\",\"reply\":{\"body\":\"{}\"}}");
    call_result *result = NULL;
    CHECK_INTEGER(esa_call_action(client, &request, NULL, &result, NULL), ESA_OK);
    esa_call_action_result_free(result);
    static const char *const numbered[] = {"ResourceId.1=a&ResourceId.2=b", "Tag.1.Key=k&Tag.1.Value=1", NULL};
    last_request_has(numbered);
}

static void an_unknown_action_is_sent_all_the_same(void) {
    reset();
    const call_request request = new_call("BrandNewAction", "{\"A\":true}");
    fails(&request, ESA_ERR_REJECTED, ESA_OUTCOME_REFUSED, 1, "");
    static const char *const sent[] = {"\"method\":\"POST\"", "\"query\":\"A=true\"", NULL};
    last_request_has(sent);
}

static void a_lost_write_is_not_made_again(void) {
    static const char *const faults[] = {
        "{\"action\":\"CreateRoutine\",\"wire\":{\"kind\":\"drop\"},\"times\":0}",
        "{\"action\":\"CreateRoutine\",\"when\":\"after\",\"wire\":{\"kind\":\"cut\",\"after_bytes\":20},\"times\":0}",
        "{\"action\":\"CreateRoutine\",\"reply\":{\"code\":\"InternalException\"},\"times\":0}",
        "{\"action\":\"CreateRoutine\",\"reply\":{\"status\":502,\"body\":\"no\"},\"times\":0}",
        "{\"action\":\"CreateRoutine\",\"reply\":{\"body\":\"<html>\"},\"times\":0}",
    };
    static const esa_status statuses[] = {ESA_ERR_IO, ESA_ERR_IO, ESA_ERR_SERVER, ESA_ERR_SERVER, ESA_ERR_RESPONSE};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        reset();
        add_fault(faults[i]);
        const call_request request = new_call("CreateRoutine", "{\"Name\":\"lost\"}");
        fails(&request, statuses[i], ESA_OUTCOME_UNKNOWN, 1, "");
        CHECK_STILL_GOOD();
    }
}

/* Whether the action succeeds after this fault, with so many requests. */
static void is_made_again(const char *fault, const call_request *request, int requests) {
    reset();
    add_fault(fault);
    CHECK(*body_of(request));
    CHECK_INTEGER(requests_seen(), requests);
}

static void a_lost_read_is_made_again(void) {
    const call_request request = new_call("GetRoutine", "{\"Name\":\"test-routine1\"}");
    is_made_again("{\"action\":\"GetRoutine\",\"wire\":{\"kind\":\"drop\"}}", &request, 2);
    is_made_again("{\"action\":\"GetRoutine\",\"reply\":{\"code\":\"InternalException\"}}", &request, 2);
    is_made_again("{\"action\":\"GetRoutine\",\"reply\":{\"body\":\"<html>\"}}", &request, 2);
    reset();
    add_fault("{\"action\":\"GetRoutine\",\"wire\":{\"kind\":\"drop\"},\"times\":0}");
    fails(&request, ESA_ERR_IO, ESA_OUTCOME_NOT_SENT, 3, "");
}

static void the_caller_says_what_an_action_does(void) {
    call_request request = new_call("CreateRoutine", "{\"Name\":\"effect\"}");
    request.effect = ESA_EFFECT_READS;
    is_made_again("{\"action\":\"CreateRoutine\",\"wire\":{\"kind\":\"drop\"}}", &request, 2);
    request = new_call("GetRoutine", "{\"Name\":\"test-routine1\"}");
    request.effect = ESA_EFFECT_WRITES;
    reset();
    add_fault("{\"action\":\"GetRoutine\",\"wire\":{\"kind\":\"drop\"}}");
    fails(&request, ESA_ERR_IO, ESA_OUTCOME_UNKNOWN, 1, "");
}

static void what_changed_nothing_is_made_again(void) {
    const call_request request = new_call("CreateRoutine", "{\"Name\":\"again\"}");
    is_made_again("{\"action\":\"CreateRoutine\",\"reply\":{\"code\":\"UserOperationStatusIsLocked\"}}", &request, 2);
    is_made_again("{\"action\":\"CreateRoutine\",\"reply\":{\"code\":\"Throttling.User\","
                  "\"headers\":{\"x-acs-retry-after\":\"10\"}}}",
                  &request, 2);
    CHECK_STILL_GOOD();
    /* The first request is refused for its date, and executed by none. */
    reset();
    CHECK_TEXT(esa_emulator_post(&emulator, "clock", "{\"offset_ms\": 3600000}") ? emulator.error : "", "");
    CHECK(*body_of(&request));
    CHECK_INTEGER(requests_seen(), 2);
}

/* A reply of this many bytes to GetRoutine, a JSON text, or `many` times over a KiB of blanks. */
static void answers_with(size_t length, int many) {
    static const char head[] = "{\"action\":\"GetRoutine\",\"times\":0,\"reply\":{\"body\":\"", empty[] = "{'A':''}";
    const size_t size = length + 2 * sizeof head;
    char *rule = malloc(size);
    CHECK(rule);
    size_t used = (size_t)snprintf(rule, size, "%s{\\\"A\\\":\\\"", head);
    if (many) {
        used = sizeof head - 1;
    } else {
        length -= sizeof empty - 1;
    }
    memset(rule + used, ' ', length);
    snprintf(rule + used + length, size - used - length, many ? "\",\"repeat\":%d}}" : "\\\"}\"}}", many);
    add_fault(rule);
    free(rule);
}

static void a_reply_may_have_eight_mebibytes(void) {
    const size_t most = (size_t)8 << 20;
    const call_request request = new_call("GetRoutine", "{\"Name\":\"test-routine1\"}");
    reset();
    answers_with(most, 0);
    CHECK_STILL_GOOD();
    call_result *result = NULL;
    esa_error *error = NULL;
    const esa_status status = esa_call_action(client, &request, NULL, &result, &error);
    CHECK_TEXT(error ? error->message : "", "");
    CHECK_INTEGER(status, ESA_OK);
    CHECK(result->body_length == most && strlen(result->body) == most);
    CHECK(memcmp(result->body, "{\"A\":\"  ", 8) == 0 && strcmp(result->body + most - 4, "  \"}") == 0);
    esa_call_action_result_free(result);
    reset();
    answers_with(1024, 8 * 1024 + 1);
    fails(&request, ESA_ERR_RESPONSE, ESA_OUTCOME_NOT_SENT, 3, "8 MiB");
}

static void what_cannot_be_sent_is_refused(void) {
    reset();
    call_request request = new_call(NULL, NULL);
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "action is NULL");
    request = new_call("Create Routine", NULL);
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "action ");
    request = new_call("GetRoutine", "[]");
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "params isn't a JSON object");
    request.params = "{\"Name\":1,\"Name\":2}";
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "twice");
    request.params = "{\"Name\":1}";
    request.form = "{\"Name\":1}";
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "form has \"Name\", which is there twice");
    request.form = NULL;
    request.params = "{\"Format\":\"XML\"}";
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "Format must be JSON");
    request.params = NULL;
    request.method = "PUT";
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "method ");
    request.method = NULL;
    request.version = "now";
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "version ");
    request.version = NULL;
    request.effect = 3;
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "effect ");
    request.effect = 0;
    request.parameter_count = 1;
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "parameters is NULL");
    esa_parameter parameter = {"Other", NULL, 0, 0};
    request.parameters = &parameter;
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "parameters[0].value is NULL");
    parameter.value = "";
    parameter.place = 3;
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "parameters[0].place ");
    parameter.place = 0;
    parameter.reserved = 1;
    fails(&request, ESA_ERR_UNSUPPORTED, ESA_OUTCOME_NOT_SENT, 0, "parameters[0].reserved");
    parameter.reserved = 0;
    parameter.name = "Signature";
    fails(&request, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "Signature");
    request.parameter_count = 0;
    request.reserved = 1;
    fails(&request, ESA_ERR_UNSUPPORTED, ESA_OUTCOME_NOT_SENT, 0, "request.reserved");
    fails(NULL, ESA_ERR_INVALID_ARGUMENT, ESA_OUTCOME_NOT_SENT, 0, "request is NULL");
}

/* A call on a multi: its status, and the result and the error. The caller releases them. */
static esa_status call_on(esa_multi *multi, const call_request *request, call_result **result, esa_error **error) {
    esa_pending *pending = NULL;
    const esa_status status = esa_call_action_start(multi, client, request, NULL, multi, &pending, error);
    if (status != ESA_OK) {
        return status;
    }
    esa_pending *finished = next_finished(multi);
    esa_get_match_site_result *other = NULL;
    check_that(finished == pending && esa_pending_user_data(finished) == multi &&
                   esa_get_match_site_finish(finished, &other, NULL) == ESA_ERR_INVALID_ARGUMENT,
               __FILE__, __LINE__, "the call finishes, as one of its own action");
    return esa_call_action_finish(finished, result, error);
}

static void on_a_multi_it_is_the_same(void) {
    reset();
    esa_multi *multi = new_multi();
    call_result *result = NULL;
    esa_error *error = NULL;
    const call_request get = new_call("GetRoutine", "{\"Name\":\"test-routine1\"}");
    add_fault("{\"action\":\"GetRoutine\",\"wire\":{\"kind\":\"drop\"}}");
    CHECK_INTEGER(call_on(multi, &get, &result, &error), ESA_OK);
    CHECK(!error && result->attempts == 2 && strstr(result->body, "\"RequestId\""));
    esa_call_action_result_free(result);

    const call_request create = new_call("CreateRoutine", "{\"Name\":\"lost\"}");
    add_fault("{\"action\":\"CreateRoutine\",\"wire\":{\"kind\":\"drop\"},\"times\":0}");
    CHECK_INTEGER(call_on(multi, &create, &result, &error), ESA_ERR_IO);
    CHECK(!result && error->outcome == ESA_OUTCOME_UNKNOWN && error->attempts == 1);
    CHECK_INTEGER(requests_seen(), 3);
    esa_error_free(error);

    const call_request bad = new_call("GetRoutine", "[]");
    CHECK_INTEGER(call_on(multi, &bad, &result, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK(strstr(error->message, "params "));
    esa_error_free(error);
    esa_multi_free(multi);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    client = new_client();
    RUN(a_routine_lives_by_calls_alone);
    RUN(a_site_is_made_and_found);
    RUN(parameters_go_where_the_action_wants_them);
    RUN(the_caller_may_say_where_and_how);
    RUN(lists_are_numbered);
    RUN(an_unknown_action_is_sent_all_the_same);
    RUN(a_lost_write_is_not_made_again);
    RUN(a_lost_read_is_made_again);
    RUN(the_caller_says_what_an_action_does);
    RUN(what_changed_nothing_is_made_again);
    RUN(a_reply_may_have_eight_mebibytes);
    RUN(what_cannot_be_sent_is_refused);
    RUN(on_a_multi_it_is_the_same);
    esa_client_free(client);
    return stop_emulator();
}
