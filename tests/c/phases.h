/* What a call may have to wait for, each in a way that lasts until the test ends it. Needs _GNU_SOURCE. */
#ifndef PHASES_H
#define PHASES_H

#include "multi.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <sys/stat.h>

/* Of all clients here: what ends a call earlier was the test. */
enum { PHASE_LIMIT_MS = 60000 };

typedef struct phase {
    const char *name;
    esa_client *(*client)(void);
    int action;
    /* Whether the call waits for what another call of its client does. */
    int is_second;
    /* What is true of a call that is ended there. */
    esa_outcome outcome;
} phase;

/* --- A name that no server answers for. --- */

#define NAME_THAT_HANGS "hangs.example.com"

static int look_up_end[2] = {-1, -1};

/* In place of the C library's: waits until the test closes the other end. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
    if (name && strcmp(name, NAME_THAT_HANGS) == 0) {
        char byte;
        while (read(look_up_end[0], &byte, 1) < 0) {
        }
        return EAI_AGAIN;
    }
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name, service, hints, list);
}

/* --- A connection with a full send buffer. --- */

static int stuff_connections;

/* Replaces the C library's function. If the test wants it, sending finds no room. */
ssize_t send(int descriptor, const void *bytes, size_t count, int flags) {
    static ssize_t (*real)(int, const void *, size_t, int);
    if (!real) {
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    }
    if (stuff_connections) {
        static const char stuffing[65536];
        while (real(descriptor, stuffing, sizeof stuffing, flags | MSG_DONTWAIT) > 0) {
        }
    }
    return real(descriptor, bytes, count, flags);
}

/* --- Peers that accept connections and never say a word. --- */

static int silent_listener = -1;
static int queued[4] = {-1, -1, -1, -1};

static struct sockaddr_in silent_address(void) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    getsockname(silent_listener, (struct sockaddr *)&address, &length);
    return address;
}

/* The peer's URL or authority. */
static const char *silent_peer(const char *scheme, int backlog) {
    static char url[64];
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    silent_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(silent_listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(silent_listener, backlog) != 0) {
        perror("silent peer");
    }
    snprintf(url, sizeof url, "%s127.0.0.1:%d", scheme, ntohs(silent_address().sin_port));
    return url;
}

static esa_config *config_with(const char *endpoint) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, endpoint);
    esa_config_set_credentials(config, "id", "secret", NULL);
    esa_config_set_connect_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_attempt_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_timeout(config, PHASE_LIMIT_MS);
    return config;
}

static esa_client *looks_up(void) {
    if (pipe(look_up_end) != 0) {
        perror("pipe");
    }
    return client_of(config_with("https://" NAME_THAT_HANGS));
}

static esa_client *connects(void) {
    esa_config *config = config_with(silent_peer("http://", 0));
    const struct sockaddr_in address = silent_address();
    /* They fill the queue; Linux then leaves further ones unanswered. */
    for (int i = 0; i < 4; i++) {
        queued[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(queued[i], (const struct sockaddr *)&address, sizeof address);
    }
    return client_of(config);
}

static esa_client *does_the_handshake(void) { return client_of(config_with(silent_peer("https://", 8))); }

static esa_client *asks_a_proxy(void) {
    esa_config *config = config_with("https://esa.example.com");
    esa_config_set_proxy(config, silent_peer("http://", 8));
    return client_of(config);
}

static esa_client *asks_a_socks_proxy(void) {
    esa_config *config = config_with("https://esa.example.com");
    esa_config_set_proxy(config, silent_peer("socks5h://", 8));
    return client_of(config);
}

static esa_client *sends(void) {
    stuff_connections = 1;
    return client_of(config_with(silent_peer("http://", 8)));
}

static esa_client *waits_for_the_reply(void) { return client_of(config_with(silent_peer("http://", 8))); }

static esa_config *config_of_environment(const char *endpoint) {
    esa_config *config = esa_config_new();
    esa_config_set_endpoint(config, endpoint);
    esa_config_set_connect_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_attempt_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_timeout(config, PHASE_LIMIT_MS);
    return config;
}

static esa_client *asks_a_server_for_credentials(void) {
    setenv("ALIBABA_CLOUD_CREDENTIALS_URI", silent_peer("http://", 8), 1);
    esa_client *client = client_of(config_of_environment("http://127.0.0.1:1"));
    unsetenv("ALIBABA_CLOUD_CREDENTIALS_URI");
    return client;
}

static char command_home[256];

/* The home directory, or what is in it. */
static const char *at_command_home(const char *name) {
    static char path[320];
    snprintf(path, sizeof path, "%s%s", command_home, name);
    return path;
}

/* Runs this command with its own home directory. */
static esa_client *client_of_command(const char *command, const char *endpoint) {
    char before[256];
    snprintf(before, sizeof before, "%s", getenv("HOME"));
    snprintf(command_home, sizeof command_home, "%s/esa-phases-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(command_home) || mkdir(at_command_home("/.aliyun"), 0700) != 0) {
        perror(command_home);
    }
    FILE *stream = fopen(at_command_home("/.aliyun/config.json"), "w");
    if (stream) {
        fprintf(stream,
                "{\"current\": \"default\", \"profiles\": [{\"name\": \"default\", \"mode\": \"External\", "
                "\"process_command\": \"%s\"}]}",
                command);
        fclose(stream);
    }
    setenv("HOME", command_home, 1);
    esa_client *client = client_of(config_of_environment(endpoint));
    setenv("HOME", before, 1);
    return client;
}

/* One that would go on for longer than any test. */
static esa_client *runs_a_command_for_credentials(void) { return client_of_command("sleep 600", "http://127.0.0.1:1"); }

/* The emulator's client. A rule delays its calls. */
static esa_client *held_up_by(const char *rule) {
    reset();
    add_fault(rule);
    esa_config *config = new_config();
    esa_config_set_connect_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_attempt_timeout(config, PHASE_LIMIT_MS);
    esa_config_set_timeout(config, PHASE_LIMIT_MS);
    return client_of(config);
}

static esa_client *waits_in_the_queue(void) { return held_up_by(HANG); }

static esa_client *waits_to_try_again(void) {
    return held_up_by(
        "{\"times\": 0, \"reply\": {\"code\": \"Throttling.User\", \"headers\": {\"Retry-After\": \"20\"}}}");
}

static esa_client *waits_to_read_back(void) { return held_up_by("{\"times\": 0, \"wire\": {\"kind\": \"drop\"}}"); }

static const phase phases[] = {
    {"looking up a name", looks_up, LIST, 0, ESA_OUTCOME_NOT_SENT},
    {"looking up a name that another call looks up", looks_up, LIST, 1, ESA_OUTCOME_NOT_SENT},
    {"connecting", connects, CREATE, 0, ESA_OUTCOME_NOT_SENT},
    {"the TLS handshake", does_the_handshake, CREATE, 0, ESA_OUTCOME_NOT_SENT},
    {"a proxy", asks_a_proxy, CREATE, 0, ESA_OUTCOME_NOT_SENT},
    {"a SOCKS proxy", asks_a_socks_proxy, CREATE, 0, ESA_OUTCOME_NOT_SENT},
    {"sending", sends, CREATE, 0, ESA_OUTCOME_NOT_SENT},
    {"waiting for the reply", waits_for_the_reply, CREATE, 0, ESA_OUTCOME_UNKNOWN},
    {"waiting for the reply to a read", waits_for_the_reply, MATCH, 0, ESA_OUTCOME_NOT_SENT},
    {"a server that gives credentials", asks_a_server_for_credentials, CREATE, 0, ESA_OUTCOME_NOT_SENT},
    {"credentials that another call asks for", asks_a_server_for_credentials, CREATE, 1, ESA_OUTCOME_NOT_SENT},
    {"a command that gives credentials", runs_a_command_for_credentials, CREATE, 0, ESA_OUTCOME_NOT_SENT},
    {"the client's other writes", waits_in_the_queue, CREATE, 1, ESA_OUTCOME_NOT_SENT},
    {"trying again", waits_to_try_again, CREATE, 0, ESA_OUTCOME_REFUSED},
    {"reading back", waits_to_read_back, CREATE, 0, ESA_OUTCOME_UNKNOWN},
};
enum { PHASES = sizeof phases / sizeof *phases };

/* Ends what the phase has begun outside of the library. */
static void leave_phase(void) {
    stuff_connections = 0;
    for (int i = 0; i < 4; i++) {
        if (queued[i] >= 0) {
            close(queued[i]);
            queued[i] = -1;
        }
    }
    if (silent_listener >= 0) {
        close(silent_listener);
        silent_listener = -1;
    }
    if (look_up_end[1] >= 0) {
        close(look_up_end[1]);
        look_up_end[1] = -1;
    }
    if (*command_home) {
        unlink(at_command_home("/.aliyun/config.json"));
        rmdir(at_command_home("/.aliyun"));
        rmdir(command_home);
        *command_home = '\0';
    }
}

#endif
