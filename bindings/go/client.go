package esa

// #include "native.h"
import "C"

import (
	"cmp"
	"runtime"
	"time"
)

// Client calls the service. Make one and keep it: any number of goroutines can use it at once.
type Client struct {
	handle  *handle
	slots   chan struct{}
	timeout time.Duration // of a call whose context has no deadline
}

// New makes a client. It sends nothing, and needs no credentials yet.
//
// It fails with an [*Error]: of [StatusInvalidArgument] if a field of config is invalid, or of [StatusConfig] if the
// region is unknown, the endpoint or the proxy can't be used, or a CA file can't be read.
//
// [Client.Close] releases the client. A client that is not closed is released by the garbage collector.
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

// CredentialsSource returns the name of the provider whose credentials the client uses: "configuration", "callback"
// (the CredentialsProvider), "environment", "oidc", "cli_profile", "credentials_file", "ecs_ram_role" or
// "credentials_uri". It is empty before the first call that needs credentials, and after [Client.Close].
func (client *Client) CredentialsSource() string {
	if !client.handle.enter() {
		return ""
	}
	defer client.handle.leave()
	return C.GoString(C.esa_client_credentials_source(client.handle.client))
}

// Close releases the client. Calls that run continue to their end, and may still log. Calls that begin later, or still
// wait for one of [Config.MaxConcurrentCalls], fail with [ErrClosed].
//
// Close doesn't wait. Any goroutine can call it, any number of times. It always returns nil.
func (client *Client) Close() error {
	client.handle.close()
	return nil
}
