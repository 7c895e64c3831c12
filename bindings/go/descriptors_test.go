package esa_test

import (
	"context"
	"fmt"
	"os"
	"testing"

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

func TestCallsThatCanBeCancelledLeaveNoDescriptorsBehind(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	call := func(ctx context.Context, name string, round int) {
		if err := operations[name](ctx, client, requestFor(emulator, fmt.Sprintf("%s-%d", name, round))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The connection that the calls share is there, and no context that it could keep something of.
	call(context.Background(), "match", 0)
	before := descriptors(t)

	for round := range 30 {
		for name := range operations {
			ctx, cancel := context.WithCancel(context.Background())
			call(ctx, name, round)
			cancel()
		}
	}

	if after := descriptors(t); after > before {
		t.Errorf("there are %d descriptors open; there were %d", after, before)
	}
}
