/*
 * Configurations that can't be used are refused with the reason: by the setter, by esa_client_new(), or by the call.
 *
 * Needs an environment without ESA_ENDPOINT and the variables of ALIBABA_CLOUD_*, but with
 * ALIBABA_CLOUD_ECS_METADATA_DISABLED=true, and an empty home directory.
 */
#define _GNU_SOURCE
#include "fixture.h"
#include <sys/stat.h>

/* esa_client_new() fails with this status and message; frees the configuration. `message` may end in "*". */
static void no_client(esa_config *config, esa_status expected, const char *message) {
    esa_client *client = (esa_client *)config;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_client_new(config, &client, &error), expected);
    CHECK(!client && error);
    CHECK_INTEGER(error->status, expected);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    CHECK(*error->advice);
    const char *star = strchr(message, '*');
    if (star) {
        CHECK(strncmp(error->message, message, (size_t)(star - message)) == 0);
        CHECK(strlen(error->message) > (size_t)(star - message));
    } else {
        CHECK_TEXT(error->message, message);
    }
    esa_error_free(error);
    CHECK_INTEGER(esa_client_new(config, &client, NULL), expected);
    esa_config_free(config);
}

/* The setter refused, so esa_client_new() does too, also after a good call of another setter. */
static void refused(esa_status status, esa_config *config, const char *message) {
    CHECK_INTEGER(status, ESA_ERR_INVALID_ARGUMENT);
    esa_config_set_max_attempts(config, 1);
    no_client(config, ESA_ERR_INVALID_ARGUMENT, message);
}

static void setters_take_no_null_configuration(void) {
    CHECK_INTEGER(esa_config_set_credentials(NULL, "id", "secret", NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_credentials_provider(NULL, NULL, NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_region(NULL, "cn-hangzhou"), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_endpoint(NULL, "localhost"), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_network(NULL, ESA_NETWORK_VPC), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_proxy(NULL, ""), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_connect_timeout(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_attempt_timeout(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_timeout(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_signature_version(NULL, 3), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_ca_file(NULL, "file"), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_ca_pem(NULL, "pem"), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_user_agent(NULL, "agent"), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_max_idle_connections(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_idle_timeout(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_max_attempts(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_reconcile_horizon(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_max_concurrent_writes(NULL, 1), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_log(NULL, ESA_LOG_DEBUG, NULL, NULL), ESA_ERR_INVALID_ARGUMENT);
}

#define REFUSED(setter, message, ...)                                                                                  \
    do {                                                                                                               \
        esa_config *config = esa_config_new();                                                                         \
        refused(setter(config, __VA_ARGS__), config, message);                                                         \
        CHECK_STILL_GOOD();                                                                                            \
    } while (0)

static void setters_refuse_bad_values_and_so_does_the_client(void) {
    const char *blank = "has a blank, a control character or a byte that is not ASCII";
    char message[128];

    REFUSED(esa_config_set_credentials, "access_key_id is NULL", NULL, "secret", NULL);
    REFUSED(esa_config_set_credentials, "access_key_secret is NULL", "id", NULL, NULL);
    REFUSED(esa_config_set_credentials, "access_key_id is empty", "", "secret", NULL);
    REFUSED(esa_config_set_credentials, "access_key_secret is empty", "id", "", NULL);
    REFUSED(esa_config_set_credentials, "security_token is empty", "id", "secret", "");
    REFUSED(esa_config_set_credentials, "access_key_id is not UTF-8", "\xff", "secret", NULL);
    snprintf(message, sizeof message, "access_key_secret %s", blank);
    REFUSED(esa_config_set_credentials, message, "id", "a secret", NULL);
    snprintf(message, sizeof message, "security_token %s", blank);
    REFUSED(esa_config_set_credentials, message, "id", "secret", "line\n");
    REFUSED(esa_config_set_region, "region is NULL", NULL);
    REFUSED(esa_config_set_region, "region is not UTF-8", "\xff");
    REFUSED(esa_config_set_endpoint, "endpoint is NULL", NULL);
    REFUSED(esa_config_set_endpoint, "endpoint is not UTF-8", "\xff");
    REFUSED(esa_config_set_network, "network is 3; it is a value of esa_network", 3);
    REFUSED(esa_config_set_proxy, "proxy is NULL", NULL);
    REFUSED(esa_config_set_proxy, "proxy is not UTF-8", "\xff");
    REFUSED(esa_config_set_ca_file, "ca_file is NULL", NULL);
    REFUSED(esa_config_set_ca_pem, "ca_pem is NULL", NULL);
    REFUSED(esa_config_set_user_agent, "user_agent is NULL", NULL);
    REFUSED(esa_config_set_user_agent, "user_agent is empty or not printable ASCII", "");
    REFUSED(esa_config_set_user_agent, "user_agent is empty or not printable ASCII", "a\r\nInjected: header");
    REFUSED(esa_config_set_signature_version, "signature_version is 2; it is a value of esa_signature_version", 2);
    REFUSED(esa_config_set_log, "level is 5; it is a value of esa_log_level", 5, NULL, NULL);
    REFUSED(esa_config_set_timeout, "timeout is ESA_NONE; it can be 1 or more, 0 or ESA_UNLIMITED", ESA_NONE);
}

static void the_first_thing_that_was_refused_is_told(void) {
    esa_config *config = esa_config_new();
    esa_config_set_signature_version(config, 7);
    esa_config_set_user_agent(config, "");
    no_client(config, ESA_ERR_INVALID_ARGUMENT, "signature_version is 7; it is a value of esa_signature_version");
}

static void client_new_needs_a_place_for_the_client(void) {
    esa_error *error = NULL;
    CHECK_INTEGER(esa_client_new(NULL, NULL, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK(error);
    CHECK_TEXT(error->message, "client is NULL");
    esa_error_free(error);
    CHECK_INTEGER(esa_client_new(NULL, NULL, NULL), ESA_ERR_INVALID_ARGUMENT);
}

static void endpoint_is(const char *endpoint, const char *message) {
    esa_config *config = esa_config_new();
    CHECK_INTEGER(esa_config_set_endpoint(config, endpoint), ESA_OK);
    no_client(config, ESA_ERR_CONFIG, message);
}

static void endpoints_that_cannot_be_used(void) {
    endpoint_is("http://192.0.2.1", "endpoint \"http://192.0.2.1\" is plain http to another machine*");
    endpoint_is("http://localhost.example.com", "endpoint \"http://localhost.example.com\" is plain http*");
    endpoint_is("ftp://127.0.0.1", "endpoint \"ftp://127.0.0.1\" is neither https nor http");
    endpoint_is("a b", "endpoint \"a b\" is not a URL");
    endpoint_is("https://user:password@127.0.0.1", "endpoint has user information, which isn't supported");
}

static void regions_without_an_endpoint(void) {
    esa_config *config = esa_config_new();
    CHECK_INTEGER(esa_config_set_region(config, "eu-central-1"), ESA_OK);
    no_client(config, ESA_ERR_CONFIG, "region \"eu-central-1\" has no endpoint of ESA*");
}

static void certificate_authorities_that_cannot_be_read(void) {
    esa_config *config = esa_config_new();
    CHECK_INTEGER(esa_config_set_ca_file(config, "no/such/file"), ESA_OK);
    no_client(config, ESA_ERR_CONFIG, "CA file no/such/file: *");

    config = esa_config_new();
    CHECK_INTEGER(esa_config_set_ca_file(config, __FILE__), ESA_OK);
    no_client(config, ESA_ERR_CONFIG, "CA file " __FILE__ ": *");

    config = esa_config_new();
    CHECK_INTEGER(esa_config_set_ca_pem(config, "garbage"), ESA_OK);
    no_client(config, ESA_ERR_CONFIG, "CA PEM: *");

    config = esa_config_new();
    CHECK_INTEGER(esa_config_set_ca_pem(config, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                  ESA_OK);
    no_client(config, ESA_ERR_CONFIG, "CA PEM: *");
}

/* The call fails before anything is sent; `message` is how the error's begins. Frees the configuration. */
static void call_lacks_credentials(esa_config *config, const char *message) {
    esa_client *client = client_of(config);
    CHECK(client);
    esa_error *error = NULL;
    CHECK_INTEGER(create(client, "a.example.com", NULL, &error), ESA_ERR_CREDENTIALS);
    CHECK(error);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    CHECK(strncmp(error->message, message, strlen(message)) == 0);
    CHECK(!strstr(error->message, emulator.access_key_secret));
    esa_error_free(error);
    esa_client_free(client);
    CHECK_INTEGER(requests_seen(), 0);
}

static void calls_without_credentials(void) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    call_lacks_credentials(config, "no credentials: environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set; oidc: ");

    setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id, 1);
    config = esa_config_new();
    esa_config_set_endpoint(config, emulator.url);
    call_lacks_credentials(config, "no credentials: environment: ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set; "
                                   "no other provider is asked, because ALIBABA_CLOUD_ACCESS_KEY_ID is set");
    unsetenv("ALIBABA_CLOUD_ACCESS_KEY_ID");
}

static void the_emulator_s_key_is_for_this_machine_only(void) {
    esa_config *config = new_config();
    esa_config_set_endpoint(config, "https://esa.invalid");
    call_lacks_credentials(config, "the emulator's access key is meant for the emulator, not for https://esa.invalid");
}

static void a_vpc_has_endpoints_of_its_own(void) {
    esa_config *config = esa_config_new();
    esa_config_set_credentials(config, emulator.access_key_id, emulator.access_key_secret, NULL);
    CHECK_INTEGER(esa_config_set_network(config, ESA_NETWORK_VPC), ESA_OK);
    call_lacks_credentials(config, "the emulator's access key is meant for the emulator, not for "
                                   "https://esa-vpc.cn-hangzhou.aliyuncs.com");
}

static void a_null_configuration_is_the_environment(void) {
    setenv("ALIBABA_CLOUD_REGION_ID", "nowhere-1", 1);
    no_client(NULL, ESA_ERR_CONFIG, "region \"nowhere-1\" has no endpoint of ESA*");
    unsetenv("ALIBABA_CLOUD_REGION_ID");

    setenv("ESA_ENDPOINT", "", 1);
    no_client(NULL, ESA_ERR_CONFIG, "ESA_ENDPOINT: is set and empty");
    setenv("ESA_ENDPOINT", emulator.url, 1);
    setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id, 1);
    setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret, 1);
    esa_client *client = client_of(NULL);
    unsetenv("ESA_ENDPOINT");
    unsetenv("ALIBABA_CLOUD_ACCESS_KEY_ID");
    unsetenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    CHECK_INTEGER(create(client, "environment.example.com", NULL, NULL), ESA_OK);
    esa_client_free(client);
}

static void the_same_setter_with_a_good_value_makes_it_good(void) {
    reset();
    esa_config *config = new_config();
    CHECK_INTEGER(esa_config_set_user_agent(config, ""), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_signature_version(config, 2), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_user_agent(config, "good/1"), ESA_OK);
    esa_client *client = NULL;
    esa_error *error = NULL;
    CHECK_INTEGER(esa_client_new(config, &client, &error), ESA_ERR_INVALID_ARGUMENT);
    CHECK_TEXT(error->message, "signature_version is 2; it is a value of esa_signature_version");
    esa_error_free(error);
    CHECK_INTEGER(esa_config_set_signature_version(config, 1), ESA_OK);
    CHECK_INTEGER(esa_client_new(config, &client, NULL), ESA_OK);
    CHECK_INTEGER(create(client, "good.example.com", NULL, NULL), ESA_OK);
    reset();
    esa_client_free(client);
    esa_config_free(config);
}

static void give_nothing(void *user_data, uint32_t timeout_ms, esa_credentials *credentials) {
    (void)user_data, (void)timeout_ms;
    esa_credentials_fail(credentials, "none here");
}

/* If the caller's credentials can't be used, another account's must not be used either. */
static void credentials_that_were_refused_are_made_good_by_others_alone(void) {
    esa_config *config = new_config();
    esa_client *client = NULL;
    CHECK_INTEGER(esa_config_set_credentials(config, "", "secret", NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_credentials_provider(config, NULL, NULL), ESA_OK);
    CHECK_INTEGER(esa_client_new(config, &client, NULL), ESA_ERR_INVALID_ARGUMENT);
    CHECK_INTEGER(esa_config_set_credentials_provider(config, give_nothing, NULL), ESA_OK);
    CHECK_INTEGER(esa_client_new(config, &client, NULL), ESA_OK);
    esa_client_free(client);
    esa_config_free(config);
}

/* A pipe that nobody writes to, and a device without end. */
static void certificate_authorities_are_read_of_plain_files_only(void) {
    char fifo[] = "/tmp/esa-fifo-XXXXXX";
    CHECK(mkdtemp(fifo));
    char path[64];
    snprintf(path, sizeof path, "%s/fifo", fifo);
    const int made = mkfifo(path, 0600);
    alarm(60);
    const char *paths[] = {path, "/dev/zero"};
    for (int i = 0; i < 2; i++) {
        esa_config *config = new_config();
        esa_config_set_ca_file(config, paths[i]);
        char message[128];
        snprintf(message, sizeof message, "CA file %s: it is not a plain file", paths[i]);
        no_client(config, ESA_ERR_CONFIG, message);
    }
    alarm(0);
    unlink(path);
    rmdir(fifo);
    CHECK_INTEGER(made, 0);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(setters_take_no_null_configuration);
    RUN(setters_refuse_bad_values_and_so_does_the_client);
    RUN(the_first_thing_that_was_refused_is_told);
    RUN(the_same_setter_with_a_good_value_makes_it_good);
    RUN(credentials_that_were_refused_are_made_good_by_others_alone);
    RUN(certificate_authorities_are_read_of_plain_files_only);
    RUN(client_new_needs_a_place_for_the_client);
    RUN(endpoints_that_cannot_be_used);
    RUN(regions_without_an_endpoint);
    RUN(certificate_authorities_that_cannot_be_read);
    RUN(calls_without_credentials);
    RUN(the_emulator_s_key_is_for_this_machine_only);
    RUN(a_vpc_has_endpoints_of_its_own);
    RUN(a_null_configuration_is_the_environment);
    return stop_emulator();
}
