/*
 * bind_domains: ties many domain names to a routine. Run again with the same names, it does what is left to do.
 *
 * Credentials, region and endpoint come from the environment. Ctrl-C ends it in good order; a second one kills.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <esa.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ALL_FINE = 0, BAD_ARGUMENTS = 2, SOME_FAILED = 3, INTERRUPTED = 130 };

/* How wide the bar is on a terminal, and after how many records there is a line elsewhere. */
enum { BAR = 40, LINE_EVERY = 100 };

static const char USAGE[] = "usage: bind_domains --routine NAME [--site-id ID] FILE\n";

static const char HELP[] =
    "\n"
    "Ties each domain name in FILE to a routine, so that requests for it run the routine. Those that\n"
    "are tied to it already stay as they are.\n"
    "\n"
    "  FILE            a name in each line; what follows a # is a comment; - for standard input\n"
    "  --routine NAME  the routine\n"
    "  --site-id ID    the site; without it, each name's own site is found\n"
    "  --help          show this\n"
    "\n"
    "Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,\n"
    "ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.\n"
    "\n"
    "Exit status: 0 all names are tied; 2 invalid argument; 3 some failed; 130 interrupted. Run it\n"
    "again for those that are left.\n";

typedef esa_create_routine_related_record_request item;
typedef esa_create_routine_related_record_result record;

static esa_cancel *cancel;
static volatile sig_atomic_t interrupted;

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

/* The name in a line, without its comment and the blanks around; empty where there is none. Changes the line. */
static char *name_in(char *line) {
    static const char BLANKS[] = " \t\r\n\v\f";
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, BLANKS);
    size_t length = strlen(line);
    while (length > 0 && strchr(BLANKS, line[length - 1])) {
        length--;
    }
    line[length] = '\0';
    return line;
}

/* Reads an item for each name into *items, and returns how many there are. Ends the program where it can't. */
static size_t read_items(const char *path, const item *each, item **items) {
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *line = NULL;
    size_t size = 0, count = 0, room = 0;
    *items = NULL;
    while (file && getline(&line, &size, file) >= 0) {
        const char *name = name_in(line);
        if (*name == '\0') {
            continue;
        }
        if (count == room) {
            room = room ? 2 * room : 64;
            *items = realloc(*items, room * sizeof **items);
        }
        item next = *each;
        next.record_name = strdup(name);
        if (!*items || !next.record_name) {
            fputs("bind_domains: out of memory\n", stderr);
            exit(SOME_FAILED);
        }
        (*items)[count++] = next;
    }
    if (!file || ferror(file)) {
        fprintf(stderr, "bind_domains: %s: %s\n", path, strerror(errno));
        exit(BAD_ARGUMENTS);
    }
    free(line);
    if (file != stdin) {
        fclose(file);
    }
    return count;
}

/* Reads a whole number of 1 or more, in digits alone. */
static int read_number(const char *text, int64_t *number) {
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0') {
        return 0;
    }
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0 && *number >= 1;
}

static int32_t show_progress(void *data, size_t done, size_t count, const record *result, const esa_error *error) {
    (void)result;
    if (interrupted) {
        return 1;
    }
    size_t *failed = data;
    *failed += error != NULL;
    if (isatty(STDERR_FILENO)) {
        char bar[BAR + 1] = {0};
        memset(bar, '.', BAR);
        memset(bar, '#', done * BAR / count);
        fprintf(stderr, "\r[%s] %zu/%zu, %zu failed%s", bar, done, count, *failed, done == count ? "\n" : "");
    } else if (done % LINE_EVERY == 0) {
        fprintf(stderr, "%zu of %zu, %zu failed\n", done, count, *failed);
    }
    return 0;
}

/* Says what went wrong with `what`. */
static void report(const char *what, const esa_error *error) {
    const char *code = *error->code ? error->code : esa_status_name(error->status);
    fprintf(stderr, "%s: %s: %s\n  advice: %s\n", what, code, error->message, error->advice);
}

/* Says what came of all the records, and returns the program's exit status. */
static int sum_up(const item *items, const esa_ensure_routine_related_records_result *all) {
    size_t existing = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->results[i]) {
            existing += all->results[i]->origin == ESA_ORIGIN_EXISTING;
        } else if (all->errors[i]->status != ESA_ERR_CANCELLED) {
            report(items[i].record_name, all->errors[i]);
        }
    }
    const size_t tied = all->count - all->failed;
    if (interrupted && all->failed > 0) {
        fprintf(stderr, "interrupted: %zu of %zu are tied; run it again for the rest\n", tied, all->count);
        return INTERRUPTED;
    }
    printf("%zu names: %zu created, %zu there already, %zu failed\n", all->count, tied - existing, existing,
           all->failed);
    return all->failed > 0 ? SOME_FAILED : ALL_FINE;
}

static int bind_domains(const item *items, size_t count) {
    size_t failed = 0;
    esa_ensure_routine_related_records_request request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    request.items = items;
    request.count = count;
    request.progress = show_progress;
    request.progress_data = &failed;
    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;

    esa_client *client = NULL;
    esa_ensure_routine_related_records_result *result = NULL;
    esa_error *error = NULL;
    esa_status called = esa_client_new(NULL, &client, &error);
    if (called == ESA_OK) {
        called = esa_ensure_routine_related_records(client, &request, &options, &result, &error);
    }
    if (interrupted && isatty(STDERR_FILENO)) {
        fputc('\n', stderr);
    }
    int status = SOME_FAILED;
    if (called == ESA_OK) {
        status = sum_up(items, result);
    } else {
        report("error", error);
    }
    esa_ensure_routine_related_records_result_free(result);
    esa_error_free(error);
    esa_client_free(client);
    return status;
}

int main(int argc, char **argv) {
    item each = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    int next = 1;
    for (; next < argc && strncmp(argv[next], "--", 2) == 0; next += 2) {
        if (strcmp(argv[next], "--help") == 0) {
            printf("%s%s", USAGE, HELP);
            return ALL_FINE;
        }
        if (strcmp(argv[next], "--routine") == 0 && next + 1 < argc) {
            each.name = argv[next + 1];
        } else if (strcmp(argv[next], "--site-id") != 0 || next + 1 == argc ||
                   !read_number(argv[next + 1], &each.site_id)) {
            fputs(USAGE, stderr);
            return BAD_ARGUMENTS;
        }
    }
    if (argc - next != 1 || !each.name) {
        fputs(USAGE, stderr);
        return BAD_ARGUMENTS;
    }

    item *items;
    const size_t count = read_items(argv[next], &each, &items);
    esa_error *error = NULL;
    int status = SOME_FAILED;
    if (esa_cancel_new(&cancel, &error) == ESA_OK) {
        cancel_on_interrupt();
        status = bind_domains(items, count);
    } else {
        report("error", error);
    }
    esa_error_free(error);
    /* An interrupt from here on finds nothing to cancel, and must not find a released object. */
    signal(SIGINT, SIG_DFL);
    esa_cancel_free(cancel);
    for (size_t i = 0; i < count; i++) {
        free((char *)items[i].record_name);
    }
    free(items);
    return status;
}
