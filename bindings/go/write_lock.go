//go:build cgo

package esa

import (
	"errors"
	"time"
)

// WriteLock is a lock that a client shares with other programs or machines which write to the same account, so that their
// writes wait for each other instead of being refused: [Config.WriteLock].
//
// Its methods run on the goroutines of calls that write, one at a time for a client, and on another one each time; Release
// also where the loop of a bulk is left. They may make calls with other clients. They must not end their goroutine.
type WriteLock interface {
	// TryAcquire asks for the lock, to hold it for lease at most, and doesn't wait for whoever has it. Where it isn't
	// acquired, the call asks again after half of retryAfter to all of it (0: 100 ms), until its time limit. It should
	// return soon: nothing else ends it.
	//
	// With an error that is [ErrWithoutLock], the call goes on without the lock, which whatever gives it can't give at
	// the moment; the log says so once. Any other error, or a panic, fails the call with [StatusLock], and nothing is sent:
	// the call's error wraps it, and has its text, so it must hold no secret.
	TryAcquire(lease time.Duration) (acquired bool, retryAfter time.Duration, err error)

	// Release lets the lock go: once for each time that it was acquired. The lease may be over by then; what somebody
	// else has is not to be let go.
	Release()
}

// ErrWithoutLock is, or is wrapped by, the error of a [WriteLock] without which the call is to go on.
var ErrWithoutLock = errors.New("esa: there is no lock to be had; the call goes on without")
