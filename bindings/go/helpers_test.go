package esa_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// newClient makes a client that is closed at the end of the test.
func newClient(t *testing.T, config esa.Config) *esa.Client {
	t.Helper()
	client, err := esa.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func asError(t *testing.T, err error) *esa.Error {
	t.Helper()
	var failure *esa.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%v (%T) is not an *esa.Error", err, err)
	}
	return failure
}

// requestFor returns a request that the emulator grants.
func requestFor(emulator *esatest.Emulator, label string) esa.CreateRoutineRelatedRecordRequest {
	return esa.CreateRoutineRelatedRecordRequest{
		SiteID:     emulator.SiteID,
		Name:       emulator.Routine,
		RecordName: label + "." + emulator.SiteName,
	}
}

// newLockedClient makes a client whose account is always busy with another call, and a request.
func newLockedClient(t *testing.T, change func(*esa.Config)) (*esa.Client, esa.CreateRoutineRelatedRecordRequest) {
	t.Helper()
	seed := filepath.Join(t.TempDir(), "seed.json")
	state := `{"accounts": [{"id": "1", "locked": true,
		"users": [{"name": "root", "keys": [{"access_key_id": "key", "access_key_secret": "secret"}]}],
		"sites": [{"site_id": 1, "site_name": "example.com"}],
		"routines": [{"name": "routine"}]}]}`
	if err := os.WriteFile(seed, []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	emulator := esatest.Start(t, esatest.Seed(seed))
	config := emulator.Config()
	change(&config)
	return newClient(t, config), requestFor(emulator, "a")
}

func expectRefusal(t *testing.T, err error, message string) {
	t.Helper()
	failure := asError(t, err)
	if failure.Status != esa.StatusInvalidArgument || failure.Outcome != esa.OutcomeNotSent {
		t.Errorf("%s: %v, %v", message, failure.Status, failure.Outcome)
	}
	if !strings.HasPrefix(failure.Message, message) {
		t.Errorf("the message is %q; want %q", failure.Message, message)
	}
	if failure.Advice == "" {
		t.Errorf("%s: no advice", message)
	}
}

func expectNoRequests(t *testing.T, emulator *esatest.Emulator) {
	t.Helper()
	if requests := emulator.Requests(t); len(requests) != 0 {
		t.Errorf("something was sent: %+v", requests)
	}
}

// waitForRequests returns when the emulator has got this many requests.
func waitForRequests(t *testing.T, emulator *esatest.Emulator, count int) {
	t.Helper()
	for range 1000 {
		if len(emulator.Requests(t)) >= count {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%d requests never arrived", count)
}

func recordsOf(t *testing.T, emulator *esatest.Emulator) (count int) {
	t.Helper()
	var state struct {
		Accounts []struct {
			Routines []struct {
				RelatedRecords []json.RawMessage `json:"related_records"`
			}
		}
	}
	if err := json.Unmarshal(emulator.State(t), &state); err != nil {
		t.Fatal(err)
	}
	for _, account := range state.Accounts {
		for _, routine := range account.Routines {
			count += len(routine.RelatedRecords)
		}
	}
	return count
}
