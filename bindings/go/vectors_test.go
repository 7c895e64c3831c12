package esa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

const vectorsDirectory = "../../tests/vectors"

type vectorTable struct {
	About              string
	ReconcileHorizonMS int64 `json:"reconcile_horizon_ms"`
	Credentials        map[string][3]*string
	Cases              []vector
}

type vector struct {
	Case             string
	Operation        string
	Credentials      string
	SignatureVersion int32 `json:"signature_version"`
	TimeoutMS        int64 `json:"timeout_ms"`
	MaxAttempts      int   `json:"max_attempts"`
	Request          struct {
		SiteID     int64 `json:"site_id"`
		Name       string
		RecordName string `json:"record_name"`
	}
	Expect map[string]json.RawMessage
}

func TestEveryVectorGivesWhatTheTableSays(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(vectorsDirectory, "create_routine_related_record.json"))
	if err != nil {
		t.Fatal(err)
	}
	var table vectorTable
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&table); err != nil {
		t.Fatal(err)
	}
	if len(table.Cases) == 0 {
		t.Fatal("the table has no cases")
	}
	emulator := esatest.Start(t, esatest.Seed(filepath.Join(vectorsDirectory, "seed.json")))

	for _, vector := range table.Cases {
		t.Run(vector.Case, func(t *testing.T) {
			t.Parallel()
			parts, known := table.Credentials[vector.Credentials]
			if !known {
				t.Fatalf("the table has no credentials %q", vector.Credentials)
			}
			config := esa.Config{
				Credentials:      esa.Credentials{AccessKeyID: *parts[0], AccessKeySecret: *parts[1]},
				Endpoint:         emulator.URL,
				SignatureVersion: vector.SignatureVersion,
				MaxAttempts:      vector.MaxAttempts,
				ReconcileHorizon: time.Duration(table.ReconcileHorizonMS) * time.Millisecond,
			}
			if parts[2] != nil {
				config.Credentials.SecurityToken = *parts[2]
			}
			ctx := context.Background()
			if vector.TimeoutMS != 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Duration(vector.TimeoutMS)*time.Millisecond)
				defer cancel()
			}

			client := newClient(t, config)
			operation, known := map[string]func(
				context.Context, esa.CreateRoutineRelatedRecordRequest,
			) (*esa.Record, error){
				"":       client.CreateRoutineRelatedRecord,
				"ensure": client.EnsureRoutineRelatedRecord,
			}[vector.Operation]
			if !known {
				t.Fatalf("the table has an operation %q, which this test doesn't know", vector.Operation)
			}

			record, err := operation(ctx, esa.CreateRoutineRelatedRecordRequest{
				SiteID:     vector.Request.SiteID,
				Name:       vector.Request.Name,
				RecordName: vector.Request.RecordName,
			})

			got := observed(t, record, err)
			for field := range vector.Expect {
				if _, known := got[field]; !known {
					t.Errorf("the table expects %s, which this test doesn't know", field)
				}
			}
			for field, value := range got {
				compare(t, field, value, vector.Expect[field])
			}
		})
	}
}

// observed returns the result or the error of a call, by the table's names.
func observed(t *testing.T, record *esa.Record, err error) map[string]any {
	if err == nil {
		return map[string]any{
			"status": "ESA_OK", "record_id": record.RecordID, "origin": nameInC("ESA_ORIGIN_", record.Origin), "service_status": record.Status,
			"request_id": record.RequestID, "attempts": record.Attempts,
		}
	}
	if record != nil {
		t.Errorf("there is a record beside the error: %+v", record)
	}
	failure := asError(t, err)
	return map[string]any{
		"status": nameInC("ESA_ERR_", failure.Status), "outcome": nameInC("ESA_OUTCOME_", failure.Outcome),
		"service_code": int32(failure.ServiceCode),
		"code":         failure.Code, "http_status": failure.HTTPStatus, "retryable": failure.Retryable,
		"attempts": failure.Attempts, "retry_after_ms": failure.RetryAfter.Milliseconds(), "message": failure.Message,
		"request_id": failure.RequestID, "recommend": failure.Recommend, "access_denied_detail": failure.AccessDeniedDetail,
	}
}

// nameInC returns a value's name in the table, such as "ESA_ERR_NOT_FOUND" for NotFound.
func nameInC(prefix string, value fmt.Stringer) string {
	return prefix + strings.ToUpper(regexp.MustCompile(`(.)([A-Z][a-z])`).ReplaceAllString(value.String(), "${1}_$2"))
}

func compare(t *testing.T, field string, got any, expected json.RawMessage) {
	t.Helper()
	if expected == nil {
		t.Errorf("the table says nothing about %s, which is %v", field, got)
		return
	}
	if string(expected) == `"*"` {
		if reflect.ValueOf(got).IsZero() {
			t.Errorf("%s is empty", field)
		}
		return
	}
	want := reflect.New(reflect.TypeOf(got))
	if err := json.Unmarshal(expected, want.Interface()); err != nil {
		t.Fatalf("%s: %v", field, err)
	}
	if got != want.Elem().Interface() {
		t.Errorf("%s is %#v; want %s", field, got, expected)
	}
}
