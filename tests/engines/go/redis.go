package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/libesa/libesa/bindings/go"
)

// redisLock is an esa.WriteLock: a mutex of redsync's.
type redisLock struct {
	mutexes *redsync.Redsync
	held    *redsync.Mutex
}

func (lock *redisLock) TryAcquire(lease time.Duration) (acquired bool, retryAfter time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	mutex := lock.mutexes.NewMutex("esa:account", redsync.WithExpiry(lease))
	err = mutex.TryLockContext(ctx)
	var taken *redsync.ErrTaken
	switch {
	case err == nil:
		lock.held = mutex
		return true, 0, nil
	case errors.As(err, &taken):
		return false, 100 * time.Millisecond, nil
	}
	return false, 0, fmt.Errorf("%w: %w", esa.ErrWithoutLock, err)
}

// Release releases the lock. If that fails, the lock ends with its lease.
func (lock *redisLock) Release() {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	_, _ = lock.held.UnlockContext(ctx)
}
