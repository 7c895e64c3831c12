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

// Request is the emulator's record of one request. A field without a value is zero.
type Request struct {
	// Number is the request's number, Connection the number of its connection.
	Number     int       `json:"number"`
	Connection int       `json:"connection"`
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Action     string    `json:"action"`
	// NearestAction is the action with the most similar name, if the service has none of this name.
	NearestAction string `json:"nearest_action"`
	// Parameters are the operation's parameters.
	Parameters       map[string]string `json:"parameters"`
	AccessKeyID      string            `json:"access_key_id"`
	SignatureVersion string            `json:"signature_version"`
	Nonce            string            `json:"nonce"`
	// Verdict is the emulator's answer: an error's code, or "OK".
	Verdict string `json:"verdict"`
	// Executed is true if the operation took effect, Fault if a fault rule applied, Canned if a canned reply answered.
	Executed bool `json:"executed"`
	Fault    bool `json:"fault"`
	Canned   bool `json:"canned"`
	// Status is the HTTP status of the reply; 0 if there was no reply.
	Status int `json:"status"`
}

// Reset restores the state, rules, clock, nonces and log that the emulator started with.
func (emulator *Emulator) Reset(t testing.TB) {
	t.Helper()
	emulator.admin(t, http.MethodPost, "reset", "")
}

// State returns the current accounts and rules, as the JSON of a seed document.
func (emulator *Emulator) State(t testing.TB) []byte {
	t.Helper()
	return emulator.admin(t, http.MethodGet, "state", "")
}

// Requests returns the requests that the emulator got, in order.
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

// SetClock sets the difference between the emulator's clock and this machine's.
func (emulator *Emulator) SetClock(t testing.TB, offset time.Duration) {
	t.Helper()
	emulator.admin(t, http.MethodPost, "clock", fmt.Sprintf(`{"offset_ms": %d}`, offset.Milliseconds()))
}

// admin sends a request to the emulator itself. If it doesn't succeed, the test fails.
func (emulator *Emulator) admin(t testing.TB, method, name, body string) []byte {
	t.Helper()
	reply, err := emulator.exchange(method, emulator.URL+"/_emulator/"+name, body)
	if err != nil {
		t.Fatalf("esatest: %s %s: %v", method, name, err)
	}
	return reply
}

func (emulator *Emulator) exchange(method, url, body string) ([]byte, error) {
	// A transport of its own has no proxy, and leaves no connection behind if the test looks for leaks.
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
