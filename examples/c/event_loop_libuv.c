/*
 * event_loop_libuv: ties domain names to a routine from a libuv loop, which goes on with its own work meanwhile.
 *
 * One thread does everything: no call blocks, and all of them are one descriptor in the loop. The loop's own work is a
 * timer, which says each second how far it is. Credentials, region and endpoint come from the environment. Ctrl-C ends
 * it in good order; a second one kills.
 */
#define _POSIX_C_SOURCE 200809L
#include <esa.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { ALL_FINE = 0, BAD_ARGUMENTS = 2, SOME_FAILED = 3, INTERRUPTED = 130 };

static const char USAGE[] = "usage: event_loop_libuv ROUTINE RECORD_NAME...\n";

static const char HELP[] = "\n"
                           "Ties domain names to a routine, so that requests for them run the routine. Those that\n"
                           "are tied to it already stay as they are. Each name's site is found.\n"
                           "\n"
                           "Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,\n"
                           "ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.\n"
                           "\n"
                           "Exit status: 0 all names are tied; 2 invalid argument; 3 some failed; 130 interrupted.\n";

/* How far the calls are. */
typedef struct {
    esa_multi *multi;
    size_t count, left, existing, failed;
} progress;

static esa_cancel *cancel;
static volatile sig_atomic_t interrupted;

/* Ends all calls: the multi's descriptor becomes readable, and the next step has them finish. */
static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
    esa_cancel_trigger(cancel);
}

static void cancel_on_interrupt(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

/* Counts a failure, and says what went wrong with `what`, unless it was cancelled. Releases the error. */
static void report(const char *what, esa_error *error, progress *so_far) {
    so_far->failed++;
    if (error->status != ESA_ERR_CANCELLED) {
        const char *code = *error->code ? error->code : esa_status_name(error->status);
        fprintf(stderr, "%s: %s: %s\n  advice: %s\n", what, code, error->message, error->advice);
    }
    esa_error_free(error);
}

/* Starts a call for each name. None of them waits for anything here. */
static void start_all(const esa_client *client, const char *routine, char **names, progress *so_far) {
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    for (size_t i = 0; i < so_far->count; i++) {
        esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        request.name = routine;
        request.record_name = names[i];
        esa_pending *pending = NULL;
        esa_error *error = NULL;
        if (esa_ensure_routine_related_record_start(so_far->multi, client, &request, &options, names[i], &pending,
                                                    &error) == ESA_OK) {
            so_far->left++;
        } else {
            report(names[i], error, so_far);
        }
    }
}

/* Does what is due, and takes the calls that have finished. */
static void on_multi(uv_poll_t *poll, int status, int events) {
    (void)status;
    (void)events;
    progress *so_far = poll->data;
    if (esa_multi_step(so_far->multi) != ESA_OK) {
        fputs("event_loop_libuv: the multi can't be stepped\n", stderr);
        exit(EXIT_FAILURE);
    }
    esa_pending *pending;
    while ((pending = esa_multi_next_finished(so_far->multi)) != NULL) {
        const char *name = esa_pending_user_data(pending);
        esa_create_routine_related_record_result *record = NULL;
        esa_error *error = NULL;
        if (esa_ensure_routine_related_record_finish(pending, &record, &error) == ESA_OK) {
            so_far->existing += record->origin == ESA_ORIGIN_EXISTING;
        } else {
            report(name, error, so_far);
        }
        esa_create_routine_related_record_result_free(record);
        so_far->left--;
    }
    if (so_far->left == 0) {
        uv_stop(poll->loop);
    }
}

static void on_timer(uv_timer_t *timer) {
    const progress *so_far = timer->data;
    fprintf(stderr, "%zu of %zu, %zu failed\n", so_far->count - so_far->left, so_far->count, so_far->failed);
}

/* Runs until no call is left. Returns 0, or libuv's error. */
static int run_loop(uv_loop_t *loop, progress *so_far) {
    uv_timer_t timer;
    uv_poll_t poll;
    int failed = uv_timer_init(loop, &timer);
    if (failed == 0) {
        failed = uv_poll_init(loop, &poll, esa_multi_descriptor(so_far->multi));
    }
    if (failed != 0) {
        return failed;
    }
    timer.data = poll.data = so_far;
    uv_timer_start(&timer, on_timer, 1000, 1000);
    uv_poll_start(&poll, UV_READABLE, on_multi);
    if (so_far->left > 0) {
        uv_run(loop, UV_RUN_DEFAULT);
    }
    /* libuv has let go of the descriptor when both are closed; only then may the multi be released. */
    uv_close((uv_handle_t *)&poll, NULL);
    uv_close((uv_handle_t *)&timer, NULL);
    return uv_run(loop, UV_RUN_DEFAULT);
}

/* Says what came of all the names, and returns the program's exit status. */
static int sum_up(const progress *so_far) {
    const size_t tied = so_far->count - so_far->failed;
    if (interrupted && so_far->failed > 0) {
        fprintf(stderr, "interrupted: %zu of %zu are tied; run it again for the rest\n", tied, so_far->count);
        return INTERRUPTED;
    }
    printf("%zu names: %zu created, %zu there already, %zu failed\n", so_far->count, tied - so_far->existing,
           so_far->existing, so_far->failed);
    return so_far->failed > 0 ? SOME_FAILED : ALL_FINE;
}

static int bind_domains(const char *routine, char **names, size_t count) {
    progress so_far = {NULL, count, 0, 0, 0};
    esa_client *client = NULL;
    esa_error *error = NULL;
    uv_loop_t loop;
    int status = SOME_FAILED;
    if (esa_client_new(NULL, &client, &error) != ESA_OK || esa_multi_new(&so_far.multi, &error) != ESA_OK) {
        report("error", error, &so_far);
    } else {
        start_all(client, routine, names, &so_far);
        int failed = uv_loop_init(&loop);
        if (failed == 0) {
            failed = run_loop(&loop, &so_far);
            uv_loop_close(&loop);
        }
        if (failed == 0) {
            status = sum_up(&so_far);
        } else {
            fprintf(stderr, "event_loop_libuv: %s\n", uv_strerror(failed));
        }
    }
    esa_multi_free(so_far.multi);
    esa_client_free(client);
    return status;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("%s%s", USAGE, HELP);
        return ALL_FINE;
    }
    if (argc < 3) {
        fputs(USAGE, stderr);
        return BAD_ARGUMENTS;
    }
    esa_error *error = NULL;
    if (esa_cancel_new(&cancel, &error) != ESA_OK) {
        fprintf(stderr, "event_loop_libuv: %s\n", error->message);
        esa_error_free(error);
        return SOME_FAILED;
    }
    cancel_on_interrupt();
    const int status = bind_domains(argv[1], argv + 2, (size_t)argc - 2);
    /* An interrupt from here on finds nothing to cancel, and must not find a released object. */
    signal(SIGINT, SIG_DFL);
    esa_cancel_free(cancel);
    return status;
}
