package esa

/*
#include "native.h"

// Sets each field to the next one of terminated strings, or to NULL where that is empty; returns what follows them.
static inline const char *set_strings(const char **const *fields, size_t count, const char *strings) {
    for (size_t i = 0; i < count; i++) {
        *fields[i] = *strings ? strings : NULL;
        strings += strlen(strings) + 1;
    }
    return strings;
}

static inline esa_call_action_request action_request(const char *strings, int32_t effect) {
    esa_call_action_request request = ESA_CALL_ACTION_REQUEST_INIT;
    const char **const fields[] = {&request.action, &request.params, &request.query,
                                   &request.form,   &request.method, &request.version};
    set_strings(fields, sizeof fields / sizeof *fields, strings);
    request.effect = effect;
    return request;
}

static inline call_answer call_action(const esa_client *client, call_limits limits, const char *strings,
                                      int32_t effect) {
    const esa_call_action_request request = action_request(strings, effect);
    ANSWER(esa_call_action, esa_call_action_result);
}

static inline call_answer sign_action(const esa_client *client, call_limits limits, const char *strings,
                                      int32_t effect) {
    const esa_call_action_request request = action_request(strings, effect);
    ANSWER(esa_sign_action, esa_signed_request);
}

// `strings` has those of the options, and then the request's.
static inline call_answer sign_with(int64_t date, int32_t signature_version, const char *strings, int32_t effect) {
    esa_sign_with_options options = ESA_SIGN_WITH_OPTIONS_INIT;
    const char **const fields[] = {&options.access_key_id, &options.access_key_secret, &options.security_token,
                                   &options.endpoint, &options.nonce};
    strings = set_strings(fields, sizeof fields / sizeof *fields, strings);
    options.date = date;
    options.signature_version = signature_version;
    const esa_call_action_request request = action_request(strings, effect);
    ANSWER_OF(esa_signed_request, 0, esa_sign_with, &options, &request);
}

static inline call_answer answer_to_reply(const esa_reply *reply) {
    ANSWER_OF(esa_call_action_result, 0, esa_read_reply, reply);
}

// `strings` has the action, and then a name and a value for each header.
static inline call_answer read_reply(int32_t effect, int32_t http_status, const char *strings, size_t header_count,
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
    const call_answer answer = answer_to_reply(&reply);
    free(headers);
    return answer;
}
*/
import "C"

import (
	"context"
	"math"
	"strings"
	"unsafe"
)

// actionCall is the call of an action.
type actionCall struct {
	*CallRequest
	strings string
}

func (call *actionCall) check() (err error) {
	call.strings, err = call.native()
	return err
}

func (call *actionCall) send(client *C.esa_client, limits C.call_limits) C.call_answer {
	return C.call_action(client, limits, terminated(call.strings), C.int32_t(call.Effect))
}

// actionSignature may ask a server for credentials.
type actionSignature struct{ actionCall }

func (call *actionSignature) send(client *C.esa_client, limits C.call_limits) C.call_answer {
	return C.sign_action(client, limits, terminated(call.strings), C.int32_t(call.Effect))
}

// signWith takes options and a request whose strings have no NUL.
func signWith(options *SignOptions, request string, effect Effect) (*SignedRequest, error) {
	given := joined(options.Credentials.AccessKeyID, options.Credentials.AccessKeySecret,
		options.Credentials.SecurityToken, options.Endpoint, options.Nonce)
	answer := C.sign_with(C.int64_t(options.Date.Unix()), C.int32_t(options.SignatureVersion),
		terminated(given+request), C.int32_t(effect))
	return take(context.Background(), answer, signedRequest)
}

// readReply takes a reply whose action and headers have no NUL.
func readReply(received *HTTPReply) (*Reply, error) {
	given := []string{received.Action}
	for name, values := range received.Header {
		for _, value := range values {
			given = append(given, name, value)
		}
	}
	answer := C.read_reply(C.int32_t(received.Effect), C.int32_t(min(max(received.Status, 0), math.MaxInt32)), terminated(joined(given...)),
		C.size_t(len(given)/2), (*C.char)(unsafe.Pointer(unsafe.SliceData(received.Body))), C.size_t(len(received.Body)))
	return take(context.Background(), answer, reply)
}

// text is a copy of native text of any length.
func text(native *C.char, length C.size_t) string {
	return strings.Clone(unsafe.String((*byte)(unsafe.Pointer(native)), length))
}

func reply(result *C.esa_call_action_result) *Reply {
	defer C.esa_call_action_result_free(result)
	return &Reply{
		Body:       []byte(text(result.body, result.body_length)),
		RequestID:  C.GoString(result.request_id),
		Attempts:   int(result.attempts),
		HTTPStatus: int(result.http_status),
	}
}

func signedRequest(result *C.esa_signed_request) *SignedRequest {
	defer C.esa_signed_request_free(result)
	signed := &SignedRequest{
		Method: C.GoString(result.method),
		URL:    C.GoString(result.url),
		Header: map[string]string{},
		Body:   text(result.body, result.body_length),
	}
	for _, header := range unsafe.Slice(result.headers, result.header_count) {
		signed.Header[C.GoString(header.name)] = C.GoString(header.value)
	}
	return signed
}

// joined is the texts, each terminated.
func joined(texts ...string) string { return strings.Join(texts, "\x00") + "\x00" }
