package esa_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go/esatest"
)

// recordingHandler keeps the lines that it gets, and does with each what a test wants.
type recordingHandler struct {
	each func(slog.Record)

	mutex   sync.Mutex
	records []slog.Record
}

func (*recordingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (handler *recordingHandler) WithAttrs([]slog.Attr) slog.Handler { return handler }

func (handler *recordingHandler) WithGroup(string) slog.Handler { return handler }

func (handler *recordingHandler) Handle(_ context.Context, record slog.Record) error {
	handler.mutex.Lock()
	defer handler.mutex.Unlock()
	handler.records = append(handler.records, record)
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
