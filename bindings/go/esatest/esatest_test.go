package esatest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

func create(t *testing.T, emulator *esatest.Emulator) error {
	t.Helper()
	client, err := esa.New(emulator.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.CreateRoutineRelatedRecord(context.Background(), esa.CreateRoutineRelatedRecordRequest{
		SiteID: emulator.SiteID, Name: emulator.Routine, RecordName: "a." + emulator.SiteName,
	})
	return err
}

func TestTheLogAndTheStateShowACallAndResetForgetsIt(t *testing.T) {
	emulator := esatest.Start(t, esatest.TLS())
	if err := create(t, emulator); err != nil {
		t.Fatal(err)
	}

	requests := emulator.Requests(t)
	if len(requests) != 1 {
		t.Fatalf("%+v", requests)
	}
	request := requests[0]
	if request.Action != "CreateRoutineRelatedRecord" || request.Parameters["RecordName"] != "a.example.com" ||
		request.Verdict != "OK" || !request.Executed || request.Fault || request.Status != 200 ||
		request.Number != 1 || request.Connection != 1 || request.AccessKeyID != emulator.AccessKeyID ||
		request.Method == "" || request.Nonce == "" || request.SignatureVersion == "" || request.Time.IsZero() {
		t.Errorf("%+v", request)
	}
	if !strings.Contains(string(emulator.State(t)), "a.example.com") {
		t.Error("the record is not in the state")
	}

	emulator.Reset(t)

	if strings.Contains(string(emulator.State(t)), "a.example.com") || len(emulator.Requests(t)) != 0 {
		t.Error("the call is not forgotten")
	}
}

func TestAFaultRuleApplies(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"reply": {"code": "RoutineNotExist"}}`)

	err := create(t, emulator)

	if err == nil || !strings.Contains(err.Error(), "RoutineNotExist") {
		t.Errorf("%v", err)
	}
	if requests := emulator.Requests(t); len(requests) != 1 || !requests[0].Fault {
		t.Errorf("%+v", requests)
	}
}

func TestACannedReplyAnswers(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddReply(t, `{"action": "CreateRoutineRelatedRecord", "status": 400, "body": {"Code": "RoutineNotExist"}}`)

	err := create(t, emulator)

	if err == nil || !strings.Contains(err.Error(), "RoutineNotExist") {
		t.Errorf("%v", err)
	}
	if requests := emulator.Requests(t); len(requests) != 1 || !requests[0].Canned || requests[0].Executed {
		t.Errorf("%+v", requests)
	}
}

func TestASeedIsTheStartingState(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "seed.json")
	rule := `{"faults": [{"reply": {"code": "RoutineNotExist"}}]}`
	if err := os.WriteFile(seed, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}

	err := create(t, esatest.Start(t, esatest.Seed(seed)))

	if err == nil || !strings.Contains(err.Error(), "RoutineNotExist") {
		t.Errorf("%v", err)
	}
}

func TestWhatStopsTheEmulatorFromStartingIsSaid(t *testing.T) {
	_, err := esatest.Launch(esatest.Seed("no-such-file.json"))

	if err == nil || !strings.Contains(err.Error(), "no-such-file.json") {
		t.Errorf("%v", err)
	}
}

func TestCtrlCInATerminalDoesNotReachTheEmulator(t *testing.T) {
	process := esatest.ProcessID(esatest.Start(t))

	if group, err := syscall.Getpgid(process); err != nil || group != process {
		t.Errorf("%d is in the group %d: %v", process, group, err)
	}
}

func TestAMissingEmulatorIsSaid(t *testing.T) {
	t.Setenv("ESA_EMULATOR", filepath.Join(t.TempDir(), "missing"))

	_, err := esatest.Launch()

	if err == nil || !strings.Contains(err.Error(), "set ESA_EMULATOR") {
		t.Errorf("%v", err)
	}
}

func TestAnEmulatorThatDoesNotEndIsKilled(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("needs a shell")
	}
	stubborn := filepath.Join(t.TempDir(), "stubborn")
	script := fmt.Sprintf("#!%s\necho '{}'\nexec sleep 3600\n", shell)
	if err := os.WriteFile(stubborn, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ESA_EMULATOR", stubborn)
	esatest.SetStopTimeout(t, 100*time.Millisecond)
	emulator, err := esatest.Launch()
	if err != nil {
		t.Fatal(err)
	}

	if err := emulator.Stop(); err == nil {
		t.Error("Stop says nothing of it")
	}
}
