package esa_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// requestsFor returns requests that the emulator grants, numbered from 0.
func requestsFor(emulator *esatest.Emulator, count int) []esa.CreateRoutineRelatedRecordRequest {
	var requests []esa.CreateRoutineRelatedRecordRequest
	for i := range count {
		requests = append(requests, requestFor(emulator, fmt.Sprintf("r%d", i)))
	}
	return requests
}

// outcome is the result or the error of one record.
type outcome struct {
	record *esa.Record
	err    error
}

func (outcome outcome) String() string {
	if outcome.err == nil {
		return outcome.record.Origin.String()
	}
	return outcome.err.Error()
}

// ensureAll returns the outcome of each request. If there are more or fewer, the test fails.
func ensureAll(
	t *testing.T, ctx context.Context, client *esa.Client, requests []esa.CreateRoutineRelatedRecordRequest,
) []outcome {
	t.Helper()
	var outcomes []outcome
	for record, err := range client.EnsureRoutineRelatedRecords(ctx, requests) {
		if (record == nil) == (err == nil) {
			t.Fatalf("there are a record %v and an error %v", record, err)
		}
		outcomes = append(outcomes, outcome{record, err})
	}
	if len(outcomes) != len(requests) {
		t.Fatalf("there are %d outcomes of %d requests", len(outcomes), len(requests))
	}
	return outcomes
}

// expectOrigins expects that the first records existed, and that the rest were created.
func expectOrigins(t *testing.T, outcomes []outcome, existing int) {
	t.Helper()
	for i, outcome := range outcomes {
		want := esa.OriginCreated
		if i < existing {
			want = esa.OriginExisting
		}
		if outcome.err != nil || outcome.record.Origin != want {
			t.Errorf("record %d: %v; want %v", i, outcome, want)
		}
	}
}

func TestWhatExistsCostsATwentiethOfACall(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	requests := requestsFor(emulator, 50)
	before := ensureAll(t, context.Background(), client, requests[:40])
	expectOrigins(t, before, 0)
	seen := len(emulator.Requests(t))

	again := ensureAll(t, context.Background(), client, requests)

	expectOrigins(t, again, 40)
	for i := range before {
		if before[i].record.RecordID != again[i].record.RecordID {
			t.Errorf("record %d was %d and is %d", i, before[i].record.RecordID, again[i].record.RecordID)
		}
	}
	// The 40 records fill two pages. A third page shows that there are no more.
	if sent := len(emulator.Requests(t)) - seen; sent != 3+10 {
		t.Errorf("%d requests were sent; want 13", sent)
	}
}

func TestOneThatFailsDoesNotKeepTheOthersFromBeingTried(t *testing.T) {
	emulator := esatest.Start(t)
	requests := requestsFor(emulator, 3)
	requests[1].RecordName = "a.elsewhere.org"

	outcomes := ensureAll(t, context.Background(), newClient(t, emulator.Config()), requests)

	if !errors.Is(outcomes[1].err, esa.ErrSiteParameterNotMatch) {
		t.Errorf("%v", outcomes[1])
	}
	expectOrigins(t, []outcome{outcomes[0], outcomes[2]}, 0)
}

func TestCancelledItEndsAndRunAgainItGoesOn(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"action": "CreateRoutineRelatedRecord", "nth": 3, "wire": {"kind": "hang"}}`)
	client := newClient(t, emulator.Config())
	requests := requestsFor(emulator, 5)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		defer cancel()
		waitForRequests(t, emulator, 4) // a list, and three creates
	}()

	outcomes := ensureAll(t, ctx, client, requests)

	expectOrigins(t, outcomes[:2], 0)
	for i, want := range []esa.Outcome{esa.OutcomeUnknown, esa.OutcomeNotSent, esa.OutcomeNotSent} {
		err := outcomes[2+i].err
		if !errors.Is(err, context.Canceled) || asError(t, err).Outcome != want {
			t.Errorf("record %d: %v; want context.Canceled and %v", 2+i, err, want)
		}
	}
	expectOrigins(t, ensureAll(t, context.Background(), client, requests), 2)
}

func TestTheDeadlineIsForAllOfThem(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"action": "CreateRoutineRelatedRecord", "nth": 2, "times": 0, "wire": {"kind": "hang"}}`)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()

	outcomes := ensureAll(t, ctx, newClient(t, emulator.Config()), requestsFor(emulator, 4))

	expectOrigins(t, outcomes[:1], 0)
	for _, outcome := range outcomes[1:] {
		if !errors.Is(outcome.err, context.DeadlineExceeded) || asError(t, outcome.err).Status != esa.StatusTimeout {
			t.Errorf("%v; want context.DeadlineExceeded", outcome)
		}
	}
	if requests := emulator.Requests(t); len(requests) != 3 {
		t.Errorf("%d requests were sent; want a list and two creates", len(requests))
	}
}

func TestEachHasTheConfigurationsTimeout(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"action": "CreateRoutineRelatedRecord", "nth": 2, "wire": {"kind": "hang"}}`)
	config := emulator.Config()
	config.Timeout = 500 * time.Millisecond

	outcomes := ensureAll(t, context.Background(), newClient(t, config), requestsFor(emulator, 3))

	if failure := asError(t, outcomes[1].err); failure.Status != esa.StatusTimeout || failure.Unwrap() != nil {
		t.Errorf("%v; want a timeout that isn't the context's", outcomes[1])
	}
	expectOrigins(t, []outcome{outcomes[0], outcomes[2]}, 0)
}

func TestALoopThatIsLeftTriesNoMoreAndAnotherBeginsAnew(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	all := client.EnsureRoutineRelatedRecords(ctx, requestsFor(emulator, 5))
	leave := func() {
		for range all {
			break
		}
	}
	leave()
	before := descriptors(t)

	for range 20 {
		leave()
	}

	expectDescriptors(t, before)
	if records := recordsOf(t, emulator); records != 1 {
		t.Errorf("there are %d records; want the first one", records)
	}
}

func TestALoopMayMakeCallsInBetween(t *testing.T) {
	emulator := esatest.Start(t)
	config := emulator.Config()
	config.MaxConcurrentCalls = 1
	client := newClient(t, config)

	for _, err := range client.EnsureRoutineRelatedRecords(context.Background(), requestsFor(emulator, 2)) {
		if err != nil {
			t.Error(err)
		}
		if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "x")); err != nil &&
			!errors.Is(err, esa.ErrParameterAlreadyExist) {
			t.Error(err)
		}
	}

	if records := recordsOf(t, emulator); records != 3 {
		t.Errorf("there are %d records; want 3", records)
	}
}

func TestClosingTheClientEndsALoop(t *testing.T) {
	emulator := esatest.Start(t)
	client, released := newTracedClient(t, emulator.Config())
	var errs []error

	for _, err := range client.EnsureRoutineRelatedRecords(context.Background(), requestsFor(emulator, 3)) {
		errs = append(errs, err)
		_ = client.Close()
	}

	if !slices.Equal(errs, []error{nil, esa.ErrClosed, esa.ErrClosed}) {
		t.Errorf("%v; want ErrClosed after the first", errs)
	}
	waitForRelease(t, released)
	for _, outcome := range ensureAll(t, context.Background(), client, requestsFor(emulator, 2)) {
		if !errors.Is(outcome.err, esa.ErrClosed) {
			t.Errorf("%v; want ErrClosed", outcome)
		}
	}
}

func TestRequestsThatCannotBeUsedAreRefusedBeforeAnythingIsSent(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	for message, change := range map[string]func(*esa.CreateRoutineRelatedRecordRequest){
		"items[1]: name has a NUL byte":        func(request *esa.CreateRoutineRelatedRecordRequest) { request.Name = "a\x00b" },
		"items[1]: record_name has a NUL byte": func(request *esa.CreateRoutineRelatedRecordRequest) { request.RecordName = "\x00" },
		"items[1]: record_name is not UTF-8":   func(request *esa.CreateRoutineRelatedRecordRequest) { request.RecordName = "\xff" },
	} {
		requests := requestsFor(emulator, 3)
		change(&requests[1])
		for _, outcome := range ensureAll(t, context.Background(), client, requests) {
			expectRefusal(t, outcome.err, message)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, outcome := range ensureAll(t, ended, client, requestsFor(emulator, 2)) {
		if !errors.Is(outcome.err, context.Canceled) || !strings.Contains(outcome.err.Error(), "before anything was sent") {
			t.Errorf("%v; want context.Canceled", outcome)
		}
	}
	if outcomes := ensureAll(t, context.Background(), client, nil); len(outcomes) != 0 {
		t.Errorf("%v", outcomes)
	}
	expectNoRequests(t, emulator)
}

func TestAReasonThatAllOfThemShareIsMetOnce(t *testing.T) {
	emulator := esatest.Start(t)
	config := emulator.Config()
	config.Credentials.AccessKeySecret = "another"

	outcomes := ensureAll(t, context.Background(), newClient(t, config), requestsFor(emulator, 5))

	for _, outcome := range outcomes {
		if asError(t, outcome.err).Status != esa.StatusAuth {
			t.Errorf("%v; want one of the credentials", outcome)
		}
	}
	if requests := emulator.Requests(t); len(requests) > 2 {
		t.Errorf("%d requests were sent; want a list and a create at most", len(requests))
	}
}

func TestManyGoroutinesEnsureAtOnce(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			for _, err := range client.EnsureRoutineRelatedRecords(context.Background(), requestsFor(emulator, 20)) {
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()

	if records := recordsOf(t, emulator); records != 20 {
		t.Errorf("there are %d records; want 20", records)
	}
}
