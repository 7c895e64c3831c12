//go:build cgo

package esa

import (
	"runtime"
	"time"
)

// Client makes calls to the service. Any number of goroutines may use one at once; make one and keep it.
type Client struct {
	handle  *handle
	slots   chan struct{}
	timeout time.Duration
}

// New makes a client. Nothing is sent, and no credentials are needed yet.
//
// It fails with an [*Error] of [StatusInvalidArgument] where a field of config is out of range, and of [StatusConfig]
// where the region is unknown, the endpoint isn't usable or a CA file can't be read.
//
// Close releases what the client holds. One that is dropped without it is released after a garbage collection.
func New(config Config) (*Client, error) {
	numbers, err := config.check()
	if err != nil {
		return nil, err
	}
	native, err := newNativeClient(&config, numbers)
	if err != nil {
		return nil, err
	}
	concurrent := config.MaxConcurrentCalls
	if concurrent == 0 {
		concurrent = defaultMaxConcurrentCalls
	}
	slots := make(chan struct{}, concurrent)
	client := &Client{handle: &handle{native: native}, slots: slots, timeout: native.timeout()}
	runtime.AddCleanup(client, (*handle).close, client.handle)
	return client, nil
}

// CredentialsSource is the name of the provider whose credentials are used: "configuration", "callback" (the
// CredentialsProvider), "environment", "oidc", "cli_profile", "credentials_file", "ecs_ram_role" or "credentials_uri".
// It is empty before the first call that needed some, and after Close.
func (client *Client) CredentialsSource() string {
	if !client.handle.enter() {
		return ""
	}
	defer client.handle.leave()
	return client.handle.native.credentialsSource()
}

// Close releases the client. Calls that run come to their proper end, and the log may get lines until they do; those
// that begin later, or still wait for their turn, fail with [ErrClosed].
//
// It doesn't wait, may be called any number of times from any goroutine, and always returns nil.
func (client *Client) Close() error {
	client.handle.close()
	return nil
}
