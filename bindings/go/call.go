package esa

// #include "native.h"
import "C"

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/cgo"
	"time"
	"unsafe"
)

// call is one native call within a context, or several in a row.
type call struct {
	ctx       context.Context
	client    *Client
	native    C.native_call
	triggered chan struct{} // closed when trigger is over
	stop      func() bool   // keeps ctx from running trigger; false: it runs already
	lockError error         // the error of the program's own lock
}

// run makes one native call within ctx. It returns only after that call is over. The texts are names and values in
// turn: run refuses a value that C would cut.
func run[Native, Result any](
	ctx context.Context, client *Client, send func(C.native_call) C.native_answer, copied func(*Native) *Result,
	texts ...string,
) (*Result, error) {
	if err := checkText(texts...); err != nil {
		return nil, err
	}
	deadline := deadlineOf(ctx, client.timeout)
	if err := client.takeSlot(ctx, deadline); err != nil {
		return nil, err
	}
	defer client.leaveSlot()
	call, err := client.begin(ctx, deadline)
	if err != nil {
		return nil, err
	}
	defer call.end()
	return take(call, send(call.native), copied)
}

// unlimited is no time limit.
const unlimited time.Duration = math.MaxInt64

// deadlineOf returns the deadline of ctx, or else the end of a limit that begins now.
func deadlineOf(ctx context.Context, limit time.Duration) time.Time {
	if deadline, given := ctx.Deadline(); given {
		return deadline
	}
	return time.Now().Add(limit)
}

// takeSlot waits for one of the client's slots: each native call holds a thread, so their number is limited.
func (client *Client) takeSlot(ctx context.Context, deadline time.Time) error {
	select {
	case client.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case client.slots <- struct{}{}:
		return nil
	case <-time.After(time.Until(deadline)):
	case <-ctx.Done():
	}
	if err := checkContext(ctx); err != nil {
		return err
	}
	message := fmt.Sprintf("time ran out while waiting for one of %d calls to end", cap(client.slots))
	return unsent(StatusTimeout, message,
		"Nothing was sent. Make fewer calls at once, or allow more of them or more time: MaxConcurrentCalls, Timeout.")
}

func (client *Client) leaveSlot() { <-client.slots }

// begin prepares native calls that end with ctx and at the deadline. It fails if ctx has ended or the client is closed.
func (client *Client) begin(ctx context.Context, deadline time.Time) (*call, error) {
	if err := checkContext(ctx); err != nil {
		return nil, err
	}
	if !client.handle.enter() {
		return nil, ErrClosed
	}
	call := &call{ctx: ctx, client: client}
	call.native.client = client.handle.client
	call.native.timeout_ms = C.uint32_t(milliseconds(max(time.Until(deadline), 1)))
	call.native.handle = C.uintptr_t(cgo.NewHandle(call))
	if ctx.Done() != nil {
		var failure *C.esa_error
		if C.esa_cancel_new(&call.native.cancel, &failure); failure != nil {
			call.end()
			return nil, takeError(failure)
		}
		call.triggered = make(chan struct{})
		call.stop = context.AfterFunc(ctx, call.trigger)
	}
	return call, nil
}

func (call *call) trigger() {
	defer close(call.triggered)
	// The library notices the deadline itself, and its error then says where the time went.
	if _, hasDeadline := call.ctx.Deadline(); !hasDeadline || !errors.Is(call.ctx.Err(), context.DeadlineExceeded) {
		C.esa_cancel_trigger(call.native.cancel)
	}
}

// end releases what begin made, after the native calls.
func (call *call) end() {
	if call.stop != nil && !call.stop() {
		<-call.triggered
	}
	C.esa_cancel_free(call.native.cancel)
	cgo.Handle(call.native.handle).Delete()
	call.client.handle.leave()
}

// callOf returns the call that has the handle; for 0, one without a context.
func callOf(handle C.uintptr_t) *call {
	if handle == 0 {
		return &call{ctx: context.Background()}
	}
	return cgo.Handle(handle).Value().(*call)
}

// take copies the result or the error of a call, and releases the original.
func take[Native, Result any](call *call, answer C.native_answer, copied func(*Native) *Result) (*Result, error) {
	if err := call.failure(answer.error); err != nil {
		return nil, err
	}
	return copied((*Native)(answer.result)), nil
}

// failure takes an error of the library; NULL is none. The result wraps the context's error if that ended the call, or
// the error of the lock.
func (call *call) failure(native *C.esa_error) error {
	if native == nil {
		return nil
	}
	failure := takeError(native)
	failure.cause, call.lockError = call.lockError, nil
	// If a failure is retryable and no time is left, the call ended because of the time.
	if failure.Status == StatusCancelled || failure.Status == StatusTimeout || failure.Retryable {
		failure.cause = cmp.Or(ended(call.ctx), failure.cause)
	}
	return failure
}

// checkContext returns the error of a call whose context has ended; nil if it hasn't.
func checkContext(ctx context.Context) error {
	cause := ended(ctx)
	if cause == nil {
		return nil
	}
	status := StatusCancelled
	if errors.Is(cause, context.DeadlineExceeded) {
		status = StatusTimeout
	}
	failure := unsent(status, "the context ended before anything was sent: "+cause.Error(),
		"Nothing has changed; call again when you like.")
	failure.cause = cause
	return failure
}

// timerDelay is how late the timer of a context can be.
const timerDelay = 100 * time.Millisecond

// ended returns why ctx has ended; nil if it hasn't.
func ended(ctx context.Context) error {
	if deadline, given := ctx.Deadline(); given && !time.Now().Before(deadline) {
		// The context's own timer is due. It sets the cause.
		select {
		case <-ctx.Done():
		case <-time.After(timerDelay):
			return context.DeadlineExceeded
		}
	}
	err, cause := ctx.Err(), context.Cause(ctx)
	if err != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// terminated returns text for C to read during a call: Go memory without pointers, which the result keeps alive.
func terminated(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text + "\x00")))
}

// optional returns NULL for the empty string, else what terminated returns.
func optional(text string) *C.char {
	if text == "" {
		return nil
	}
	return terminated(text)
}
