/*
 * One process of the benchmark: its threads create their records one after the other, with one client, and come back
 * after a refusal as their arguments say. Begins when its standard input ends, and says on a line what came of it.
 */
#define _POSIX_C_SOURCE 200809L
#include <esa.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* As the seed of run.py has them. */
enum { LONGEST_NAME = 64 };
static const int64_t SITE_ID = 54362329990032;
static const char ROUTINE[] = "test-routine1";

/* So short that there is no time to wait: an attempt that is refused as busy is the call's last one. */
enum { ONE_ATTEMPT_MS = 300 };
/* As good as no limit. */
enum { PATIENCE_MS = 24 * 60 * 60 * 1000 };

/* As run.py passes it: in what its threads create their records. */
static const char *lock_file;
static int in_bulk;

/* After a refusal; a positive number is a wait of so many milliseconds. */
enum { AS_THE_LIBRARY_DOES = -1, GIVE_UP = 0 };

static esa_client *client;
static int process, threads, records, wait_ms;

typedef struct outcome {
    int number, created, recovered, failed;
    char reason[256]; /* of the last one that failed otherwise than as busy */
} outcome;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pause_ms(int milliseconds) {
    struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    while (nanosleep(&left, &left) != 0) {
    }
}

/* Creates a record, coming back for as long as it is refused as busy and the policy says so. */
static void create(const char *record_name, outcome *outcome) {
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = SITE_ID;
    request.name = ROUTINE;
    request.record_name = record_name;
    for (;;) {
        esa_create_routine_related_record_result *result = NULL;
        esa_error *error = NULL;
        esa_status status = esa_create_routine_related_record(client, &request, NULL, &result, &error);
        if (status == ESA_OK) {
            *(result->origin == ESA_ORIGIN_RECOVERED ? &outcome->recovered : &outcome->created) += 1;
            esa_create_routine_related_record_result_free(result);
            return;
        }
        if (status != ESA_ERR_BUSY) {
            snprintf(outcome->reason, sizeof outcome->reason, "%s", error->message);
        }
        esa_error_free(error);
        if (status != ESA_ERR_BUSY || wait_ms <= 0) {
            outcome->failed++;
            return;
        }
        pause_ms(wait_ms);
    }
}

/* Ensures all of a thread's records in one call. */
static void ensure_all(outcome *outcome) {
    char (*names)[LONGEST_NAME] = calloc((size_t)records, sizeof *names);
    esa_create_routine_related_record_request *items = calloc((size_t)records, sizeof *items);
    esa_ensure_routine_related_records_request request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    esa_ensure_routine_related_records_result *result = NULL;
    if (!names || !items) {
        exit(1);
    }
    for (int record = 0; record < records; record++) {
        snprintf(names[record], sizeof names[record], "p%d-t%d-r%d.example.com", process, outcome->number, record);
        items[record] = (esa_create_routine_related_record_request)ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        items[record].site_id = SITE_ID;
        items[record].name = ROUTINE;
        items[record].record_name = names[record];
    }
    request.items = items;
    request.count = (size_t)records;
    if (esa_ensure_routine_related_records(client, &request, NULL, &result, NULL) != ESA_OK) {
        outcome->failed += records;
    } else {
        for (int record = 0; record < records; record++) {
            const esa_create_routine_related_record_result *made = result->results[record];
            *(!made                                ? &outcome->failed
              : made->origin == ESA_ORIGIN_CREATED ? &outcome->created
                                                   : &outcome->recovered) += 1;
        }
    }
    esa_ensure_routine_related_records_result_free(result);
    free(items);
    free(names);
}

static void *create_all(void *argument) {
    outcome *outcome = argument;
    if (in_bulk) {
        ensure_all(outcome);
        return NULL;
    }
    for (int record = 0; record < records; record++) {
        char record_name[LONGEST_NAME];
        snprintf(record_name, sizeof record_name, "p%d-t%d-r%d.example.com", process, outcome->number, record);
        create(record_name, outcome);
    }
    return NULL;
}

static int make_client(void) {
    esa_config *config = esa_config_new();
    esa_error *error = NULL;
    if (wait_ms == AS_THE_LIBRARY_DOES) {
        esa_config_set_timeout(config, PATIENCE_MS);
        if (lock_file) {
            esa_config_set_write_lock_file(config, lock_file);
        }
    } else {
        /* Nothing waits for anything inside of the client, as in the official SDKs. */
        esa_config_set_timeout(config, ONE_ATTEMPT_MS);
        esa_config_set_max_concurrent_writes(config, ESA_UNLIMITED);
    }
    if (esa_client_new(config, &client, &error) != ESA_OK) {
        fprintf(stderr, "worker: %s\n", error->message);
        esa_error_free(error);
    }
    esa_config_free(config);
    return client ? 0 : -1;
}

int main(int argc, char **argv) {
    if (argc < 5 || argc > 7) {
        fprintf(stderr, "usage: worker PROCESS THREADS RECORDS WAIT_MS [single|bulk [LOCK-FILE]]\n");
        return 2;
    }
    process = atoi(argv[1]);
    threads = atoi(argv[2]);
    records = atoi(argv[3]);
    wait_ms = atoi(argv[4]);
    in_bulk = argc > 5 && strcmp(argv[5], "bulk") == 0;
    lock_file = argc > 6 ? argv[6] : NULL;
    pthread_t *running = calloc((size_t)threads, sizeof *running);
    outcome *outcomes = calloc((size_t)threads, sizeof *outcomes);
    if (!running || !outcomes || make_client() != 0) {
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) {
    }

    for (int thread = 0; thread < threads; thread++) {
        outcomes[thread].number = thread;
        if (pthread_create(&running[thread], NULL, create_all, &outcomes[thread]) != 0) {
            return 1;
        }
    }
    outcome sum = {0};
    for (int thread = 0; thread < threads; thread++) {
        pthread_join(running[thread], NULL);
        sum.created += outcomes[thread].created;
        sum.recovered += outcomes[thread].recovered;
        sum.failed += outcomes[thread].failed;
        if (outcomes[thread].reason[0] && wait_ms != GIVE_UP) {
            fprintf(stderr, "worker: %s\n", outcomes[thread].reason);
        }
    }
    printf("%.6f %d %d %d\n", now(), sum.created, sum.recovered, sum.failed);
    esa_client_free(client);
    free(outcomes);
    free(running);
    return 0;
}
