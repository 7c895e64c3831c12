package esa

// #include "native.h"
import "C"

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"strings"
	"time"
)

// The library calls these functions on the thread of a goroutine whose call runs.

func configOf(handle C.uintptr_t) *Config { return cgo.Handle(handle).Value().(*Config) }

//export esaGoCredentials
func esaGoCredentials(config C.uintptr_t, timeout C.uint32_t, credentials *C.esa_credentials) {
	var given Credentials
	reason, err := guarded(func() (err error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(timeout)*time.Millisecond)
		defer cancel()
		given, err = configOf(config).CredentialsProvider(ctx)
		return cmp.Or(err, given.check())
	})
	if err != nil {
		C.esa_credentials_fail(credentials, reason)
		return
	}
	expiresAt := int64(0)
	if !given.ExpiresAt.IsZero() {
		expiresAt = max(1, given.ExpiresAt.Unix()) // 0 never expires
	}
	C.esa_credentials_set(credentials, terminated(given.AccessKeyID), terminated(given.AccessKeySecret),
		optional(given.SecurityToken), C.int64_t(expiresAt))
}

//export esaGoTryAcquire
func esaGoTryAcquire(config, call C.uintptr_t, lease C.uint32_t, retryAfter *C.uint32_t) C.int32_t {
	answer := C.int32_t(C.ESA_LOCK_NOT_YET)
	reason, err := guarded(func() error {
		acquired, wait, err := configOf(config).WriteLock.TryAcquire(time.Duration(lease) * time.Millisecond)
		switch {
		case errors.Is(err, ErrWithoutLock):
			answer = C.ESA_LOCK_WITHOUT
			return nil
		case acquired:
			answer = C.ESA_LOCK_ACQUIRED
		case wait > 0:
			*retryAfter = C.uint32_t(milliseconds(wait))
		}
		return err
	})
	if err != nil {
		callOf(call).lockError = err
		return C.esa_lock_fail(reason)
	}
	return answer
}

//export esaGoRelease
func esaGoRelease(config C.uintptr_t) {
	defer func() { _ = recover() }()
	configOf(config).WriteLock.Release()
}

// guarded returns what function fails with, and its text for C. A panic is an error too, also in the error's own
// method.
func guarded(function func() error) (reason *C.char, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
			reason = reasonOf(err)
		}
	}()
	if err = function(); err != nil {
		reason = reasonOf(err)
	}
	return reason, err
}

// reasonOf returns the error's text, without what C refuses.
func reasonOf(err error) *C.char {
	return terminated(strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "?"), "\x00", " "))
}
