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

// Config is how a client is to be made. Each field's zero value means what the environment says, else the default. Fields
// that say how many or how long can be [Unlimited].
//
// The environment is read by [New] and never again.
type Config struct {
	// Credentials sign the requests.
	// Default: those that are found where the official SDKs find them, when a call needs some: the environment
	// (ALIBABA_CLOUD_ACCESS_KEY_ID, …), OIDC, the command line's profile, the credentials file, the role of the ECS
	// instance, ALIBABA_CLOUD_CREDENTIALS_URI. Temporary ones are renewed before they expire.
	Credentials Credentials

	// CredentialsProvider gives them in place of those, for secrets that are kept elsewhere. It runs on the goroutine of
	// a call that needs them, one call of the client at a time: for the first call, from five minutes before they expire
	// on, and once more when the service says that they have. Its context has the call's deadline, but doesn't end when
	// the call's context is cancelled. Its error's text is told by the call's, so it must hold no secret. A panic counts
	// as an error, and it must not end its goroutine. It may make calls with other clients.
	CredentialsProvider func(context.Context) (Credentials, error)

	// Region is "cn-hangzhou" for accounts of the China site and "ap-southeast-1" for international accounts: the
	// account decides, not the place. Any other region needs an Endpoint.
	// Default: ALIBABA_CLOUD_REGION_ID, else "cn-hangzhou".
	Region string

	// Endpoint is used in place of the region's: "host", "host:port" or "https://host:port". An "http://…" one is
	// accepted for this machine only.
	// Default: ESA_ENDPOINT, which must not be set and empty, else the region's.
	Endpoint string

	// Network is from where the service is reached, where there is no Endpoint. Default: [NetworkPublic].
	Network Network

	// Proxy is the proxy: "http://user:password@host:port" (by CONNECT), "host:port", "socks5://…" (this
	// machine looks up the endpoint's name) or "socks5h://…" (the proxy does); [NoProxy] for none. Plain http to this
	// machine takes no proxy.
	// Default: what HTTPS_PROXY, HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY say, which isn't for this machine.
	Proxy string

	// ConnectTimeout is for making one connection: name look-up, TCP and TLS. Default: 5 s.
	//
	// This and the other durations are less than 49 days, or [Unlimited], and are rounded up to milliseconds.
	ConnectTimeout time.Duration

	// AttemptTimeout is for one request, connecting included. Default: 10 s.
	AttemptTimeout time.Duration

	// Timeout is for a whole call whose context has no deadline, waiting for its turn included. Default: 30 s.
	Timeout time.Duration

	// MaxAttempts is how many attempts of a call may fail in a row. Those that are refused because the service is busy with
	// another call of the account don't count: they are made until the call's time limit. Default: 3.
	MaxAttempts int

	// ReconcileHorizon is how long a call goes on reading back to clear up what a lost answer did, once no further attempt
	// is made: after 0.25, 0.5, 1, 2, 4 s …, never past the call's deadline. If nothing clears it up, the call fails that
	// much later. [None]: it reads back at once and doesn't wait. Default: 10 s.
	ReconcileHorizon time.Duration

	// MaxConcurrentWrites is how many creates, ensures and deletes of the client may be under way at the service at
	// once. More wait for each other, in the order in which they came and within their time limits, because the service
	// refuses a routine call of an account while another one runs. Default: 1.
	MaxConcurrentWrites int

	// WriteLock is shared with other programs or machines which write to the same account: a client holds it while it
	// writes, for those of its writes that wait behind each other up to WriteLockHold. It is for order alone: where it is
	// lost, writes are refused as busy and made again. Default: none.
	WriteLock WriteLock

	// WriteLockFile is such a lock for the programs of this host, in place of a WriteLock: a file on a local file system,
	// which is made where it is missing, for its owner alone. Default: none.
	WriteLockFile string

	// WriteLockHold is how long the client holds the lock for further writes, before it lets others in. [None]: it lets the
	// lock go after each write. Default: 2 s.
	WriteLockHold time.Duration

	// SignatureVersion is 3 (ACS3-HMAC-SHA256) or 1 (HMAC-SHA1, for old gateways). Default: 3.
	SignatureVersion int32

	// CAFile is a file of certificate authorities (PEM) to trust in place of the ones that are built in. Default, without
	// CAPEM: SSL_CERT_FILE of the environment.
	CAFile string

	// CAPEM is PEM text of such authorities. With CAFile too, both are trusted.
	CAPEM string

	// UserAgent is the caller's own product, such as "my-agent/1.2", to append to the User-Agent header.
	// Default: ALIBABA_CLOUD_USER_AGENT.
	UserAgent string

	// MaxIdleConnections is how many connections are kept between calls at most, or [None]. Default: 64.
	MaxIdleConnections int

	// IdleTimeout is for how long an unused connection is kept at most. Default: 5 s.
	IdleTimeout time.Duration

	// Logger receives what the library does: requests at [slog.LevelDebug], decisions and waits at [slog.LevelInfo]; no
	// line holds a secret. Its handler runs on the goroutine that makes the call, several at once, with the context of the
	// call. Its panics are dropped, and it must not end its goroutine. Default: no log.
	//
	// [New] asks the logger for which levels it is enabled, with [context.Background]. Lines of the other levels are never
	// made and cost nothing, even if the logger is enabled for them later.
	//
	// A line has these attributes, as far as it is about them: call (the number of the call, in this process), action,
	// record_name, attempt (of the action), status (of HTTP), request_id, elapsed_ms (of the request). Its message begins
	// with the first four.
	Logger *slog.Logger

	// MaxConcurrentCalls is how many calls run at once; more wait for their turn, within their time limit. Each
	// one that runs holds a thread, also while it waits for another write or to try again. Default: 64.
	MaxConcurrentCalls int
}

// What a number or a duration of a [Config] can be besides itself, since zero means the default.
const (
	// Unlimited is no limit.
	Unlimited = -1
	// None is none, or no time at all. A field can be this if its comment says so.
	None = -2
)

// NoProxy as [Config.Proxy] goes out without one, whatever the environment says.
const NoProxy = "none"

// Credentials are an access key. Printing them shows the id only.
type Credentials struct {
	AccessKeyID     string
	AccessKeySecret string `json:"-"`
	// SecurityToken is empty unless they are temporary ones of STS.
	SecurityToken string `json:"-"`
	// ExpiresAt is until when those of a CredentialsProvider are good. Zero: until the service doesn't take them any more.
	ExpiresAt time.Time `json:"-"`
}

// check refuses what C would cut.
func (credentials *Credentials) check() error {
	return checkText("access_key_id", credentials.AccessKeyID, "access_key_secret", credentials.AccessKeySecret,
		"security_token", credentials.SecurityToken)
}

// Format implements [fmt.Formatter], so that no verb shows a secret.
func (credentials Credentials) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "{AccessKeyID:%s}", credentials.AccessKeyID)
}

// defaultMaxConcurrentCalls is for goroutines, of which C knows nothing.
const defaultMaxConcurrentCalls = 64

// check refuses what goes together with nothing; the rest is refused where C is handed it.
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

// inMilliseconds rounds up, and leaves Unlimited and None as they are.
func inMilliseconds(duration time.Duration) int64 {
	if duration <= 0 {
		return int64(duration)
	}
	return int64((duration-1)/time.Millisecond) + 1
}

// milliseconds rounds up, and stops at what C can be told.
func milliseconds(duration time.Duration) uint32 {
	return uint32(min(inMilliseconds(duration), math.MaxUint32))
}

// checkText takes names and values in turn, and refuses a value that C would cut.
func checkText(namesAndValues ...string) error {
	for i := 0; i < len(namesAndValues); i += 2 {
		if strings.IndexByte(namesAndValues[i+1], 0) >= 0 {
			return invalidArgument(namesAndValues[i], "has a NUL byte")
		}
	}
	return nil
}
