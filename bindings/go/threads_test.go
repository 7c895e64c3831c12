package esa_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

func threads(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip("needs /proc")
	}
	return len(entries)
}

func TestTenThousandGoroutinesDoNotMakeTenThousandThreads(t *testing.T) {
	const goroutines, atOnce = 10_000, 64 // the default of MaxConcurrentCalls
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := threads(t)
	var group sync.WaitGroup
	for range goroutines {
		group.Add(1)
		go func() {
			defer group.Done()
			// This call only reads, so it doesn't wait for others of the client.
			_, err := client.GetMatchSite(ctx, esa.GetMatchSiteRequest{RecordName: "a.example.com"})
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}()
	}
	waitForRequests(t, emulator, atOnce)
	time.Sleep(100 * time.Millisecond) // more would arrive meanwhile

	during := threads(t)

	// The runtime has a few threads besides those of the calls.
	if most := before + atOnce + 2*runtime.GOMAXPROCS(0) + 10; during > most {
		t.Errorf("there are %d threads; there were %d, and %d calls run", during, before, atOnce)
	}
	if requests := len(emulator.Requests(t)); requests != atOnce {
		t.Errorf("%d calls run; want %d", requests, atOnce)
	}
	cancel()
	group.Wait()
}
