//go:build cgo

package esa

import (
	"context"
	"errors"
	"sync"
	"time"
)

// handle holds the native client, and what its calls can be cancelled with, until it is closed and the last call is over.
type handle struct {
	native  nativeClient
	cancels cancels

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
		handle.free()
	}
}

func (handle *handle) close() {
	handle.mutex.Lock()
	defer handle.mutex.Unlock()
	if !handle.closed && handle.calls == 0 {
		handle.free()
	}
	handle.closed = true
}

// free releases what the handle holds; no call may run.
func (handle *handle) free() {
	handle.native.free()
	handle.cancels.close()
}

// run makes one native call within ctx. It returns when that is over, and not before.
func run[T any](ctx context.Context, client *Client, call func(nativeClient, nativeLimits) (*T, *Error)) (*T, error) {
	timeout, err := client.enter(ctx, client.timeout)
	if err != nil {
		return nil, err
	}
	defer client.leave()
	limits, release, err := client.limitsOf(ctx, timeout)
	if err != nil {
		return nil, err
	}
	defer release()

	result, failure := call(client.handle.native, limits)
	if failure == nil {
		return result, nil
	}
	return nil, failure.within(ctx)
}

// enter waits until a native call may begin: within ctx and, where that has no deadline, for limit at most, unless that is
// 0. It tells the milliseconds that are left then, 0 where the native client's own limit does.
func (client *Client) enter(ctx context.Context, limit time.Duration) (timeout uint32, err error) {
	waited, err := client.takeSlot(ctx, limit)
	if err != nil {
		return 0, err
	}
	timeout, cause := remaining(ctx)
	if cause == nil && client.handle.enter() {
		if timeout == 0 && limit != 0 && waited != 0 {
			timeout = milliseconds(max(limit-waited, 1))
		}
		return timeout, nil
	}
	<-client.slots
	if cause != nil {
		return 0, endedBefore(cause)
	}
	return 0, ErrClosed
}

// takeSlot tells how long it had to wait for one.
func (client *Client) takeSlot(ctx context.Context, limit time.Duration) (waited time.Duration, err error) {
	// A blocked native call holds a thread, so only so many may be under way.
	select {
	case client.slots <- struct{}{}:
		return 0, nil
	default:
	}
	var timeUp <-chan time.Time
	if _, hasDeadline := ctx.Deadline(); !hasDeadline && limit != 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		timeUp = timer.C
	}
	began := time.Now()
	select {
	case client.slots <- struct{}{}:
		return time.Since(began), nil
	case <-timeUp:
		return 0, noTurn(cap(client.slots))
	case <-ctx.Done():
		return 0, endedBefore(ctx.Err())
	}
}

// leave follows when the native call is over.
func (client *Client) leave() {
	client.handle.leave()
	<-client.slots
}

// limitsOf makes native calls end with ctx, and after timeout milliseconds. Release the limits when the calls are over.
func (client *Client) limitsOf(
	ctx context.Context, timeout uint32,
) (limits nativeLimits, release func(), err error) {
	held := client.handle.native.holdContext(ctx)
	if ctx.Done() == nil {
		return nativeLimits{timeout: timeout, context: held}, held.free, nil
	}
	cancel := client.handle.cancels.take()
	if cancel == (nativeCancel{}) {
		held.free()
		return nativeLimits{}, nil, noDescriptors()
	}
	triggered := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(triggered)
		// The library sees the deadline by itself, and then says where the time went.
		if _, hasDeadline := ctx.Deadline(); !hasDeadline || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancel.trigger()
		}
	})
	release = func() {
		held.free()
		if stop() {
			client.handle.cancels.giveBack(cancel)
			return
		}
		<-triggered
		cancel.free()
	}
	return nativeLimits{timeout: timeout, cancel: cancel, context: held}, release, nil
}

// within is the error as that of a call within ctx: the context's as well, where that ended the call.
func (e *Error) within(ctx context.Context) *Error {
	// A failure that may pass ended the call for want of time, if there is none.
	if e.Status == StatusCancelled || e.Status == StatusTimeout || e.Retryable {
		if _, cause := remaining(ctx); cause != nil {
			e.cause = cause
		}
	}
	return e
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
