package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libesa/libesa/bindings/go"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

const lockName = "/esa/account"

// etcdLock is an esa.WriteLock: a mutex of etcd's, which ends with a session that isn't kept alive.
type etcdLock struct {
	client  *clientv3.Client
	session *concurrency.Session
	mutex   *concurrency.Mutex
}

func (lock *etcdLock) TryAcquire(lease time.Duration) (acquired bool, retryAfter time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	if err := lock.begin(ctx, lease); err != nil {
		return false, 0, fmt.Errorf("%w: %w", esa.ErrWithoutLock, err)
	}
	// Reading is cheap; trying is a write.
	held, err := lock.client.Get(ctx, lockName, clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err == nil && held.Count == 0 {
		err = lock.mutex.TryLock(ctx)
	} else if err == nil {
		err = concurrency.ErrLocked
	}
	switch {
	case err == nil:
		return true, 0, nil
	case errors.Is(err, concurrency.ErrLocked):
		return false, 100 * time.Millisecond, nil
	}
	lock.end()
	return false, 0, fmt.Errorf("%w: %w", esa.ErrWithoutLock, err)
}

// begin makes a session if there is none that is alive.
func (lock *etcdLock) begin(ctx context.Context, lease time.Duration) error {
	if lock.session != nil {
		select {
		case <-lock.session.Done():
		default:
			return nil
		}
	}
	granted, err := lock.client.Grant(ctx, int64((lease+time.Second-1)/time.Second))
	if err != nil {
		return err
	}
	session, err := concurrency.NewSession(lock.client, concurrency.WithLease(granted.ID))
	if err != nil {
		return err
	}
	lock.session, lock.mutex = session, concurrency.NewMutex(session, lockName)
	return nil
}

// end gives up the session. What it holds ends with its lease.
func (lock *etcdLock) end() {
	lock.session.Orphan()
	lock.session = nil
}

// Release releases the mutex. If that fails, it gives up the session.
func (lock *etcdLock) Release() {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	if lock.mutex.Unlock(ctx) != nil {
		lock.end()
	}
}
