package esa_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

var anyRecord = esa.GetMatchSiteRequest{RecordName: "a.example.com"}

// newClientWith makes a client for the emulator, with provide as its CredentialsProvider.
func newClientWith(
	t *testing.T, emulator *esatest.Emulator, provide func(context.Context) (esa.Credentials, error),
) *esa.Client {
	t.Helper()
	return newClient(t, esa.Config{Endpoint: emulator.URL, CredentialsProvider: provide})
}

// expectReason expects that a call fails for want of credentials, with a reason that begins like this one.
func expectReason(t *testing.T, client *esa.Client, reason string) {
	t.Helper()
	_, err := client.GetMatchSite(context.Background(), anyRecord)
	failure := asError(t, err)
	if failure.Status != esa.StatusCredentials || failure.Outcome != esa.OutcomeNotSent {
		t.Errorf("%s: %v, %v", reason, failure.Status, failure.Outcome)
	}
	if !strings.HasPrefix(failure.Message, "no credentials: callback: "+reason) {
		t.Errorf("the message is %q; want %q", failure.Message, reason)
	}
	if strings.Contains(failure.Message, "hunter2") {
		t.Errorf("a secret is in %q", failure.Message)
	}
	if source := client.CredentialsSource(); source != "" {
		t.Errorf("the source is %q", source)
	}
}

func TestCallsOfManyGoroutinesAskTheProviderOnce(t *testing.T) {
	emulator := esatest.Start(t)
	var asked atomic.Int32
	client := newClientWith(t, emulator, func(ctx context.Context) (esa.Credentials, error) {
		asked.Add(1)
		if deadline, has := ctx.Deadline(); !has || time.Until(deadline) > 20*time.Second {
			t.Errorf("the provider's deadline is %v", deadline)
		}
		time.Sleep(50 * time.Millisecond)
		return emulator.Config().Credentials, nil
	})
	if source := client.CredentialsSource(); source != "" {
		t.Errorf("the source is %q before the first call", source)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var group sync.WaitGroup
	for range 32 {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := client.GetMatchSite(ctx, anyRecord); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()

	if asked.Load() != 1 {
		t.Errorf("the provider was asked %d times", asked.Load())
	}
	if source := client.CredentialsSource(); source != "callback" {
		t.Errorf("the source is %q", source)
	}
	_ = client.Close()
	if source := client.CredentialsSource(); source != "" {
		t.Errorf("the source is %q after Close", source)
	}
}

func TestTheProvidersErrorIsTheReason(t *testing.T) {
	emulator := esatest.Start(t)
	var problem func() error
	client := newClientWith(t, emulator, func(context.Context) (esa.Credentials, error) {
		return emulator.Config().Credentials, problem()
	})
	for reason, fail := range map[string]func() error{
		"the vault is closed": func() error { return errors.New("the vault is closed") },
		"a b ?":               func() error { return errors.New("a\x00b \xff") },
		"":                    func() error { return errors.New("") },
		"panic: no vault":     func() error { panic("no vault") },
	} {
		problem = fail
		expectReason(t, client, reason)
	}
	expectNoRequests(t, emulator)

	problem = func() error { return nil }
	if _, err := client.GetMatchSite(context.Background(), anyRecord); err != nil {
		t.Error(err)
	}
}

func TestWhatAProviderCannotMeanIsRefused(t *testing.T) {
	emulator := esatest.Start(t)
	const expired = "the credentials that it gives have expired"
	for _, refused := range []struct {
		given  esa.Credentials
		reason string
	}{
		{esa.Credentials{}, "access_key_id is empty"},
		{esa.Credentials{AccessKeyID: "id", AccessKeySecret: "hunter2 "}, "access_key_secret has a blank"},
		{esa.Credentials{AccessKeyID: "id", AccessKeySecret: "hunter2\x00"}, "esa: access_key_secret has a NUL byte"},
		{esa.Credentials{AccessKeyID: "id", AccessKeySecret: "s", ExpiresAt: time.Now().Add(-2 * time.Second)}, expired},
		{esa.Credentials{AccessKeyID: "id", AccessKeySecret: "s", ExpiresAt: time.Unix(0, 0)}, expired},
	} {
		client := newClientWith(t, emulator, func(context.Context) (esa.Credentials, error) { return refused.given, nil })
		expectReason(t, client, refused.reason)
	}
	expectNoRequests(t, emulator)
}

func TestProvidedCredentialsAreRenewedBeforeTheyExpire(t *testing.T) {
	emulator := esatest.Start(t)
	var asked atomic.Int32
	client := newClientWith(t, emulator, func(context.Context) (esa.Credentials, error) {
		asked.Add(1)
		given := emulator.Config().Credentials
		given.ExpiresAt = time.Now().Add(2 * time.Second)
		return given, nil
	})
	for range 3000 {
		if _, err := client.GetMatchSite(context.Background(), anyRecord); err != nil {
			t.Fatal(err)
		}
		if asked.Load() == 2 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the provider was asked %d times", asked.Load())
}

func TestAProviderMayCallWithAnotherClient(t *testing.T) {
	emulator := esatest.Start(t)
	other := newClient(t, emulator.Config())
	client := newClientWith(t, emulator, func(ctx context.Context) (esa.Credentials, error) {
		_, err := other.GetMatchSite(ctx, anyRecord)
		return emulator.Config().Credentials, err
	})
	if _, err := client.GetMatchSite(context.Background(), anyRecord); err != nil {
		t.Error(err)
	}
}

func TestAProviderBesideCredentialsIsRefused(t *testing.T) {
	emulator := esatest.Start(t)
	config := emulator.Config()
	config.CredentialsProvider = func(context.Context) (esa.Credentials, error) { return esa.Credentials{}, nil }

	_, err := esa.New(config)

	expectRefusal(t, err, "credentials_provider can't be given together with credentials")
}

func TestCredentialsAreFoundWhereTheOfficialSDKsFindThem(t *testing.T) {
	emulator := esatest.Start(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "")
	expectSource := func(want string) {
		t.Helper()
		client := newClient(t, esa.Config{Endpoint: emulator.URL})
		if _, err := client.GetMatchSite(context.Background(), anyRecord); err != nil {
			t.Error(err)
		}
		if source := client.CredentialsSource(); source != want {
			t.Errorf("the source is %q; want %q", source, want)
		}
	}

	_, err := newClient(t, esa.Config{Endpoint: emulator.URL}).GetMatchSite(context.Background(), anyRecord)
	var places []string
	for _, part := range strings.Split(strings.TrimPrefix(asError(t, err).Message, "no credentials: "), "; ") {
		place, _, _ := strings.Cut(part, ": ")
		places = append(places, place)
	}
	want := "environment oidc cli_profile credentials_file ecs_ram_role credentials_uri"
	if strings.Join(places, " ") != want {
		t.Errorf("%v; want a reason for each of %s", err, want)
	}

	write(t, filepath.Join(home, ".alibabacloud", "credentials"), fmt.Sprintf(
		"[default]\ntype = access_key\naccess_key_id = %s\naccess_key_secret = %s\n",
		emulator.AccessKeyID, emulator.AccessKeySecret))
	expectSource("credentials_file")
	write(t, filepath.Join(home, ".aliyun", "config.json"), fmt.Sprintf(
		`{"current": "a", "profiles": [{"name": "a", "mode": "AK", "access_key_id": %q, "access_key_secret": %q}]}`,
		emulator.AccessKeyID, emulator.AccessKeySecret))
	expectSource("cli_profile")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.AccessKeyID)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.AccessKeySecret)
	expectSource("environment")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
