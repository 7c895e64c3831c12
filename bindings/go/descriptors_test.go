package esa_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// descriptors is how many file descriptors the process has open.
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

func TestCallsThatCanBeCancelledLeaveNoDescriptorsBehind(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	// What the calls share is there: the connection, and what they can be cancelled with.
	callWithin(t, client, "match", requestFor(emulator, "match"))
	before := descriptors(t)

	for round := range 30 {
		for name := range operations {
			callWithin(t, client, name, requestFor(emulator, fmt.Sprintf("%s-%d", name, round)))
		}
	}

	expectDescriptors(t, before)
}

func TestACallTakesWhatAnEarlierOneCouldBeCancelledWith(t *testing.T) {
	emulator := esatest.Start(t)
	var client *esa.Client
	var during []int // a line of the log comes while a call runs
	config := emulator.Config()
	config.Logger = slog.New(&recordingHandler{each: func(slog.Record) { during = append(during, client.KeptCancels()) }})
	client = newClient(t, config)

	for range 3 {
		callWithin(t, client, "match", requestFor(emulator, "a"))

		if kept := client.KeptCancels(); kept != 1 {
			t.Errorf("%d are kept after a call", kept)
		}
	}

	if !slices.Equal(during, []int{0, 0, 0}) {
		t.Errorf("during the calls, %v are kept", during)
	}
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

func TestManyCallsAtOnceKeepFewDescriptors(t *testing.T) {
	const atOnce, kept = 40, 16
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

	expectDescriptors(t, before+kept)
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
