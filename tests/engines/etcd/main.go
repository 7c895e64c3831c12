// A process that binds names while it shares a lock of etcd with others.
//
// usage: etcd PROCESS THREADS RECORDS single|bulk ENDPOINT TIMEOUT-S HOLD-MS
//
// What it says is what redis_worker.py says.
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

	"github.com/libesa/libesa/bindings/go"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

const (
	siteID  = 54362329990032
	routine = "test-routine1"
	patient = time.Second     // for etcd
	attempt = 2 * time.Second // for one request; a lease is a second and the hold longer
)

// etcdLock is an esa.WriteLock: a mutex of etcd's, which ends with a session that isn't kept alive.
type etcdLock struct {
	client  *clientv3.Client
	session *concurrency.Session
	mutex   *concurrency.Mutex
}

func (lock *etcdLock) TryAcquire(lease time.Duration) (acquired bool, retryAfter time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	if err := lock.begin(ctx, lease); err != nil {
		return false, 0, fmt.Errorf("%w: %w", esa.ErrWithoutLock, err)
	}
	err = lock.mutex.TryLock(ctx)
	switch {
	case err == nil:
		return true, 0, nil
	case errors.Is(err, concurrency.ErrLocked):
		return false, 200 * time.Millisecond, nil
	}
	lock.session.Orphan()
	lock.session = nil
	return false, 0, fmt.Errorf("%w: %w", esa.ErrWithoutLock, err)
}

// begin makes a session where there is none, or none that is alive.
func (lock *etcdLock) begin(ctx context.Context, lease time.Duration) error {
	if lock.session != nil {
		select {
		case <-lock.session.Done():
		default:
			return nil
		}
	}
	granted, err := lock.client.Grant(ctx, int64((lease+time.Second-1)/time.Second))
	if err != nil {
		return err
	}
	session, err := concurrency.NewSession(lock.client, concurrency.WithLease(granted.ID))
	if err != nil {
		return err
	}
	lock.session, lock.mutex = session, concurrency.NewMutex(session, "/esa/account")
	return nil
}

// Release leaves what it can't let go to the end of the session.
func (lock *etcdLock) Release() {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	_ = lock.mutex.Unlock(ctx)
}

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

func main() {
	process, threads, records, kind, endpoint := os.Args[1], number(os.Args[2]), number(os.Args[3]), os.Args[4], os.Args[5]
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: patient, Logger: zap.NewNop()})
	check(err)
	client, err := esa.New(esa.Config{
		WriteLock:      &etcdLock{client: etcd},
		AttemptTimeout: attempt,
		Timeout:        time.Duration(number(os.Args[6])) * time.Second,
		WriteLockHold:  time.Duration(number(os.Args[7])) * time.Millisecond,
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
