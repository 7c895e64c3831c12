//go:build cgo

package esa

// keptCancels is how many unused ones a client keeps at most. Each holds a file descriptor.
const keptCancels = 16

// cancels keeps what calls can be cancelled with from call to call: to make it and to release it takes as long as half of
// a call on a pooled connection.
type cancels chan nativeCancel

// take fails if no file descriptors are left.
func (unused cancels) take() (nativeCancel, *Error) {
	select {
	case cancel := <-unused:
		return cancel, nil
	default:
		return newNativeCancel()
	}
}

// giveBack takes one that was never triggered, and that no call uses any more.
func (unused cancels) giveBack(cancel nativeCancel) {
	select {
	case unused <- cancel:
	default:
		cancel.free()
	}
}

// free releases the unused ones. All have been given back by then.
func (unused cancels) free() {
	for len(unused) > 0 {
		(<-unused).free()
	}
}
