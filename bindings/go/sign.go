package esa

/*
#include "action.h"

static inline native_answer sign_action(native_call call, const char *strings, int32_t effect) {
    const esa_call_action_request request = action_request(strings, effect);
    ANSWER(esa_sign_action, esa_signed_request);
}

// `strings` has the options' strings, and then the request's.
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

// `strings` has the action, and then the name and the value of each header.
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

// SignedRequest is a request that any HTTP client can send, once.
//
// Send the method, the URL, all headers and the body as they are. Add what else HTTP requires, such as Content-Length.
// The service accepts a request once, within 15 minutes: sign each attempt again. Use TLS, unless the URL says http.
// Follow no redirects.
//
// The headers hold the signature and the security token; with signature version 1, the URL does. Keep them out of logs.
// If you print a signed request, it shows its method only.
type SignedRequest struct {
	// Method is "GET" or "POST".
	Method string
	// URL is the complete URL, such as "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7".
	URL string
	// Header has the headers, "host" included. The names are in lower case.
	Header map[string]string
	// Body is a form, or empty. A GET can have a body.
	Body string
}

// Format implements [fmt.Formatter]. No verb shows a secret.
func (signed SignedRequest) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "{Method:%s}", signed.Method)
}

// Sign signs any action, for another HTTP client to send. It uses the client's credentials, endpoint, clock and
// signature version. Package [github.com/libesa/libesa/bindings/go/esahttp] makes a request for net/http of the result.
// [ReadReply] reads the reply.
//
// Sign doesn't send the action. If the client has no credentials, or they have expired, it gets some within ctx, which
// may send a request to a server.
//
// It fails with an [*Error] of [StatusInvalidArgument], which names the field; of [StatusCredentials] if there are no
// credentials, or they don't arrive in time; with the error of the request for credentials; or with [ErrClosed].
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

// SignOptions are what [SignWith] signs with.
type SignOptions struct {
	// Credentials are printable ASCII. ExpiresAt is ignored.
	Credentials Credentials
	// Endpoint is the server: "host", "host:port" or "https://host:port". Default: the endpoint of cn-hangzhou.
	Endpoint string
	// Nonce is 1 to 64 characters of printable ASCII. Each request needs a different one.
	Nonce string
	// Date is when the request is sent, to the second, after 1970. The service refuses a date that is 15 minutes off.
	Date time.Time
	// SignatureVersion is 3 (ACS3-HMAC-SHA256) or 1 (HMAC-SHA1, for old gateways). Default: 3.
	SignatureVersion int32
}

// SignWith signs any action with its arguments alone: no client, no environment, no clock. The same arguments give the
// same request.
//
// It fails with an [*Error]: of [StatusInvalidArgument], which names the field, or of [StatusConfig] if the endpoint
// can't be used.
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

// HTTPReply is a reply of the service to a request that the program sent itself.
type HTTPReply struct {
	// Action is the action of the request, such as "CreateRoutine". Empty: one that the library doesn't know.
	Action string
	// Effect says whether the action changes something.
	Effect Effect
	// Status is the HTTP status: 100 to 999.
	Status int
	// Header has the headers, in upper or lower case, as an http.Response does. Without them, an error lacks what they
	// say, such as how long to wait.
	Header map[string][]string
	// Body is the body without transfer and content codings.
	Body []byte
}

// ReadReply reads a reply to a request that the program sent itself. It returns the result, or the error that the reply
// stands for.
//
// The error has what the error of a call has: its kind, what the request did at the service, whether another attempt
// may succeed, how long to wait, and what to do. A program can use it to do what [Client.Call] does: repeat an action
// that changes nothing; repeat an action that changes something only after [OutcomeRefused] with Retryable; read back
// after [OutcomeUnknown]. Sign each attempt again. If no reply arrives, the service may have executed the request, even
// if only a part of it was sent.
//
// The outcome is that of this request alone, not of earlier attempts. Attempts is 0 in the result and in the error.
// Texts of the service are on one line. They don't contain what the service repeats of a signature; ReadReply doesn't
// know other secrets of the program.
//
// It succeeds if the HTTP status is 200 to 299 and the body is a JSON object. Otherwise it fails with an [*Error]: of
// [StatusInvalidArgument], which names the field, or of the kind of failure that the reply stands for.
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
