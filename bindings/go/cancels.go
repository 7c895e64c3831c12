//go:build cgo

package esa

import "sync"

// keptCancels is how many unused ones a client keeps at most. Each holds a file descriptor.
const keptCancels = 16

// cancels keeps what calls can be cancelled with from call to call: to make it and to release it takes as long as half of
// a call on a kept connection.
type cancels struct {
	mutex  sync.Mutex
	unused []nativeCancel
	closed bool
}

// take fails where no file descriptors are left.
func (cancels *cancels) take() (nativeCancel, *Error) {
	cancels.mutex.Lock()
	if last := len(cancels.unused) - 1; last >= 0 {
		defer cancels.mutex.Unlock()
		cancel := cancels.unused[last]
		cancels.unused = cancels.unused[:last]
		return cancel, nil
	}
	cancels.mutex.Unlock()
	return newNativeCancel()
}

// giveBack takes one that was never triggered, and that no call uses any more.
func (cancels *cancels) giveBack(cancel nativeCancel) {
	if !cancels.keep(cancel) {
		cancel.free()
	}
}

func (cancels *cancels) keep(cancel nativeCancel) bool {
	cancels.mutex.Lock()
	defer cancels.mutex.Unlock()
	if cancels.closed || len(cancels.unused) == keptCancels {
		return false
	}
	cancels.unused = append(cancels.unused, cancel)
	return true
}

// close releases the unused ones. One that is given back later, by a bulk that is left then, is released at once.
func (cancels *cancels) close() {
	cancels.mutex.Lock()
	defer cancels.mutex.Unlock()
	for _, cancel := range cancels.unused {
		cancel.free()
	}
	cancels.unused, cancels.closed = nil, true
}
