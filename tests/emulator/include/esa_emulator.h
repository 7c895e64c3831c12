/*
 * Starts, steers and stops the emulator of the service from a test in C99.
 *
 * Needs POSIX: define _POSIX_C_SOURCE as 200809L before the first #include. Every function returns 0, or -1 with the
 * reason in `error`. One thread at a time may use an esa_emulator.
 */
#ifndef ESA_EMULATOR_H
#define ESA_EMULATOR_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { ESA_EMULATOR_PATIENCE_MS = 30000 };

typedef struct esa_emulator_options {
    const char *seed_file; /* NULL: the built-in account */
    int tls;               /* not 0: https, without reset, post and get */
} esa_emulator_options;

typedef struct esa_emulator {
    pid_t pid;  /* 0: none runs */
    int input;  /* it ends when this is closed */
    int output; /* where the ready line came from */
    long port;
    long long site_id;
    char url[64];
    char access_key_id[64];
    char access_key_secret[64];
    char account_id[64];
    char site_name[256];
    char routine[256];
    char ca_file[1024]; /* "" without TLS */
    char error[512];
} esa_emulator;

static inline int esa_emulator_failed(esa_emulator *emulator, const char *what, const char *why) {
    snprintf(emulator->error, sizeof emulator->error, "esa-emulator: %s: %s", what, why);
    return -1;
}

/* What follows `"key":` in the ready line, which is flat and has no blanks. NULL unless the key occurs once. */
static inline const char *esa_emulator_value(const char *line, const char *key) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *found = strstr(line, quoted);
    if (!found || strstr(found + 1, quoted)) {
        return NULL;
    }
    return found + strlen(quoted);
}

/* Copies the text of `key`; refuses escapes, which the emulator has no reason to write. */
static inline int esa_emulator_text(esa_emulator *emulator, const char *line, const char *key, char *to, size_t size) {
    const char *value = esa_emulator_value(line, key);
    size_t length = value && *value == '"' ? strcspn(value + 1, "\"\\") : 0;
    if (length == 0 || length >= size || value[1 + length] != '"') {
        return esa_emulator_failed(emulator, "ready line without a usable value", key);
    }
    memcpy(to, value + 1, length);
    to[length] = '\0';
    return 0;
}

static inline int esa_emulator_read_line(esa_emulator *emulator, const char *line, int tls) {
    const char *site_id = esa_emulator_value(line, "site_id");
    char *end = NULL;
    errno = 0;
    emulator->site_id = site_id ? strtoll(site_id, &end, 10) : 0;
    if (emulator->site_id < 1 || errno != 0 || (*end != ',' && *end != '}')) {
        return esa_emulator_failed(emulator, "ready line without a usable value", "site_id");
    }
#define ESA_EMULATOR_TEXT(key) esa_emulator_text(emulator, line, #key, emulator->key, sizeof emulator->key)
    if (ESA_EMULATOR_TEXT(url) || ESA_EMULATOR_TEXT(access_key_id) || ESA_EMULATOR_TEXT(access_key_secret) ||
        ESA_EMULATOR_TEXT(account_id) || ESA_EMULATOR_TEXT(site_name) || ESA_EMULATOR_TEXT(routine) ||
        (tls && ESA_EMULATOR_TEXT(ca_file))) {
        return -1;
    }
#undef ESA_EMULATOR_TEXT
    emulator->port = strtol(strrchr(emulator->url, ':') + 1, NULL, 10);
    return 0;
}

static inline long long esa_emulator_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits for the ready line and reads it. */
static inline int esa_emulator_get_ready(esa_emulator *emulator, int tls) {
    char line[4096];
    size_t length = 0;
    long long deadline = esa_emulator_now_ms() + ESA_EMULATOR_PATIENCE_MS;
    while (length == 0 || line[length - 1] != '\n') {
        struct pollfd readable = {emulator->output, POLLIN, 0};
        long long left = deadline - esa_emulator_now_ms();
        if (left <= 0 || length == sizeof line - 1) {
            return esa_emulator_failed(emulator, "start", "no ready line");
        }
        if (poll(&readable, 1, (int)left) == 1) {
            ssize_t got = read(emulator->output, line + length, sizeof line - 1 - length);
            if (got == 0 || (got < 0 && errno != EINTR)) {
                return esa_emulator_failed(
                    emulator, "start",
                    "it ended before it was ready; its standard error says why, or ESA_EMULATOR names none");
            }
            length += got > 0 ? (size_t)got : 0;
        }
    }
    line[length] = '\0';
    return esa_emulator_read_line(emulator, line, tls);
}

/* Closes the emulator's standard input, which ends it, and waits; one that doesn't end is killed, which is an error. */
static inline int esa_emulator_stop(esa_emulator *emulator) {
    if (emulator->pid == 0) {
        return 0;
    }
    close(emulator->input);
    const struct timespec pause = {0, 5000000};
    int status = 0;
    pid_t ended = 0;
    long long deadline = esa_emulator_now_ms() + ESA_EMULATOR_PATIENCE_MS;
    while ((ended = waitpid(emulator->pid, &status, WNOHANG)) == 0 && esa_emulator_now_ms() < deadline) {
        nanosleep(&pause, NULL);
    }
    if (ended == 0) {
        kill(emulator->pid, SIGKILL);
        waitpid(emulator->pid, &status, 0);
    }
    close(emulator->output);
    emulator->pid = 0;
    if (ended <= 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return esa_emulator_failed(emulator, "stop",
                                   ended == 0 ? "it had to be killed" : "it did not end with status 0");
    }
    return 0;
}

/*
 * Starts the program that the environment variable ESA_EMULATOR names, else esa-emulator on the PATH. `options` may be
 * NULL. End it with esa_emulator_stop(), also after a failure.
 */
static inline int esa_emulator_start(const esa_emulator_options *options, esa_emulator *emulator) {
    const esa_emulator_options defaults = {NULL, 0};
    options = options ? options : &defaults;
    memset(emulator, 0, sizeof *emulator);
    const char *named = getenv("ESA_EMULATOR");
    const char *program = named && *named ? named : "esa-emulator";
    const char *arguments[6] = {program, "--exit-with-stdin"};
    int count = 2;
    if (options->tls) {
        arguments[count++] = "--tls";
    }
    if (options->seed_file) {
        arguments[count++] = "--seed";
        arguments[count++] = options->seed_file;
    }

    int in[2], out[2];
    if (pipe(in) != 0) {
        return esa_emulator_failed(emulator, "pipe", strerror(errno));
    }
    if (pipe(out) != 0) {
        close(in[0]);
        close(in[1]);
        return esa_emulator_failed(emulator, "pipe", strerror(errno));
    }
    /* Another child that held the writing end would keep the emulator alive. */
    const int ends[] = {in[0], in[1], out[0], out[1]};
    for (int end = 0; end < 4; end++) {
        fcntl(ends[end], F_SETFD, FD_CLOEXEC);
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    /* Its own process group: Ctrl-C in a terminal ends the test, but not its emulator. */
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    int problem = posix_spawnp(&emulator->pid, program, &actions, &attributes, (char *const *)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    emulator->input = in[1];
    emulator->output = out[0];
    if (problem != 0) {
        emulator->pid = 0;
        close(in[1]);
        close(out[0]);
        return esa_emulator_failed(emulator, program, strerror(problem));
    }
    return esa_emulator_get_ready(emulator, options->tls);
}

static inline int esa_emulator_connect(const esa_emulator *emulator) {
    struct sockaddr_in address;
    struct timeval patience = {ESA_EMULATOR_PATIENCE_MS / 1000, 0};
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)emulator->port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection < 0) {
        return -1;
    }
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(connection, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(connection);
        return -1;
    }
    return connection;
}

/* One request to the emulator's own interface; the reply's body goes to *reply (free it), unless that is NULL. */
static inline int esa_emulator_request(esa_emulator *emulator, const char *method, const char *resource,
                                       const char *body, char **reply) {
    if (emulator->ca_file[0]) {
        return esa_emulator_failed(emulator, resource, "this helper speaks no TLS");
    }
    char head[256];
    snprintf(head, sizeof head,
             "%s /_emulator/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", method,
             resource, strlen(body));
    int connection = esa_emulator_connect(emulator);
    if (connection < 0) {
        return esa_emulator_failed(emulator, resource, strerror(errno));
    }
    const char *parts[] = {head, body};
    for (int part = 0; part < 2; part++) {
        size_t length = strlen(parts[part]);
        for (size_t sent = 0; sent < length;) {
            ssize_t more = send(connection, parts[part] + sent, length - sent, MSG_NOSIGNAL);
            if (more <= 0) {
                close(connection);
                return esa_emulator_failed(emulator, resource, "the request could not be sent");
            }
            sent += (size_t)more;
        }
    }

    size_t length = 0, size = 65536;
    char *text = (char *)malloc(size);
    ssize_t more = -1;
    while (text && (more = recv(connection, text + length, size - length - 1, 0)) > 0) {
        length += (size_t)more;
        if (size - length < 2) {
            char *larger = (char *)realloc(text, size *= 2);
            if (!larger) {
                free(text);
            }
            text = larger;
        }
    }
    close(connection);
    if (!text || more < 0) {
        free(text);
        return esa_emulator_failed(emulator, resource, "the reply could not be read");
    }
    text[length] = '\0';
    char *end_of_head = strstr(text, "\r\n\r\n");
    if (!end_of_head || strncmp(text, "HTTP/1.1 200 ", 13) != 0) {
        esa_emulator_failed(emulator, resource, end_of_head ? end_of_head + 4 : text);
        free(text);
        return -1;
    }
    if (reply) {
        memmove(text, end_of_head + 4, strlen(end_of_head + 4) + 1);
        *reply = text;
    } else {
        free(text);
    }
    return 0;
}

/* Sends JSON, such as a fault rule to "faults". */
static inline int esa_emulator_post(esa_emulator *emulator, const char *resource, const char *json) {
    return esa_emulator_request(emulator, "POST", resource, json, NULL);
}

/* Gets JSON, such as the log of "requests"; free it. */
static inline int esa_emulator_get(esa_emulator *emulator, const char *resource, char **json) {
    return esa_emulator_request(emulator, "GET", resource, "", json);
}

/* Back to how it started: state, rules, clock, log. */
static inline int esa_emulator_reset(esa_emulator *emulator) { return esa_emulator_post(emulator, "reset", ""); }

#endif
