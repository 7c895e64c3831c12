package esa_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

func TestCancellingEndsACallThatWaitsForItsReply(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := client.CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a"))
		ended <- err
	}()
	waitForRequests(t, emulator, 1)

	cancel()
	err := <-ended

	if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not only context.Canceled", err)
	}
	failure := asError(t, err)
	if failure.Status != esa.StatusCancelled || failure.Outcome != esa.OutcomeUnknown || failure.Attempts != 1 {
		t.Errorf("%+v", failure)
	}
}

func TestACallThatWasCancelledEndsNoneAfterIt(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	startCall(t, client, emulator)()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	for _, label := range []string{"b", "c"} {
		if _, err := client.CreateRoutineRelatedRecord(ctx, requestFor(emulator, label)); err != nil {
			t.Errorf("%s: %v", label, err)
		}
	}
}

func TestADeadlineThatIsShorterThanTheConfigurationCounts(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	config := emulator.Config()
	config.Timeout = time.Hour
	config.AttemptTimeout = time.Hour
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()

	_, err := newClient(t, config).CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a"))

	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("%v is not only context.DeadlineExceeded", err)
	}
	failure := asError(t, err)
	if failure.Status != esa.StatusTimeout || failure.Outcome != esa.OutcomeUnknown {
		t.Errorf("%+v", failure)
	}
}

func TestADeadlineFarAwayIsAsFarAsTheLibraryCanBeTold(t *testing.T) {
	emulator := esatest.Start(t)
	config := emulator.Config()
	credentials := config.Credentials
	config.Credentials = esa.Credentials{}
	var left time.Duration
	config.CredentialsProvider = func(ctx context.Context) (esa.Credentials, error) {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return credentials, nil
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().AddDate(1000, 0, 0))
	defer cancel()

	if _, err := newClient(t, config).CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a")); err != nil {
		t.Fatal(err)
	}

	if days := left.Hours() / 24; days < 49 {
		t.Errorf("%.1f days are left", days)
	}
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	expired, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, given := range []struct {
		ctx    context.Context
		cause  error
		status esa.Status
	}{
		{cancelled, context.Canceled, esa.StatusCancelled},
		{expired, context.DeadlineExceeded, esa.StatusTimeout},
	} {
		_, err := client.CreateRoutineRelatedRecord(given.ctx, requestFor(emulator, "a"))

		if !errors.Is(err, given.cause) {
			t.Errorf("%v is not %v", err, given.cause)
		}
		failure := asError(t, err)
		if failure.Status != given.status || failure.Outcome != esa.OutcomeNotSent || failure.Attempts != 0 {
			t.Errorf("%+v", failure)
		}
	}
	expectNoRequests(t, emulator)
}

func TestTheErrorIsTheCauseOfTheContextAsWell(t *testing.T) {
	reason := errors.New("the user has left")
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	ended, end := context.WithCancelCause(context.Background())
	end(reason)
	cancelled, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(200*time.Millisecond, func() { cancel(reason) })
	expired, free := context.WithTimeoutCause(context.Background(), 200*time.Millisecond, reason)
	defer free()

	for ctx, itself := range map[context.Context]error{
		ended: context.Canceled, cancelled: context.Canceled, expired: context.DeadlineExceeded,
	} {
		_, err := client.CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a"))

		if !errors.Is(err, reason) || !errors.Is(err, itself) {
			t.Errorf("%v is not both %v and %v", err, reason, itself)
		}
	}
}

// endsItself is a context that ends with DeadlineExceeded, but has no deadline.
type endsItself struct {
	context.Context
	done chan struct{}
}

func (ctx endsItself) Done() <-chan struct{} { return ctx.done }

func (ctx endsItself) Err() error {
	select {
	case <-ctx.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestAContextThatNamesNoDeadlineStillEndsTheCall(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	ctx := endsItself{context.Background(), make(chan struct{})}
	ended := make(chan error, 1)
	go func() {
		_, err := client.CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a"))
		ended <- err
	}()
	waitForRequests(t, emulator, 1)

	close(ctx.done)

	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) || asError(t, err).Status != esa.StatusCancelled {
		t.Errorf("%v", err)
	}
}

// startCall starts a call whose request hangs, and returns when the request has arrived. The returned function ends the call
// and waits for it. So does the end of the test.
func startCall(t *testing.T, client *esa.Client, emulator *esatest.Emulator) (stop func()) {
	t.Helper()
	running, cancel := context.WithTimeout(context.Background(), time.Hour) // not the configuration's
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = client.CreateRoutineRelatedRecord(running, requestFor(emulator, "a"))
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	waitForRequests(t, emulator, 1)
	return stop
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	config := emulator.Config()
	config.MaxConcurrentCalls = 1
	client := newClient(t, config)
	stop := startCall(t, client, emulator)
	waiting, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()

	_, err := client.CreateRoutineRelatedRecord(waiting, requestFor(emulator, "b"))

	if !errors.Is(err, context.DeadlineExceeded) || asError(t, err).Outcome != esa.OutcomeNotSent {
		t.Errorf("%v", err)
	}
	stop()
	if requests := emulator.Requests(t); len(requests) != 1 {
		t.Errorf("%d requests arrived; want the first call's only", len(requests))
	}
}

func TestWaitingForATurnEndsWithTheConfigurationsTimeout(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	config := emulator.Config()
	config.MaxConcurrentCalls = 1
	config.AttemptTimeout = time.Hour
	config.Timeout = 50 * time.Millisecond
	client := newClient(t, config)
	stop := startCall(t, client, emulator)
	ended := make(chan error, 1)
	go func() {
		_, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "b"))
		ended <- err
	}()

	select {
	case err := <-ended:
		failure := asError(t, err)
		if failure.Status != esa.StatusTimeout || failure.Outcome != esa.OutcomeNotSent || !failure.Retryable {
			t.Errorf("%+v", failure)
		}
		if errors.Is(err, context.DeadlineExceeded) || failure.Advice == "" {
			t.Errorf("%v, %q", err, failure.Advice)
		}
	case <-time.After(20 * time.Second):
		t.Error("it still waits")
	}
	stop()
	if requests := emulator.Requests(t); len(requests) != 1 {
		t.Errorf("%d requests arrived; want the first call's only", len(requests))
	}
}

func TestWaitingForATurnCountsForTheConfigurationsTimeout(t *testing.T) {
	const held = 2 * time.Second
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	config := emulator.Config()
	var last atomic.Pointer[time.Time]
	credentials := config.Credentials
	config.Credentials = esa.Credentials{}
	config.CredentialsProvider = func(ctx context.Context) (esa.Credentials, error) {
		deadline, _ := ctx.Deadline()
		last.Store(&deadline)
		credentials := credentials
		credentials.ExpiresAt = time.Now().Add(held / 2) // so that the second call asks again
		return credentials, nil
	}
	config.MaxConcurrentCalls = 1
	config.AttemptTimeout = time.Hour
	config.Timeout = time.Minute
	client := newClient(t, config)
	stop := startCall(t, client, emulator)
	tooLate := time.Now().Add(config.Timeout + held)
	time.AfterFunc(held, stop)

	if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "b")); err != nil {
		t.Fatal(err)
	}

	if deadline := *last.Load(); !deadline.Before(tooLate) {
		t.Errorf("the call had %v more than the configuration allows", deadline.Sub(tooLate)+held)
	}
}

func TestWaitingForAnotherWriteEndsWithTheContext(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	stop := startCall(t, client, emulator)
	cancelled, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(200*time.Millisecond, cancel)
	expired, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()

	for cause, waiting := range map[error]context.Context{
		context.Canceled: cancelled, context.DeadlineExceeded: expired,
	} {
		_, err := client.CreateRoutineRelatedRecord(waiting, requestFor(emulator, "b"))

		if !errors.Is(err, cause) || asError(t, err).Outcome != esa.OutcomeNotSent {
			t.Errorf("%v is not %v", err, cause)
		}
	}
	stop()
	if requests := emulator.Requests(t); len(requests) != 1 {
		t.Errorf("%d requests arrived; want the first call's only", len(requests))
	}
}

// announcedWait matches the log line of a wait before the next attempt.
var announcedWait = regexp.MustCompile(`trying again in (\d+) ms`)

func TestCancellingEndsAWaitForTheNextAttempt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// The line comes before its wait. A short wait could be over before the call is cancelled, so it is skipped.
	handler := &recordingHandler{each: func(line slog.Record) {
		if wait := announcedWait.FindStringSubmatch(line.Message); wait != nil && len(wait[1]) > 3 {
			cancel()
		}
	}}
	client, request := newLockedClient(t, func(config *esa.Config) {
		config.Timeout = time.Hour
		config.Logger = slog.New(handler)
	})

	_, err := client.CreateRoutineRelatedRecord(ctx, request)

	if !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is not only context.Canceled", err)
	}
	failure := asError(t, err)
	if failure.Status != esa.StatusCancelled || failure.Outcome != esa.OutcomeRefused || failure.Attempts == 0 {
		t.Errorf("%+v", failure)
	}
}

func TestABusyAccountIsWaitedForUntilTheDeadlineLeavesNoTime(t *testing.T) {
	client, request := newLockedClient(t, func(*esa.Config) {})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()

	_, err := client.CreateRoutineRelatedRecord(ctx, request)

	failure := asError(t, err)
	if !errors.Is(err, esa.ErrUserOperationStatusIsLocked) || failure.Outcome != esa.OutcomeRefused || failure.Attempts < 2 {
		t.Errorf("%+v", failure)
	}
}

func TestADeadlineThatEndsTheLookForALostRecordIsTheContexts(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `[
		{"action": "CreateRoutineRelatedRecord", "wire": {"kind": "drop"}},
		{"action": "ListRoutineRelatedRecords", "times": 0, "wire": {"kind": "hang"}}
	]`)
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()

	_, err := newClient(t, emulator.Config()).CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a"))

	if !errors.Is(err, context.DeadlineExceeded) || asError(t, err).Outcome != esa.OutcomeUnknown {
		t.Errorf("%+v", err)
	}
}
