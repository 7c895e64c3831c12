// Package esatest starts an emulator of the service for tests: a process of its own, on a free port of this machine,
// that checks requests as strictly as the service does.
//
// The program is the one that the environment variable ESA_EMULATOR names, else esa-emulator on the PATH. What it does,
// and the JSON that it takes and gives, is in its own documentation.
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

// How long the program may take to begin, to answer, and to end.
const startTimeout = 30 * time.Second

var stopTimeout = 10 * time.Second

// Emulator is a running emulator. Any number of goroutines may use one at once.
type Emulator struct {
	// URL is the endpoint, such as "http://127.0.0.1:41231".
	URL string `json:"url"`
	// AccessKeyID and AccessKeySecret are of a key that the emulator knows and that may do everything.
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
	// SiteID, SiteName and Routine are there to create records on.
	SiteID   int64  `json:"site_id"`
	SiteName string `json:"site_name"`
	Routine  string `json:"routine"`
	// CAFile is the certificate authority's file with [TLS], else empty.
	CAFile string `json:"ca_file"`

	command *exec.Cmd
	stdin   io.Closer
	exited  chan struct{}
}

// Option is how an emulator is to be started.
type Option struct {
	arguments []string
}

// Seed starts with the state and fault rules of a file, in place of the built-in ones. The fields of [Emulator] are then
// about its first account.
func Seed(path string) Option { return Option{[]string{"--seed", path}} }

// TLS serves HTTPS, with a certificate authority made for this run.
func TLS() Option { return Option{[]string{"--tls"}} }

// Start starts an emulator that ends with the test. Where it can't, the test fails at once and says why.
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

// Launch is [Start] where there is no test to end with, as in TestMain. [Emulator.Stop] ends the emulator.
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
	// A process group of its own: Ctrl-C in a terminal ends the test, and not the emulator under it.
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

// Stop ends the emulator, which [Start] does by itself.
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

// Config is what a client needs to use the emulator. Change it as you like.
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
