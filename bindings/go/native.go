package esa

/*
#cgo !esa_system CFLAGS: -I${SRCDIR}/../../target/stage/include
#cgo !esa_system LDFLAGS: ${SRCDIR}/../../target/stage/lib/libesa.a -lgcc_s -lutil -lrt -lpthread -lm -ldl
#cgo esa_system pkg-config: libesa

#include <esa.h>

void esaGoLog(uintptr_t logger, int32_t level, char *message);

// What cgo declares for a Go function has no const, so this stands between.
static inline void forward_log(void *user_data, int32_t level, const char *message) {
    esaGoLog((uintptr_t)user_data, level, (char *)message);
}

static inline void set_log(esa_config *config, uintptr_t logger) {
    esa_config_set_log(config, ESA_LOG_DEBUG, forward_log, (void *)logger);
}

typedef struct {
    esa_client *client;
    esa_error *error;
} made_client;

static inline made_client make_client(const esa_config *config) {
    made_client made;
    esa_client_new(config, &made.client, &made.error);
    return made;
}

typedef struct {
    esa_create_routine_related_record_result *result;
    esa_error *error;
} created_record;

// Builds the structs here, so that no Go memory ever holds what C reads pointers from.
static inline created_record create_record(const esa_client *client, int64_t site_id, const char *name,
                                           const char *record_name, const esa_cancel *cancel, uint32_t timeout_ms) {
    esa_create_routine_related_record_request request = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    request.site_id = site_id;
    request.name = name;
    request.record_name = record_name;

    esa_call_options options = ESA_CALL_OPTIONS_INIT;
    options.cancel = cancel;
    options.timeout_ms = timeout_ms;

    created_record created;
    esa_create_routine_related_record(client, &request, &options, &created.result, &created.error);
    return created;
}
*/
import "C"

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/cgo"
	"time"
	"unsafe"
)

// nativeClient is an esa_client and what has to live as long as it does.
type nativeClient struct {
	client *C.esa_client
	logger cgo.Handle
}

// nativeTimeouts are a configuration's, in milliseconds.
type nativeTimeouts struct {
	connect, attempt, total, idle uint32
}

// newNativeClient makes a client of a configuration whose strings have no NUL.
func newNativeClient(config *Config, timeouts nativeTimeouts) (nativeClient, error) {
	if version := C.esa_abi_version(); version < C.ESA_ABI_VERSION {
		return nativeClient{}, &Error{
			Status:  StatusUnsupported,
			Message: fmt.Sprintf("libesa %s has ABI version %d; this needs %d", Version(), version, C.ESA_ABI_VERSION),
			Advice:  "Install a newer libesa.",
		}
	}
	native := C.esa_config_new()
	if native == nil {
		return nativeClient{}, &Error{Status: StatusInternal, Message: "libesa made no configuration"}
	}
	defer C.esa_config_free(native)

	// What a setter refuses, esa_client_new reports.
	if config.Credentials != (Credentials{}) {
		C.esa_config_set_credentials(native, terminated(config.Credentials.AccessKeyID),
			terminated(config.Credentials.AccessKeySecret), optional(config.Credentials.SecurityToken))
	}
	if config.Region != "" {
		C.esa_config_set_region(native, terminated(config.Region))
	}
	if config.Endpoint != "" {
		C.esa_config_set_endpoint(native, terminated(config.Endpoint))
	}
	C.esa_config_set_timeouts(native, C.uint32_t(timeouts.connect), C.uint32_t(timeouts.attempt), C.uint32_t(timeouts.total))
	if config.SignatureVersion != 0 {
		C.esa_config_set_signature_version(native, C.uint32_t(config.SignatureVersion))
	}
	if config.CAFile != "" {
		C.esa_config_set_ca_file(native, terminated(config.CAFile))
	}
	if config.CAPEM != "" {
		C.esa_config_set_ca_pem(native, terminated(config.CAPEM))
	}
	if config.UserAgent != "" {
		C.esa_config_set_user_agent(native, terminated(config.UserAgent))
	}
	C.esa_config_set_keep_alive(native, C.uint32_t(config.maxIdleConnections()), C.uint32_t(timeouts.idle))

	var client nativeClient
	if config.Logger != nil {
		client.logger = cgo.NewHandle(config.Logger)
		C.set_log(native, C.uintptr_t(client.logger))
	}
	made := C.make_client(native)
	if made.error != nil {
		client.free()
		return nativeClient{}, takeError(made.error)
	}
	client.client = made.client
	return client, nil
}

// free releases the client; no call may run.
func (client nativeClient) free() {
	C.esa_client_free(client.client)
	if client.logger != 0 {
		client.logger.Delete()
	}
}

// createRoutineRelatedRecord blocks until the call is over. The request's strings have no NUL.
func (client nativeClient) createRoutineRelatedRecord(
	request *CreateRoutineRelatedRecordRequest, limits nativeLimits,
) (*CreatedRecord, *Error) {
	created := C.create_record(client.client, C.int64_t(request.SiteID), terminated(request.Name),
		terminated(request.RecordName), limits.cancel.cancel, C.uint32_t(limits.timeout))
	if created.error != nil {
		return nil, takeError(created.error)
	}
	defer C.esa_create_routine_related_record_result_free(created.result)
	return &CreatedRecord{
		RecordID:  int64(created.result.record_id),
		Origin:    Origin(created.result.origin),
		Attempts:  int(created.result.attempts),
		Status:    C.GoString(created.result.status),
		RequestID: C.GoString(created.result.request_id),
	}, nil
}

// nativeLimits is what ends a call early.
type nativeLimits struct {
	cancel nativeCancel
	// timeout is in milliseconds; 0 leaves the client's.
	timeout uint32
}

// nativeCancel is an esa_cancel; the zero value cancels nothing.
type nativeCancel struct {
	cancel *C.esa_cancel
}

// newNativeCancel returns the zero value where no file descriptors are left.
func newNativeCancel() nativeCancel {
	return nativeCancel{C.esa_cancel_new()}
}

func (cancel nativeCancel) trigger() { C.esa_cancel_trigger(cancel.cancel) }

func (cancel nativeCancel) free() { C.esa_cancel_free(cancel.cancel) }

// takeError copies an error and releases it.
func takeError(native *C.esa_error) *Error {
	defer C.esa_error_free(native)
	return &Error{
		Status:             Status(native.status),
		Outcome:            Outcome(native.outcome),
		ServiceCode:        ServiceCode(native.service_code),
		HTTPStatus:         int(native.http_status),
		Attempts:           int(native.attempts),
		RetryAfter:         time.Duration(native.retry_after_ms) * time.Millisecond,
		Retryable:          native.retryable != 0,
		Code:               C.GoString(native.code),
		Message:            C.GoString(native.message),
		Advice:             C.GoString(native.advice),
		RequestID:          C.GoString(native.request_id),
		Recommend:          C.GoString(native.recommend),
		AccessDeniedDetail: C.GoString(native.access_denied_detail),
	}
}

//export esaGoLog
func esaGoLog(logger C.uintptr_t, level C.int32_t, message *C.char) {
	// A panic that crossed the native frames would leave the library in the middle of a call.
	defer func() { _ = recover() }()
	cgo.Handle(logger).Value().(*slog.Logger).Log(context.Background(), slogLevel(level), C.GoString(message))
}

func slogLevel(level C.int32_t) slog.Level {
	switch level {
	case C.ESA_LOG_ERROR:
		return slog.LevelError
	case C.ESA_LOG_WARN:
		return slog.LevelWarn
	case C.ESA_LOG_INFO:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}

// Version is the version of the native library, such as "0.1.0".
func Version() string { return C.GoString(C.esa_version()) }

func statusName(status Status) string { return C.GoString(C.esa_status_name(C.int32_t(status))) }

func outcomeName(outcome Outcome) string { return C.GoString(C.esa_outcome_name(C.int32_t(outcome))) }

func serviceCodeName(code ServiceCode) string {
	return C.GoString(C.esa_service_code_name(C.int32_t(code)))
}

// terminated is text for C to read during a call: pointer-free Go memory, which the pointer keeps alive.
func terminated(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text + "\x00")))
}

// optional is terminated, or NULL for the empty string.
func optional(text string) *C.char {
	if text == "" {
		return nil
	}
	return terminated(text)
}
