//go:build cgo

package esa

import (
	"context"
	"errors"
	"sync"
	"time"
)

// handle holds the native client until it is closed and the last call is over.
type handle struct {
	native nativeClient

	mutex  sync.Mutex
	calls  int
	closed bool
}

// enter announces a call; false where the client is closed.
func (handle *handle) enter() bool {
	handle.mutex.Lock()
	defer handle.mutex.Unlock()
	if handle.closed {
		return false
	}
	handle.calls++
	return true
}

func (handle *handle) leave() {
	handle.mutex.Lock()
	defer handle.mutex.Unlock()
	handle.calls--
	if handle.closed && handle.calls == 0 {
		handle.native.free()
	}
}

func (handle *handle) close() {
	handle.mutex.Lock()
	defer handle.mutex.Unlock()
	if !handle.closed && handle.calls == 0 {
		handle.native.free()
	}
	handle.closed = true
}

// run makes one native call within ctx. It returns when that is over, and not before.
func run[T any](ctx context.Context, client *Client, call func(nativeClient, nativeLimits) (*T, *Error)) (*T, error) {
	// A blocked native call holds a thread, so only so many may be under way.
	select {
	case client.slots <- struct{}{}:
		defer func() { <-client.slots }()
	case <-ctx.Done():
	}
	timeout, cause := remaining(ctx)
	if cause != nil {
		return nil, endedBefore(cause)
	}
	if !client.handle.enter() {
		return nil, ErrClosed
	}
	defer client.handle.leave()

	limits := nativeLimits{timeout: timeout}
	if ctx.Done() != nil {
		cancel := newNativeCancel()
		if cancel == (nativeCancel{}) {
			return nil, noDescriptors()
		}
		defer cancel.free()
		limits.cancel = cancel

		triggered := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(triggered)
			// The library sees the deadline by itself, and then says where the time went.
			if timeout == 0 || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				cancel.trigger()
			}
		})
		defer func() {
			if !stop() {
				<-triggered
			}
		}()
	}

	result, failure := call(client.handle.native, limits)
	if failure == nil {
		return result, nil
	}
	// A failure that may pass ended the call for want of time, if there is none.
	if failure.Status == StatusCancelled || failure.Status == StatusTimeout || failure.Retryable {
		_, failure.cause = remaining(ctx)
	}
	return nil, failure
}

// remaining is the time until ctx's deadline in milliseconds, 0 where it has none; or why no time is left. The context's
// timer may be late, so the clock counts as well.
func remaining(ctx context.Context) (timeout uint32, cause error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	deadline, hasDeadline := ctx.Deadline()
	if !hasDeadline {
		return 0, nil
	}
	left := time.Until(deadline)
	if left <= 0 {
		return 0, context.DeadlineExceeded
	}
	return milliseconds(left), nil
}
