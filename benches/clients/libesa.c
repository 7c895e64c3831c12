/* libesa from C, calls that block. */
#include "libesa.h"
#include "driver.h"

static void set_up(const char *url, const char *ca_file) { make_client(url, ca_file); }

static void *set_up_thread(void) { return NULL; }

static void call(void *thread) {
    (void)thread;
    esa_create_routine_related_record_result *result = NULL;
    esa_error *error = NULL;
    check(esa_create_routine_related_record(client, &request, &options, &result, &error), error);
    take(result);
}
