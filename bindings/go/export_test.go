//go:build cgo

package esa

// KeptCancels is how many unused ones the client keeps.
func (client *Client) KeptCancels() int {
	return len(client.handle.cancels)
}
