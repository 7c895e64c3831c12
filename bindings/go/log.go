package esa

// #include "native.h"
import "C"

import (
	"context"
	"log/slog"
	"slices"
)

// logLevels has the levels for those of the library.
var logLevels = []slog.Level{
	C.ESA_LOG_ERROR: slog.LevelError,
	C.ESA_LOG_WARN:  slog.LevelWarn,
	C.ESA_LOG_INFO:  slog.LevelInfo,
	C.ESA_LOG_DEBUG: slog.LevelDebug,
}

// logLevel returns the library's lowest level that the logger has enabled; 0 if there is none.
func logLevel(logger *slog.Logger) (wanted C.int32_t) {
	for level := C.int32_t(C.ESA_LOG_ERROR); logger != nil && level <= C.ESA_LOG_DEBUG; level++ {
		if logger.Enabled(context.Background(), logLevels[level]) {
			wanted = level
		}
	}
	return wanted
}

//export esaGoLog
func esaGoLog(config, call C.uintptr_t, record *C.esa_log_record) {
	// A panic must not cross the frames of the library: it is in the middle of a call.
	defer func() { _ = recover() }()
	logger := configOf(config).Logger
	logger.LogAttrs(callOf(call).ctx, logLevels[record.level], C.GoString(record.message), attributes(record)...)
}

// attributes returns the record's fields that aren't 0 or empty.
func attributes(record *C.esa_log_record) []slog.Attr {
	attributes := []slog.Attr{
		slog.Uint64("call", uint64(record.call)),
		slog.String("action", C.GoString(record.action)),
		slog.String("record_name", C.GoString(record.record_name)),
		slog.Uint64("attempt", uint64(record.attempt)),
		slog.Uint64("status", uint64(record.http_status)),
		slog.String("request_id", C.GoString(record.request_id)),
		slog.Uint64("elapsed_ms", uint64(record.elapsed_ms)),
	}
	return slices.DeleteFunc(attributes, func(attribute slog.Attr) bool {
		return attribute.Value.Equal(slog.Uint64Value(0)) || attribute.Value.Equal(slog.StringValue(""))
	})
}
