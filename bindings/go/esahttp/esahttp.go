// Package esahttp has net/http send requests that package esa has signed. It is a package of its own, so that programs
// without net/http stay without it.
package esahttp

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/libesa/libesa/bindings/go"
)

// NewRequest is the signed request for an [http.Client], to be sent once. The client has to follow no redirects: see its
// CheckRedirect. [esa.ReadReply] reads the response.
//
// The error is that of [http.NewRequestWithContext].
func NewRequest(ctx context.Context, signed *esa.SignedRequest) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, signed.Method, signed.URL, strings.NewReader(signed.Body))
	if err != nil {
		return nil, err
	}
	for name, value := range signed.Header {
		request.Header.Set(name, value)
	}
	request.Host = signed.Header["host"]
	if signed.Method == http.MethodGet {
		// net/http sends a GET again by itself where its answer is lost, unless it can't read the body again.
		request.Body, request.GetBody = io.NopCloser(strings.NewReader(signed.Body)), nil
	}
	return request, nil
}
