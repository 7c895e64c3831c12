/* What the snippets of docs/event-loops.md need around them; test_event_loops.py makes snippets.h of the document. */
#ifndef AROUND_H
#define AROUND_H

#include <esa.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include LOOP_HEADER
#include "snippets.h"

static esa_client *client;
static esa_multi *multi;

/* Starts three calls, of which one fails. */
static void start_calls(void) {
    static char names[][sizeof "b.elsewhere.org"] = {"a.example.com", "b.elsewhere.org", "c.example.com"};
    const int ready = esa_client_new(NULL, &client, NULL) == ESA_OK && esa_multi_new(&multi, NULL) == ESA_OK;
    for (size_t i = 0; ready && i < sizeof names / sizeof *names; i++) {
        bind_domain(multi, client, "test-routine1", names[i]);
    }
}

static void release(void) {
    esa_multi_free(multi);
    esa_client_free(client);
}

#endif
