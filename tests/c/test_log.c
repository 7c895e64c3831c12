/* The log callback: what it gets and when; and that nothing is printed with or without it. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <poll.h>

typedef struct log_book {
    esa_client *client; /* to call from the callback; NULL: not */
    pthread_t caller;
    int lines, at_level[ESA_LOG_DEBUG + 1], nested, wrong_thread, secrets;
    char last[1024], warning[1024];
} log_book;

static void write_line(void *user_data, const esa_log_record *record) {
    log_book *book = user_data;
    const int32_t level = record->level;
    const char *message = record->message;
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
    CHECK(strncmp(book.last, "call ", 5) == 0);
    CHECK(strstr(book.last, ": CreateRoutineRelatedRecord logged.example.com: attempt 1: HTTP 200 from 127.0.0.1:"));
    CHECK(strstr(book.last, result->request_id));
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

/* Lines of any number of threads, kept. */
typedef struct line {
    int32_t level, http_status;
    uint64_t call;
    uint32_t attempt;
    char action[32], record_name[32], request_id[64], message[1024];
} line;

static struct {
    pthread_mutex_t mutex;
    int count;
    line lines[64];
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void keep_line(void *user_data, const esa_log_record *record) {
    (void)user_data;
    pthread_mutex_lock(&kept.mutex);
    if (kept.count < 64) {
        line *line = &kept.lines[kept.count++];
        line->level = record->level;
        line->http_status = record->http_status;
        line->call = record->call;
        line->attempt = record->attempt;
        snprintf(line->action, sizeof line->action, "%s", record->action);
        snprintf(line->record_name, sizeof line->record_name, "%s", record->record_name);
        snprintf(line->request_id, sizeof line->request_id, "%s", record->request_id);
        snprintf(line->message, sizeof line->message, "%s", record->message);
    }
    pthread_mutex_unlock(&kept.mutex);
}

static esa_client *client_that_keeps_lines(esa_log_level level) {
    esa_config *config = new_config();
    esa_config_set_log(config, level, keep_line, NULL);
    kept.count = 0;
    return client_of(config);
}

static void lose_an_answer(const char *record_name) {
    char fault[256];
    snprintf(fault, sizeof fault,
             "{\"action\": \"CreateRoutineRelatedRecord\", \"parameters\": {\"RecordName\": \"%s\"}, "
             "\"when\": \"before\", \"wire\": {\"kind\": \"drop\"}}",
             record_name);
    add_fault(fault);
}

/* The lines about a record are those of one call: a create that is lost, a read-back, and another create. */
static void has_its_own_call(const char *record_name) {
    static const char *const actions[] = {"CreateRoutineRelatedRecord", "ListRoutineRelatedRecords",
                                          "CreateRoutineRelatedRecord"};
    uint64_t call = 0;
    int requests = 0;
    for (int i = 0; i < kept.count; i++) {
        const line *line = &kept.lines[i];
        if (strcmp(line->record_name, record_name) != 0) {
            CHECK(line->call != call);
            continue;
        }
        call = call ? call : line->call;
        CHECK(line->call > 0 && line->call == call);
        char start[256];
        snprintf(start, sizeof start, "call %" PRIu64 ": %s %s: attempt %" PRIu32 ": ", line->call, line->action,
                 record_name, line->attempt);
        CHECK(strncmp(line->message, start, strlen(start)) == 0);
        if (line->level == ESA_LOG_DEBUG) {
            CHECK(requests < 3);
            CHECK_TEXT(line->action, actions[requests]);
            CHECK_INTEGER(line->attempt, requests == 2 ? 2 : 1);
            CHECK_INTEGER(line->http_status, requests == 0 ? 0 : 200);
            CHECK(requests == 0 ? !*line->request_id : *line->request_id && strstr(line->message, line->request_id));
            requests++;
        }
    }
    CHECK_INTEGER(requests, 3);
}

static void all_lines_of_a_call_have_its_number_and_its_record(void) {
    reset();
    lose_an_answer("a.example.com");
    esa_client *client = client_that_keeps_lines(ESA_LOG_DEBUG);
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    has_its_own_call("a.example.com");
    esa_client_free(client);
}

typedef struct one_call {
    const esa_client *client;
    const char *record_name;
    esa_status status;
} one_call;

static void *make_one_call(void *data) {
    one_call *call = data;
    call->status = create(call->client, call->record_name, NULL, NULL);
    return NULL;
}

static void calls_at_once_are_told_apart(void) {
    reset();
    lose_an_answer("a.example.com");
    lose_an_answer("b.example.com");
    esa_client *client = client_that_keeps_lines(ESA_LOG_DEBUG);
    one_call calls[] = {{client, "a.example.com", ESA_OK}, {client, "b.example.com", ESA_OK}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        CHECK_INTEGER(pthread_create(&threads[i], NULL, make_one_call, &calls[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        CHECK_INTEGER(pthread_join(threads[i], NULL), 0);
        CHECK_INTEGER(calls[i].status, ESA_OK);
    }
    has_its_own_call("a.example.com");
    CHECK_STILL_GOOD();
    has_its_own_call("b.example.com");
    esa_client_free(client);
}

static void calls_at_once_of_a_multi_are_told_apart(void) {
    reset();
    lose_an_answer("a.example.com");
    lose_an_answer("b.example.com");
    esa_client *client = client_that_keeps_lines(ESA_LOG_DEBUG);
    const create_request requests[] = {new_request("a.example.com"), new_request("b.example.com")};
    esa_multi *multi = NULL;
    CHECK_INTEGER(esa_multi_new(&multi, NULL), ESA_OK);
    for (int i = 0; i < 2; i++) {
        esa_pending *pending = NULL;
        CHECK_INTEGER(esa_create_routine_related_record_start(multi, client, &requests[i], NULL, NULL, &pending, NULL),
                      ESA_OK);
    }
    for (int finished = 0; finished < 2;) {
        struct pollfd readable = {.fd = esa_multi_descriptor(multi), .events = POLLIN};
        CHECK_INTEGER(poll(&readable, 1, 60 * 1000), 1);
        CHECK_INTEGER(esa_multi_step(multi), ESA_OK);
        for (esa_pending *pending; (pending = esa_multi_next_finished(multi)) != NULL; finished++) {
            create_result *result = NULL;
            CHECK_INTEGER(esa_create_routine_related_record_finish(pending, &result, NULL), ESA_OK);
            esa_create_routine_related_record_result_free(result);
        }
    }
    has_its_own_call("a.example.com");
    CHECK_STILL_GOOD();
    has_its_own_call("b.example.com");
    esa_multi_free(multi);
    esa_client_free(client);
}

static void at_info_no_request_is_told(void) {
    reset();
    lose_an_answer("a.example.com");
    esa_client *client = client_that_keeps_lines(ESA_LOG_INFO);
    CHECK_INTEGER(create(client, "a.example.com", NULL, NULL), ESA_OK);
    CHECK(kept.count > 0);
    for (int i = 0; i < kept.count; i++) {
        CHECK_INTEGER(kept.lines[i].level, ESA_LOG_INFO);
    }
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
    RUN(all_lines_of_a_call_have_its_number_and_its_record);
    RUN(calls_at_once_are_told_apart);
    RUN(calls_at_once_of_a_multi_are_told_apart);
    RUN(at_info_no_request_is_told);
    RUN(the_callback_may_call_the_library);
    RUN(a_null_callback_is_no_log);
    RUN(nothing_is_printed);
    return stop_emulator();
}
