package esa

/*
#include "action.h"

static inline native_answer call_action(native_call call, const char *strings, int32_t effect) {
    const esa_call_action_request request = action_request(strings, effect);
    ANSWER(esa_call_action, esa_call_action_result);
}
*/
import "C"

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"unsafe"
)

// Effect is whether an action changes something, which decides what a call may do whose answer was lost.
type Effect int32

const (
	// EffectDefault: as the library knows the action. One that it doesn't know writes.
	EffectDefault Effect = 0
	// EffectReads: it changes nothing, and may be made again at any time.
	EffectReads Effect = 1
	// EffectWrites: it changes something, and is made again only where the one before it has changed nothing.
	EffectWrites Effect = 2
)

// CallRequest is an action, and its parameters. Only Action has to be given.
//
// Params, Query and Form are what [encoding/json] makes a JSON object of, with a member for each parameter: a map, a
// struct, a [json.RawMessage]. nil is none. Strings are sent as they are, numbers as JSON has them, and booleans as
// "true" and "false"; null stands for a parameter that isn't there. Objects and arrays are sent as the action wants them:
// as JSON text, or taken apart into Name.1, Name.2 (and Name.1.Key for objects in an array). A name that is there twice is
// refused, wherever that is; there are 1000 parameters at most.
type CallRequest struct {
	// Action is the service's name for it, such as "CreateRoutine": 1 to 128 ASCII letters and digits.
	Action string
	// Params are the parameters. Each goes where the action wants it; what the library doesn't know goes into the query.
	Params any
	// Query are parameters that go into the query whatever the library knows of them.
	Query any
	// Form are parameters that go into the form, which is the body, whatever the library knows of them.
	Form any
	// Method is "GET" or "POST". Default: as the action wants it; POST for one that the library doesn't know.
	Method string
	// Version is that of the service's interface, a date. Default: "2024-09-10".
	Version string
	// Effect is whether the action changes something.
	Effect Effect
}

// native is the request's strings, each terminated, in C's order. It refuses what C can't take.
func (request *CallRequest) native() (string, error) {
	params, badParams := jsonText("params", request.Params)
	query, badQuery := jsonText("query", request.Query)
	form, badForm := jsonText("form", request.Form)
	texts := checkText("action", request.Action, "method", request.Method, "version", request.Version)
	return joined(request.Action, params, query, form, request.Method, request.Version),
		cmp.Or(texts, badParams, badQuery, badForm)
}

// jsonText is the value of a field as JSON, with its <, > and & as they are; empty if it is null.
func jsonText(field string, value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", invalidArgument(field, "can't be written as JSON: "+err.Error())
	}
	return strings.TrimPrefix(text.String(), "null\n"), nil
}

// Reply is what the service answered to an action.
type Reply struct {
	// Body is the JSON object that the service answered with, as it wrote it.
	Body json.RawMessage
	// RequestID is the service's id of the request.
	RequestID string
	// Attempts is how many requests the call sent; 0 from [ReadReply].
	Attempts int
	// HTTPStatus is that of the reply: 200 to 299.
	HTTPStatus int
}

// Decode stores the body in what target points to, as [json.Unmarshal] does. Numbers for which target has no type become
// a [json.Number], so that ids keep all their digits.
func (reply *Reply) Decode(target any) error {
	decoder := json.NewDecoder(bytes.NewReader(reply.Body))
	decoder.UseNumber()
	return decoder.Decode(target)
}

// Call calls any action of the service, by its name.
//
// The library knows ESA's actions: by which method each is sent, which parameters go into the query and which into the
// form, and whether it changes something. What it doesn't know it sends all the same: an unknown action with POST, an
// unknown parameter in the query. The service judges what is in them.
//
// The reply is given as the service wrote it, 8 MiB at most. A success is an HTTP status of 200 to 299 with a JSON object;
// what that says of itself, such as a Status, is the caller's to read.
//
// An action that changes nothing is made again when its answer is lost. One that changes something is made again only
// where nothing was sent, or where the service's code says that nothing has changed: it was busy, for instance. If its
// answer is lost, the call fails with [OutcomeUnknown] and sends nothing more: read back what it was to change. Actions
// that the service refuses while another call of the account runs take their turn among the client's writes
// ([Config.MaxConcurrentWrites]).
//
// It needs the RAM action of its name, such as esa:CreateRoutine.
//
// Context and errors are as with [Client.CreateRoutineRelatedRecord]. [StatusInvalidArgument] names the field;
// [StatusResponse] is also an answer that is no JSON object, or larger than 8 MiB.
func (client *Client) Call(ctx context.Context, request CallRequest) (*Reply, error) {
	native, err := request.native()
	if err != nil {
		return nil, err
	}
	return run(ctx, client, func(call C.native_call) C.native_answer {
		return C.call_action(call, terminated(native), C.int32_t(request.Effect))
	}, reply)
}

func reply(result *C.esa_call_action_result) *Reply {
	defer C.esa_call_action_result_free(result)
	return &Reply{
		Body:       C.GoBytes(unsafe.Pointer(result.body), C.int(result.body_length)),
		RequestID:  C.GoString(result.request_id),
		Attempts:   int(result.attempts),
		HTTPStatus: int(result.http_status),
	}
}

// joined is the texts, each terminated.
func joined(texts ...string) string { return strings.Join(texts, "\x00") + "\x00" }
