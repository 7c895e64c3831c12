//go:build cgo

#include "native.h"

// Go can't name a variable that each thread has of its own.
static __thread uintptr_t lock_error;

uintptr_t esaGoSwapLockError(uintptr_t error) {
    const uintptr_t before = lock_error;
    lock_error = error;
    return before;
}
