/*
 * Where credentials come from: the program's own function, the environment, or files. test_credentials SEED.
 *
 * Needs an environment without the variables of ALIBABA_CLOUD_*, but with ALIBABA_CLOUD_ECS_METADATA_DISABLED=true.
 */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"
#include <sys/stat.h>

enum { THREADS = 16, SHORT_LIFE_S = 2 };

/* Secrets that are kept elsewhere. Counted without a lock: one call of a client at a time asks. */
typedef struct vault {
    const char *access_key_id, *access_key_secret, *security_token;
    const char *reason; /* why there are none, in place of them */
    int64_t expires_at;
    int64_t lifetime_s;      /* not 0: sets expires_at each time */
    int slow_ms;             /* how long it takes */
    const esa_client *other; /* to make a call with; NULL: none */
    int asked;
    uint32_t timeout_ms; /* its last argument */
    esa_status status, other_status;
} vault;

static esa_status find_site(const esa_client *client, const esa_call_options *options, esa_error **error) {
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_get_match_site_result *result = NULL;
    const esa_status status = esa_get_match_site(client, &request, options, &result, error);
    esa_get_match_site_result_free(result);
    return status;
}

static void ask_vault(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    vault *vault = user_data;
    vault->asked++;
    vault->timeout_ms = timeout_ms;
    if (vault->slow_ms) {
        const struct timespec pause = {0, vault->slow_ms * 1000000L};
        nanosleep(&pause, NULL);
    }
    if (vault->other) {
        vault->other_status = find_site(vault->other, NULL, NULL);
    }
    if (vault->reason) {
        esa_credentials_fail(credentials, vault->reason);
        return;
    }
    const int64_t expires_at = vault->lifetime_s ? (int64_t)time(NULL) + vault->lifetime_s : vault->expires_at;
    vault->status = esa_credentials_set(credentials, vault->access_key_id, vault->access_key_secret,
                                        vault->security_token, expires_at);
}

static vault full_vault(void) {
    vault vault = {0};
    vault.access_key_id = emulator.access_key_id;
    vault.access_key_secret = emulator.access_key_secret;
    return vault;
}

static esa_client *client_with(esa_credentials_fn function, void *user_data) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    esa_config_set_credentials_provider(config, function, user_data);
    return client_of(config);
}

/* A client with the present environment. */
static esa_client *client_of_environment(void) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    return client_of(config);
}

/* A call fails for want of credentials, before anything is sent; the error's message is `message`. */
static void none_are_found(const esa_client *client, const char *message) {
    esa_error *error = NULL;
    CHECK_INTEGER(find_site(client, NULL, &error), ESA_ERR_CREDENTIALS);
    CHECK(error);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    CHECK(*error->advice);
    CHECK_TEXT(error->message, message);
    esa_error_free(error);
    CHECK_INTEGER(requests_seen(), 0);
}

static void *call_on_a_thread(void *client) { return find_site(client, NULL, NULL) == ESA_OK ? client : NULL; }

static void many_calls_at_once_ask_once(void) {
    vault vault = full_vault();
    vault.slow_ms = 50;
    esa_client *client = client_with(ask_vault, &vault);
    CHECK_TEXT(esa_client_credentials_source(client), "");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK_INTEGER(pthread_create(&threads[i], NULL, call_on_a_thread, client), 0);
    }
    int succeeded = 0;
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        succeeded += result != NULL;
    }
    CHECK_INTEGER(succeeded, THREADS);
    CHECK_INTEGER(vault.asked, 1);
    CHECK_INTEGER(vault.status, ESA_OK);
    CHECK_TEXT(esa_client_credentials_source(client), "callback");
    esa_client_free(client);
    CHECK_TEXT(esa_client_credentials_source(NULL), "");
}

static void a_token_goes_with_them(void) {
    vault vault = {0};
    vault.access_key_id = "STS.valid";
    vault.access_key_secret = "sts-secret";
    vault.security_token = "sts/token+with=signs";
    esa_client *client = client_with(ask_vault, &vault);
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    esa_client_free(client);
}

static void the_function_is_told_how_much_time_the_call_has(void) {
    vault vault = full_vault();
    esa_client *client = client_with(ask_vault, &vault);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 20000;
    CHECK_INTEGER(find_site(client, &options, NULL), ESA_OK);
    CHECK(vault.timeout_ms > 0 && vault.timeout_ms <= options.timeout_ms);
    esa_client_free(client);
}

static void the_function_may_make_calls_with_another_client(void) {
    vault vault = full_vault();
    esa_client *other = new_client();
    vault.other = other;
    esa_client *client = client_with(ask_vault, &vault);
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_INTEGER(vault.other_status, ESA_OK);
    esa_client_free(client);
    esa_client_free(other);
}

static void its_reason_is_told_and_it_is_asked_again(void) {
    reset();
    vault vault = full_vault();
    vault.reason = "the vault is closed";
    esa_client *client = client_with(ask_vault, &vault);
    none_are_found(client, "no credentials: callback: the vault is closed");
    CHECK_STILL_GOOD();
    CHECK_TEXT(esa_client_credentials_source(client), "");
    vault.reason = NULL;
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_INTEGER(vault.asked, 2);
    esa_client_free(client);
}

static void say_nothing(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)user_data, (void)timeout_ms, (void)credentials;
}

static void fail_without_a_reason(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)user_data, (void)timeout_ms;
    esa_credentials_fail(credentials, NULL);
}

static void a_function_that_says_nothing_is_told_of(void) {
    reset();
    const esa_credentials_fn functions[] = {say_nothing, fail_without_a_reason};
    for (int i = 0; i < 2; i++) {
        esa_client *client = client_with(functions[i], NULL);
        none_are_found(client,
                       "no credentials: callback: the program's own function gives no credentials, and no reason");
        CHECK_STILL_GOOD();
        esa_client_free(client);
    }
}

static void what_cannot_be_used_is_refused_and_not_repeated(void) {
    reset();
    const struct {
        const char *id, *secret, *token;
        int64_t expires_at;
        const char *reason;
    } cases[] = {
        {NULL, "hunter2", NULL, 0, "access_key_id is NULL"},
        {"id", NULL, NULL, 0, "access_key_secret is NULL"},
        {"", "hunter2", NULL, 0, "access_key_id is empty"},
        {"id", "hunter2\n", NULL, 0, "access_key_secret has a blank, a control character or a byte that is not ASCII"},
        {"id", "hunter2\xff", NULL, 0, "access_key_secret is not UTF-8"},
        {"id", "hunter2", "hunter 2", 0, "security_token has a blank, a control character or a byte that is not ASCII"},
        {"id", "hunter2", NULL, -1, "expires_at is negative"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vault vault = {0};
        vault.access_key_id = cases[i].id;
        vault.access_key_secret = cases[i].secret;
        vault.security_token = cases[i].token;
        vault.expires_at = cases[i].expires_at;
        esa_client *client = client_with(ask_vault, &vault);
        char message[256];
        snprintf(message, sizeof message, "no credentials: callback: %s", cases[i].reason);
        none_are_found(client, message);
        CHECK_STILL_GOOD();
        CHECK_INTEGER(vault.status, ESA_ERR_INVALID_ARGUMENT);
        esa_client_free(client);
    }
    CHECK_INTEGER(esa_credentials_set(NULL, "id", "secret", NULL, 0), ESA_ERR_INVALID_ARGUMENT);
    esa_credentials_fail(NULL, "no reason");
}

static void those_that_have_expired_are_refused(void) {
    reset();
    vault vault = full_vault();
    vault.expires_at = 1577836800;
    esa_client *client = client_with(ask_vault, &vault);
    none_are_found(client, "no credentials: callback: the credentials that it gives have expired");
    esa_client_free(client);
}

static void those_that_expire_are_renewed_before_they_do(void) {
    vault vault = full_vault();
    vault.lifetime_s = SHORT_LIFE_S;
    esa_client *client = client_with(ask_vault, &vault);
    const struct timespec pause = {0, 10000000};
    for (int i = 0; i < 3000 && vault.asked < 3; i++) {
        CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
        nanosleep(&pause, NULL);
    }
    CHECK_INTEGER(vault.asked, 3);
    esa_client_free(client);
}

/* The first of these has expired at the service before it says so. */
static void give_an_expired_one_first(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    int *asked = user_data;
    (void)timeout_ms;
    if (++*asked == 1) {
        esa_credentials_set(credentials, "STS.expired", "sts-secret", "sts-token", 0);
    } else {
        esa_credentials_set(credentials, "STS.valid", "sts-secret", "sts/token+with=signs", 0);
    }
}

static void what_the_service_says_has_expired_is_renewed_once(void) {
    reset();
    int asked = 0;
    esa_client *client = client_with(give_an_expired_one_first, &asked);
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_INTEGER(asked, 2);
    CHECK_INTEGER(requests_seen(), 2);
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_INTEGER(asked, 2);
    esa_client_free(client);
}

static void they_are_renewed_for_an_action_by_its_name_as_well(void) {
    reset();
    int asked = 0;
    esa_client *client = client_with(give_an_expired_one_first, &asked);
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    request.action = "CreateRoutine";
    request.params = "{\"Name\":\"renewed\"}";
    esa_call_action_result *result = NULL;
    esa_error *error = NULL;
    const esa_status status = esa_call_action(client, &request, NULL, &result, &error);
    CHECK_TEXT(error ? error->message : "", "");
    CHECK_INTEGER(status, ESA_OK);
    CHECK_INTEGER(result->attempts, 2);
    CHECK_INTEGER(asked, 2);
    CHECK_INTEGER(requests_seen(), 2);
    esa_call_action_result_free(result);
    esa_client_free(client);
}

static void a_function_that_takes_too_long_ends_with_the_call_and_is_not_asked_in_vain(void) {
    reset();
    vault vault = full_vault();
    vault.slow_ms = 100;
    esa_client *client = client_with(ask_vault, &vault);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 20;
    esa_error *error = NULL;
    CHECK_INTEGER(find_site(client, &options, &error), ESA_ERR_TIMEOUT);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    esa_error_free(error);
    CHECK_INTEGER(requests_seen(), 0);
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_INTEGER(vault.asked, 1);
    esa_client_free(client);
}

static void the_last_one_that_was_set_counts(void) {
    vault vault = full_vault();
    esa_config *config = new_config();
    esa_config_set_credentials_provider(config, ask_vault, &vault);
    esa_config_set_credentials_provider(config, NULL, NULL);
    esa_client *client = client_of(config);
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_TEXT(esa_client_credentials_source(client), "callback");
    esa_client_free(client);

    vault.reason = "not to be asked";
    config = esa_config_new();
    esa_config_set_credentials_provider(config, ask_vault, &vault);
    esa_config_set_endpoint(config, emulator.url);
    esa_config_set_credentials(config, emulator.access_key_id, emulator.access_key_secret, NULL);
    client = client_of(config);
    CHECK_TEXT(esa_client_credentials_source(client), "");
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_TEXT(esa_client_credentials_source(client), "configuration");
    esa_client_free(client);
}

static char home[256];

/* Makes an empty home directory. */
static void move_home(void) {
    snprintf(home, sizeof home, "%s/esa-credentials-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    CHECK(mkdtemp(home));
    setenv("HOME", home, 1);
}

/* Removes it with the only file in it. */
static void leave_home(const char *directory, const char *file) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", home, directory, file);
    CHECK_INTEGER(unlink(path), 0);
    snprintf(path, sizeof path, "%s/%s", home, directory);
    CHECK_INTEGER(rmdir(path), 0);
    CHECK_INTEGER(rmdir(home), 0);
}

static void write_at_home(const char *directory, const char *file, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", home, directory);
    CHECK_INTEGER(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/%s/%s", home, directory, file);
    FILE *stream = fopen(path, "w");
    CHECK(stream);
    fputs(text, stream);
    CHECK_INTEGER(fclose(stream), 0);
}

/* Of a client that is made now, a call succeeds; its credentials come from `source`. */
static void found_in(const char *source) {
    esa_client *client = client_of_environment();
    CHECK_TEXT(esa_client_credentials_source(client), "");
    CHECK_INTEGER(find_site(client, NULL, NULL), ESA_OK);
    CHECK_TEXT(esa_client_credentials_source(client), source);
    esa_client_free(client);
}

static void nothing_found_is_told_of_every_place_in_order(void) {
    reset();
    move_home();
    CHECK_STILL_GOOD();
    esa_client *client = client_of_environment();
    char message[1024];
    snprintf(message, sizeof message,
             "no credentials: environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set; "
             "oidc: ALIBABA_CLOUD_ROLE_ARN is not set; "
             "cli_profile: %s/.aliyun/config.json: No such file or directory (os error 2); "
             "credentials_file: %s/.alibabacloud/credentials: No such file or directory (os error 2); "
             "ecs_ram_role: ALIBABA_CLOUD_ECS_METADATA_DISABLED is set; "
             "credentials_uri: ALIBABA_CLOUD_CREDENTIALS_URI is not set",
             home, home);
    none_are_found(client, message);
    CHECK_STILL_GOOD();
    CHECK_TEXT(esa_client_credentials_source(client), "");
    esa_client_free(client);
    CHECK_INTEGER(rmdir(home), 0);
}

static void they_are_found_in_the_environment(void) {
    setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.valid", 1);
    setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "sts-secret", 1);
    setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "sts/token+with=signs", 1);
    found_in("environment");
    unsetenv("ALIBABA_CLOUD_ACCESS_KEY_ID");
    unsetenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    unsetenv("ALIBABA_CLOUD_SECURITY_TOKEN");
}

static void they_are_found_in_a_profile_of_the_command_line(void) {
    move_home();
    CHECK_STILL_GOOD();
    char config[512];
    snprintf(config, sizeof config,
             "{\"current\": \"default\", \"profiles\": [{\"name\": \"default\", \"mode\": \"AK\", "
             "\"access_key_id\": \"%s\", \"access_key_secret\": \"%s\"}]}",
             emulator.access_key_id, emulator.access_key_secret);
    write_at_home(".aliyun", "config.json", config);
    CHECK_STILL_GOOD();
    found_in("cli_profile");
    CHECK_STILL_GOOD();
    leave_home(".aliyun", "config.json");
}

static void they_are_found_in_the_credentials_file(void) {
    move_home();
    CHECK_STILL_GOOD();
    char text[512];
    snprintf(text, sizeof text, "[default]\ntype = access_key # comment\naccess_key_id = %s\naccess_key_secret = %s\n",
             emulator.access_key_id, emulator.access_key_secret);
    write_at_home(".alibabacloud", "credentials", text);
    CHECK_STILL_GOOD();
    found_in("credentials_file");
    CHECK_STILL_GOOD();
    leave_home(".alibabacloud", "credentials");
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: test_credentials SEED\n");
        return 2;
    }
    const esa_emulator_options options = {arguments[1], 0};
    if (start_emulator(&options) != 0) {
        return 2;
    }
    RUN(many_calls_at_once_ask_once);
    RUN(a_token_goes_with_them);
    RUN(the_function_is_told_how_much_time_the_call_has);
    RUN(the_function_may_make_calls_with_another_client);
    RUN(its_reason_is_told_and_it_is_asked_again);
    RUN(a_function_that_says_nothing_is_told_of);
    RUN(what_cannot_be_used_is_refused_and_not_repeated);
    RUN(those_that_have_expired_are_refused);
    RUN(those_that_expire_are_renewed_before_they_do);
    RUN(what_the_service_says_has_expired_is_renewed_once);
    RUN(they_are_renewed_for_an_action_by_its_name_as_well);
    RUN(a_function_that_takes_too_long_ends_with_the_call_and_is_not_asked_in_vain);
    RUN(the_last_one_that_was_set_counts);
    RUN(nothing_found_is_told_of_every_place_in_order);
    RUN(they_are_found_in_the_environment);
    RUN(they_are_found_in_a_profile_of_the_command_line);
    RUN(they_are_found_in_the_credentials_file);
    return stop_emulator();
}
