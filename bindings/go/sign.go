package esa

/*
#include "action.h"

static inline native_answer sign_action(native_call call, const char *strings, int32_t effect) {
    const esa_call_action_request request = action_request(strings, effect);
    ANSWER(esa_sign_action, esa_signed_request);
}

// `strings` has those of the options, and then the request's.
static inline native_answer sign_with(int64_t date, int32_t signature_version, const char *strings, int32_t effect) {
    esa_sign_with_options options = ESA_SIGN_WITH_OPTIONS_INIT;
    const char **const fields[] = {&options.access_key_id, &options.access_key_secret, &options.security_token,
                                   &options.endpoint, &options.nonce};
    strings = set_strings(fields, sizeof fields / sizeof *fields, strings);
    options.date = date;
    options.signature_version = signature_version;
    const esa_call_action_request request = action_request(strings, effect);
    ANSWER_OF(esa_signed_request, 0, esa_sign_with, &options, &request);
}

static inline native_answer answer_to_reply(const esa_reply *reply) {
    ANSWER_OF(esa_call_action_result, 0, esa_read_reply, reply);
}

// `strings` has the action, and then a name and a value for each header.
static inline native_answer read_reply(int32_t effect, int32_t http_status, const char *strings, size_t header_count,
                                       const char *body, size_t body_length) {
    esa_header *headers = calloc(header_count, sizeof *headers);
    esa_reply reply = ESA_REPLY_INIT;
    const char **const action[] = {&reply.action};
    strings = set_strings(action, 1, strings);
    for (size_t i = 0; headers && i < header_count; i++) {
        headers[i].name = strings;
        headers[i].value = strings + strlen(strings) + 1;
        strings = headers[i].value + strlen(headers[i].value) + 1;
    }
    reply.effect = effect;
    reply.http_status = http_status;
    reply.headers = headers;
    reply.header_count = header_count;
    reply.body = body;
    reply.body_length = body_length;
    const native_answer answer = answer_to_reply(&reply);
    free(headers);
    return answer;
}
*/
import "C"

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"
)

// SignedRequest is a request ready to be sent once, by anything.
//
// Send it as it is: the method, the URL, all of the headers and the body. What else HTTP wants, such as Content-Length, is
// the sender's to add. The service takes it within 15 minutes, and once: sign each attempt again. It needs TLS, unless the
// URL says http, and no redirects are to be followed.
//
// The headers, or the URL with signature version 1, hold the signature and the security token: keep them out of logs.
// Printing a signed request shows its method only.
type SignedRequest struct {
	// Method is "GET" or "POST".
	Method string
	// URL is the whole URL, such as "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7".
	URL string
	// Header is the headers, with names in small letters; "host" is among them.
	Header map[string]string
	// Body is a form; empty where there is none. A GET may have one.
	Body string
}

// Format implements [fmt.Formatter], so that no verb shows a secret.
func (signed SignedRequest) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "{Method:%s}", signed.Method)
}

// Sign signs any action for somebody else to send, as the client does: with its credentials, endpoint, clock and signature
// version. Package [github.com/libesa/libesa/bindings/go/esahttp] makes a request for net/http of it; [ReadReply] reads what
// comes back.
//
// Nothing of the action is sent. If the client has no credentials yet, or they have expired, it gets some, which may ask a
// server, within ctx.
//
// It fails with an [*Error] of [StatusInvalidArgument], which names the field; of [StatusCredentials] if there are no
// credentials, or they didn't come in time; with what getting them failed for; or with [ErrClosed].
func (client *Client) Sign(ctx context.Context, request CallRequest) (*SignedRequest, error) {
	native, err := request.native()
	if err != nil {
		return nil, err
	}
	return run(ctx, client, func(call C.native_call) C.native_answer {
		return C.sign_action(call, terminated(native), C.int32_t(request.Effect))
	}, signedRequest)
}

func signedRequest(result *C.esa_signed_request) *SignedRequest {
	defer C.esa_signed_request_free(result)
	signed := &SignedRequest{
		Method: C.GoString(result.method),
		URL:    C.GoString(result.url),
		Header: map[string]string{},
		Body:   strings.Clone(unsafe.String((*byte)(unsafe.Pointer(result.body)), result.body_length)),
	}
	for _, header := range unsafe.Slice(result.headers, result.header_count) {
		signed.Header[C.GoString(header.name)] = C.GoString(header.value)
	}
	return signed
}

// SignOptions is what [SignWith] signs with.
type SignOptions struct {
	// Credentials are of printable ASCII. When they expire doesn't matter.
	Credentials Credentials
	// Endpoint is the server: "host", "host:port" or "https://host:port". Default: that of cn-hangzhou.
	Endpoint string
	// Nonce is 1 to 64 characters of printable ASCII that no other request has.
	Nonce string
	// Date is when the request is sent, to the second, after 1970. The service takes what is off by less than 15 minutes.
	Date time.Time
	// SignatureVersion is 3 (ACS3-HMAC-SHA256) or 1 (HMAC-SHA1, for old gateways). Default: 3.
	SignatureVersion int32
}

// SignWith signs any action with what it is given, and nothing else: no client, no environment, no clock. The same
// arguments give the same request.
//
// It fails with an [*Error] of [StatusInvalidArgument], which names the field, or of [StatusConfig] if the endpoint can't
// be used.
func SignWith(options SignOptions, request CallRequest) (*SignedRequest, error) {
	native, err := request.native()
	texts := checkText("endpoint", options.Endpoint, "nonce", options.Nonce)
	if err := cmp.Or(options.Credentials.check(), texts, err); err != nil {
		return nil, err
	}
	given := joined(options.Credentials.AccessKeyID, options.Credentials.AccessKeySecret,
		options.Credentials.SecurityToken, options.Endpoint, options.Nonce)
	answer := C.sign_with(C.int64_t(options.Date.Unix()), C.int32_t(options.SignatureVersion),
		terminated(given+native), C.int32_t(request.Effect))
	return take(callOf(0), answer, signedRequest)
}

// HTTPReply is a reply of the service that the program received itself.
type HTTPReply struct {
	// Action is the one that it answers, such as "CreateRoutine"; empty: one that the library doesn't know.
	Action string
	// Effect is whether the action changes something.
	Effect Effect
	// Status is the HTTP status: 100 to 999.
	Status int
	// Header is the headers, in any order and case, as an http.Response has them. Without them an error lacks what they
	// tell, such as how long to wait.
	Header map[string][]string
	// Body is without transfer and content codings.
	Body []byte
}

// ReadReply reads a reply that the program received itself: the result, or the error that it stands for.
//
// The error is as good as that of a call: its kind, what the request did at the service, whether trying again may help, how
// long the service asks to wait, and what to do. So a loop of the program's own can do what [Client.Call] does: make an
// action again that changes nothing; make one that changes something again only after [OutcomeRefused] and Retryable; and
// read back after [OutcomeUnknown]. Sign each attempt again. Where no reply came, a request that was sent in part may have
// been carried out.
//
// It is the outcome of this one request: of the attempts before it, the program knows. Attempts is 0 in the result and in
// the error. Texts of the service are given on one line, without what it repeats of a signature; other secrets of the
// program's are not known here.
//
// It succeeds for an HTTP status of 200 to 299 with a JSON object. Else it fails with an [*Error] of
// [StatusInvalidArgument], which names the field, or of the kind of failure that the reply tells.
func ReadReply(received HTTPReply) (*Reply, error) {
	texts := []string{received.Action}
	err := checkText("action", received.Action)
	for name, values := range received.Header {
		for _, value := range values {
			texts = append(texts, name, value)
			err = cmp.Or(err, checkText("headers", name, "headers", value))
		}
	}
	if err != nil {
		return nil, err
	}
	answer := C.read_reply(C.int32_t(received.Effect), C.int32_t(min(max(received.Status, 0), math.MaxInt32)),
		terminated(joined(texts...)), C.size_t(len(texts)/2),
		(*C.char)(unsafe.Pointer(unsafe.SliceData(received.Body))), C.size_t(len(received.Body)))
	return take(callOf(0), answer, reply)
}
