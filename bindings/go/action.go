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

// Effect says whether an action changes something. It decides whether a call may repeat a request whose answer was
// lost.
type Effect int32

const (
	// EffectDefault: as the library's table says. An action that isn't in the table writes.
	EffectDefault Effect = 0
	// EffectReads: the action changes nothing, and may be repeated at any time.
	EffectReads Effect = 1
	// EffectWrites: the action changes something. It is repeated only if the request before it has changed nothing.
	EffectWrites Effect = 2
)

// CallRequest is an action and its parameters. Only Action is required.
//
// Params, Query and Form hold what [encoding/json] encodes as a JSON object, with a member for each parameter: a map, a
// struct, a [json.RawMessage]. nil is none. Strings are sent as they are, numbers as in JSON, booleans as "true" and
// "false". null omits the parameter. Objects and arrays are sent as the action expects them: as JSON text, or split
// into Name.1, Name.2 (Name.1.Key for objects in an array). At most 1000 parameters are allowed. If a name occurs twice
// in any of the three, the call fails.
type CallRequest struct {
	// Action is the action's name, such as "CreateRoutine": 1 to 128 ASCII letters and digits.
	Action string
	// Params are the parameters. Each goes where the action expects it. Those that the library doesn't know go into the
	// query.
	Params any
	// Query are parameters that go into the query, whatever the library's table says.
	Query any
	// Form are parameters that go into the body, as a form, whatever the library's table says.
	Form any
	// Method is "GET" or "POST". Default: the action's method; POST if the library doesn't know the action.
	Method string
	// Version is the version of the service's API, a date. Default: "2024-09-10".
	Version string
	// Effect says whether the action changes something.
	Effect Effect
}

// native returns the request's strings, each terminated, in C's order. It refuses what C can't take.
func (request *CallRequest) native() (string, error) {
	params, badParams := jsonText("params", request.Params)
	query, badQuery := jsonText("query", request.Query)
	form, badForm := jsonText("form", request.Form)
	texts := checkText("action", request.Action, "method", request.Method, "version", request.Version)
	return joined(request.Action, params, query, form, request.Method, request.Version),
		cmp.Or(texts, badParams, badQuery, badForm)
}

// jsonText returns the value of a field as JSON, without escapes for <, > and &. null becomes empty.
func jsonText(field string, value any) (string, error) {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", invalidArgument(field, "can't be written as JSON: "+err.Error())
	}
	return strings.TrimPrefix(text.String(), "null\n"), nil
}

// Reply is the service's answer to an action.
type Reply struct {
	// Body is the JSON object of the answer, as the service wrote it.
	Body json.RawMessage
	// RequestID is the service's id of the request.
	RequestID string
	// Attempts is how many requests the call sent. It is 0 from [ReadReply].
	Attempts int
	// HTTPStatus is the reply's HTTP status: 200 to 299.
	HTTPStatus int
}

// Decode decodes the body into what target points to, as [json.Unmarshal] does. In an interface value, a number becomes
// a [json.Number], so that ids keep all their digits.
func (reply *Reply) Decode(target any) error {
	decoder := json.NewDecoder(bytes.NewReader(reply.Body))
	decoder.UseNumber()
	return decoder.Decode(target)
}

// Call calls any action of the service, by its name.
//
// The library has a table of ESA's actions: the method of each, which parameters go into the query and which into the
// form, and whether the action changes something. It sends an unknown action with POST, and an unknown parameter in the
// query. The service checks the values.
//
// The call succeeds if the service answers with an HTTP status of 200 to 299 and a JSON object of 8 MiB at most. The
// reply has the object as the service wrote it. The library doesn't read what is in it, such as a Status.
//
// If the answer to an action that changes nothing is lost, the call repeats the action. It repeats an action that
// changes something only if nothing was sent, or if the service's code says that nothing has changed, as when it is
// busy. If the answer to such an action is lost, the call fails with [OutcomeUnknown] and sends nothing more: read back
// what the action changes. Actions that the service refuses while another call of the account runs count as
// writes of the client ([Config.MaxConcurrentWrites]).
//
// It needs the RAM action of the same name, such as esa:CreateRoutine.
//
// Context and errors are those of [Client.CreateRoutineRelatedRecord]. The message of a [StatusInvalidArgument] names
// the field. [StatusResponse] is also an answer that is not a JSON object, or larger than 8 MiB.
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
		Body:       bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(result.body)), result.body_length)),
		RequestID:  C.GoString(result.request_id),
		Attempts:   int(result.attempts),
		HTTPStatus: int(result.http_status),
	}
}

// joined returns the texts, each terminated.
func joined(texts ...string) string { return strings.Join(texts, "\x00") + "\x00" }
