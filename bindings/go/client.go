package esa

// #include "native.h"
import "C"

import (
	"cmp"
	"runtime"
	"time"
)

// Client makes calls to the service. Any number of goroutines may use one at once; make one and keep it.
type Client struct {
	handle  *handle
	slots   chan struct{}
	timeout time.Duration // of a call whose context has no deadline
}

// New makes a client. Nothing is sent, and no credentials are needed yet.
//
// It fails with an [*Error] of [StatusInvalidArgument] where a field of config is out of range, and of [StatusConfig]
// where the region is unknown, the endpoint isn't usable or a CA file can't be read.
//
// Close releases what the client holds. One that is dropped without it is released after a garbage collection.
func New(config Config) (*Client, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	native, err := newHandle(&config)
	if err != nil {
		return nil, err
	}
	slots := make(chan struct{}, cmp.Or(config.MaxConcurrentCalls, defaultMaxConcurrentCalls))
	client := &Client{handle: native, slots: slots, timeout: unlimited}
	if timeout := C.esa_client_timeout(native.client); timeout != C.ESA_UNLIMITED {
		client.timeout = time.Duration(timeout) * time.Millisecond
	}
	runtime.AddCleanup(client, (*handle).close, native)
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
	return C.GoString(C.esa_client_credentials_source(client.handle.client))
}

// Close releases the client. Calls that run come to their proper end, and the log may get lines until they do; those
// that begin later, or still wait for their turn, fail with [ErrClosed].
//
// It doesn't wait, may be called any number of times from any goroutine, and always returns nil.
func (client *Client) Close() error {
	client.handle.close()
	return nil
}
