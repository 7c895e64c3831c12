// Package esahttp makes requests for net/http of those that package esa signs. It is a package of its own, so that
// other programs don't link net/http.
package esahttp

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/libesa/libesa/bindings/go"
)

// NewRequest makes a request for an [http.Client] of a signed one. Send it once, with a client that follows no
// redirects: see its CheckRedirect. [esa.ReadReply] reads the response.
//
// It fails if [http.NewRequestWithContext] does.
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
		// If the answer to a GET is lost, net/http repeats the request, unless it can't read the body again.
		request.Body, request.GetBody = io.NopCloser(strings.NewReader(signed.Body)), nil
	}
	return request, nil
}
