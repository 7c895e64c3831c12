/* Signals of the host: a timer that interrupts every system call, and SIGPIPE left at its default. */
#define _XOPEN_SOURCE 700
#include "fixture.h"

static volatile sig_atomic_t signals;

static void on_alarm(int signal_number) {
    (void)signal_number;
    signals++;
}

static void begin_signals(int flags) {
    const struct itimerval every_5_ms = {{0, 5000}, {0, 5000}};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    action.sa_flags = flags;
    signals = 0;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every_5_ms, NULL);
}

static void end_signals(void) {
    const struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN); /* One may still be on its way. */
}

/* How many creates took effect. */
static int creates_executed(void) {
    char *state = NULL;
    if (esa_emulator_get(&emulator, "state", &state) != 0) {
        return -1;
    }
    int count = 0;
    for (const char *at = state; (at = strstr(at, "\"record_name\":")) != NULL; at++) {
        count++;
    }
    free(state);
    return count;
}

/* A call with this fault succeeds under fire, with and without SA_RESTART, and has been carried out once. */
static void succeeds_under_fire(const char *rule, uint32_t attempts) {
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        reset();
        if (rule) {
            add_fault(rule);
        }
        esa_client *client = new_client();
        const create_request request = new_request("signals.example.com");
        create_result *result = NULL;
        esa_error *error = NULL;
        begin_signals(flags);
        esa_create_routine_related_record(client, &request, NULL, &result, &error);
        end_signals();
        esa_client_free(client);
        CHECK_TEXT(error ? error->message : "", "");
        CHECK_INTEGER(result->attempts, attempts);
        esa_create_routine_related_record_result_free(result);
        CHECK(!rule || signals > 0);
        CHECK_INTEGER(creates_executed(), 1);
    }
}

static void during_connecting_and_reading(void) { succeeds_under_fire("{\"delay_ms\": 400}", 1); }

static void during_a_reply_that_drips(void) {
    succeeds_under_fire("{\"wire\": {\"kind\": \"drip\", \"bytes\": 20, \"interval_ms\": 20}}", 1);
}

static void during_the_wait_before_the_next_attempt(void) {
    succeeds_under_fire("{\"reply\": {\"code\": \"Throttling.User\", \"headers\": {\"Retry-After\": \"1\"}}}", 2);
}

static void during_the_look_after_a_lost_reply(void) {
    succeeds_under_fire("[{\"when\": \"after\", \"wire\": {\"kind\": \"drop\"}}, "
                        "{\"action\": \"ListRoutineRelatedRecords\", \"delay_ms\": 300}]",
                        1);
}

static void the_deadline_is_kept(void) {
    for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        reset();
        add_fault(HANG);
        esa_client *client = new_client();
        esa_call_options options = ESA_CALL_OPTIONS_INIT;
        options.timeout_ms = 500;
        const long long started = esa_emulator_now_ms();
        begin_signals(flags);
        const esa_status status = create(client, "late.example.com", &options, NULL);
        end_signals();
        const long long took = esa_emulator_now_ms() - started;
        esa_client_free(client);
        CHECK_INTEGER(status, ESA_ERR_TIMEOUT);
        CHECK(signals > 0 && took >= 500 && took < 10000);
    }
}

static void during_tls_handshakes(void) {
    const esa_emulator_options options = {NULL, 1};
    esa_emulator tls;
    CHECK_TEXT(esa_emulator_start(&options, &tls) ? tls.error : "", "");
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, tls.url);
    esa_config_set_credentials(config, tls.access_key_id, tls.access_key_secret, NULL);
    esa_config_set_ca_file(config, tls.ca_file);
    esa_config_set_max_idle_connections(config, ESA_NONE);
    esa_client *client = client_of(config);
    int succeeded = 0;
    for (int i = 0; i < 40; i++) {
        char name[64];
        snprintf(name, sizeof name, "tls%d.example.com", i);
        begin_signals(i % 2 ? SA_RESTART : 0);
        succeeded += create(client, name, NULL, NULL) == ESA_OK;
        end_signals();
    }
    esa_client_free(client);
    esa_emulator_stop(&tls);
    CHECK_INTEGER(succeeded, 40);
}

static int listener;

/* Accepts connections and resets them: at once, or after an answer that is none and the end of the stream. */
static void *reset_connections(void *argument) {
    const struct linger at_once = {1, 0};
    int connection;
    for (int i = 0; (connection = accept(listener, NULL, NULL)) >= 0; i++) {
        char first;
        if (i / 2 % 2 && recv(connection, &first, 1, MSG_PEEK) == 1 && send(connection, "garbage", 7, 0) == 7) {
            shutdown(connection, SHUT_WR);
        }
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(connection);
    }
    return argument;
}

static void a_peer_that_resets_is_an_error_and_the_process_lives(void) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 64) == 0);
    getsockname(listener, (struct sockaddr *)&address, &length);
    pthread_t thread;
    CHECK_INTEGER(pthread_create(&thread, NULL, reset_connections, NULL), 0);

    signal(SIGPIPE, SIG_DFL);
    const char *schemes[] = {"http", "https"};
    int failed = 0;
    for (int i = 0; i < 200; i++) {
        char url[64];
        snprintf(url, sizeof url, "%s://127.0.0.1:%d", schemes[i % 2], ntohs(address.sin_port));
        esa_config *config = esa_config_new();
        esa_config_set_endpoint(config, url);
        esa_config_set_credentials(config, "id", "secret", NULL);
        esa_config_set_max_attempts(config, 1);
        esa_config_set_reconcile_horizon(config, 1); /* There is nothing to read back. */
        esa_client *client = client_of(config);
        failed += create(client, "a.example.com", NULL, NULL) != ESA_OK;
        esa_client_free(client);
    }
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
    CHECK_INTEGER(failed, 200);
}

int main(void) {
    if (start_emulator(NULL) != 0) {
        return 2;
    }
    RUN(during_connecting_and_reading);
    RUN(during_a_reply_that_drips);
    RUN(during_the_wait_before_the_next_attempt);
    RUN(during_the_look_after_a_lost_reply);
    RUN(the_deadline_is_kept);
    RUN(during_tls_handshakes);
    RUN(a_peer_that_resets_is_an_error_and_the_process_lives);
    return stop_emulator();
}
