/* Requests that somebody else sends, and the replies that they receive. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

typedef esa_call_action_request call_request;
typedef esa_call_action_result call_result;

static const char NONCE[] = "0123456789abcdef0123456789abcdef";
enum { DATE = 1735787045 }; /* 2025-01-02T03:04:05Z */

static call_request new_call(const char *action, const char *params) {
    call_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = action;
    request.params = params;
    return request;
}

static esa_sign_with_options new_options(int32_t signature_version) {
    esa_sign_with_options options = ESA_SIGN_WITH_OPTIONS_INIT;
    options.access_key_id = "testid";
    options.access_key_secret = "testsecret";
    options.nonce = NONCE;
    options.date = DATE;
    options.signature_version = signature_version;
    return options;
}

static const char *header_of(const esa_signed_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return "";
}

static int ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), of_end = strlen(end);
    return length >= of_end && strcmp(text + length - of_end, end) == 0;
}

/* Whether the request has this signature, encoded as a URL has it. */
static void is_signed(const esa_sign_with_options *options, const call_request *request, const char *signature) {
    esa_signed_request *result = NULL;
    esa_error *error = NULL;
    esa_sign_with(options, request, &result, &error);
    CHECK_TEXT(error ? error->message : "", "");
    const char *where = options->signature_version == 1 ? result->url : header_of(result, "authorization");
    check_that(ends_with(where, signature), __FILE__, __LINE__, where);
    CHECK_INTEGER(strlen(result->body), result->body_length);
    esa_signed_request_free(result);
}

static void the_published_examples_have_their_signatures(void) {
    esa_sign_with_options options = new_options(1);
    options.nonce = "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf";
    options.date = 1456231584;
    call_request request = new_call("DescribeRegions", "{\"Format\":\"XML\"}");
    request.method = "GET";
    request.version = "2014-05-26";
    is_signed(&options, &request, "&Signature=OLeaidS1JvxuMvnyHOwuJ%2BuX5qY%3D");

    options.nonce = "edb2b34af0af9a6d14deaf7c1a5315eb";
    options.date = 1678696470;
    request.action = "DescribeDedicatedHosts";
    request.params = "{\"RegionId\":\"cn-beijing\"}";
    is_signed(&options, &request, "&Signature=9NaGiOspFP5UPcwX8Iwt2YJXXuk%3D");

    options = new_options(3);
    options.access_key_id = "YourAccessKeyId";
    options.access_key_secret = "YourAccessKeySecret";
    options.endpoint = "ecs.cn-shanghai.aliyuncs.com";
    options.nonce = "3156853299f313e23d1673dc12e1703d";
    options.date = 1698315752;
    request = new_call("RunInstances", "{\"RegionId\":\"cn-shanghai\","
                                       "\"ImageId\":\"win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd\"}");
    request.version = "2014-05-26";
    is_signed(&options, &request, "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
}

static void actions_of_the_service_have_the_signatures_of_the_official_code(void) {
    esa_sign_with_options options = new_options(0);
    call_request request =
        new_call("CreateRoutineRelatedRecord", "{\"SiteId\":54362329990032,\"Name\":\"test-routine1\","
                                               "\"RecordName\":\"test-record-1.example.com\"}");
    is_signed(&options, &request, "Signature=94c5c7a198e73706eac29b20b17100151dd3a2692fe0b513c723cc1f8e3298a4");
    options.signature_version = 1;
    request.query = "{\"Format\":\"json\"}";
    is_signed(&options, &request, "&Signature=hao4Q95VTRY%2B%2FjohhtYAJ41Q%2F%2F0%3D");
    options.signature_version = 3;
    request = new_call("ListRoutineRelatedRecords", "{\"Name\":\"test-routine1\",\"PageNumber\":1,\"PageSize\":20,"
                                                    "\"SearchKeyWord\":\"test-record-1.example.com\"}");
    is_signed(&options, &request, "Signature=ed47f8f2a5a5968e1df7f8caca2d8c5a9091f8d8051543d9ff96129b85ab8d3d");
}

static void a_request_is_whole(void) {
    esa_sign_with_options options = new_options(3);
    options.security_token = "token";
    options.endpoint = "https://example.com:8443";
    const call_request create = new_call("CreateRoutine", "{\"Name\":\"a b\"}");
    esa_signed_request *result = NULL;
    CHECK_INTEGER(esa_sign_with(&options, &create, &result, NULL), ESA_OK);
    CHECK_TEXT(result->method, "POST");
    CHECK_TEXT(result->url, "https://example.com:8443/");
    CHECK_TEXT(result->body, "Name=a%20b");
    CHECK_TEXT(header_of(result, "host"), "example.com:8443");
    CHECK_TEXT(header_of(result, "content-type"), "application/x-www-form-urlencoded");
    CHECK_TEXT(header_of(result, "x-acs-action"), "CreateRoutine");
    CHECK_TEXT(header_of(result, "x-acs-version"), "2024-09-10");
    CHECK_TEXT(header_of(result, "x-acs-date"), "2025-01-02T03:04:05Z");
    CHECK_TEXT(header_of(result, "x-acs-signature-nonce"), NONCE);
    CHECK_TEXT(header_of(result, "x-acs-security-token"), "token");
    CHECK_INTEGER(result->header_count, 9);
    esa_signed_request_free(result);

    const call_request get = new_call("GetSite", "{\"SiteId\":7}");
    CHECK_INTEGER(esa_sign_with(&options, &get, &result, NULL), ESA_OK);
    CHECK_TEXT(result->method, "GET");
    CHECK_TEXT(result->url, "https://example.com:8443/?SiteId=7");
    CHECK_TEXT(result->body, "");
    CHECK_TEXT(header_of(result, "content-type"), "");
    esa_signed_request_free(result);
}

static void refuses(const esa_sign_with_options *options, esa_status status, const char *said) {
    const call_request request = new_call("GetSite", NULL);
    esa_signed_request *result = (esa_signed_request *)&emulator;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_sign_with(options, &request, &result, &error), status);
    CHECK(!result && error && error->outcome == ESA_OUTCOME_NOT_SENT);
    check_that(strncmp(error->message, said, strlen(said)) == 0, __FILE__, __LINE__, error->message);
    CHECK(!strstr(error->message, "testsecret"));
    esa_error_free(error);
}

static void what_cannot_be_signed_is_refused(void) {
#define REFUSED(field, given, status, said)                                                                            \
    do {                                                                                                               \
        esa_sign_with_options options = new_options(3);                                                                \
        options.field = given;                                                                                         \
        refuses(&options, status, said);                                                                               \
    } while (0)
    REFUSED(access_key_id, NULL, ESA_ERR_INVALID_ARGUMENT, "access_key_id ");
    REFUSED(access_key_secret, "testsecret\n", ESA_ERR_INVALID_ARGUMENT, "access_key_secret ");
    REFUSED(security_token, "", ESA_ERR_INVALID_ARGUMENT, "security_token ");
    REFUSED(endpoint, "ftp://example.com", ESA_ERR_CONFIG, "endpoint ");
    REFUSED(endpoint, "http://example.com", ESA_ERR_CONFIG, "endpoint ");
    REFUSED(nonce, NULL, ESA_ERR_INVALID_ARGUMENT, "nonce ");
    REFUSED(nonce, "a b", ESA_ERR_INVALID_ARGUMENT, "nonce ");
    REFUSED(date, 0, ESA_ERR_INVALID_ARGUMENT, "date ");
    REFUSED(date, -1, ESA_ERR_INVALID_ARGUMENT, "date ");
    REFUSED(date, 253402300800, ESA_ERR_INVALID_ARGUMENT, "date ");
    REFUSED(date, INT64_MAX, ESA_ERR_INVALID_ARGUMENT, "date ");
    REFUSED(signature_version, 2, ESA_ERR_INVALID_ARGUMENT, "signature_version ");
    REFUSED(reserved, 1, ESA_ERR_UNSUPPORTED, "options.reserved ");
    refuses(NULL, ESA_ERR_INVALID_ARGUMENT, "options is NULL");
}

/* What an HTTP library makes of a request: its text, which the caller releases. */
static char *text_of(const esa_signed_request *request) {
    const char *target = strchr(strstr(request->url, "//") + 2, '/');
    size_t size = strlen(target) + request->body_length + 128;
    for (size_t i = 0; i < request->header_count; i++) {
        size += strlen(request->headers[i].name) + strlen(request->headers[i].value) + 4;
    }
    char *text = malloc(size);
    size_t used = (size_t)snprintf(text, size, "%s %s HTTP/1.1\r\nconnection: close\r\ncontent-length: %d\r\n",
                                   request->method, target, (int)request->body_length);
    for (size_t i = 0; i < request->header_count; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s: %s\r\n", request->headers[i].name,
                                 request->headers[i].value);
    }
    snprintf(text + used, size - used, "\r\n%s", request->body);
    return text;
}

/* Sends a request to the emulator; the HTTP status, and the reply. */
static int sent(const esa_signed_request *request, char *reply, size_t size) {
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)emulator.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    char *text = text_of(request);
    const ssize_t length = (ssize_t)strlen(text);
    size_t used = 0;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0 &&
        write(connection, text, (size_t)length) == length) {
        for (ssize_t got; used + 1 < size && (got = read(connection, reply + used, size - 1 - used)) > 0;) {
            used += (size_t)got;
        }
    }
    reply[used] = '\0';
    free(text);
    close(connection);
    return strncmp(reply, "HTTP/1.1 ", 9) == 0 ? atoi(reply + 9) : 0;
}

static void whoever_sends_a_signed_request_is_answered(void) {
    for (int32_t version = 1; version <= 3; version += 2) {
        reset();
        esa_config *config = new_config();
        esa_config_set_signature_version(config, version);
        esa_client *client = client_of(config);
        const call_request requests[] = {
            new_call("CreateRoutine", "{\"Name\":\"signed\",\"Description\":\"\xc3\xbc *~/\"}"),
            new_call("GetRoutine", "{\"Name\":\"signed\"}"),
            new_call("GetMatchSite", "{\"RecordName\":\"a.example.com\"}")};
        for (size_t i = 0; i < 3; i++) {
            esa_signed_request *request = NULL;
            char received[4096];
            CHECK_INTEGER(esa_sign_action(client, &requests[i], NULL, &request, NULL), ESA_OK);
            CHECK_INTEGER(requests_seen(), i);
            check_integers(sent(request, received, sizeof received), 200, __FILE__, __LINE__, received);
            esa_signed_request_free(request);
            esa_reply reply = ESA_REPLY_INIT;
            reply.action = requests[i].action;
            reply.http_status = 200;
            reply.body = strstr(received, "\r\n\r\n") + 4;
            reply.body_length = strlen(reply.body);
            call_result *result = NULL;
            CHECK_INTEGER(esa_read_reply(&reply, &result, NULL), ESA_OK);
            CHECK_TEXT(result->body, reply.body);
            CHECK(*result->request_id);
            esa_call_action_result_free(result);
        }
        esa_client_free(client);
    }
}

static void each_request_is_another_one(void) {
    esa_client *client = new_client();
    const call_request request = new_call("GetRoutine", NULL);
    esa_signed_request *one = NULL, *other = NULL;
    CHECK_INTEGER(esa_sign_action(client, &request, NULL, &one, NULL), ESA_OK);
    CHECK_INTEGER(esa_sign_action(client, &request, NULL, &other, NULL), ESA_OK);
    CHECK(strcmp(header_of(one, "x-acs-signature-nonce"), header_of(other, "x-acs-signature-nonce")) != 0);
    CHECK(strstr(one->url, emulator.url) == one->url);
    esa_signed_request_free(one);
    esa_signed_request_free(other);
    esa_client_free(client);
}

/* Whether signing fails for want of credentials. */
static void lacks_credentials(const esa_client *client, const esa_call_options *options) {
    const call_request request = new_call("GetRoutine", NULL);
    esa_signed_request *result = (esa_signed_request *)&emulator;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_sign_action(client, &request, options, &result, &error), ESA_ERR_CREDENTIALS);
    CHECK(!result && error->outcome == ESA_OUTCOME_NOT_SENT && *error->advice);
    esa_error_free(error);
}

static void give_nothing(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)user_data;
    (void)timeout_ms;
    esa_credentials_fail(credentials, "none today");
}

static void without_credentials_there_is_no_signature(void) {
    esa_config *config = new_config();
    esa_config_set_credentials_provider(config, give_nothing, NULL);
    esa_client *client = client_of(config);
    lacks_credentials(client, NULL);
    esa_client_free(client);
}

static void credentials_that_do_not_come_in_time_are_none(void) {
    /* A server that takes connections and says nothing. */
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int silent = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(silent, (struct sockaddr *)&address, size) == 0 && listen(silent, 8) == 0);
    CHECK(getsockname(silent, (struct sockaddr *)&address, &size) == 0);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    setenv("HOME", "/nonexistent", 1);
    setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true", 1);
    setenv("ALIBABA_CLOUD_CREDENTIALS_URI", url, 1);
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    esa_client *client = client_of(config);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 200;
    lacks_credentials(client, &options);
    esa_client_free(client);
    close(silent);
}

typedef struct reply_case {
    const char *action;
    int32_t effect, http_status;
    const char *retry_after, *body;
    esa_status status;
    esa_outcome outcome;
    int retryable;
    uint32_t retry_after_ms;
} reply_case;

static void an_error_says_what_the_request_did(void) {
#define SAYS(code) "{\"RequestId\":\"R\",\"Message\":\"m\",\"Code\":\"" code "\"}"
    static const reply_case cases[] = {
        {"CreateRoutine", 0, 400, NULL, SAYS("RoutineNotExist"), ESA_ERR_NOT_FOUND, ESA_OUTCOME_REFUSED, 0, 0},
        {"CreateRoutine", 0, 400, "2", SAYS("Throttling.User"), ESA_ERR_THROTTLED, ESA_OUTCOME_REFUSED, 1, 2000},
        {"CreateRoutine", 0, 400, NULL, SAYS("LockFailed"), ESA_ERR_BUSY, ESA_OUTCOME_REFUSED, 1, 0},
        {"CreateRoutine", 0, 400, NULL, SAYS("InternalException"), ESA_ERR_SERVER, ESA_OUTCOME_UNKNOWN, 1, 0},
        {"GetRoutine", 0, 400, NULL, SAYS("InternalException"), ESA_ERR_SERVER, ESA_OUTCOME_NOT_SENT, 1, 0},
        {"GetRoutine", ESA_EFFECT_WRITES, 400, NULL, SAYS("X"), ESA_ERR_REJECTED, ESA_OUTCOME_UNKNOWN, 0, 0},
        {"BrandNew", 0, 502, NULL, "<html>", ESA_ERR_SERVER, ESA_OUTCOME_UNKNOWN, 1, 0},
        {"BrandNew", ESA_EFFECT_READS, 502, NULL, "<html>", ESA_ERR_SERVER, ESA_OUTCOME_NOT_SENT, 1, 0},
        {NULL, 0, 200, NULL, "<html>", ESA_ERR_RESPONSE, ESA_OUTCOME_UNKNOWN, 1, 0},
        {NULL, 0, 302, NULL, NULL, ESA_ERR_RESPONSE, ESA_OUTCOME_UNKNOWN, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const reply_case *expected = &cases[i];
        const esa_header headers[] = {{"Content-Type", "\xff"}, {"Retry-After", expected->retry_after}};
        esa_reply reply = ESA_REPLY_INIT;
        reply.action = expected->action;
        reply.effect = expected->effect;
        reply.http_status = expected->http_status;
        reply.headers = headers;
        reply.header_count = expected->retry_after ? 2 : 1;
        reply.body = expected->body;
        reply.body_length = expected->body ? strlen(expected->body) : 0;
        call_result *result = (call_result *)&emulator;
        esa_error *error = NULL;
        CHECK_INTEGER(esa_read_reply(&reply, &result, &error), expected->status);
        CHECK(!result && error);
        CHECK_INTEGER(error->outcome, expected->outcome);
        CHECK_INTEGER(error->retryable, expected->retryable);
        CHECK_INTEGER(error->retry_after_ms, expected->retry_after_ms);
        CHECK_INTEGER(error->http_status, expected->http_status);
        CHECK_INTEGER(error->attempts, 0);
        CHECK(expected->outcome != ESA_OUTCOME_UNKNOWN || strstr(error->advice, "read back"));
        esa_error_free(error);
    }
}

static void is_no_reply(const esa_reply *reply, const char *said) {
    call_result *result = (call_result *)&emulator;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_read_reply(reply, &result, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK(!result && error);
    check_that(strncmp(error->message, said, strlen(said)) == 0, __FILE__, __LINE__, error->message);
    esa_error_free(error);
}

static void what_is_no_reply_is_refused(void) {
    esa_reply reply = ESA_REPLY_INIT;
    is_no_reply(&reply, "http_status is 0");
    reply.http_status = 65736; /* 200 in 16 bits */
    is_no_reply(&reply, "http_status is 65736");
    reply.http_status = 200;
    reply.effect = 7;
    is_no_reply(&reply, "effect ");
    reply.effect = 0;
    reply.body_length = 1;
    is_no_reply(&reply, "body is NULL");
    reply.body = "{}";
    reply.body_length = SIZE_MAX;
    is_no_reply(&reply, "body_length ");
    reply.body_length = 2;
    reply.header_count = 1;
    is_no_reply(&reply, "headers is NULL");
    esa_header header = {NULL, "a"};
    reply.headers = &header;
    is_no_reply(&reply, "headers[0].name is NULL");
    header = (esa_header){"a", NULL};
    is_no_reply(&reply, "headers[0].value is NULL");
    header = (esa_header){"a", "b\nc: d"};
    is_no_reply(&reply, "headers[0] ");
    header.value = "b\r\n";
    reply.action = "a b";
    is_no_reply(&reply, "action ");
    is_no_reply(NULL, "reply is NULL");
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(the_published_examples_have_their_signatures);
    RUN(actions_of_the_service_have_the_signatures_of_the_official_code);
    RUN(a_request_is_whole);
    RUN(what_cannot_be_signed_is_refused);
    RUN(whoever_sends_a_signed_request_is_answered);
    RUN(each_request_is_another_one);
    RUN(without_credentials_there_is_no_signature);
    RUN(credentials_that_do_not_come_in_time_are_none);
    RUN(an_error_says_what_the_request_did);
    RUN(what_is_no_reply_is_refused);
    return stop_emulator();
}
