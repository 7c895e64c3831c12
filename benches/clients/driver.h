/*
 * What the C and C++ clients of the benchmarks have in common: calls on request, each with its time.
 *
 * `benches/run` says what a client reads and prints. A client defines the three functions that are declared first.
 */
#ifndef ESA_BENCH_DRIVER_H
#define ESA_BENCH_DRIVER_H

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Makes the client, once. */
static void set_up(const char *url, const char *ca_file);
/* The state of one thread. May be NULL. */
static void *set_up_thread(void);
/* Makes one call; anything but a success ends the program. */
static void call(void *thread);

typedef struct {
    void *own;
    pthread_t thread;
    long count;
    int64_t *latencies;
} bench_worker;

static int64_t bench_now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void *bench_work(void *argument) {
    bench_worker *worker = (bench_worker *)argument;
    for (long i = 0; i < worker->count; i++) {
        const int64_t started = bench_now(CLOCK_MONOTONIC);
        call(worker->own);
        worker->latencies[i] = bench_now(CLOCK_MONOTONIC) - started;
    }
    return NULL;
}

static void bench_run(bench_worker *workers, int threads, long count) {
    int64_t *latencies = (int64_t *)malloc((size_t)count * sizeof *latencies);
    const int64_t started = bench_now(CLOCK_MONOTONIC), cpu = bench_now(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < threads; i++) {
        workers[i].count = count / threads;
        workers[i].latencies = latencies + i * workers[i].count;
        pthread_create(&workers[i].thread, NULL, bench_work, &workers[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    const int64_t cpu_taken = bench_now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    const int64_t taken = bench_now(CLOCK_MONOTONIC) - started;
    printf("{\"wall\": %lld, \"cpu\": %lld, \"latencies\": [", (long long)taken, (long long)cpu_taken);
    for (long i = 0; i < count / threads * threads; i++) {
        printf("%s%lld", i > 0 ? ", " : "", (long long)latencies[i]);
    }
    puts("]}");
    fflush(stdout);
    free(latencies);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s URL CA_FILE THREADS\n", argv[0]);
        return 2;
    }
    const int threads = atoi(argv[3]);
    bench_worker *workers = (bench_worker *)calloc((size_t)threads, sizeof *workers);
    set_up(argv[1], argv[2]);
    for (int i = 0; i < threads; i++) {
        workers[i].own = set_up_thread();
    }
    for (long count; scanf("%ld", &count) == 1;) {
        bench_run(workers, threads, count);
    }
    return 0;
}

#endif
