package esa_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// descriptors returns how many file descriptors the process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc")
	}
	return len(entries)
}

func expectDescriptors(t *testing.T, most int) {
	t.Helper()
	if now := descriptors(t); now > most {
		t.Errorf("there are %d descriptors open; there were %d", now, most)
	}
}

// callWithin makes a call that can be cancelled while it runs.
func callWithin(t *testing.T, client *esa.Client, name string, request esa.CreateRoutineRelatedRecordRequest) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := operations[name](ctx, client, request); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// withoutDescriptors runs do while no more descriptors can be opened.
func withoutDescriptors(t *testing.T, do func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	next, err := syscall.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.Close(next)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(next), Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	do()
}

func TestACallWithoutDescriptorsSaysSo(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	cancellable, cancel := context.WithCancel(context.Background())
	defer cancel()
	for name, ctx := range map[string]context.Context{"to connect": context.Background(), "to cancel": cancellable} {
		var err error
		withoutDescriptors(t, func() {
			_, err = client.GetMatchSite(ctx, esa.GetMatchSiteRequest{RecordName: "a.example.com"})
		})

		failure := asError(t, err)
		if failure.Status != esa.StatusDescriptors || !failure.Retryable || failure.Outcome != esa.OutcomeNotSent ||
			!strings.Contains(failure.Advice, "ulimit -n") {
			t.Errorf("%s: %+v", name, failure)
		}
	}
}

func TestCallsThatCanBeCancelledLeaveNoDescriptorsBehind(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	// Open the connection that the calls share.
	callWithin(t, client, "match", requestFor(emulator, "match"))
	before := descriptors(t)

	for round := range 30 {
		for name := range operations {
			callWithin(t, client, name, requestFor(emulator, fmt.Sprintf("%s-%d", name, round)))
		}
	}

	expectDescriptors(t, before)
}

func TestCallsThatAreCancelledLeaveNoDescriptorsBehind(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	cancelled := func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer time.AfterFunc(20*time.Millisecond, cancel).Stop()
		_, err := client.GetMatchSite(ctx, esa.GetMatchSiteRequest{RecordName: "a.example.com"})
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	cancelled()
	before := descriptors(t)

	for range 10 {
		cancelled()
	}

	expectDescriptors(t, before)
}

func TestManyCallsAtOnceKeepNoDescriptors(t *testing.T) {
	const atOnce = 40
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "delay_ms": 200}`)
	config := emulator.Config()
	config.MaxIdleConnections = esa.None
	client := newClient(t, config)
	before := descriptors(t)
	var group sync.WaitGroup
	for range atOnce {
		group.Add(1)
		go func() {
			defer group.Done()
			callWithin(t, client, "match", requestFor(emulator, "a"))
		}()
	}

	group.Wait()

	expectDescriptors(t, before)
}

func TestCloseReleasesTheDescriptors(t *testing.T) {
	emulator := esatest.Start(t)
	before := descriptors(t)
	client := newClient(t, emulator.Config())
	callWithin(t, client, "match", requestFor(emulator, "a"))

	_ = client.Close()

	expectDescriptors(t, before)
}

func TestALoopThatOutlivesItsClientReleasesItsDescriptors(t *testing.T) {
	emulator := esatest.Start(t)
	before := descriptors(t)
	client := newClient(t, emulator.Config())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	for range client.EnsureRoutineRelatedRecords(ctx, requestsFor(emulator, 2)) {
		_ = client.Close()
	}

	expectDescriptors(t, before)
}
