package esa

/*
#include "native.h"

_Static_assert(ESA_UNLIMITED == (uint32_t)-1 && ESA_NONE == (uint32_t)-2, "they are Unlimited and None in 32 bits");

void esaGoLog(uintptr_t config, uintptr_t call, esa_log_record *record);
void esaGoCredentials(uintptr_t config, uint32_t timeout_ms, esa_credentials *credentials);
int32_t esaGoTryAcquire(uintptr_t config, uintptr_t call, uint32_t lease_ms, uint32_t *retry_after_ms);
void esaGoRelease(uintptr_t config);

// cgo declares a Go function's parameters without const, so these functions come between.
static inline void forward_log(void *config, const esa_log_record *record) {
    esaGoLog((uintptr_t)config, esa_go_call, (esa_log_record *)record);
}

static inline void forward_credentials(void *config, uint32_t timeout_ms, esa_credentials *credentials) {
    esaGoCredentials((uintptr_t)config, timeout_ms, credentials);
}

static inline int32_t forward_try_acquire(void *config, uint32_t lease_ms, uint32_t *retry_after_ms) {
    return esaGoTryAcquire((uintptr_t)config, esa_go_call, lease_ms, retry_after_ms);
}

static inline void forward_release(void *config) { esaGoRelease((uintptr_t)config); }

// Sets the callbacks that the Go configuration has; a log level of 0 is no log.
static inline void set_callbacks(esa_config *native, uintptr_t config, int32_t log_level, _Bool provider, _Bool lock) {
    void *const data = (void *)config;
    if (log_level) esa_config_set_log(native, log_level, forward_log, data);
    if (provider) esa_config_set_credentials_provider(native, forward_credentials, data);
    if (lock) esa_config_set_write_lock(native, forward_try_acquire, forward_release, data);
}

typedef esa_status (*set_text)(esa_config *config, const char *text);
typedef esa_status (*set_number)(esa_config *config, uint32_t number);

static inline void apply_text(set_text set, esa_config *config, const char *text) { set(config, text); }

static inline void apply_number(set_number set, esa_config *config, uint32_t number) { set(config, number); }
*/
import "C"

import (
	"fmt"
	"runtime/cgo"
	"sync"
	"sync/atomic"
)

// handle is the native client. It lives until it is closed and its last call is over.
type handle struct {
	client *C.esa_client
	config cgo.Handle // the *Config whose functions the library calls

	users  atomic.Int64 // the uses that enter began, and one for the client until it is closed
	closed atomic.Bool
	freed  sync.Once
}

// newHandle makes the native client. It refuses values that C can't take. esa_client_new reports what a setter refuses.
func newHandle(config *Config) (*handle, error) {
	if version := C.esa_abi_version(); version < C.ESA_ABI_VERSION {
		message := fmt.Sprintf("libesa %s has ABI version %d; this needs %d", Version(), version, C.ESA_ABI_VERSION)
		return nil, unsent(StatusUnsupported, message, "Install a newer libesa.")
	}
	native := C.esa_config_new()
	if native == nil {
		return nil, unsent(StatusInternal, "libesa made no configuration", "")
	}
	defer C.esa_config_free(native)
	if err := config.set(native); err != nil {
		return nil, err
	}

	// The library has the secrets; keep no copy of them.
	callbacks := &Config{
		Logger: config.Logger, CredentialsProvider: config.CredentialsProvider, WriteLock: config.WriteLock,
	}
	handle := &handle{config: cgo.NewHandle(callbacks)}
	handle.users.Add(1)
	C.set_callbacks(native, C.uintptr_t(handle.config), logLevel(config.Logger), config.CredentialsProvider != nil,
		config.WriteLock != nil)
	var failure *C.esa_error
	if C.esa_client_new(native, &handle.client, &failure); failure != nil {
		handle.config.Delete()
		return nil, takeError(failure)
	}
	return handle, nil
}

// set sets all fields but the callbacks.
func (config *Config) set(native *C.esa_config) error {
	if given := config.Credentials; given != (Credentials{}) {
		C.esa_config_set_credentials(native, terminated(given.AccessKeyID), terminated(given.AccessKeySecret),
			optional(given.SecurityToken))
	}
	C.esa_config_set_network(native, C.int32_t(config.Network))
	C.esa_config_set_signature_version(native, C.int32_t(config.SignatureVersion))
	for _, text := range []struct {
		field, given string
		set          C.set_text
	}{
		{"region", config.Region, C.set_text(C.esa_config_set_region)},
		{"endpoint", config.Endpoint, C.set_text(C.esa_config_set_endpoint)},
		{"proxy", config.Proxy, C.set_text(C.esa_config_set_proxy)},
		{"write_lock_file", config.WriteLockFile, C.set_text(C.esa_config_set_write_lock_file)},
		{"ca_file", config.CAFile, C.set_text(C.esa_config_set_ca_file)},
		{"ca_pem", config.CAPEM, C.set_text(C.esa_config_set_ca_pem)},
		{"user_agent", config.UserAgent, C.set_text(C.esa_config_set_user_agent)},
	} {
		if err := checkText(text.field, text.given); err != nil {
			return err
		}
		if text.given != "" {
			C.apply_text(text.set, native, terminated(text.given))
		}
	}
	if config.Proxy == NoProxy {
		C.esa_config_set_proxy(native, terminated(""))
	}
	for _, number := range []struct {
		field string
		given int64
		set   C.set_number
	}{
		{"connect_timeout", inMilliseconds(config.ConnectTimeout), C.set_number(C.esa_config_set_connect_timeout)},
		{"attempt_timeout", inMilliseconds(config.AttemptTimeout), C.set_number(C.esa_config_set_attempt_timeout)},
		{"timeout", inMilliseconds(config.Timeout), C.set_number(C.esa_config_set_timeout)},
		{"idle_timeout", inMilliseconds(config.IdleTimeout), C.set_number(C.esa_config_set_idle_timeout)},
		{"reconcile_horizon", inMilliseconds(config.ReconcileHorizon), C.set_number(C.esa_config_set_reconcile_horizon)},
		{"write_lock_hold", inMilliseconds(config.WriteLockHold), C.set_number(C.esa_config_set_write_lock_hold)},
		{"max_attempts", int64(config.MaxAttempts), C.set_number(C.esa_config_set_max_attempts)},
		{"max_concurrent_writes", int64(config.MaxConcurrentWrites), C.set_number(C.esa_config_set_max_concurrent_writes)},
		{"max_idle_connections", int64(config.MaxIdleConnections), C.set_number(C.esa_config_set_max_idle_connections)},
	} {
		if number.given < None || number.given >= C.ESA_NONE {
			return invalidArgument(number.field, fmt.Sprintf("is out of range: %d", number.given))
		}
		C.apply_number(number.set, native, C.uint32_t(number.given))
	}
	return nil
}

// enter begins a use of the native client. It returns false if the client is closed.
func (handle *handle) enter() bool {
	handle.users.Add(1)
	if handle.closed.Load() {
		handle.leave()
		return false
	}
	return true
}

// leave ends a use of the native client, and the last one frees it. After that, enter still counts up and down.
func (handle *handle) leave() {
	if handle.users.Add(-1) == 0 {
		handle.freed.Do(func() {
			C.esa_client_free(handle.client)
			handle.config.Delete()
		})
	}
}

func (handle *handle) close() {
	if !handle.closed.Swap(true) {
		handle.leave()
	}
}
