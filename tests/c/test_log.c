/* The log callback: what it gets and when; and that nothing is printed with or without it. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

typedef struct log_book {
    esa_client *client; /* to call from the callback; NULL: not */
    pthread_t caller;
    int lines, at_level[ESA_LOG_DEBUG + 1], nested, wrong_thread, secrets;
    char last[1024], warning[1024];
} log_book;

static void write_line(void *user_data, int32_t level, const char *message) {
    log_book *book = user_data;
    book->lines++;
    book->at_level[level]++;
    book->wrong_thread += !pthread_equal(book->caller, pthread_self());
    book->secrets += strstr(message, emulator.access_key_secret) != NULL || strstr(message, "Signature=") != NULL;
    if (book->client && book->lines == 1) {
        book->nested = create(book->client, "nested.example.com", NULL, NULL) == ESA_OK && *esa_version();
    }
    snprintf(level == ESA_LOG_WARN ? book->warning : book->last, sizeof book->last, "%s", message);
}

static esa_config *config_with_log(log_book *book, esa_log_level level) {
    esa_config *config = new_config();
    memset(book, 0, sizeof *book);
    book->caller = pthread_self();
    esa_config_set_log(config, level, write_line, book);
    return config;
}

static void every_request_is_a_line(void) {
    reset();
    log_book book;
    esa_client *client = client_of(config_with_log(&book, ESA_LOG_DEBUG));
    const create_request request = new_request("logged.example.com");
    create_result *result = NULL;
    CHECK_INTEGER(esa_create_routine_related_record(client, &request, NULL, &result, NULL), ESA_OK);
    CHECK_INTEGER(book.lines, 1);
    CHECK(strncmp(book.last, "CreateRoutineRelatedRecord to 127.0.0.1:", 40) == 0);
    CHECK(strstr(book.last, "HTTP 200") && strstr(book.last, result->request_id));
    CHECK(!strchr(book.last, '\n'));
    esa_create_routine_related_record_result_free(result);

    CHECK_INTEGER(create(client, "logged.example.com", NULL, NULL), ESA_ERR_CONFLICT);
    CHECK_INTEGER(book.lines, 2);
    CHECK(strstr(book.last, "HTTP 400") && strstr(book.last, "ParameterAlreadyExist"));
    CHECK_INTEGER(book.at_level[ESA_LOG_DEBUG], 2);
    CHECK(!book.wrong_thread && !book.secrets);
    esa_client_free(client);
}

static void each_level_has_its_lines(void) {
    reset();
    log_book book;
    esa_client *client = client_of(config_with_log(&book, ESA_LOG_DEBUG));
    CHECK_TEXT(esa_emulator_post(&emulator, "clock", "{\"offset_ms\": 7200000}") ? emulator.error : "", "");
    add_fault("{\"action\": \"CreateRoutineRelatedRecord\", \"reply\": {\"code\": \"LockFailed\"}}");
    CHECK_INTEGER(create(client, "busy.example.com", NULL, NULL), ESA_OK);
    /* The clock was off. */
    CHECK_INTEGER(book.at_level[ESA_LOG_WARN], 1);
    CHECK(strstr(book.warning, "this machine's clock is 2 h 0 min behind the service's"));
    /* Again at once; again in a while, because the service is busy; it no longer is. */
    CHECK_INTEGER(book.at_level[ESA_LOG_INFO], 3);
    CHECK_INTEGER(book.at_level[ESA_LOG_DEBUG], 3);
    CHECK_INTEGER(book.at_level[ESA_LOG_ERROR], 0);
    esa_client_free(client);
}

static void no_secret_is_in_the_log_of_a_refused_signature(void) {
    reset();
    log_book book;
    esa_config *config = config_with_log(&book, ESA_LOG_DEBUG);
    esa_config_set_credentials(config, emulator.access_key_id, "hunter2", NULL);
    for (int32_t version = 1; version <= 3; version += 2) {
        esa_config_set_signature_version(config, version);
        esa_client *client = NULL;
        CHECK_INTEGER(esa_client_new(config, &client, NULL), ESA_OK);
        CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_ERR_AUTH);
        CHECK(strstr(book.last, "SignatureDoesNotMatch"));
        CHECK(!strstr(book.last, "hunter2") && !strstr(book.last, "SignatureNonce"));
        esa_client_free(client);
    }
    esa_config_free(config);
    CHECK_INTEGER(book.lines, 2);
    CHECK_INTEGER(book.secrets, 0);
}

static void the_level_limits_what_is_written(void) {
    reset();
    log_book book;
    esa_client *client = client_of(config_with_log(&book, ESA_LOG_INFO));
    CHECK_INTEGER(create(client, "quiet.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER(book.lines, 0);
    esa_client_free(client);
}

static void the_callback_may_call_the_library(void) {
    reset();
    log_book book;
    esa_client *client = client_of(config_with_log(&book, ESA_LOG_DEBUG));
    book.client = client;
    CHECK_INTEGER(create(client, "outer.example.com", NULL, NULL), ESA_OK);
    CHECK(book.nested);
    CHECK_INTEGER(book.lines, 2);
    CHECK_INTEGER(requests_seen(), 2);
    esa_client_free(client);
}

static void a_null_callback_is_no_log(void) {
    reset();
    log_book book;
    esa_config *config = config_with_log(&book, ESA_LOG_DEBUG);
    CHECK_INTEGER(esa_config_set_log(config, ESA_LOG_DEBUG, NULL, NULL), ESA_OK);
    esa_client *client = client_of(config);
    CHECK_INTEGER(create(client, "silent.example.com", NULL, NULL), ESA_OK);
    CHECK_INTEGER(book.lines, 0);
    esa_client_free(client);
}

/* Calls that succeed, are refused, fail and time out. */
static void make_calls(int *made) {
    esa_client *client = new_client();
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 200;
    *made += create(client, "printed.example.com", NULL, NULL) == ESA_OK;
    *made += create(client, "printed.example.com", NULL, NULL) == ESA_ERR_CONFLICT;
    *made += create(client, "", NULL, NULL) == ESA_ERR_INVALID_ARGUMENT;
    *made += create(NULL, "", NULL, NULL) == ESA_ERR_INVALID_ARGUMENT;
    add_fault("{\"wire\": {\"kind\": \"raw\", \"base64\": \"AAEC\"}}");
    *made += create(client, "raw.example.com", NULL, NULL) == ESA_OK;
    add_fault(HANG);
    *made += create(client, "hanging.example.com", &options, NULL) == ESA_ERR_TIMEOUT;
    esa_client_free(client);
}

static void nothing_is_printed(void) {
    reset();
    FILE *file = tmpfile();
    CHECK(file);
    const int output = dup(STDOUT_FILENO), error = dup(STDERR_FILENO);
    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    int made = 0;
    make_calls(&made);
    const off_t printed = lseek(fileno(file), 0, SEEK_END);
    dup2(output, STDOUT_FILENO);
    dup2(error, STDERR_FILENO);
    close(output);
    close(error);
    fclose(file);
    CHECK_INTEGER(made, 6);
    CHECK_INTEGER(printed, 0);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(every_request_is_a_line);
    RUN(each_level_has_its_lines);
    RUN(no_secret_is_in_the_log_of_a_refused_signature);
    RUN(the_level_limits_what_is_written);
    RUN(the_callback_may_call_the_library);
    RUN(a_null_callback_is_no_log);
    RUN(nothing_is_printed);
    return stop_emulator();
}
