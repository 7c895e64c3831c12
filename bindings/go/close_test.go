package esa_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

func TestAClosedClientRefusesCalls(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	for range 2 {
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
	}

	_, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))

	if !errors.Is(err, esa.ErrClosed) {
		t.Errorf("%v; want ErrClosed", err)
	}
	expectNoRequests(t, emulator)
}

func TestCloseLetsACallThatRunsEndProperly(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"delay_ms": 300}`)
	client, released := newTracedClient(t, emulator.Config())
	ended := make(chan error, 1)
	go func() {
		_, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))
		ended <- err
	}()
	waitForRequests(t, emulator, 1)

	_ = client.Close()

	if err := <-ended; err != nil {
		t.Errorf("the call that ran: %v", err)
	}
	if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "b")); !errors.Is(err, esa.ErrClosed) {
		t.Errorf("the call after it: %v; want ErrClosed", err)
	}
	waitForRelease(t, released)
	runtime.KeepAlive(client)
}

func TestACallThatWaitsForItsTurnMeetsClose(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	config := emulator.Config()
	config.MaxConcurrentCalls = 1
	client := newClient(t, config)
	running, stop := context.WithCancel(context.Background())
	defer stop()
	first, second := make(chan error, 1), make(chan error, 1)
	call := func(ctx context.Context, ended chan<- error) {
		_, err := client.CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a"))
		ended <- err
	}
	go call(running, first)
	waitForRequests(t, emulator, 1)
	go call(context.Background(), second)

	_ = client.Close()
	stop()

	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the call that ran: %v; want context.Canceled", err)
	}
	if err := <-second; !errors.Is(err, esa.ErrClosed) {
		t.Errorf("the call that waited: %v; want ErrClosed", err)
	}
}

func TestADroppedClientIsReleased(t *testing.T) {
	emulator := esatest.Start(t)
	_, released := newTracedClient(t, emulator.Config())

	waitForRelease(t, released)
}

func TestManyGoroutinesShareOneClient(t *testing.T) {
	const goroutines, calls = 200, 5
	emulator := esatest.Start(t)
	config := emulator.Config()
	config.MaxConcurrentCalls = 8
	client := newClient(t, config)
	var group sync.WaitGroup
	for goroutine := range goroutines {
		group.Add(1)
		go func() {
			defer group.Done()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for call := range calls {
				request := requestFor(emulator, fmt.Sprintf("r%d-%d", goroutine, call))
				if _, err := client.CreateRoutineRelatedRecord(ctx, request); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()

	connections := map[int]bool{}
	for _, request := range emulator.Requests(t) {
		connections[request.Connection] = true
	}
	if len(connections) > 8 {
		t.Errorf("there were %d connections; want no more than calls at once", len(connections))
	}
	if records := recordsOf(t, emulator); records != goroutines*calls {
		t.Errorf("there are %d records; want %d", records, goroutines*calls)
	}
}

// newTracedClient makes a client, and a channel that is closed when the native client, which holds the log's handler, is
// gone.
func newTracedClient(t *testing.T, config esa.Config) (*esa.Client, <-chan struct{}) {
	t.Helper()
	released := make(chan struct{})
	handler := &recordingHandler{}
	runtime.AddCleanup(handler, func(released chan struct{}) { close(released) }, released)
	config.Logger = slog.New(handler)
	client, err := esa.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client, released
}

func waitForRelease(t *testing.T, released <-chan struct{}) {
	t.Helper()
	for range 500 {
		runtime.GC()
		select {
		case <-released:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the native client is still there")
}
