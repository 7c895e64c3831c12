// A process that binds names while it shares a lock with others.
//
// usage: go_worker redis|etcd PROCESS THREADS RECORDS single|bulk ADDRESS TIMEOUT-S HOLD-MS
//
// What it says is what python_worker.py says.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/libesa/libesa/bindings/go"
	"github.com/redis/go-redis/v9"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

const (
	siteID  = 54362329990032
	routine = "test-routine1"
	patient = time.Second     // for the engine
	attempt = 2 * time.Second // for one request; a lease is a second and the hold longer
)

// worker is what came of the records so far.
type worker struct {
	mutex                      sync.Mutex
	created, recovered, failed int
	longest                    time.Duration
}

func (worker *worker) ended(name string, began time.Time, record *esa.Record, err error) {
	worker.mutex.Lock()
	defer worker.mutex.Unlock()
	worker.longest = max(worker.longest, time.Since(began))
	var failure *esa.Error
	switch {
	case errors.As(err, &failure):
		worker.failed++
		fmt.Printf("failed %s %d %v\n", name, failure.Outcome, failure.Status)
	case record.Origin == esa.OriginCreated:
		worker.created++
	default: // in bulk, what was lost and read back is one that exists
		worker.recovered++
	}
}

func (worker *worker) bind(client *esa.Client, requests []esa.CreateRoutineRelatedRecordRequest, inBulk bool) {
	ctx := context.Background()
	if inBulk {
		i, began := 0, time.Now()
		for record, err := range client.EnsureRoutineRelatedRecords(ctx, requests) {
			worker.ended(requests[i].RecordName, began, record, err)
			i, began = i+1, time.Now()
		}
		return
	}
	for _, request := range requests {
		began := time.Now()
		record, err := client.CreateRoutineRelatedRecord(ctx, request)
		worker.ended(request.RecordName, began, record, err)
	}
}

func number(text string) int {
	number, err := strconv.Atoi(text)
	check(err)
	return number
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

// lockOf is the lock of this engine, whose address is what engines.py says.
func lockOf(engine, address string) esa.WriteLock {
	if engine == "redis" {
		server := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + address, MaxRetries: -1})
		return &redisLock{mutexes: redsync.New(goredis.NewPool(server))}
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{address}, DialTimeout: patient, Logger: zap.NewNop()})
	check(err)
	return &etcdLock{client: client}
}

func main() {
	arguments := os.Args[2:]
	process, threads, records, kind := arguments[0], number(arguments[1]), number(arguments[2]), arguments[3]
	client, err := esa.New(esa.Config{
		WriteLock:      lockOf(os.Args[1], arguments[4]),
		AttemptTimeout: attempt,
		Timeout:        time.Duration(number(arguments[5])) * time.Second,
		WriteLockHold:  time.Duration(number(arguments[6])) * time.Millisecond,
	})
	check(err)
	fmt.Println("ready")
	_, _ = io.ReadAll(os.Stdin)

	var worker worker
	var running sync.WaitGroup
	for thread := range threads {
		var requests []esa.CreateRoutineRelatedRecordRequest
		for record := range records {
			name := fmt.Sprintf("p%s-t%d-r%d.example.com", process, thread, record)
			requests = append(requests, esa.CreateRoutineRelatedRecordRequest{SiteID: siteID, Name: routine, RecordName: name})
		}
		running.Add(1)
		go func() {
			defer running.Done()
			worker.bind(client, requests, kind == "bulk")
		}()
	}
	running.Wait()
	// The clock that all workers and whoever started them have in common.
	var now unix.Timespec
	check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	stats := client.Stats()
	fmt.Printf("%.6f %d %d %d %d %d %d\n", float64(now.Nano())/1e9, worker.created, worker.recovered, worker.failed,
		worker.longest.Milliseconds(), stats.LockGrants, stats.LockLosses)
	_ = client.Close()
}
