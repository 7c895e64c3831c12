package esa_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

var sentinels = map[string]error{
	"InternalException":                   esa.ErrInternalException,
	"InvalidParameter":                    esa.ErrInvalidParameter,
	"RoutineNotExist":                     esa.ErrRoutineNotExist,
	"DependedByOthers":                    esa.ErrDependedByOthers,
	"SiteParameterNotMatch":               esa.ErrSiteParameterNotMatch,
	"InternalOperationError":              esa.ErrInternalOperationError,
	"ParameterAlreadyExist":               esa.ErrParameterAlreadyExist,
	"RelatedRecordNumberExceedQuotaLimit": esa.ErrRelatedRecordNumberExceedQuotaLimit,
	"RoutineUserServiceStatusHalt":        esa.ErrRoutineUserServiceStatusHalt,
	"UserOperationStatusIsLocked":         esa.ErrUserOperationStatusIsLocked,
}

func TestEachDocumentedCodeIsItsOwnSentinelOnly(t *testing.T) {
	emulator := esatest.Start(t)
	config := emulator.Config()
	config.MaxAttempts = 1
	config.Timeout = time.Second // The call repeats UserOperationStatusIsLocked until then.
	client := newClient(t, config)
	for code := range sentinels {
		emulator.Reset(t)
		emulator.AddFault(t, fmt.Sprintf(`{"times": 0, "reply": {"code": %q}}`, code))

		_, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))

		err = fmt.Errorf("wrapped: %w", err)
		for other, sentinel := range sentinels {
			if errors.Is(err, sentinel) != (other == code) {
				t.Errorf("%v: errors.Is with %v is %t", err, sentinel, other != code)
			}
		}
		if text := sentinels[code].Error(); text != code {
			t.Errorf("the sentinel reads %q", text)
		}
	}
}

func TestAnErrorIsItsStatusAndItsCode(t *testing.T) {
	failure := &esa.Error{Status: esa.StatusThrottled, ServiceCode: esa.ServiceCodeThrottlingUser}
	err := fmt.Errorf("wrapped: %w", failure)

	for target, want := range map[error]bool{
		esa.StatusThrottled: true, esa.ServiceCodeThrottlingUser: true, esa.StatusBusy: false,
		esa.ServiceCodeThrottling: false, esa.ServiceCode(esa.StatusThrottled): false,
	} {
		if errors.Is(err, target) != want {
			t.Errorf("errors.Is with %v is %t", target, !want)
		}
	}
}

func TestAnErrorReadsAsOneLine(t *testing.T) {
	for want, failure := range map[string]esa.Error{
		"esa: name is empty":                     {Message: "name is empty"},
		"esa: X: no (HTTP 400)":                  {Code: "X", Message: "no", HTTPStatus: 400},
		"esa: X: no (HTTP 400, request 1-2)":     {Code: "X", Message: "no", HTTPStatus: 400, RequestID: "1-2"},
		"esa: not JSON (HTTP 502, request none)": {Message: "not JSON", HTTPStatus: 502, RequestID: "none"},
	} {
		if got := failure.Error(); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}

func TestAValueWithoutANameShowsItsNumber(t *testing.T) {
	for want, value := range map[string]fmt.Stringer{
		"Status(7)":       esa.Status(7),
		"Timeout":         esa.StatusTimeout,
		"Outcome(7)":      esa.Outcome(7),
		"Unknown":         esa.OutcomeUnknown,
		"Origin(7)":       esa.Origin(7),
		"Created":         esa.OriginCreated,
		"Existing":        esa.OriginExisting,
		"ServiceCode(0)":  esa.ServiceCodeNone,
		"Throttling.User": esa.ServiceCodeThrottlingUser,
	} {
		if got := value.String(); got != want {
			t.Errorf("%q; want %q", got, want)
		}
	}
}

func TestNoWayOfPrintingAConfigurationShowsASecret(t *testing.T) {
	config := esa.Config{Credentials: esa.Credentials{
		AccessKeyID: "shown", AccessKeySecret: "hidden-secret", SecurityToken: "hidden-token",
	}}
	asJSON, err := json.Marshal(config.Credentials)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{string(asJSON)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		texts = append(texts, fmt.Sprintf(verb, config), fmt.Sprintf(verb, &config))
	}
	for _, text := range texts {
		if strings.Contains(text, "hidden") || strings.Contains(text, fmt.Sprintf("%x", "hidden")) {
			t.Errorf("a secret is in %s", text)
		}
		if !strings.Contains(text, "shown") {
			t.Errorf("the id is not in %s", text)
		}
	}
}
