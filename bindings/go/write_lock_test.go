package esa_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// scriptedLock returns its answers one after the other, and then lets itself be acquired.
type scriptedLock struct {
	mutex              sync.Mutex
	answers            []error
	lease              time.Duration
	held               bool
	acquired, released int
}

var errNotYet = errors.New("somebody else has it")

func (lock *scriptedLock) TryAcquire(lease time.Duration) (bool, time.Duration, error) {
	lock.mutex.Lock()
	defer lock.mutex.Unlock()
	lock.lease = lease
	if len(lock.answers) > 0 {
		answer := lock.answers[0]
		lock.answers = lock.answers[1:]
		if errors.Is(answer, errNotYet) {
			return false, time.Millisecond, nil
		}
		if answer == nil {
			panic("a bug of the program's")
		}
		return false, 0, answer
	}
	if lock.held {
		panic("acquired twice")
	}
	lock.held = true
	lock.acquired++
	return true, 0, nil
}

func (lock *scriptedLock) Release() {
	lock.mutex.Lock()
	defer lock.mutex.Unlock()
	lock.held = false
	lock.released++
}

func newClientWithLock(t *testing.T, emulator *esatest.Emulator, lock esa.WriteLock) *esa.Client {
	t.Helper()
	config := emulator.Config()
	config.WriteLock = lock
	return newClient(t, config)
}

func TestAWriteHoldsTheLock(t *testing.T) {
	emulator := esatest.Start(t)
	lock := &scriptedLock{answers: []error{errNotYet, errNotYet}}
	client := newClientWithLock(t, emulator, lock)

	if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a")); err != nil {
		t.Fatal(err)
	}

	if lock.acquired != 1 || lock.released != 1 || lock.lease != 13*time.Second {
		t.Errorf("acquired %d times, released %d times, for %v", lock.acquired, lock.released, lock.lease)
	}
	if stats := client.Stats(); stats.LockWaits != 1 || stats.LockGrants != 1 || stats.LockLosses != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestWithoutALockACallGoesOn(t *testing.T) {
	emulator := esatest.Start(t)
	lock := &scriptedLock{answers: []error{fmt.Errorf("connection refused: %w", esa.ErrWithoutLock)}}

	client := newClientWithLock(t, emulator, lock)
	if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a")); err != nil {
		t.Fatal(err)
	}
	if lock.acquired != 0 || lock.released != 0 {
		t.Errorf("acquired %d times, released %d times", lock.acquired, lock.released)
	}
}

func TestALockThatFailsOrPanicsFailsTheCall(t *testing.T) {
	emulator := esatest.Start(t)
	errNoTable := errors.New("no such table")
	lock := &scriptedLock{answers: []error{errNoTable, nil}}
	client := newClientWithLock(t, emulator, lock)

	for i, reason := range []string{errNoTable.Error(), "panic: "} {
		_, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))
		if failure := asError(t, err); failure.Status != esa.StatusLock || failure.Outcome != esa.OutcomeNotSent {
			t.Errorf("%v, %v: %v", failure.Status, failure.Outcome, failure)
		}
		if !strings.Contains(err.Error(), reason) || errors.Is(err, errNoTable) != (i == 0) || errors.Unwrap(err) == nil {
			t.Errorf("%v wraps %v", err, errors.Unwrap(err))
		}
	}
	expectNoRequests(t, emulator)
}

func TestTheErrorOfALockIsThatOfItsCall(t *testing.T) {
	emulator := esatest.Start(t)
	lock := &scriptedLock{answers: []error{io.ErrUnexpectedEOF}}
	client := newClientWithLock(t, emulator, lock)

	requests := []esa.CreateRoutineRelatedRecordRequest{requestFor(emulator, "a")}
	for _, err := range client.EnsureRoutineRelatedRecords(context.Background(), requests) {
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v", err)
		}
	}
	request := requestFor(emulator, "b")
	request.Name = "no-such-routine"
	_, err := client.CreateRoutineRelatedRecord(context.Background(), request)
	if failure := asError(t, err); !errors.Is(err, esa.ErrRoutineNotExist) || errors.Unwrap(failure) != nil {
		t.Errorf("%v wraps %v", err, errors.Unwrap(failure))
	}
}

func TestABulkLetsTheLockGoWhereItsLoopIsLeft(t *testing.T) {
	emulator := esatest.Start(t)
	lock := &scriptedLock{}
	config := emulator.Config()
	config.WriteLock, config.WriteLockHold = lock, time.Minute
	client := newClient(t, config)

	kept := false
	for _, err := range client.EnsureRoutineRelatedRecords(context.Background(), requestsFor(emulator, 1000)) {
		if err != nil {
			t.Fatal(err)
		}
		if lock.held {
			kept = true
			_ = client.Close()
			break
		}
	}

	if !kept || lock.held {
		t.Errorf("kept: %v, and then held: %v", kept, lock.held)
	}
}

func TestClientsOfOneFileAreNeverRefused(t *testing.T) {
	emulator := esatest.Start(t)
	config := emulator.Config()
	config.WriteLockFile = filepath.Join(t.TempDir(), "lock")
	var clients sync.WaitGroup
	for i := range 4 {
		client := newClient(t, config)
		clients.Add(1)
		go func() {
			defer clients.Done()
			for j := range 10 {
				request := requestFor(emulator, fmt.Sprintf("r%d-%d", i, j))
				if _, err := client.CreateRoutineRelatedRecord(context.Background(), request); err != nil {
					t.Error(err)
				}
			}
			if stats := client.Stats(); stats.BusyWaits != 0 || stats.LockGrants == 0 {
				t.Errorf("%+v", stats)
			}
		}()
	}
	clients.Wait()
}

func TestALockAndAFileAreOneTooMany(t *testing.T) {
	_, err := esa.New(esa.Config{WriteLock: &scriptedLock{}, WriteLockFile: "lock"})
	expectRefusal(t, err, "write_lock_file can't be given together with write_lock")
	_, err = esa.New(esa.Config{WriteLockFile: "a\x00b"})
	expectRefusal(t, err, "write_lock_file has a NUL byte")
}
