// Package esatest starts an emulator of the service for tests. The emulator is a process of its own, on a free port of
// this machine. It checks requests as strictly as the service does.
//
// The environment variable ESA_EMULATOR names the program. If it isn't set, esa-emulator on the PATH is used. The
// emulator's own documentation describes what it does, and its JSON.
package esatest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
)

// How long the program can take to start, to answer, and to end.
const startTimeout = 30 * time.Second

var stopTimeout = 10 * time.Second

// Emulator is a running emulator. Any number of goroutines can use it at once.
type Emulator struct {
	// URL is the endpoint, such as "http://127.0.0.1:41231".
	URL string `json:"url"`
	// AccessKeyID and AccessKeySecret are an access key with all permissions.
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
	// SiteID, SiteName and Routine are a site and a routine to create records for.
	SiteID   int64  `json:"site_id"`
	SiteName string `json:"site_name"`
	Routine  string `json:"routine"`
	// CAFile is the file of the certificate authority, with [TLS]; otherwise it is empty.
	CAFile string `json:"ca_file"`

	command *exec.Cmd
	stdin   io.Closer
	exited  chan struct{}
}

// Option changes how an emulator is started.
type Option struct {
	arguments []string
}

// Seed starts the emulator with the state and fault rules of a file, instead of the built-in ones. The fields of
// [Emulator] then describe the first account in it.
func Seed(path string) Option { return Option{[]string{"--seed", path}} }

// TLS starts the emulator with HTTPS, and a certificate authority that is made for this run.
func TLS() Option { return Option{[]string{"--tls"}} }

// Start starts an emulator that ends with the test. If it can't, the test fails at once and says why.
func Start(t testing.TB, options ...Option) *Emulator {
	t.Helper()
	emulator, err := Launch(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := emulator.Stop(); err != nil {
			t.Error(err)
		}
	})
	return emulator
}

// Launch starts an emulator outside of a test, as in TestMain. End it with [Emulator.Stop].
func Launch(options ...Option) (*Emulator, error) {
	path := os.Getenv("ESA_EMULATOR")
	if path == "" {
		path = "esa-emulator"
	}
	arguments := []string{"--exit-with-stdin"}
	for _, option := range options {
		arguments = append(arguments, option.arguments...)
	}
	var complaint bytes.Buffer
	command := exec.Command(path, arguments...)
	command.Stderr = &complaint
	// With a process group of its own, Ctrl-C in a terminal ends the test, and not the emulator under it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("esatest: %w", err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("esatest: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("esatest: no emulator: set ESA_EMULATOR, or put esa-emulator on the PATH: %w", err)
	}

	emulator := &Emulator{command: command, stdin: stdin, exited: make(chan struct{})}
	ready := make(chan error, 1)
	go func() {
		defer close(emulator.exited)
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, emulator)
		}
		ready <- err
		_ = command.Wait()
	}()
	select {
	case err = <-ready:
	case <-time.After(startTimeout):
		err = fmt.Errorf("it said nothing for %v", startTimeout)
	}
	if err != nil {
		_ = emulator.Stop()
		return nil, fmt.Errorf("esatest: %s did not start: %w: %s", path, err, bytes.TrimSpace(complaint.Bytes()))
	}
	return emulator, nil
}

// Stop ends an emulator that [Launch] started. One that [Start] started ends with its test.
func (emulator *Emulator) Stop() error {
	_ = emulator.stdin.Close()
	select {
	case <-emulator.exited:
		return nil
	case <-time.After(stopTimeout):
		_ = emulator.command.Process.Kill()
		<-emulator.exited
		return fmt.Errorf("esatest: the emulator had to be killed: it did not end within %v", stopTimeout)
	}
}

// Config returns the configuration of a client for the emulator. Change it as you like.
func (emulator *Emulator) Config() esa.Config {
	return esa.Config{
		Credentials: esa.Credentials{
			AccessKeyID:     emulator.AccessKeyID,
			AccessKeySecret: emulator.AccessKeySecret,
		},
		Endpoint: emulator.URL,
		CAFile:   emulator.CAFile,
	}
}
