package esa

// #include "native.h"
import "C"

import (
	"context"
	"log/slog"
	"runtime/cgo"
)

// The library's levels, the most important first.
var logLevels = []struct {
	native C.int32_t
	level  slog.Level
}{
	{C.ESA_LOG_ERROR, slog.LevelError},
	{C.ESA_LOG_WARN, slog.LevelWarn},
	{C.ESA_LOG_INFO, slog.LevelInfo},
	{C.ESA_LOG_DEBUG, slog.LevelDebug},
}

// logLevel is the library's level that has all that the logger wants now; 0 if that is nothing.
func logLevel(logger *slog.Logger) (level C.int32_t) {
	for _, each := range logLevels {
		if logger != nil && logger.Enabled(context.Background(), each.level) {
			level = each.native
		}
	}
	return level
}

// nativeContext is a call's context, for C to hand back to the log; 0 is none.
type nativeContext cgo.Handle

// holdContext holds ctx for the calls of a client that has a log.
func (client nativeClient) holdContext(ctx context.Context) nativeContext {
	if client.logger == 0 {
		return 0
	}
	return nativeContext(cgo.NewHandle(ctx))
}

func (held nativeContext) free() {
	if held != 0 {
		cgo.Handle(held).Delete()
	}
}

func (held nativeContext) context() context.Context {
	if held == 0 {
		return context.Background()
	}
	return cgo.Handle(held).Value().(context.Context)
}

//export esaGoLog
func esaGoLog(logger, held C.uintptr_t, record *C.esa_log_record) {
	// A panic that crossed the native frames would leave the library in the middle of a call.
	defer func() { _ = recover() }()
	ctx, level := nativeContext(held).context(), slog.LevelDebug
	for _, each := range logLevels {
		if each.native == record.level {
			level = each.level
		}
	}
	cgo.Handle(logger).Value().(*slog.Logger).LogAttrs(ctx, level, C.GoString(record.message), attributes(record)...)
}

// attributes are those of the record's fields that aren't 0 or empty.
func attributes(record *C.esa_log_record) []slog.Attr {
	attributes := make([]slog.Attr, 0, 7)
	number := func(name string, value uint64) {
		if value != 0 {
			attributes = append(attributes, slog.Uint64(name, value))
		}
	}
	text := func(name string, value *C.char) {
		if value := C.GoString(value); value != "" {
			attributes = append(attributes, slog.String(name, value))
		}
	}
	number("call", uint64(record.call))
	text("action", record.action)
	text("record_name", record.record_name)
	number("attempt", uint64(record.attempt))
	number("status", uint64(record.http_status))
	text("request_id", record.request_id)
	number("elapsed_ms", uint64(record.elapsed_ms))
	return attributes
}
