package esa

// #include "native.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"strings"
	"time"
)

// What the library calls on the goroutine's thread while a call of it runs.

//export esaGoCredentials
func esaGoCredentials(provider C.uintptr_t, timeout C.uint32_t, credentials *C.esa_credentials) {
	provide := cgo.Handle(provider).Value().(func(context.Context) (Credentials, error))
	given, err := provided(provide, time.Duration(timeout)*time.Millisecond)
	if err != nil {
		C.esa_credentials_fail(credentials, terminated(reasonOf(err)))
		return
	}
	expiresAt := int64(0)
	if !given.ExpiresAt.IsZero() {
		expiresAt = max(1, given.ExpiresAt.Unix()) // 0 is for ever
	}
	C.esa_credentials_set(credentials, terminated(given.AccessKeyID), terminated(given.AccessKeySecret),
		optional(given.SecurityToken), C.int64_t(expiresAt))
}

// provided is what the caller's function gives; its panic is an error, as with the log's.
func provided(
	provide func(context.Context) (Credentials, error), timeout time.Duration,
) (given Credentials, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	given, err = provide(ctx)
	if err != nil {
		return given, errors.New(err.Error()) // which may panic as well
	}
	return given, given.check()
}

// reasonOf is the error's text as C takes it.
func reasonOf(err error) string {
	return strings.ReplaceAll(strings.ToValidUTF8(err.Error(), "?"), "\x00", " ")
}

//export esaGoTryAcquire
func esaGoTryAcquire(lock C.uintptr_t, lease C.uint32_t, retryAfter *C.uint32_t) (answer C.int32_t) {
	defer func() {
		if cause := recover(); cause != nil {
			answer = lockFailed(fmt.Errorf("panic: %v", cause))
		}
	}()
	shared := cgo.Handle(lock).Value().(WriteLock)
	acquired, wait, err := shared.TryAcquire(time.Duration(lease) * time.Millisecond)
	switch {
	case errors.Is(err, ErrWithoutLock):
		return C.ESA_LOCK_WITHOUT
	case err != nil:
		return lockFailed(err)
	case acquired:
		return C.ESA_LOCK_ACQUIRED
	}
	if wait > 0 {
		*retryAfter = C.uint32_t(milliseconds(wait))
	}
	return C.ESA_LOCK_NOT_YET
}

// lockFailed keeps the error for the call on this thread, whose own error it is the cause of.
func lockFailed(err error) C.int32_t {
	reason := reasonOf(err) // which may panic
	_ = takeLockError(C.esaGoSwapLockError(C.uintptr_t(cgo.NewHandle(err))))
	return C.esa_lock_fail(terminated(reason))
}

//export esaGoRelease
func esaGoRelease(lock C.uintptr_t) {
	defer func() { _ = recover() }()
	cgo.Handle(lock).Value().(WriteLock).Release()
}
