/*
 * libcurl's easy interface, a handle for each thread, with the request of request.txt: it signs nothing, reads no JSON
 * and keeps no time limit.
 *
 * Many machines have libcurl and not its headers. What is used of them is declared here; libcurl never changes it.
 */
#include "driver.h"
#include <dlfcn.h>
#include <string.h>

enum { OPTION_WRITEDATA = 10001, OPTION_URL = 10002, OPTION_POSTFIELDS = 10015, OPTION_HTTPHEADER = 10023 };
enum { OPTION_CAINFO = 10065, OPTION_NOSIGNAL = 99, OPTION_WRITEFUNCTION = 20011, INFO_RESPONSE_CODE = 0x200002 };
enum { GLOBAL_DEFAULT = 3 };

struct curl_slist;
static void *(*easy_init)(void);
static int (*easy_setopt)(void *, int, ...);
static int (*easy_perform)(void *);
static int (*easy_getinfo)(void *, int, ...);
static struct curl_slist *(*slist_append)(struct curl_slist *, const char *);

static const char *server_url, *server_ca_file;
static struct curl_slist *headers;
static char *body;

static void fail(const char *reason) {
    fprintf(stderr, "libcurl: %s\n", reason);
    exit(1);
}

static void *find(void *library, const char *name) {
    void *function = dlsym(library, name);
    if (!function) {
        fail(dlerror());
    }
    return function;
}

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW);
    if (!library) {
        fail(dlerror());
    }
    int (*global_init)(long);
    /* POSIX's way to make a function of a data pointer. */
    *(void **)&global_init = find(library, "curl_global_init");
    *(void **)&easy_init = find(library, "curl_easy_init");
    *(void **)&easy_setopt = find(library, "curl_easy_setopt");
    *(void **)&easy_perform = find(library, "curl_easy_perform");
    *(void **)&easy_getinfo = find(library, "curl_easy_getinfo");
    *(void **)&slist_append = find(library, "curl_slist_append");
    global_init(GLOBAL_DEFAULT);
}

/* Headers, a blank line and the body; what libcurl makes of itself is left out. */
static void read_request(void) {
    const char *path = getenv("BENCH_REQUEST");
    FILE *file = fopen(path ? path : "benches/request.txt", "r");
    if (!file) {
        fail("the request can't be read");
    }
    static char line[4096];
    while (fgets(line, sizeof line, file) && *line != '\n') {
        line[strcspn(line, "\n")] = '\0';
        if (strchr(line, ':') && strncmp(line, "content-length", 14) != 0) {
            headers = slist_append(headers, line);
        }
    }
    if (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        body = line;
    }
    fclose(file);
}

static void set_up(const char *url, const char *ca_file) {
    server_url = url;
    server_ca_file = ca_file;
    load();
    read_request();
}

typedef struct {
    char text[4096];
    size_t length;
} bench_reply;

typedef struct {
    void *easy;
    bench_reply reply;
} bench_handle;

static size_t keep(char *data, size_t size, size_t count, void *user_data) {
    bench_reply *reply = user_data;
    const size_t length = size * count;
    if (length > sizeof reply->text - reply->length) {
        return 0;
    }
    memcpy(reply->text + reply->length, data, length);
    reply->length += length;
    return length;
}

static void *set_up_thread(void) {
    bench_handle *handle = calloc(1, sizeof *handle);
    handle->easy = easy_init();
    easy_setopt(handle->easy, OPTION_URL, server_url);
    easy_setopt(handle->easy, OPTION_CAINFO, server_ca_file);
    easy_setopt(handle->easy, OPTION_HTTPHEADER, headers);
    easy_setopt(handle->easy, OPTION_POSTFIELDS, body);
    easy_setopt(handle->easy, OPTION_NOSIGNAL, 1L);
    easy_setopt(handle->easy, OPTION_WRITEFUNCTION, keep);
    easy_setopt(handle->easy, OPTION_WRITEDATA, &handle->reply);
    return handle;
}

static void call(void *thread) {
    bench_handle *handle = thread;
    long status = 0;
    handle->reply.length = 0;
    if (easy_perform(handle->easy) != 0) {
        fail("the call failed");
    }
    easy_getinfo(handle->easy, INFO_RESPONSE_CODE, &status);
    if (status != 200 || handle->reply.length == 0) {
        fail("not the reply of a create");
    }
}
