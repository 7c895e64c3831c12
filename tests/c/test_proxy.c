/* A proxy that the configuration names is asked to connect, with the credentials, and nothing goes around it. */
#define _POSIX_C_SOURCE 200809L
#include "fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* "me:p@ss" of the URL, in Base64. */
#define CREDENTIALS "Proxy-Authorization: Basic bWU6cEBzcw==\r\n"

/* A proxy for one connection. */
typedef struct {
    pthread_t thread;
    int listener;
    char url[64];
    char head[1024]; /* what it was asked */
} proxy;

static int on_this_machine(int (*bind_or_connect)(int, const struct sockaddr *, socklen_t), int descriptor, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind_or_connect(descriptor, (const struct sockaddr *)&address, sizeof address);
}

/* Passes bytes on in both directions until one side ends. */
static void forward(int client, int server) {
    struct pollfd sides[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    char bytes[4096];
    while (poll(sides, 2, 60000) > 0) {
        for (int side = 0; side < 2; side++) {
            if (sides[side].revents) {
                const ssize_t count = read(sides[side].fd, bytes, sizeof bytes);
                if (count <= 0 || send(sides[!side].fd, bytes, (size_t)count, MSG_NOSIGNAL) != count) {
                    return;
                }
            }
        }
    }
}

static void *serve(void *argument) {
    proxy *self = argument;
    const int client = accept(self->listener, NULL, NULL);
    size_t length = 0;
    while (length < sizeof self->head - 1 && !strstr(self->head, "\r\n\r\n") &&
           read(client, self->head + length, 1) == 1) {
        length++;
    }
    int port;
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    const char *answer = "HTTP/1.1 407 Who are you\r\n\r\n";
    if (strstr(self->head, CREDENTIALS) && sscanf(self->head, "CONNECT 127.0.0.1:%d HTTP/1.1\r\n", &port) == 1 &&
        on_this_machine(connect, server, port) == 0) {
        answer = "HTTP/1.1 200 Connected\r\n\r\n";
    }
    if (send(client, answer, strlen(answer), MSG_NOSIGNAL) > 0 && strstr(answer, "200")) {
        forward(client, server);
    }
    close(server);
    close(client);
    return NULL;
}

/* `credentials` is the URL's, with its "@". */
static void start(proxy *self, const char *credentials) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    memset(self, 0, sizeof *self);
    self->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INTEGER(on_this_machine(bind, self->listener, 0), 0);
    CHECK_INTEGER(listen(self->listener, 1), 0);
    CHECK_INTEGER(getsockname(self->listener, (struct sockaddr *)&address, &length), 0);
    snprintf(self->url, sizeof self->url, "http://%s127.0.0.1:%d", credentials, ntohs(address.sin_port));
    CHECK_INTEGER(pthread_create(&self->thread, NULL, serve, self), 0);
}

static esa_client *client_through(const proxy *self) {
    esa_config *config = new_config();
    esa_config_set_ca_file(config, emulator.ca_file);
    esa_config_set_proxy(config, self->url);
    return client_of(config);
}

static void ended(proxy *self) {
    pthread_join(self->thread, NULL);
    close(self->listener);
}

static void a_record_is_created_through_a_proxy(void) {
    proxy self;
    start(&self, "me:p%40ss@");
    CHECK_STILL_GOOD();
    esa_client *client = client_through(&self);
    esa_error *error = NULL;
    CHECK_INTEGER(create(client, "proxy.example.com", NULL, &error), ESA_OK);
    esa_client_free(client);
    ended(&self);
    /* The emulator's URL without "https://". */
    CHECK(strstr(self.head, emulator.url + 8));
}

static void a_proxy_that_refuses_the_credentials_is_an_error_without_it(void) {
    proxy self;
    start(&self, "me:hunter2@");
    CHECK_STILL_GOOD();
    esa_client *client = client_through(&self);
    esa_error *error = NULL;
    CHECK_INTEGER(create(client, "refused.example.com", NULL, &error), ESA_ERR_PROXY);
    esa_client_free(client);
    ended(&self);
    CHECK(error);
    CHECK_INTEGER(error->outcome, ESA_OUTCOME_NOT_SENT);
    CHECK_INTEGER(error->retryable, 0);
    CHECK(strstr(error->message, "credentials") && strstr(error->advice, "password"));
    CHECK(!strstr(error->message, "hunter2") && !strstr(error->advice, "hunter2"));
    esa_error_free(error);
}

int main(void) {
    const esa_emulator_options options = {NULL, 1};
    if (start_emulator(&options) != 0) {
        return 2;
    }
    RUN(a_record_is_created_through_a_proxy);
    RUN(a_proxy_that_refuses_the_credentials_is_an_error_without_it);
    return stop_emulator();
}
