package esa_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// openDescriptors are the process's, each as what it leads to.
func openDescriptors(t *testing.T) (targets []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc")
	}
	for _, entry := range entries {
		target, _ := os.Readlink("/proc/self/fd/" + entry.Name()) // the directory's own is closed by now
		targets = append(targets, target)
	}
	return targets
}

// descriptors is how many file descriptors the process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	return len(openDescriptors(t))
}

// sockets are the process's. No two that are made have the same number.
func sockets(t *testing.T) []string {
	t.Helper()
	found := slices.DeleteFunc(openDescriptors(t), func(target string) bool {
		return !strings.HasPrefix(target, "socket:")
	})
	slices.Sort(found)
	return found
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

func TestACallThatCanBeCancelledMakesNoSocketsOfItsOwn(t *testing.T) {
	emulator := esatest.Start(t)
	var during [][]string // a line of the log comes while a call runs
	handler := &recordingHandler{each: func(slog.Record) { during = append(during, sockets(t)) }}
	config := emulator.Config()
	config.Logger = slog.New(handler)
	client := newClient(t, config)
	callWithin(t, client, "match", requestFor(emulator, "a"))
	during = nil

	for range 2 {
		callWithin(t, client, "match", requestFor(emulator, "a"))
	}

	if len(during) != 2 || !slices.Equal(during[0], during[1]) {
		t.Errorf("the sockets during the calls are %v", during)
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
	const atOnce, kept = 40, 2 * 16
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "delay_ms": 200}`)
	config := emulator.Config()
	config.MaxIdleConnections = -1
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
