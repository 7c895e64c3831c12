/*
 * A process that binds names while it shares an advisory lock of PostgreSQL with others.
 *
 * usage: postgresql_worker PROCESS THREADS RECORDS single|bulk CONNECTION TIMEOUT-S HOLD-MS
 *
 * What it says is what python_worker.py says.
 */
#define _POSIX_C_SOURCE 200809L
#include <esa.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONGEST_NAME = 64 };
static const int64_t SITE_ID = 54362329990032;
static const char ROUTINE[] = "test-routine1";
/* How long one request may take; a lease is a second and the hold longer. */
enum { ATTEMPT_MS = 2000 };

static esa_client *client;
static PGconn *connection; /* the library calls with it on one thread at a time */
static const char *process;
static int threads, records, in_bulk;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The first value that the last command of `commands` gives: 't' or 'f'; 0 where there is no connection. */
static char ask(const char *commands) {
    PGresult *result = PQexec(connection, commands);
    const char answer = PQresultStatus(result) == PGRES_TUPLES_OK ? *PQgetvalue(result, 0, 0) : 0;
    PQclear(result);
    return answer;
}

/* The lock is the session's: the server ends one that is idle for longer than the lease, and the lock with it. */
static int32_t try_acquire(void *user_data, uint32_t lease_ms, uint32_t *retry_after_ms) {
    (void)user_data;
    char commands[128];
    snprintf(commands, sizeof commands, "SET idle_session_timeout = %u; SELECT pg_try_advisory_lock(4711)",
             (unsigned)lease_ms);
    char answer = ask(commands);
    if (answer == 0) {
        PQreset(connection);
        answer = ask(commands);
    }
    *retry_after_ms = 100;
    return answer == 't' ? ESA_LOCK_ACQUIRED : answer == 'f' ? ESA_LOCK_NOT_YET : ESA_LOCK_WITHOUT;
}

static void release(void *user_data) {
    (void)user_data;
    ask("SELECT pg_advisory_unlock(4711)");
}

typedef struct outcome {
    int number, created, recovered, failed;
    double longest;
} outcome;

static void ended(outcome *outcome, const char *name, double took, const esa_create_routine_related_record_result *made,
                  const esa_error *error) {
    if (took > outcome->longest) {
        outcome->longest = took;
    }
    if (!made) {
        outcome->failed++;
        printf("failed %s %d %s\n", name, (int)error->outcome, esa_status_name(error->status));
        fflush(stdout);
    } else {
        /* In bulk, what was lost and read back is one that exists. */
        *(made->origin == ESA_ORIGIN_CREATED ? &outcome->created : &outcome->recovered) += 1;
    }
}

static void *bind_all(void *argument) {
    outcome *outcome = argument;
    char (*names)[LONGEST_NAME] = calloc((size_t)records, sizeof *names);
    esa_create_routine_related_record_request *items = calloc((size_t)records, sizeof *items);
    esa_bulk *bulk = NULL;
    if (!names || !items) {
        exit(1);
    }
    for (int i = 0; i < records; i++) {
        snprintf(names[i], sizeof names[i], "p%s-t%d-r%d.example.com", process, outcome->number, i);
        items[i] = (esa_create_routine_related_record_request)ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        items[i].site_id = SITE_ID;
        items[i].name = ROUTINE;
        items[i].record_name = names[i];
    }
    if (in_bulk) {
        esa_ensure_routine_related_records_request request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
        request.items = items;
        request.count = (size_t)records;
        if (esa_bulk_new(client, &request, NULL, &bulk, NULL) != ESA_OK) {
            exit(1);
        }
    }
    for (int i = 0; i < records; i++) {
        esa_create_routine_related_record_result *made = NULL;
        esa_error *error = NULL;
        const double began = now();
        const esa_status status = in_bulk ? esa_bulk_next(bulk, &made, &error)
                                          : esa_create_routine_related_record(client, &items[i], NULL, &made, &error);
        ended(outcome, names[i], now() - began, status == ESA_OK ? made : NULL, error);
        esa_create_routine_related_record_result_free(made);
        esa_error_free(error);
    }
    esa_bulk_free(bulk);
    free(items);
    free(names);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 8) {
        return 2;
    }
    process = argv[1];
    threads = atoi(argv[2]);
    records = atoi(argv[3]);
    in_bulk = strcmp(argv[4], "bulk") == 0;
    connection = PQconnectdb(argv[5]);
    esa_config *config = esa_config_new();
    esa_config_set_attempt_timeout(config, ATTEMPT_MS);
    esa_config_set_timeout(config, (uint32_t)(1000 * atoi(argv[6])));
    esa_config_set_write_lock(config, try_acquire, release, NULL);
    esa_config_set_write_lock_hold(config, (uint32_t)atoi(argv[7]));
    pthread_t *running = calloc((size_t)threads, sizeof *running);
    outcome *outcomes = calloc((size_t)threads, sizeof *outcomes);
    if (PQstatus(connection) != CONNECTION_OK || esa_client_new(config, &client, NULL) != ESA_OK || !running ||
        !outcomes) {
        fprintf(stderr, "worker: %s\n", PQerrorMessage(connection));
        return 1;
    }
    esa_config_free(config);
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    for (int i = 0; i < threads; i++) {
        outcomes[i].number = i;
        if (pthread_create(&running[i], NULL, bind_all, &outcomes[i]) != 0) {
            return 1;
        }
    }
    outcome sum = {0};
    for (int i = 0; i < threads; i++) {
        pthread_join(running[i], NULL);
        sum.created += outcomes[i].created;
        sum.recovered += outcomes[i].recovered;
        sum.failed += outcomes[i].failed;
        sum.longest = outcomes[i].longest > sum.longest ? outcomes[i].longest : sum.longest;
    }
    esa_stats stats = ESA_STATS_INIT;
    esa_client_stats(client, &stats);
    printf("%.6f %d %d %d %.0f %d %d\n", now(), sum.created, sum.recovered, sum.failed, 1000 * sum.longest,
           (int)stats.lock_grants, (int)stats.lock_losses);
    esa_client_free(client);
    PQfinish(connection);
    free(outcomes);
    free(running);
    return 0;
}
