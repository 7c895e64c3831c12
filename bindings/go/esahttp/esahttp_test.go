package esahttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"testing"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esahttp"
	"github.com/libesa/libesa/bindings/go/esatest"
)

func newClient(t *testing.T, config esa.Config) *esa.Client {
	t.Helper()
	client, err := esa.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// send sends a signed request with net/http, and reads the reply.
func send(t *testing.T, sender *http.Client, action string, signed *esa.SignedRequest) (*esa.Reply, error) {
	t.Helper()
	request, err := esahttp.NewRequest(context.Background(), signed)
	if err != nil {
		t.Fatal(err)
	}
	response, err := sender.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return esa.ReadReply(esa.HTTPReply{
		Action: action, Status: response.StatusCode, Header: response.Header, Body: body,
	})
}

func sign(t *testing.T, client *esa.Client, request esa.CallRequest) *esa.SignedRequest {
	t.Helper()
	signed, err := client.Sign(context.Background(), request)
	if err != nil {
		t.Fatalf("%s: %v", request.Action, err)
	}
	return signed
}

func TestNetHTTPSendsWhatIsSigned(t *testing.T) {
	for _, version := range []int32{1, 3} {
		emulator := esatest.Start(t)
		config := emulator.Config()
		config.SignatureVersion = version
		client := newClient(t, config)
		for _, request := range []esa.CallRequest{
			{Action: "CreateRoutine", Params: map[string]any{"Name": "signed", "Description": "ü & <b>"}},
			{Action: "ListUserRoutines", Params: map[string]any{"PageSize": 1}},
			{Action: "GetSite", Params: map[string]any{"SiteId": emulator.SiteID}},
			{Action: "GetRoutine", Form: map[string]any{"Name": "signed"}, Method: "GET"},
		} {
			reply, err := send(t, http.DefaultClient, request.Action, sign(t, client, request))
			if err != nil {
				t.Fatalf("%s, version %d: %v", request.Action, version, err)
			}
			if reply.RequestID == "" || reply.HTTPStatus != http.StatusOK || reply.Attempts != 0 || !json.Valid(reply.Body) {
				t.Errorf("%s: %+v", request.Action, reply)
			}
		}

		_, err := send(t, http.DefaultClient, "DeleteRoutine",
			sign(t, client, esa.CallRequest{Action: "DeleteRoutine", Params: map[string]any{"Name": "another"}}))
		var failure *esa.Error
		if !errors.As(err, &failure) || failure.Code != "RoutineNotExist" ||
			failure.Outcome != esa.OutcomeRefused || failure.RequestID == "" {
			t.Errorf("a routine that isn't there: %+v", failure)
		}
	}
}

func TestNetHTTPSendsASignedRequestOnce(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	sender := &http.Client{Transport: &http.Transport{}}
	defer sender.CloseIdleConnections()
	for _, request := range []esa.CallRequest{
		{Action: "GetSite", Params: map[string]any{"SiteId": emulator.SiteID}},
		{Action: "GetRoutine", Form: map[string]any{"Name": emulator.Routine}, Method: "GET"},
		{Action: "GetRoutine", Form: map[string]any{"Name": emulator.Routine}},
	} {
		emulator.Reset(t)
		// The connection is pooled: net/http repeats a GET whose answer is lost on it.
		if _, err := send(t, sender, request.Action, sign(t, client, request)); err != nil {
			t.Fatal(err)
		}
		emulator.AddFault(t, `{"wire": {"kind": "drop"}}`)

		if reply, err := send(t, sender, request.Action, sign(t, client, request)); err == nil {
			t.Errorf("%s: %s came after all", request.Action, reply.Body)
		}

		if requests := emulator.Requests(t); len(requests) != 2 || requests[0].Connection != requests[1].Connection {
			t.Errorf("%s: the service got %+v", request.Action, requests)
		}
	}
}

func ExampleNewRequest() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	sender := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

	signed, err := client.Sign(context.Background(), esa.CallRequest{
		Action: "GetRoutine", Params: map[string]any{"Name": "test-routine1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	request, err := esahttp.NewRequest(context.Background(), signed)
	if err != nil {
		log.Fatal(err)
	}
	response, err := sender.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	reply, err := esa.ReadReply(esa.HTTPReply{
		Action: "GetRoutine", Status: response.StatusCode, Header: response.Header, Body: body,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", reply.Body)
}
