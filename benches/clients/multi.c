/*
 * libesa from C on one thread, calls of an event loop: an epoll instance in which the multi's descriptor is registered
 * once.
 *
 * It is called, reads and prints as the others do; its "threads" are how many calls are pending at once.
 */
#include "libesa.h"
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

static esa_multi *multi;
static int64_t *started;
static int64_t *latencies;

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void start(long number) {
    esa_pending *pending = NULL;
    esa_error *error = NULL;
    started[number] = now(CLOCK_MONOTONIC);
    check(
        esa_create_routine_related_record_start(multi, client, &request, &options, &started[number], &pending, &error),
        error);
}

/* Takes what has finished; how many these are. Each makes room for the next call. */
static long take_finished(long *next, long count) {
    long taken = 0;
    for (esa_pending *pending; (pending = esa_multi_next_finished(multi)) != NULL; taken++) {
        const long number = (int64_t *)esa_pending_user_data(pending) - started;
        esa_create_routine_related_record_result *result = NULL;
        esa_error *error = NULL;
        check(esa_create_routine_related_record_finish(pending, &result, &error), error);
        take(result);
        latencies[number] = now(CLOCK_MONOTONIC) - started[number];
        if (*next < count) {
            start((*next)++);
        }
    }
    return taken;
}

static void run(int loop, long count, long at_once) {
    const int64_t begun = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    long next = 0, done = 0;
    while (next < at_once && next < count) {
        start(next++);
    }
    while (done < count) {
        struct epoll_event event;
        epoll_wait(loop, &event, 1, -1);
        if (esa_multi_step(multi) != ESA_OK) {
            abort();
        }
        done += take_finished(&next, count);
    }
    const int64_t cpu_taken = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"wall\": %lld, \"cpu\": %lld, \"latencies\": [", (long long)(now(CLOCK_MONOTONIC) - begun),
           (long long)cpu_taken);
    for (long i = 0; i < count; i++) {
        printf("%s%lld", i > 0 ? ", " : "", (long long)latencies[i]);
    }
    puts("]}");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s URL CA_FILE CALLS_AT_ONCE\n", argv[0]);
        return 2;
    }
    make_client(argv[1], argv[2]);
    esa_error *error = NULL;
    check(esa_multi_new(&multi, &error), error);
    const int loop = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(loop, EPOLL_CTL_ADD, esa_multi_descriptor(multi), &event);
    for (long count; scanf("%ld", &count) == 1;) {
        started = malloc((size_t)count * sizeof *started);
        latencies = malloc((size_t)count * sizeof *latencies);
        run(loop, count, atol(argv[3]));
        free(latencies);
        free(started);
    }
    return 0;
}
