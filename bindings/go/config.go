//go:build cgo

package esa

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"
)

// Config configures a client. A field's zero value takes what the environment says, or else the default. Numbers and
// durations can be [Unlimited], except SignatureVersion and MaxConcurrentCalls.
//
// Only [New] reads the environment.
type Config struct {
	// Credentials sign the requests.
	//
	// Default: a call that needs credentials looks where the official SDKs do: the environment
	// (ALIBABA_CLOUD_ACCESS_KEY_ID, …), OIDC, the command line's profile, the credentials file, the role of the ECS
	// instance, ALIBABA_CLOUD_CREDENTIALS_URI. Temporary credentials are renewed before they expire.
	Credentials Credentials

	// CredentialsProvider returns credentials that are kept elsewhere. If it is set, Credentials must be empty.
	//
	// It runs on the goroutine of a call that needs credentials, for one call of the client at a time: while the client
	// has no valid credentials, from five to six minutes before they expire (or after half of their life, if that is
	// later), and once more if the service says that they have expired. Its context has the call's deadline, but doesn't
	// end if the call's context is cancelled. The call's error contains the text of its error, which must hold no
	// secret. A panic counts as an error. It must not end its goroutine. It may make calls with other clients.
	CredentialsProvider func(context.Context) (Credentials, error)

	// Region is "cn-hangzhou" for accounts of the China site, and "ap-southeast-1" for international accounts. It
	// depends on the account, not on where the program runs. Any other region needs an Endpoint.
	//
	// Default: ALIBABA_CLOUD_REGION_ID, else "cn-hangzhou".
	Region string

	// Endpoint replaces the region's endpoint: "host", "host:port" or "https://host:port". "http://…" is accepted for
	// this machine only.
	//
	// Default: ESA_ENDPOINT, else the region's. If ESA_ENDPOINT is set, it must not be empty.
	Endpoint string

	// Network is the network that reaches the service if there is no Endpoint. Default: [NetworkPublic].
	Network Network

	// Proxy is "http://user:password@host:port" (by CONNECT), "host:port", "socks5://…" (this machine resolves the
	// endpoint's name), "socks5h://…" (the proxy resolves it), or [NoProxy]. Plain http to this machine uses no proxy.
	//
	// Default: HTTPS_PROXY, HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY. They don't apply to this machine.
	Proxy string

	// ConnectTimeout limits one connection's name resolution, TCP and TLS handshakes together. Default: 5 s.
	//
	// Durations, this one and the others, are less than 49 days, or [Unlimited]. They are rounded up to milliseconds.
	ConnectTimeout time.Duration

	// AttemptTimeout limits one request, connecting included. Default: 10 s.
	AttemptTimeout time.Duration

	// Timeout limits a whole call, with all its waits, if its context has no deadline. Default: 30 s.
	Timeout time.Duration

	// MaxAttempts is how many attempts of a call may fail in a row. Default: 3.
	//
	// Attempts that the service refuses because it is busy with another call of the account don't count. The call
	// repeats them until its time limit.
	MaxAttempts int

	// ReconcileHorizon is how long a call reads back to find out what a request did whose answer was lost.
	//
	// It begins after the last attempt. The call reads back at once, and after 0.25, 0.5, 1, 2, 4 s …, never past its
	// deadline. If the outcome is still unknown then, the call fails. [None]: it reads back at once and doesn't wait.
	// Default: 10 s.
	ReconcileHorizon time.Duration

	// MaxConcurrentWrites is how many creates, ensures and deletes of the client run at the service at once.
	//
	// Others wait, first come, first served, within their time limits: while a routine call of an account runs, the
	// service refuses others. Default: 1.
	MaxConcurrentWrites int

	// WriteLock is shared with other programs or machines that write to the same account. Default: none.
	//
	// A client holds it while it writes. If more of its writes wait, it holds it for them too, up to WriteLockHold. The
	// lock keeps writes in order, nothing else: if it is lost, the service refuses writes as busy, and the client
	// repeats them.
	WriteLock WriteLock

	// WriteLockFile is the path of a lock file for the programs of this host. If it is set, WriteLock must be nil.
	//
	// The file is on a local file system. If it doesn't exist, it is created, for its owner alone. Default: none.
	WriteLockFile string

	// WriteLockHold is how long the client holds the lock for further writes. Default: 2 s.
	//
	// [None]: it releases the lock after each write.
	WriteLockHold time.Duration

	// SignatureVersion is 3 (ACS3-HMAC-SHA256) or 1 (HMAC-SHA1, for old gateways). Default: 3.
	SignatureVersion int32

	// CAFile is a file of certificate authorities (PEM) that replace the built-in ones. Default, without CAPEM:
	// SSL_CERT_FILE.
	CAFile string

	// CAPEM is the PEM text of certificate authorities that replace the built-in ones. If CAFile is given too, both are
	// trusted.
	CAPEM string

	// UserAgent is appended to the User-Agent header, such as "my-agent/1.2". Default: ALIBABA_CLOUD_USER_AGENT.
	UserAgent string

	// MaxIdleConnections is how many unused connections the client keeps at most, or [None]. Default: 64.
	MaxIdleConnections int

	// IdleTimeout is how long the client keeps an unused connection at most. Default: 5 s.
	IdleTimeout time.Duration

	// Logger logs what the library does: requests at [slog.LevelDebug], decisions and waits at [slog.LevelInfo], what
	// is wrong at [slog.LevelWarn]. No line holds a secret. Default: no log.
	//
	// Its handler runs on the goroutines that make calls, several at once, with the context of the call. If it panics,
	// the line is lost. It must not end its goroutine.
	//
	// [New] asks the logger which levels are enabled, with [context.Background]. Lines of the other levels are never
	// made and cost nothing, also if the logger enables them later.
	//
	// A line has those of these attributes that apply: call (the number of the call in this process), action,
	// record_name, attempt (of the action), status (of HTTP), request_id, elapsed_ms (of the request). The message
	// begins with the first four.
	Logger *slog.Logger

	// MaxConcurrentCalls is how many calls run at once. Others wait, within their time limits. Default: 64.
	//
	// A call that runs holds a thread, also while it waits for another write or for its next attempt.
	MaxConcurrentCalls int
}

// Special values for numbers and durations of a [Config]. Zero takes the default.
const (
	// Unlimited sets no limit.
	Unlimited = -1
	// None is the number 0, or no time. A field can be None if its comment says so.
	None = -2
)

// NoProxy is the [Config.Proxy] of a client that uses no proxy, whatever the environment says.
const NoProxy = "none"

// Credentials are an access key. Printing them shows the id only.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret string `json:"-"`
	// SecurityToken belongs to temporary credentials of STS; otherwise it is empty.
	SecurityToken string `json:"-"`
	// ExpiresAt is when credentials of a CredentialsProvider expire. If it is zero, they are used until the service
	// refuses them.
	ExpiresAt time.Time `json:"-"`
}

// check refuses texts that C would cut.
func (credentials *Credentials) check() error {
	return checkText("access_key_id", credentials.AccessKeyID, "access_key_secret", credentials.AccessKeySecret,
		"security_token", credentials.SecurityToken)
}

// Format implements [fmt.Formatter]. No verb shows a secret.
func (credentials Credentials) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "{AccessKeyID:%s}", credentials.AccessKeyID)
}

// defaultMaxConcurrentCalls is a default of this package: the library has no such limit.
const defaultMaxConcurrentCalls = 64

// check refuses fields that exclude each other. newHandle refuses what else is invalid.
func (config *Config) check() error {
	switch {
	case config.CredentialsProvider != nil && config.Credentials != (Credentials{}):
		return invalidArgument("credentials_provider", "can't be given together with credentials")
	case config.WriteLock != nil && config.WriteLockFile != "":
		return invalidArgument("write_lock_file", "can't be given together with write_lock")
	case config.MaxConcurrentCalls < 0:
		return invalidArgument("max_concurrent_calls", fmt.Sprintf("is %d; it is 1 or more", config.MaxConcurrentCalls))
	}
	return config.Credentials.check()
}

// inMilliseconds rounds up. Unlimited and None stay as they are.
func inMilliseconds(duration time.Duration) int64 {
	if duration <= 0 {
		return int64(duration)
	}
	return int64((duration-1)/time.Millisecond) + 1
}

// milliseconds rounds up, to 32 bits at most.
func milliseconds(duration time.Duration) uint32 {
	return uint32(min(inMilliseconds(duration), math.MaxUint32))
}

// checkText takes names and values in turn. It refuses a value that C would cut.
func checkText(namesAndValues ...string) error {
	for i := 0; i < len(namesAndValues); i += 2 {
		if strings.IndexByte(namesAndValues[i+1], 0) >= 0 {
			return invalidArgument(namesAndValues[i], "has a NUL byte")
		}
	}
	return nil
}
