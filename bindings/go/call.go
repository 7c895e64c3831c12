//go:build cgo

package esa

import (
	"context"
	"errors"
	"fmt"
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
	handle.cancels.free()
}

// run makes one native call within ctx. It returns when that is over, and not before.
func run[Native, Result any](
	ctx context.Context, client *Client, call nativeCall, copied func(*Native) *Result,
) (*Result, error) {
	if err := call.check(); err != nil {
		return nil, err
	}
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
	return take(ctx, call.send(client.handle.native.client, limits.native()), copied)
}

// enter waits until a native call may begin: within ctx and, if that has no deadline, for limit at most, unless that is 0.
// It tells the milliseconds that are left then, 0 if the native client's own limit does.
func (client *Client) enter(ctx context.Context, limit time.Duration) (timeout uint32, err error) {
	began := time.Now()
	if err := client.takeSlot(ctx, limit); err != nil {
		return 0, err
	}
	timeout, ended := remaining(ctx)
	switch {
	case ended != nil:
		err = endedBefore(ended)
	case !client.handle.enter():
		err = ErrClosed
	case timeout == 0 && limit != 0:
		timeout = milliseconds(max(limit-time.Since(began), 1))
	}
	if err != nil {
		<-client.slots
	}
	return timeout, err
}

// takeSlot waits for one: a blocked native call holds a thread, so only so many may be under way.
func (client *Client) takeSlot(ctx context.Context, limit time.Duration) error {
	select {
	case client.slots <- struct{}{}:
		return nil
	default:
	}
	var timeUp <-chan time.Time
	if _, hasDeadline := ctx.Deadline(); !hasDeadline && limit != 0 {
		timeUp = time.After(limit)
	}
	select {
	case client.slots <- struct{}{}:
		return nil
	case <-timeUp:
		return noTurn(cap(client.slots))
	case <-ctx.Done():
		_, ended := remaining(ctx)
		return endedBefore(ended)
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
	cancel, failure := client.handle.cancels.take()
	if failure != nil {
		held.free()
		return nativeLimits{}, nil, failure
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

// timerDelay is how late the timer of a context may be.
const timerDelay = 100 * time.Millisecond

// remaining is the time until ctx's deadline in milliseconds, 0 if it has none; or why no time is left.
func remaining(ctx context.Context) (timeout uint32, ended error) {
	deadline, hasDeadline := ctx.Deadline()
	left := time.Until(deadline)
	if hasDeadline && left <= 0 {
		// The context's own timer is due, and knows the cause.
		select {
		case <-ctx.Done():
		case <-time.After(timerDelay):
		}
	}
	switch err, cause := ctx.Err(), context.Cause(ctx); {
	case err != nil && !errors.Is(err, cause):
		return 0, fmt.Errorf("%w: %w", err, cause)
	case err != nil || !hasDeadline:
		return 0, err
	case left <= 0:
		return 0, context.DeadlineExceeded
	}
	return milliseconds(left), nil
}
