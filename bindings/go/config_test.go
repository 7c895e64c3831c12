package esa_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

func TestTextWithANULIsRefusedByName(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	request := requestFor(emulator, "a")
	for field, change := range map[string]func(*esa.CreateRoutineRelatedRecordRequest){
		"name":        func(request *esa.CreateRoutineRelatedRecordRequest) { request.Name += "\x00b" },
		"record_name": func(request *esa.CreateRoutineRelatedRecordRequest) { request.RecordName += "\x00b" },
	} {
		changed := request
		change(&changed)

		_, err := client.CreateRoutineRelatedRecord(context.Background(), changed)

		expectRefusal(t, err, field+" has a NUL byte")
	}
	expectNoRequests(t, emulator)
}

func TestTextThatIsNotUTF8IsRefusedByName(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	request := requestFor(emulator, "a")
	request.RecordName = "\xff" + request.RecordName

	_, err := client.CreateRoutineRelatedRecord(context.Background(), request)

	expectRefusal(t, err, "record_name is not UTF-8")
	expectNoRequests(t, emulator)
}

func TestAConfigurationThatCannotBeUsedIsRefusedByName(t *testing.T) {
	for field, config := range map[string]esa.Config{
		"access_key_id ":        {Credentials: esa.Credentials{AccessKeyID: "a\x00", AccessKeySecret: "b"}},
		"access_key_secret ":    {Credentials: esa.Credentials{AccessKeyID: "a"}},
		"security_token ":       {Credentials: esa.Credentials{SecurityToken: "\x00"}},
		"region ":               {Region: "\x00"},
		"endpoint ":             {Endpoint: "localhost\x00"},
		"network ":              {Network: 3},
		"proxy ":                {Proxy: "\x00"},
		"ca_file ":              {CAFile: "\x00"},
		"ca_pem ":               {CAPEM: "\x00"},
		"user_agent ":           {UserAgent: "\x00"},
		"signature_version ":    {SignatureVersion: 2},
		"connect_timeout ":      {ConnectTimeout: esa.None},
		"attempt_timeout ":      {AttemptTimeout: math.MaxInt64},
		"timeout ":              {Timeout: -time.Second},
		"idle_timeout ":         {IdleTimeout: -time.Second},
		"max_attempts ":         {MaxAttempts: esa.None},
		"reconcile_horizon ":    {ReconcileHorizon: -time.Second},
		"max_idle_connections ": {MaxIdleConnections: -3},
		"write_lock_hold ":      {WriteLockHold: 50 * 24 * time.Hour},
		"max_concurrent_writes": {MaxConcurrentWrites: esa.None},
		"max_concurrent_calls ": {MaxConcurrentCalls: -1},
	} {
		_, err := esa.New(config)

		expectRefusal(t, err, field)
	}
}

func TestAnEndpointThatIsNotOneIsAConfigurationError(t *testing.T) {
	_, err := esa.New(esa.Config{Endpoint: "http://example.com"})

	if failure := asError(t, err); failure.Status != esa.StatusConfig || failure.Advice == "" {
		t.Errorf("%+v", failure)
	}
}

func TestAProxyThatIsNotOneIsAConfigurationErrorAndNotRepeated(t *testing.T) {
	_, err := esa.New(esa.Config{Proxy: "ftp://me:hunter2@proxy"})

	failure := asError(t, err)
	if failure.Status != esa.StatusConfig || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%+v", failure)
	}
}

func TestTheEnvironmentsProxyCanBeRefused(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "ftp://proxy")
	if _, err := esa.New(esa.Config{}); asError(t, err).Status != esa.StatusConfig {
		t.Errorf("%v; want a configuration error", err)
	}
	newClient(t, esa.Config{Proxy: esa.NoProxy})
}

func TestARecordIsCreatedThroughAProxy(t *testing.T) {
	emulator := esatest.Start(t, esatest.TLS())
	asked := make(chan *http.Request, 1)
	proxy := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		asked <- request
		server, err := net.Dial("tcp", request.Host)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadGateway)
			return
		}
		defer server.Close()
		client, buffered, err := http.NewResponseController(writer).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		_, _ = client.Write([]byte("HTTP/1.1 200 Connected\r\n\r\n"))
		go func() { _, _ = io.Copy(server, buffered) }()
		_, _ = io.Copy(client, server)
	}))
	defer proxy.Close()
	config := emulator.Config()
	config.Proxy = strings.Replace(proxy.URL, "://", "://me:p%40ss@", 1)
	client := newClient(t, config)

	if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a")); err != nil {
		t.Fatal(err)
	}

	request := <-asked
	login := request.Header.Get("Proxy-Authorization")
	if request.Method != http.MethodConnect || "https://"+request.Host != emulator.URL || login != "Basic bWU6cEBzcw==" {
		t.Errorf("%s %s with %q", request.Method, request.Host, login)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

func TestAVPCHasEndpointsOfItsOwn(t *testing.T) {
	t.Setenv("ESA_ENDPOINT", "") // restores it after the test
	os.Unsetenv("ESA_ENDPOINT")
	emulator := esatest.Start(t)
	client := newClient(t, esa.Config{Credentials: emulator.Config().Credentials, Network: esa.NetworkVPC})

	_, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))

	// The emulator's key isn't sent to another machine. The error names the machine.
	if failure := asError(t, err); !strings.HasSuffix(failure.Message, "https://esa-vpc.cn-hangzhou.aliyuncs.com") {
		t.Errorf("%+v", failure)
	}
}

func TestStatsTellWhatWasDone(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	for _, label := range []string{"a", "b"} {
		if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, label)); err != nil {
			t.Fatal(err)
		}
	}

	want := esa.Stats{Calls: 2, Attempts: 2, ConnectionsOpened: 1, ConnectionsReused: 1, CredentialsRefreshed: 1}
	if got := client.Stats(); got != want {
		t.Errorf("%+v; want %+v", got, want)
	}
	client.Close()
	if got := client.Stats(); got != (esa.Stats{}) {
		t.Errorf("%+v after Close", got)
	}
}

func TestSignatureVersionAndIdleConnectionsReachTheLibrary(t *testing.T) {
	emulator := esatest.Start(t)
	config := emulator.Config()
	config.SignatureVersion = 1
	config.MaxIdleConnections = esa.None
	client := newClient(t, config)
	for _, label := range []string{"a", "b"} {
		if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, label)); err != nil {
			t.Fatal(err)
		}
	}

	requests := emulator.Requests(t)

	if len(requests) != 2 || requests[0].SignatureVersion == "" || requests[0].Connection == requests[1].Connection {
		t.Errorf("want two requests on two connections: %+v", requests)
	}
	client = newClient(t, emulator.Config())
	for _, label := range []string{"c", "d"} {
		if _, err := client.CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, label)); err != nil {
			t.Fatal(err)
		}
	}
	other := emulator.Requests(t)[2:]
	if other[0].Connection != other[1].Connection || other[0].SignatureVersion == requests[0].SignatureVersion {
		t.Errorf("want two requests on one connection, signed otherwise: %+v", other)
	}
}

func TestTheConfigurationsTimeoutsEndACallWithoutADeadline(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "wire": {"kind": "hang"}}`)
	// Less than a millisecond is rounded up. It doesn't become 0, which is the default.
	attempt, total := emulator.Config(), emulator.Config()
	attempt.AttemptTimeout = time.Nanosecond
	total.Timeout = time.Nanosecond
	for _, config := range []esa.Config{attempt, total} {
		config.ConnectTimeout = time.Minute

		_, err := newClient(t, config).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))

		failure := asError(t, err)
		if failure.Status != esa.StatusTimeout || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%+v", failure)
		}
	}
}

func TestOnlySoManyAttemptsMayFail(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"action": "CreateRoutineRelatedRecord", "times": 0, "wire": {"kind": "drop"}}`)
	for given, want := range map[int]int{0: 3, 1: 1, 2: 2} {
		config := emulator.Config()
		config.MaxAttempts = given

		_, err := newClient(t, config).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))

		if failure := asError(t, err); failure.Attempts != want || failure.Outcome != esa.OutcomeUnknown {
			t.Errorf("MaxAttempts %d: %d attempts, %v; want %d", given, failure.Attempts, failure.Outcome, want)
		}
	}
}

func TestSoManyWritesMayBeUnderWay(t *testing.T) {
	for _, writes := range []int{2, esa.Unlimited} {
		emulator := esatest.Start(t)
		emulator.AddFault(t, `{"times": 0, "wire": {"kind": "hang"}}`)
		config := emulator.Config()
		config.MaxConcurrentWrites = writes
		client := newClient(t, config)
		ctx, cancel := context.WithCancel(context.Background())
		var group sync.WaitGroup
		for _, label := range []string{"a", "b"} {
			group.Add(1)
			go func() {
				defer group.Done()
				_, _ = client.CreateRoutineRelatedRecord(ctx, requestFor(emulator, label))
			}()
		}

		waitForRequests(t, emulator, 2)

		cancel()
		group.Wait()
	}
}

func TestTLSNeedsTheAuthority(t *testing.T) {
	emulator := esatest.Start(t, esatest.TLS())
	pem, err := os.ReadFile(emulator.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	byFile, byText, without := emulator.Config(), emulator.Config(), emulator.Config()
	byText.CAFile, byText.CAPEM = "", string(pem)
	without.CAFile = ""
	for label, config := range map[string]esa.Config{"file": byFile, "text": byText} {
		if _, err := newClient(t, config).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, label)); err != nil {
			t.Errorf("%s: %v", label, err)
		}
	}

	_, err = newClient(t, without).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "without"))

	failure := asError(t, err)
	if failure.Status != esa.StatusTLS || failure.Outcome != esa.OutcomeNotSent {
		t.Errorf("%+v", failure)
	}
	if records := recordsOf(t, emulator); records != 2 {
		t.Errorf("there are %d records; want 2", records)
	}
}
