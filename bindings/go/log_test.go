package esa_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// recordingHandler keeps the lines that it gets, and calls a function with each.
type recordingHandler struct {
	each func(slog.Record)

	mutex    sync.Mutex
	records  []slog.Record
	contexts []context.Context
}

func (*recordingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (handler *recordingHandler) WithAttrs([]slog.Attr) slog.Handler { return handler }

func (handler *recordingHandler) WithGroup(string) slog.Handler { return handler }

func (handler *recordingHandler) Handle(ctx context.Context, record slog.Record) error {
	handler.mutex.Lock()
	defer handler.mutex.Unlock()
	handler.records = append(handler.records, record)
	handler.contexts = append(handler.contexts, ctx)
	if handler.each != nil {
		handler.each(record)
	}
	return nil
}

func TestTheLoggerGetsALineForARequest(t *testing.T) {
	emulator := esatest.Start(t)
	handler := &recordingHandler{}
	config := emulator.Config()
	config.Logger = slog.New(handler)

	record, err := newClient(t, config).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))
	if err != nil {
		t.Fatal(err)
	}

	if len(handler.records) == 0 {
		t.Fatal("there is no line")
	}
	line := handler.records[0]
	if line.Level != slog.LevelDebug || !strings.Contains(line.Message, record.RequestID) {
		t.Errorf("%v %q; want a debug line with %s", line.Level, line.Message, record.RequestID)
	}
	for _, line := range handler.records {
		if strings.Contains(line.Message, emulator.AccessKeySecret) {
			t.Errorf("a secret is in %q", line.Message)
		}
	}
}

func TestLinesHaveTheirLevels(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.SetClock(t, 2*time.Hour)
	emulator.AddFault(t, `{"action": "CreateRoutineRelatedRecord", "reply": {"code": "LockFailed"}}`)
	handler := &recordingHandler{}
	config := emulator.Config()
	config.Logger = slog.New(handler)

	_, err := newClient(t, config).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))
	if err != nil {
		t.Fatal(err)
	}

	for level, text := range map[slog.Level]string{
		slog.LevelWarn:  "this machine's clock is 2 h 0 min behind the service's",
		slog.LevelInfo:  "the service is no longer busy",
		slog.LevelDebug: "attempt 3: HTTP 200",
	} {
		has := func(line slog.Record) bool { return line.Level == level && strings.Contains(line.Message, text) }
		if !slices.ContainsFunc(handler.records, has) {
			t.Errorf("no line at %v with %q: %v", level, text, handler.records)
		}
	}
}

func TestAHandlerThatPanicsDoesNotHarmTheCall(t *testing.T) {
	emulator := esatest.Start(t)
	handler := &recordingHandler{each: func(slog.Record) { panic("the handler fails") }}
	config := emulator.Config()
	config.Logger = slog.New(handler)
	client := newClient(t, config)

	for _, label := range []string{"a", "b"} {
		if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, label)); err != nil {
			t.Error(err)
		}
	}

	if len(handler.records) < 2 {
		t.Errorf("the handler ran %d times", len(handler.records))
	}
}

type testKey struct{}

// loseAnAnswer loses the answer to the first create of this record.
func loseAnAnswer(t *testing.T, emulator *esatest.Emulator, recordName string) {
	t.Helper()
	emulator.AddFault(t, `{"action": "CreateRoutineRelatedRecord", "parameters": {"RecordName": "`+recordName+`"},
		"when": "before", "wire": {"kind": "drop"}}`)
}

func attributesOf(record slog.Record) map[string]any {
	attributes := map[string]any{}
	record.Attrs(func(attribute slog.Attr) bool {
		attributes[attribute.Key] = attribute.Value.Any()
		return true
	})
	return attributes
}

// checkLines checks the lines of a call whose first create was lost: its number, its record and its context.
func checkLines(t *testing.T, handler *recordingHandler, recordName string) (call any) {
	t.Helper()
	var requests []string
	for i, record := range handler.records {
		attributes := attributesOf(record)
		if attributes["record_name"] != recordName {
			continue
		}
		if call == nil {
			call = attributes["call"]
		}
		if attributes["call"] != call || handler.contexts[i].Value(testKey{}) != recordName {
			t.Errorf("%v of %q: call %v", handler.contexts[i].Value(testKey{}), record.Message, call)
		}
		start := fmt.Sprintf("call %v: %v %s: attempt %v: ", call, attributes["action"], recordName, attributes["attempt"])
		if !strings.HasPrefix(record.Message, start) {
			t.Errorf("%q begins otherwise than with %q", record.Message, start)
		}
		if record.Level == slog.LevelDebug {
			requests = append(requests, fmt.Sprint(attributes["action"], attributes["attempt"], attributes["status"]))
		}
	}
	want := []string{
		"CreateRoutineRelatedRecord1 <nil>", "ListRoutineRelatedRecords1 200", "CreateRoutineRelatedRecord2 200",
	}
	if !slices.Equal(requests, want) {
		t.Errorf("requests %q; want %q", requests, want)
	}
	return call
}

func TestCallsAtOnceAreToldApart(t *testing.T) {
	emulator := esatest.Start(t)
	handler := &recordingHandler{}
	config := emulator.Config()
	config.Logger = slog.New(handler)
	client := newClient(t, config)

	var group sync.WaitGroup
	names := []string{requestFor(emulator, "a").RecordName, requestFor(emulator, "b").RecordName}
	for i, label := range []string{"a", "b"} {
		loseAnAnswer(t, emulator, names[i])
		group.Add(1)
		go func() {
			defer group.Done()
			ctx := context.WithValue(context.Background(), testKey{}, names[i])
			if _, err := client.CreateRoutineRelatedRecord(ctx, requestFor(emulator, label)); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()

	if one, other := checkLines(t, handler, names[0]), checkLines(t, handler, names[1]); one == other {
		t.Errorf("both have the number %v", one)
	}
}

func TestAHandlerThatMakesACallLeavesTheContextAlone(t *testing.T) {
	emulator := esatest.Start(t)
	inner := newClient(t, emulator.Config())
	handler := &recordingHandler{}
	config := emulator.Config()
	handler.each = func(slog.Record) {
		_, err := inner.GetMatchSite(context.Background(), esa.GetMatchSiteRequest{RecordName: "a.example.com"})
		if err != nil {
			t.Error(err)
		}
	}
	config.Logger = slog.New(handler)
	name := requestFor(emulator, "a").RecordName
	loseAnAnswer(t, emulator, name)

	ctx := context.WithValue(context.Background(), testKey{}, name)
	if _, err := newClient(t, config).CreateRoutineRelatedRecord(ctx, requestFor(emulator, "a")); err != nil {
		t.Fatal(err)
	}

	checkLines(t, handler, name)
}

func TestABulkIsOneCallWithANameForEachRecord(t *testing.T) {
	emulator := esatest.Start(t)
	handler := &recordingHandler{}
	config := emulator.Config()
	config.Logger = slog.New(handler)
	requests := []esa.CreateRoutineRelatedRecordRequest{requestFor(emulator, "a"), requestFor(emulator, "b")}

	ctx := context.WithValue(context.Background(), testKey{}, "bulk")
	for _, err := range newClient(t, config).EnsureRoutineRelatedRecords(ctx, requests) {
		if err != nil {
			t.Fatal(err)
		}
	}

	calls, created := map[any]bool{}, map[any]bool{}
	for i, record := range handler.records {
		attributes := attributesOf(record)
		calls[attributes["call"]] = true
		if attributes["action"] == "CreateRoutineRelatedRecord" {
			created[attributes["record_name"]] = true
		}
		if handler.contexts[i].Value(testKey{}) != "bulk" {
			t.Errorf("%q has another context", record.Message)
		}
	}
	if len(calls) != 1 || len(created) != 2 {
		t.Errorf("calls %v, records %v", calls, created)
	}
}

// countingHandler is enabled from a level up. It counts the questions and the lines that it gets.
type countingHandler struct {
	recordingHandler
	level slog.Level
	debug atomic.Int32
}

func (handler *countingHandler) Enabled(_ context.Context, level slog.Level) bool {
	if level == slog.LevelDebug {
		handler.debug.Add(1)
	}
	return level >= handler.level
}

func TestAtInfoNothingIsCalledBackForARequest(t *testing.T) {
	emulator := esatest.Start(t)
	handler := &countingHandler{level: slog.LevelInfo}
	config := emulator.Config()
	config.Logger = slog.New(handler)
	client := newClient(t, config)
	asked := handler.debug.Load()
	loseAnAnswer(t, emulator, requestFor(emulator, "a").RecordName)

	if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a")); err != nil {
		t.Fatal(err)
	}

	if len(handler.records) == 0 {
		t.Error("no decision is told")
	}
	// If a debug line had come, slog would have asked the handler again.
	if handler.debug.Load() != asked {
		t.Errorf("%d debug lines came", handler.debug.Load()-asked)
	}
}

func TestALoggerThatWantsNothingGetsNothing(t *testing.T) {
	emulator := esatest.Start(t)
	handler := &countingHandler{level: slog.LevelError + 1}
	config := emulator.Config()
	config.Logger = slog.New(handler)
	emulator.SetClock(t, 2*time.Hour)

	if _, err := newClient(t, config).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a")); err != nil {
		t.Fatal(err)
	}

	if len(handler.records) != 0 {
		t.Errorf("%v", handler.records)
	}
}
