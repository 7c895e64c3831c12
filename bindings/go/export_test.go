//go:build cgo

package esa

// KeptCancels is how many unused ones the client keeps.
func (client *Client) KeptCancels() int {
	cancels := &client.handle.cancels
	cancels.mutex.Lock()
	defer cancels.mutex.Unlock()
	return len(cancels.unused)
}
