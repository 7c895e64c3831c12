package esatest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// Request is what the emulator noted about one request. Where it has nothing to say, there is the zero value.
type Request struct {
	// Number counts the requests, Connection the connections that they came on.
	Number     int       `json:"number"`
	Connection int       `json:"connection"`
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Action     string    `json:"action"`
	// NearestAction is the one that was probably meant, where the service has no such action.
	NearestAction string `json:"nearest_action"`
	// Parameters are those of the operation.
	Parameters       map[string]string `json:"parameters"`
	AccessKeyID      string            `json:"access_key_id"`
	SignatureVersion string            `json:"signature_version"`
	Nonce            string            `json:"nonce"`
	// Verdict is the service's own judgement: an error's code, or "OK".
	Verdict string `json:"verdict"`
	// Executed tells that the operation took effect, Fault that a fault rule applied, Canned that a canned reply answered.
	Executed bool `json:"executed"`
	Fault    bool `json:"fault"`
	Canned   bool `json:"canned"`
	// Status is the HTTP status of the reply; 0 where none was sent.
	Status int `json:"status"`
}

// Reset brings everything back to how it started: state, rules, clock, nonces, log.
func (emulator *Emulator) Reset(t testing.TB) {
	t.Helper()
	emulator.admin(t, http.MethodPost, "reset", "")
}

// State is the accounts and rules as they are now: the JSON of a seed document.
func (emulator *Emulator) State(t testing.TB) []byte {
	t.Helper()
	return emulator.admin(t, http.MethodGet, "state", "")
}

// Requests are the requests that the service got, in order.
func (emulator *Emulator) Requests(t testing.TB) []Request {
	t.Helper()
	var log struct{ Requests []Request }
	if err := json.Unmarshal(emulator.admin(t, http.MethodGet, "requests", ""), &log); err != nil {
		t.Fatalf("esatest: the log of requests: %v", err)
	}
	return log.Requests
}

// AddFault adds a fault rule, or a list of them: JSON, such as
//
//	{"parameters": {"RecordName": "a.example.com"}, "wire": {"kind": "hang"}}
func (emulator *Emulator) AddFault(t testing.TB, rule string) {
	t.Helper()
	emulator.admin(t, http.MethodPost, "faults", rule)
}

// AddReply adds a canned reply, or a list of them: JSON, such as
//
//	{"action": "PurgeCaches", "body": {"TaskId": "1"}}
func (emulator *Emulator) AddReply(t testing.TB, reply string) {
	t.Helper()
	emulator.admin(t, http.MethodPost, "replies", reply)
}

// SetClock moves the emulator's clock so far from this machine's.
func (emulator *Emulator) SetClock(t testing.TB, offset time.Duration) {
	t.Helper()
	emulator.admin(t, http.MethodPost, "clock", fmt.Sprintf(`{"offset_ms": %d}`, offset.Milliseconds()))
}

// admin sends one request to the emulator itself, and fails the test where it isn't answered with success.
func (emulator *Emulator) admin(t testing.TB, method, name, body string) []byte {
	t.Helper()
	reply, err := emulator.exchange(method, emulator.URL+"/_emulator/"+name, body)
	if err != nil {
		t.Fatalf("esatest: %s %s: %v", method, name, err)
	}
	return reply
}

func (emulator *Emulator) exchange(method, url, body string) ([]byte, error) {
	// A transport of its own: no proxy, and no connection left over when the test looks for leaks.
	transport := &http.Transport{DisableKeepAlives: true}
	if emulator.CAFile != "" {
		pem, err := os.ReadFile(emulator.CAFile)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: transport, Timeout: startTimeout}
	reply, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	content, err := io.ReadAll(reply.Body)
	if err != nil {
		return nil, err
	}
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", reply.Status, bytes.TrimSpace(content))
	}
	return content, nil
}
