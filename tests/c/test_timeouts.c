/* Every time limit ends a call, in each phase, and the outcome says whether something was sent. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

/* Of those that must not be the ones that end the call. */
enum { OTHER_LIMITS_MS = 60000 };

/* A peer that accepts connections and never says a word. */
typedef struct silent_peer {
    int listener;
    char authority[32];
} silent_peer;

static void open_silent_peer(silent_peer *peer, int backlog) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(peer->listener >= 0);
    CHECK_INTEGER(bind(peer->listener, (const struct sockaddr *)&address, sizeof address), 0);
    CHECK_INTEGER(listen(peer->listener, backlog), 0);
    CHECK_INTEGER(getsockname(peer->listener, (struct sockaddr *)&address, &length), 0);
    snprintf(peer->authority, sizeof peer->authority, "127.0.0.1:%d", ntohs(address.sin_port));
}

/* A call of one attempt ends with ESA_ERR_TIMEOUT and a message that begins so, in time but not too early; frees
 * `config`. */
static void times_out(esa_config *config, const esa_call_options *options, int at_least_ms, esa_outcome outcome,
                      const char *message) {
    esa_client *client = client_of(config);
    CHECK(client);
    const long long started = esa_emulator_now_ms();
    esa_call_options once = options ? *options : (esa_call_options)ESA_CALL_OPTIONS_INIT;
    once.max_attempts = 1;
    esa_error *error = NULL;
    esa_status status = create(client, "late.example.com", &once, &error);
    const long long took = esa_emulator_now_ms() - started;
    esa_client_free(client);
    CHECK_TEXT(esa_status_name(status), "ESA_ERR_TIMEOUT");
    CHECK_INTEGER(error->outcome, outcome);
    CHECK_INTEGER(error->retryable, 1);
    CHECK_INTEGER(error->http_status, 0);
    CHECK(strncmp(error->message, message, strlen(message)) == 0);
    esa_error_free(error);
    CHECK(took >= at_least_ms);
    CHECK(took < OTHER_LIMITS_MS / 2);
}

static void the_tls_handshake_within_the_limit_for_connecting(void) {
    silent_peer peer;
    open_silent_peer(&peer, 8);
    esa_config *config = esa_config_new();
    esa_config_set_credentials(config, "id", "secret", NULL);
    esa_config_set_endpoint(config, peer.authority);
    esa_config_set_connect_timeout(config, 300);
    esa_config_set_attempt_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_timeout(config, OTHER_LIMITS_MS);
    times_out(config, NULL, 300, ESA_OUTCOME_NOT_SENT, "time ran out while doing the TLS handshake");
    close(peer.listener);
}

static void a_connection_that_nobody_takes(void) {
    silent_peer peer;
    open_silent_peer(&peer, 0);
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    getsockname(peer.listener, (struct sockaddr *)&address, &length);
    /* They fill the queue; Linux then leaves further ones unanswered. */
    int queued[4];
    for (int i = 0; i < 4; i++) {
        queued[i] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(queued[i], F_SETFL, O_NONBLOCK);
        connect(queued[i], (const struct sockaddr *)&address, sizeof address);
    }
    esa_config *config = esa_config_new();
    esa_config_set_credentials(config, "id", "secret", NULL);
    esa_config_set_endpoint(config, peer.authority);
    esa_config_set_connect_timeout(config, 300);
    esa_config_set_attempt_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_timeout(config, OTHER_LIMITS_MS);
    times_out(config, NULL, 300, ESA_OUTCOME_NOT_SENT, "time ran out while connecting to 127.0.0.1:");
    for (int i = 0; i < 4; i++) {
        close(queued[i]);
    }
    close(peer.listener);
}

static void one_request_within_its_limit(void) {
    reset();
    add_fault(HANG);
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_attempt_timeout(config, 300);
    esa_config_set_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_reconcile_horizon(config, 1);
    times_out(config, NULL, 300, ESA_OUTCOME_UNKNOWN, "time ran out while waiting for the reply");
    /* The request, and reading back what it did: at once, and when the horizon ends. */
    CHECK_INTEGER(requests_seen(), 3);
}

static void the_whole_call_within_its_limit(void) {
    reset();
    add_fault(HANG);
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_attempt_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_timeout(config, 300);
    times_out(config, NULL, 300, ESA_OUTCOME_UNKNOWN, "time ran out while waiting for the reply");
}

static void the_call_s_own_limit_comes_before_the_client_s(void) {
    reset();
    add_fault(HANG);
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.timeout_ms = 300;
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_attempt_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_timeout(config, OTHER_LIMITS_MS);
    times_out(config, &options, 300, ESA_OUTCOME_UNKNOWN, "time ran out while waiting for the reply");

    config = new_config();
    esa_config_set_timeout(config, 1);
    esa_client *client = client_of(config);
    reset();
    options.timeout_ms = 60000;
    CHECK_INTEGER(create(client, "in-time.example.com", &options, NULL), ESA_OK);
    esa_client_free(client);
}

static void a_reply_that_drips_within_the_limit(void) {
    reset();
    add_fault("{\"wire\": {\"kind\": \"drip\", \"bytes\": 1, \"interval_ms\": 100}, \"times\": 0}");
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, OTHER_LIMITS_MS);
    esa_config_set_attempt_timeout(config, 500);
    esa_config_set_timeout(config, OTHER_LIMITS_MS);
    times_out(config, NULL, 500, ESA_OUTCOME_UNKNOWN, "time ran out while waiting for the reply");
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(the_tls_handshake_within_the_limit_for_connecting);
    RUN(a_connection_that_nobody_takes);
    RUN(one_request_within_its_limit);
    RUN(the_whole_call_within_its_limit);
    RUN(the_call_s_own_limit_comes_before_the_client_s);
    RUN(a_reply_that_drips_within_the_limit);
    return stop_emulator();
}
