//go:build cgo

package esa

import (
	"errors"
	"time"
)

// WriteLock is a lock that a client shares with other programs or machines that write to the same account. Their writes
// then wait for each other instead of being refused. See [Config.WriteLock].
//
// Its methods run on the goroutines of calls that write, one at a time for a client; Release also when the loop of
// [Client.EnsureRoutineRelatedRecords] is left. Acquire and release may happen on different goroutines. The methods may
// make calls with other clients. They must not end their goroutine.
type WriteLock interface {
	// TryAcquire acquires the lock if it is free, for lease at most. It doesn't wait for its holder, and returns soon:
	// nothing ends it early. If it doesn't acquire the lock, the call asks again until its time limit, after half to
	// all of retryAfter; 0 is 100 ms.
	//
	// If it returns an error that is [ErrWithoutLock], the call continues without the lock, and the log says so once.
	// If it returns any other error, or panics, the call sends nothing and fails with [StatusLock]. The call's error
	// wraps that error and contains its text, which must hold no secret.
	TryAcquire(lease time.Duration) (acquired bool, retryAfter time.Duration, err error)

	// Release releases the lock, once for each time that it was acquired. If the lease has expired by then, somebody
	// else may hold the lock: Release must leave theirs.
	Release()
}

// ErrWithoutLock lets a call continue without its [WriteLock]: TryAcquire returns it, or an error that wraps it.
var ErrWithoutLock = errors.New("esa: no lock is available; the call continues without it")
