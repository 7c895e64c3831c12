package esa_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// fixedOptions always give the same signature.
func fixedOptions() esa.SignOptions {
	return esa.SignOptions{
		Credentials: esa.Credentials{AccessKeyID: "testid", AccessKeySecret: "testsecret"},
		Nonce:       "0123456789abcdef0123456789abcdef",
		Date:        time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

func signWith(t *testing.T, options esa.SignOptions, request esa.CallRequest) *esa.SignedRequest {
	t.Helper()
	signed, err := esa.SignWith(options, request)
	if err != nil {
		t.Fatalf("%s: %v", request.Action, err)
	}
	return signed
}

func TestASignatureIsThatOfTheOfficialCode(t *testing.T) {
	for _, test := range []struct {
		request   esa.CallRequest
		signature string
	}{
		{
			esa.CallRequest{Action: "CreateRoutineRelatedRecord", Params: values{
				"Name": "test-routine1", "RecordName": "test-record-1.example.com", "SiteId": 54362329990032,
			}},
			"94c5c7a198e73706eac29b20b17100151dd3a2692fe0b513c723cc1f8e3298a4",
		},
		{
			esa.CallRequest{Action: "ListRoutineRelatedRecords", Params: values{
				"Name": "test-routine1", "PageNumber": 1, "PageSize": 20, "SearchKeyWord": "test-record-1.example.com",
			}},
			"ed47f8f2a5a5968e1df7f8caca2d8c5a9091f8d8051543d9ff96129b85ab8d3d",
		},
	} {
		signed := signWith(t, fixedOptions(), test.request)
		if said := signed.Header["authorization"]; !strings.HasSuffix(said, "Signature="+test.signature) {
			t.Errorf("%s: %s", test.request.Action, said)
		}
		if signed.URL != "https://esa.cn-hangzhou.aliyuncs.com/" || signed.Header["host"] != "esa.cn-hangzhou.aliyuncs.com" {
			t.Errorf("%s goes to %s, %s", test.request.Action, signed.URL, signed.Header["host"])
		}
	}
}

func queryOf(t *testing.T, signed *esa.SignedRequest) url.Values {
	t.Helper()
	address, err := url.Parse(signed.URL)
	if err != nil {
		t.Fatal(err)
	}
	return address.Query()
}

// pairsOf returns names and values, sorted.
func pairsOf(parameters url.Values) [][2]string {
	pairs := [][2]string{}
	for name, values := range parameters {
		for _, value := range values {
			pairs = append(pairs, [2]string{name, value})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return pairs
}

func TestEachActionIsSentAsTheOfficialSDKSendsIt(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(vectorsDirectory, "actions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Vectors []struct {
			Action string
			Params map[string]json.RawMessage
			Sent   struct {
				Method      string
				Query, Form [][2]string
				Headers     map[string]*string
			}
		}
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Vectors) < 100 {
		t.Fatalf("the table has %d vectors", len(table.Vectors))
	}
	for _, vector := range table.Vectors {
		signed := signWith(t, fixedOptions(), esa.CallRequest{Action: vector.Action, Params: vector.Params})

		form, err := url.ParseQuery(signed.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range []struct {
			got  url.Values
			want [][2]string
		}{{queryOf(t, signed), vector.Sent.Query}, {form, vector.Sent.Form}} {
			for i, pair := range place.want {
				// Python's SDK spells them differently.
				if given := string(vector.Params[pair[0]]); given == "true" || given == "false" {
					place.want[i][1] = strings.ToLower(pair[1])
				}
			}
			if got := pairsOf(place.got); !reflect.DeepEqual(got, place.want) {
				t.Errorf("%s sends %q; want %q", vector.Action, got, place.want)
			}
		}
		if signed.Method != vector.Sent.Method {
			t.Errorf("%s is sent by %s; want %s", vector.Action, signed.Method, vector.Sent.Method)
		}
		for name, want := range vector.Sent.Headers {
			if name == "content-type" && signed.Body == "" {
				continue // The SDK has one for an empty form too.
			}
			if got := signed.Header[name]; (want == nil && got != "") || (want != nil && got != *want) {
				t.Errorf("%s has %s: %q", vector.Action, name, got)
			}
		}
	}
}

func TestTheProgramMaySayWhereAndHow(t *testing.T) {
	options := fixedOptions()
	options.Endpoint = "127.0.0.1:8443"
	options.Credentials.SecurityToken = "token"

	signed := signWith(t, options, esa.CallRequest{
		Action: "GetRoutine", Query: values{"Name": "a b"}, Form: values{"Extra": []int{1, 2}},
		Method: "GET", Version: "2030-01-01",
	})

	if signed.Method != "GET" || signed.URL != "https://127.0.0.1:8443/?Name=a%20b" || signed.Body != "Extra=%5B1%2C2%5D" {
		t.Errorf("it is %s %s with %s", signed.Method, signed.URL, signed.Body)
	}
	for name, want := range map[string]string{
		"host": "127.0.0.1:8443", "x-acs-version": "2030-01-01", "x-acs-security-token": "token",
		"x-acs-date": "2025-01-02T03:04:05Z", "content-type": "application/x-www-form-urlencoded",
	} {
		if got := signed.Header[name]; got != want {
			t.Errorf("%s is %q; want %q", name, got, want)
		}
	}
}

func TestWhatCannotBeSignedIsRefusedByName(t *testing.T) {
	for message, change := range map[string]func(*esa.SignOptions){
		"access_key_id ":                   func(options *esa.SignOptions) { options.Credentials.AccessKeyID = "" },
		"access_key_secret has a NUL byte": func(options *esa.SignOptions) { options.Credentials.AccessKeySecret = "a\x00b" },
		"endpoint has a NUL byte":          func(options *esa.SignOptions) { options.Endpoint = "a\x00b" },
		"nonce ":                           func(options *esa.SignOptions) { options.Nonce = "" },
		"nonce has a NUL byte":             func(options *esa.SignOptions) { options.Nonce = "a\x00b" },
		"date ":                            func(options *esa.SignOptions) { options.Date = time.Time{} },
		"signature_version ":               func(options *esa.SignOptions) { options.SignatureVersion = 2 },
	} {
		options := fixedOptions()
		change(&options)
		signed, err := esa.SignWith(options, esa.CallRequest{Action: "ListSites"})
		expectRefusal(t, err, message)
		if signed != nil {
			t.Errorf("%s: there is a request beside the error", message)
		}
	}
	_, err := esa.SignWith(fixedOptions(), esa.CallRequest{Action: "List Sites"})
	expectRefusal(t, err, "action ")
	options := fixedOptions()
	options.Endpoint = "ftp://127.0.0.1"
	if _, err = esa.SignWith(options, esa.CallRequest{Action: "ListSites"}); asError(t, err).Status != esa.StatusConfig {
		t.Errorf("the endpoint: %v", err)
	}
}

func TestPrintingASignedRequestShowsNoSecret(t *testing.T) {
	for _, version := range []int32{1, 3} {
		options := fixedOptions()
		options.SignatureVersion = version
		signed := signWith(t, options, esa.CallRequest{Action: "ListSites"})
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			if printed := fmt.Sprintf(verb, signed); printed != "{Method:GET}" {
				t.Errorf("%s prints %s", verb, printed)
			}
		}
	}
}

func TestSigningNeedsCredentialsAndAnOpenClient(t *testing.T) {
	config := esatest.Start(t).Config()
	config.Credentials = esa.Credentials{}
	config.CredentialsProvider = func(context.Context) (esa.Credentials, error) {
		return esa.Credentials{}, errors.New("the vault is closed")
	}
	client := newClient(t, config)

	_, err := client.Sign(context.Background(), esa.CallRequest{Action: "ListSites"})
	if failure := asError(t, err); failure.Status != esa.StatusCredentials || failure.Outcome != esa.OutcomeNotSent {
		t.Errorf("without credentials: %v, %v", failure, failure.Outcome)
	}
	_, err = client.Sign(context.Background(), esa.CallRequest{Action: "ListSites\x00"})
	expectRefusal(t, err, "action has a NUL byte")
	_ = client.Close()
	if _, err = client.Sign(context.Background(), esa.CallRequest{Action: "ListSites"}); !errors.Is(err, esa.ErrClosed) {
		t.Errorf("a closed client: %v", err)
	}
}

func TestAReplyIsReadAsACallReadsIt(t *testing.T) {
	for name, test := range map[string]struct {
		reply      esa.HTTPReply
		status     esa.Status
		outcome    esa.Outcome
		retryable  bool
		retryAfter time.Duration
	}{
		"a busy service": {
			esa.HTTPReply{Action: "CreateRoutine", Status: 400, Body: []byte(`{"Code": "UserOperationStatusIsLocked"}`)},
			esa.StatusBusy, esa.OutcomeRefused, true, 0,
		},
		"throttled": {
			esa.HTTPReply{
				Action: "CreateRoutine", Status: 400, Body: []byte(`{"Code": "Throttling.User"}`),
				Header: http.Header{"X-Acs-Retry-After": {"1500"}, "Other": {"", "a"}},
			},
			esa.StatusThrottled, esa.OutcomeRefused, true, 1500 * time.Millisecond,
		},
		"a lost write": {
			esa.HTTPReply{Action: "CreateRoutine", Status: 502, Body: []byte("no")},
			esa.StatusServer, esa.OutcomeUnknown, true, 0,
		},
		"a lost write by the program's word": {
			esa.HTTPReply{Action: "GetRoutine", Status: 502, Effect: esa.EffectWrites},
			esa.StatusServer, esa.OutcomeUnknown, true, 0,
		},
		"a lost read": {
			esa.HTTPReply{Action: "GetRoutine", Status: 502},
			esa.StatusServer, esa.OutcomeNotSent, true, 0,
		},
		"no HTTP status": {esa.HTTPReply{Status: -1}, esa.StatusInvalidArgument, esa.OutcomeNotSent, false, 0},
		"a NUL in the action": {
			esa.HTTPReply{Action: "a\x00", Status: 200}, esa.StatusInvalidArgument, esa.OutcomeNotSent, false, 0,
		},
		"a NUL in a header": {
			esa.HTTPReply{Status: 200, Header: http.Header{"A": {"a", "\x00"}}},
			esa.StatusInvalidArgument, esa.OutcomeNotSent, false, 0,
		},
	} {
		reply, err := esa.ReadReply(test.reply)
		failure := asError(t, err)
		if reply != nil || failure.Status != test.status || failure.Outcome != test.outcome ||
			failure.Retryable != test.retryable || failure.RetryAfter != test.retryAfter {
			t.Errorf("%s: %v, %+v", name, reply, failure)
		}
	}

	reply, err := esa.ReadReply(esa.HTTPReply{Status: 201, Body: []byte(`{"RequestId": "1-2", "Id": 9007199254740993}`)})
	if err != nil || reply.RequestID != "1-2" || reply.HTTPStatus != 201 || len(reply.Body) != 44 {
		t.Errorf("a success: %+v, %v", reply, err)
	}
}
