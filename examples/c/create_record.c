/*
 * create_record: ties a domain name to a routine, so that requests for it run the routine.
 *
 * Credentials, region and endpoint come from the environment. Ctrl-C cancels; a second one kills.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <esa.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CREATED = 0, BAD_ARGUMENTS = 2, REFUSED = 3, OUTCOME_UNKNOWN = 4, NOT_SENT = 5 };

static const char USAGE[] = "usage: create_record [--timeout SECONDS] ROUTINE SITE_ID RECORD_NAME\n";

static const char HELP[] = "\n"
                           "Creates a record on an ESA site and ties it to a routine.\n"
                           "\n"
                           "  --timeout SECONDS  how long the whole call may take (default: 30)\n"
                           "  --help             show this\n"
                           "\n"
                           "Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,\n"
                           "ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.\n"
                           "\n"
                           "Exit status: 0 created; 2 invalid argument; 3 the service refused, nothing changed;\n"
                           "4 unknown: read back whether the record exists before you try again; 5 nothing was sent.\n";

static esa_cancel *cancel;

static void on_interrupt(int signal_number) {
    (void)signal_number;
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

/* Reads a whole number from 1 to `most`, in digits alone. */
static int read_number(const char *text, int64_t most, int64_t *number) {
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0') {
        return 0;
    }
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0 && *number >= 1 && *number <= most;
}

static int bad_argument(const char *name, const char *text) {
    fprintf(stderr, "create_record: %s: not a number in range: %s\n%s", name, text, USAGE);
    return BAD_ARGUMENTS;
}

static int exit_status(const esa_error *error) {
    if (error->status == ESA_ERR_INVALID_ARGUMENT) {
        return BAD_ARGUMENTS;
    }
    switch (error->outcome) {
    case ESA_OUTCOME_NOT_SENT:
        return NOT_SENT;
    case ESA_OUTCOME_REFUSED:
        return REFUSED;
    default:
        return OUTCOME_UNKNOWN;
    }
}

/* Says what went wrong, and returns the program's exit status. Releases the error. */
static int report(esa_error *error) {
    const int status = exit_status(error);
    fprintf(stderr, "error: %s: %s\n", *error->code ? error->code : esa_status_name(error->status), error->message);
    if (*error->advice) {
        fprintf(stderr, "  advice: %s\n", error->advice);
    }
    if (*error->request_id) {
        fprintf(stderr, "  request id: %s\n", error->request_id);
    }
    fprintf(stderr, "  outcome: %s\n",
            error->outcome == ESA_OUTCOME_NOT_SENT  ? "nothing was sent"
            : error->outcome == ESA_OUTCOME_REFUSED ? "the service refused"
                                                    : "unknown: the record may exist");
    esa_error_free(error);
    return status;
}

static int create(const esa_create_routine_related_record_request *request, const esa_call_options *options) {
    esa_client *client = NULL;
    esa_create_routine_related_record_result *result = NULL;
    esa_error *error = NULL;
    if (esa_client_new(NULL, &client, &error) != ESA_OK) {
        return report(error);
    }
    const esa_status status = esa_create_routine_related_record(client, request, options, &result, &error);
    esa_client_free(client);
    if (status != ESA_OK) {
        return report(error);
    }
    printf("created record %lld for %s (request %s)\n", (long long)result->record_id, request->record_name,
           result->request_id);
    esa_create_routine_related_record_result_free(result);
    return CREATED;
}

int main(int argc, char **argv) {
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    int next = 1;
    for (; next < argc && strncmp(argv[next], "--", 2) == 0; next++) {
        int64_t seconds;
        if (strcmp(argv[next], "--help") == 0) {
            printf("%s%s", USAGE, HELP);
            return CREATED;
        }
        if (strcmp(argv[next], "--timeout") != 0 || next + 1 == argc) {
            fputs(USAGE, stderr);
            return BAD_ARGUMENTS;
        }
        if (!read_number(argv[++next], UINT32_MAX / 1000, &seconds)) {
            return bad_argument("--timeout", argv[next]);
        }
        options.timeout_ms = (uint32_t)seconds * 1000;
    }
    if (argc - next != 3) {
        fputs(USAGE, stderr);
        return BAD_ARGUMENTS;
    }
    request.name = argv[next];
    request.record_name = argv[next + 2];
    if (!read_number(argv[next + 1], INT64_MAX, &request.site_id)) {
        return bad_argument("SITE_ID", argv[next + 1]);
    }

    esa_error *error = NULL;
    if (esa_cancel_new(&cancel, &error) != ESA_OK) {
        return report(error);
    }
    options.cancel = cancel;
    cancel_on_interrupt();
    const int status = create(&request, &options);
    /* An interrupt from here on finds nothing to cancel, and must not find a released object. */
    signal(SIGINT, SIG_DFL);
    esa_cancel_free(cancel);
    return status;
}
