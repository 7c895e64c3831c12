// libesa for C++17 and later: a thin, header-only layer over esa.h, which says what each thing means in full.
//
// Objects own what they hold, can be moved and not copied. A Client and a Cancel serve any number of threads at once;
// everything else one thread at a time. A Config, a Client, a Cancel or a Multi that was moved from may only be
// destroyed or assigned to.
//
// Each thing that can fail has two forms: `x()` returns the value or throws an Error; `try_x()` returns a Result.
// Without exceptions (-fno-exceptions) there is only the second one. Besides, std::bad_alloc may be thrown anywhere.
//
// Text in is UTF-8 in any std::string_view; a NUL inside is an invalid argument.
#ifndef ESA_HPP
#define ESA_HPP

#include "esa.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <forward_list>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#if __has_include(<version>)
#include <version>
#endif
#if defined(__cpp_lib_expected)
#include <expected>
#endif
#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif

namespace esa {

// Functions that return a Result have the same linker name whatever a Result is, so the two must not meet in a program
// of which some files are C++17 and others C++23.
#if defined(__cpp_lib_expected)
inline namespace with_std_expected {
#else
inline namespace with_own_result {
#endif

// The enumerations are those of C, with the same enumerators: ESA_ERR_TIMEOUT, ESA_OUTCOME_UNKNOWN, ... A newer library
// may give values that have no enumerator here.
using Status = ::esa_status;
using Outcome = ::esa_outcome;
using ServiceCode = ::esa_service_code;
using LogLevel = ::esa_log_level;
using Network = ::esa_network;
using SignatureVersion = ::esa_signature_version;
using Origin = ::esa_origin;
using Place = ::esa_place;
using Effect = ::esa_effect;

// Why a call failed, what it did, and what to do about it. Copies share their text, and copying doesn't throw.
class Error : public std::exception {
  public:
    // A copy of the C library's error, which stays the caller's.
    explicit Error(const esa_error &error)
        : Error({error.status, static_cast<Outcome>(error.outcome), static_cast<ServiceCode>(error.service_code),
                 error.http_status, error.attempts, std::chrono::milliseconds(error.retry_after_ms),
                 error.retryable != 0, error.code, error.message, error.advice, error.request_id, error.recommend,
                 error.access_denied_detail, ""}) {}

    // A failure that this layer finds itself, before anything is sent.
    Error(Status status, std::string message, std::string advice)
        : Error({status, ESA_OUTCOME_NOT_SENT, ESA_CODE_NONE, 0, 0, std::chrono::milliseconds(0), false, "",
                 std::move(message), std::move(advice), "", "", "", ""}) {}

    Error(const Error &) noexcept = default;
    Error &operator=(const Error &) noexcept = default;
    ~Error() override = default;

    // The kind of failure.
    Status status() const noexcept { return fields_->status; }
    // What the call did at the service. With ESA_OUTCOME_UNKNOWN, read back whether the record exists before trying
    // again.
    Outcome outcome() const noexcept { return fields_->outcome; }
    // The service's code, typed; code() has it verbatim.
    ServiceCode service_code() const noexcept { return fields_->service_code; }
    // The HTTP status of the reply; 0 where there was none.
    int http_status() const noexcept { return fields_->http_status; }
    // How many requests the call sent, or tried to send.
    std::uint32_t attempts() const noexcept { return fields_->attempts; }
    // How long the service asks to wait before the next try; zero where it doesn't say.
    std::chrono::milliseconds retry_after() const noexcept { return fields_->retry_after; }
    // Whether the same call may succeed later without anything being changed.
    bool retryable() const noexcept { return fields_->retryable; }

    // Texts are empty where there is nothing, and live as long as this error or a copy of it.

    const std::string &code() const noexcept { return fields_->code; }
    // The service's words, or the library's.
    const std::string &message() const noexcept { return fields_->message; }
    // What to do about it, in a sentence.
    const std::string &advice() const noexcept { return fields_->advice; }
    // The service's id of the request, for its support.
    const std::string &request_id() const noexcept { return fields_->request_id; }
    // A link to the service's own help on this error.
    const std::string &recommend() const noexcept { return fields_->recommend; }
    // Which permission was missing, in the service's JSON.
    const std::string &access_denied_detail() const noexcept { return fields_->access_denied_detail; }

    // All that a line of a log needs: "CODE or status: message (HTTP status, request id)".
    const char *what() const noexcept override { return fields_->what.c_str(); }

  private:
    struct Fields {
        Status status;
        Outcome outcome;
        ServiceCode service_code;
        int http_status;
        std::uint32_t attempts;
        std::chrono::milliseconds retry_after;
        bool retryable;
        std::string code, message, advice, request_id, recommend, access_denied_detail;
        std::string what;
    };

    explicit Error(Fields fields) {
        fields.what = (fields.code.empty() ? esa_status_name(fields.status) : fields.code) + ": " + fields.message;
        if (fields.http_status != 0) {
            fields.what += " (HTTP " + std::to_string(fields.http_status);
            fields.what += (fields.request_id.empty() ? "" : ", request " + fields.request_id) + ")";
        }
        fields_ = std::make_shared<const Fields>(std::move(fields));
    }

    std::shared_ptr<const Fields> fields_;
};

// A value, or the Error that came in its place. Where the standard library has std::expected, it is that.
#if defined(__cpp_lib_expected)
template <class T> using Result = std::expected<T, Error>;
#else
template <class T> class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // The value. Where there is none, the error is thrown (std::expected wraps it in std::bad_expected_access), or
    // without exceptions the program aborts.
    T &value() & { return checked(), **this; }
    const T &value() const & { return checked(), **this; }
    T &&value() && { return checked(), *std::move(*this); }

    // The value, where the caller knows that there is one.
    T &operator*() & noexcept { return *std::get_if<0>(&state_); }
    const T &operator*() const & noexcept { return *std::get_if<0>(&state_); }
    T &&operator*() && noexcept { return std::move(**this); }
    T *operator->() noexcept { return &**this; }
    const T *operator->() const noexcept { return &**this; }

    // The error, where the caller knows that there is no value.
    const Error &error() const noexcept { return *std::get_if<1>(&state_); }

  private:
    void checked() const {
        if (!has_value()) {
#if defined(__cpp_exceptions)
            throw error();
#else
            std::abort();
#endif
        }
    }

    std::variant<T, Error> state_;
};
#endif

namespace detail {

template <auto release> struct Release {
    template <class T> void operator()(T *object) const noexcept { release(object); }
};
template <class T, auto release> using Handle = std::unique_ptr<T, Release<release>>;
using ErrorHandle = Handle<esa_error, esa_error_free>;
using CancelHandle = Handle<esa_cancel, esa_cancel_free>;
using ClientHandle = Handle<esa_client, esa_client_free>;
using MultiHandle = Handle<esa_multi, esa_multi_free>;
using PendingHandle = Handle<esa_pending, esa_pending_free>;

#if defined(__cpp_lib_expected)
inline std::unexpected<Error> failure(Error error) { return std::unexpected<Error>(std::move(error)); }
#else
inline Error failure(Error error) { return error; }
#endif

inline Error invalid_argument(const std::string &field, const std::string &reason) {
    return Error(ESA_ERR_INVALID_ARGUMENT, field + " " + reason, "Correct the argument that the message names.");
}

// What a function of C gives through its last two arguments: an object, or why there is none.
template <class Handle, class Function, class... Arguments>
Result<Handle> given_by(Function function, Arguments... arguments) {
    typename Handle::pointer object = nullptr;
    esa_error *error = nullptr;
    if (function(arguments..., &object, &error) != ESA_OK) {
        return failure(Error(*ErrorHandle(error)));
    }
    return Handle(object);
}

inline constexpr const char *no_std_exception = "the program's own function threw what is no std::exception";

// Runs a function of the program for C, through which no exception may pass: `caught` has the std::exception, or
// nullptr where another type was thrown.
template <class Function, class Caught> void guarded(Function function, [[maybe_unused]] Caught caught) noexcept {
#if defined(__cpp_exceptions)
    try {
        function();
    } catch (const std::exception &exception) {
        caught(&exception);
    } catch (...) {
        caught(nullptr);
    }
#else
    function();
#endif
}

#if defined(__cpp_exceptions)
template <class T> T value_or_throw(Result<T> result) {
    if (!result) {
        throw result.error();
    }
    return std::move(*result);
}
#endif

} // namespace detail

// A time limit, made of any std::chrono duration; parts of a millisecond are rounded up. Zero stands for the default,
// negative ones and those of 49 days and more are invalid arguments where they are used.
class Timeout {
  public:
    constexpr Timeout() noexcept = default;

    // No limit: ESA_UNLIMITED.
    static constexpr Timeout unlimited() noexcept { return Timeout(ESA_UNLIMITED); }
    // No time at all: ESA_NONE.
    static constexpr Timeout none() noexcept { return Timeout(ESA_NONE); }

    template <class Rep, class Period>
    Timeout(std::chrono::duration<Rep, Period> duration) noexcept
        : exact_ms_(std::chrono::duration<long double, std::milli>(duration).count()) {}

    // In whole milliseconds; `field` is what the caller knows it by.
    Result<std::uint32_t> milliseconds(const char *field) const {
        if (special_ != 0) {
            return special_;
        }
        const long double rounded = std::ceil(exact_ms_);
        constexpr std::uint32_t most = ESA_NONE - 1;
        // Said so that it refuses NaN as well.
        if (!(exact_ms_ >= 0 && rounded <= most)) {
            return detail::failure(
                detail::invalid_argument(field, "is out of range; it is 0 to " + std::to_string(most) + " ms"));
        }
        return static_cast<std::uint32_t>(rounded);
    }

  private:
    explicit constexpr Timeout(std::uint32_t special) noexcept : special_(special) {}

    long double exact_ms_ = 0;
    std::uint32_t special_ = 0;
};

// A line of the log. The fields are those of esa_log_record, and valid until the LogSink returns.
struct LogRecord {
    LogLevel level;
    std::string_view message;
    std::uint64_t call;
    std::string_view action;
    std::string_view record_name;
    std::uint32_t attempt;
    std::int32_t http_status;
    std::string_view request_id;
    std::uint32_t elapsed_ms;
};

// Receives a line of the log, on the thread that makes a call, while it is in the call; several threads may be in it at
// once. What it throws is dropped.
using LogSink = std::function<void(const LogRecord &record)>;

// What a CredentialsProvider gives: printable ASCII without blanks.
struct Credentials {
    std::string access_key_id;
    std::string access_key_secret;
    // Empty unless they are temporary ones of STS.
    std::string security_token;
    // Until when they are good. None: until the service doesn't take them any more.
    std::optional<std::chrono::system_clock::time_point> expires_at;
};

// Gives credentials that are kept elsewhere, on the thread of a call that needs them, one call of a client at a time:
// for the client's first call, from five minutes before they expire on, and once more when the service says that they
// have. `left` is how long it should take at most; nothing else ends it.
//
// It may return the Credentials as they are. The message of the Error that it returns in their place, or the what() of
// the exception that it throws, is the reason in the call's own error, so it must hold no secret.
using CredentialsProvider = std::function<Result<Credentials>(std::chrono::milliseconds left)>;

// What became of asking for a lock that is shared with others: ESA_LOCK_ACQUIRED, ESA_LOCK_NOT_YET, ESA_LOCK_WITHOUT or
// ESA_LOCK_FAILED; or whether it was acquired.
struct LockAnswer {
    LockAnswer(bool acquired) noexcept : value(acquired ? ESA_LOCK_ACQUIRED : ESA_LOCK_NOT_YET) {}
    LockAnswer(esa_lock answer) noexcept : value(answer) {}
    // For ESA_LOCK_NOT_YET: how soon to ask again.
    explicit LockAnswer(std::chrono::milliseconds retry) noexcept : value(ESA_LOCK_NOT_YET), retry_after(retry) {}
    // ESA_LOCK_FAILED, and why.
    LockAnswer(Error reason) noexcept : value(ESA_LOCK_FAILED), error(std::move(reason)) {}

    esa_lock value;
    std::optional<std::chrono::milliseconds> retry_after;
    std::optional<Error> error;
};

// Asks for a lock that is shared with others, to hold it for `lease` at most, and doesn't wait for whoever has it: see
// esa_try_acquire_fn. What it throws counts as ESA_LOCK_FAILED. The what() of that, or the message of the Error that it
// returns, is the reason in the call's own error, so it must hold no secret.
using TryAcquireLock = std::function<LockAnswer(std::chrono::milliseconds lease)>;

// Lets it go: see esa_release_fn. What it throws is dropped.
using ReleaseLock = std::function<void()>;

namespace detail {

// A lock of the program's.
struct WriteLock {
    TryAcquireLock try_acquire;
    ReleaseLock release;
};

// Arguments as C wants them. The first one that can't be used is `problem()`.
class Arguments {
  public:
    // NULL for an empty text.
    const char *add_optional(const char *field, std::string_view text) {
        return text.empty() ? nullptr : add(field, text);
    }
    // A terminated copy, which lives as long as this.
    const char *add(const char *field, std::string_view text) {
        if (text.find('\0') != std::string_view::npos) {
            refuse(invalid_argument(where + field, "has a NUL character"));
        }
        return texts_.emplace_front(text).c_str();
    }
    std::uint32_t add(const char *field, Timeout timeout) {
        const auto milliseconds = timeout.milliseconds(field);
        return milliseconds ? *milliseconds : (refuse(milliseconds.error()), 0);
    }

    const std::optional<Error> &problem() const noexcept { return problem_; }

    // What stands before the name of a text that is refused.
    std::string where;

  private:
    void refuse(Error problem) {
        if (!problem_) {
            problem_ = std::move(problem);
        }
    }

    // Its elements stay where they are.
    std::forward_list<std::string> texts_;
    std::optional<Error> problem_;
};

// What the library calls back; whoever uses a client keeps it alive.
struct Callbacks {
    std::shared_ptr<const LogSink> sink;
    std::shared_ptr<const CredentialsProvider> provider;
    std::shared_ptr<const WriteLock> lock;
};

} // namespace detail

// How a client is to be made. What isn't set comes from the environment or has the default that esa.h tells.
//
// Setters don't fail: one that is given something unusable changes nothing, and making a client of this configuration
// then fails with ESA_ERR_INVALID_ARGUMENT and a message that names what was wrong.
class Config {
  public:
    Config() : handle_(esa_config_new()) {}

    // `token` is for temporary credentials of STS. Default: those that are found where the official SDKs find them.
    Config &set_credentials(std::string_view access_key_id, std::string_view access_key_secret,
                            std::optional<std::string_view> token = std::nullopt) {
        detail::Arguments arguments;
        const auto id = arguments.add("access_key_id", access_key_id);
        const auto secret = arguments.add("access_key_secret", access_key_secret);
        const auto third = token ? arguments.add("security_token", *token) : nullptr;
        return set("credentials", arguments, esa_config_set_credentials, id, secret, third);
    }

    // What gives the credentials, in place of fixed ones; an empty `provider` changes nothing. Clients share it and
    // keep it. The last one of this and set_credentials() counts.
    Config &set_credentials_provider(CredentialsProvider provider) {
        if (provider) {
            auto shared = std::make_shared<const CredentialsProvider>(std::move(provider));
            const auto user_data = const_cast<CredentialsProvider *>(shared.get());
            set("credentials", {}, esa_config_set_credentials_provider, ask, user_data);
            callbacks_.provider = std::move(shared);
        }
        return *this;
    }

    // "cn-hangzhou" for accounts of the China site, "ap-southeast-1" for international accounts.
    Config &set_region(std::string_view region) { return set("region", region, esa_config_set_region); }

    // "host", "host:port" or "https://host:port", in place of the region's; "http://..." for this machine only.
    Config &set_endpoint(std::string_view endpoint) { return set("endpoint", endpoint, esa_config_set_endpoint); }

    // From where the service is reached.
    Config &set_network(Network network) { return set("network", {}, esa_config_set_network, network); }

    // "http://user:password@host:port", "host:port", "socks5://..." or "socks5h://..."; "" for none, in place of what
    // the environment says. See esa_config_set_proxy().
    Config &set_proxy(std::string_view proxy) { return set("proxy", proxy, esa_config_set_proxy); }

    // How long making one connection may take (5 s).
    Config &set_connect_timeout(Timeout timeout) {
        return set("connect_timeout", timeout, esa_config_set_connect_timeout);
    }

    // How long one request may take, connecting included (10 s).
    Config &set_attempt_timeout(Timeout timeout) {
        return set("attempt_timeout", timeout, esa_config_set_attempt_timeout);
    }

    // How long a whole call may take (30 s).
    Config &set_timeout(Timeout timeout) { return set("timeout", timeout, esa_config_set_timeout); }

    // How requests are signed.
    Config &set_signature_version(SignatureVersion version) {
        return set("signature_version", {}, esa_config_set_signature_version, version);
    }

    // A file of certificate authorities (PEM) to trust in place of the built-in ones; read when a client is made.
    // Default, without the text: SSL_CERT_FILE of the environment.
    Config &set_ca_file(std::string_view path) { return set("ca_file", path, esa_config_set_ca_file); }

    // The same as text.
    Config &set_ca_pem(std::string_view pem) { return set("ca_pem", pem, esa_config_set_ca_pem); }

    // The caller's own product, such as "my-agent/1.2": printable ASCII.
    Config &set_user_agent(std::string_view product) { return set("user_agent", product, esa_config_set_user_agent); }

    // How many attempts of a call may fail in a row (3); 0 stands for the default, ESA_UNLIMITED for no limit.
    Config &set_max_attempts(std::uint32_t max_attempts) {
        return set("max_attempts", {}, esa_config_set_max_attempts, max_attempts);
    }

    // How long a call goes on reading back to clear up what a lost answer did, once no further attempt is made: after
    // 0.25, 0.5, 1, 2, 4 s ..., never past the call's deadline (10 s). If nothing clears it up, the call fails that
    // much later.
    Config &set_reconcile_horizon(Timeout horizon) {
        return set("reconcile_horizon", horizon, esa_config_set_reconcile_horizon);
    }

    // How many creates and deletes of a client may be under way at once (1); the others wait. 0 stands for the default,
    // ESA_UNLIMITED for no limit.
    Config &set_max_concurrent_writes(std::uint32_t max_concurrent_writes) {
        return set("max_concurrent_writes", {}, esa_config_set_max_concurrent_writes, max_concurrent_writes);
    }

    // A lock that clients share with other programs or machines which write to the same account, so that their writes
    // wait for each other instead of being refused: see esa_config_set_write_lock(). Two empty functions: none. Clients
    // share the functions and keep them. The last one of this and set_write_lock_file() counts.
    Config &set_write_lock(TryAcquireLock try_acquire, ReleaseLock release) {
        const auto asks = static_cast<bool>(try_acquire), releases = static_cast<bool>(release);
        auto shared =
            std::make_shared<const detail::WriteLock>(detail::WriteLock{std::move(try_acquire), std::move(release)});
        set("write_lock", {}, esa_config_set_write_lock, asks ? ask_for_lock : nullptr,
            releases ? release_lock : nullptr, const_cast<detail::WriteLock *>(shared.get()));
        callbacks_.lock = std::move(shared);
        return *this;
    }

    // A file as that lock, for the programs of this host: see esa_config_set_write_lock_file().
    Config &set_write_lock_file(std::string_view path) {
        return set("write_lock_file", path, esa_config_set_write_lock_file);
    }

    // How long a client holds the lock for further writes, before it lets others in (2 s).
    Config &set_write_lock_hold(Timeout hold) { return set("write_lock_hold", hold, esa_config_set_write_lock_hold); }

    // How many unused connections to keep at most (64); 0 stands for the default, ESA_NONE for none.
    Config &set_max_idle_connections(std::uint32_t max_idle_connections) {
        return set("max_idle_connections", {}, esa_config_set_max_idle_connections, max_idle_connections);
    }

    // For how long an unused connection is kept (5 s).
    Config &set_idle_timeout(Timeout timeout) { return set("idle_timeout", timeout, esa_config_set_idle_timeout); }

    // Where the library says what it does, and how much; an empty `sink`: nowhere. Clients share the sink and keep it.
    Config &set_log(LogLevel level, LogSink sink) {
        auto shared = sink ? std::make_shared<const LogSink>(std::move(sink)) : nullptr;
        const auto user_data = const_cast<LogSink *>(shared.get());
        if (esa_config_set_log(native_handle(), level, shared ? write_log : nullptr, user_data) == ESA_OK) {
            callbacks_.sink = std::move(shared);
        }
        return *this;
    }

    // The C library's object; it stays this one's.
    esa_config *native_handle() const noexcept { return handle_.get(); }

  private:
    friend class Client;

    Config &set(const char *field, std::string_view value, esa_status (*setter)(esa_config *, const char *)) {
        detail::Arguments arguments;
        const auto text = arguments.add(field, value);
        return set(field, arguments, setter, text);
    }

    Config &set(const char *field, Timeout value, esa_status (*setter)(esa_config *, std::uint32_t)) {
        detail::Arguments arguments;
        const auto milliseconds = arguments.add(field, value);
        return set(field, arguments, setter, milliseconds);
    }

    // A setting that is set again isn't refused any more.
    template <class Setter, class... Values>
    Config &set(const char *setting, const detail::Arguments &arguments, Setter setter, Values... values) {
        const auto is_of_it = [=](const auto &refused) { return refused.first == std::string_view(setting); };
        refused_.erase(std::remove_if(refused_.begin(), refused_.end(), is_of_it), refused_.end());
        if (arguments.problem()) {
            refused_.emplace_back(setting, *arguments.problem());
        } else {
            setter(native_handle(), values...);
        }
        return *this;
    }

    static void write_log(void *sink, const esa_log_record *line) noexcept {
        const LogRecord record{static_cast<LogLevel>(line->level),
                               line->message,
                               line->call,
                               line->action,
                               line->record_name,
                               line->attempt,
                               line->http_status,
                               line->request_id,
                               line->elapsed_ms};
        detail::guarded([&] { (*static_cast<const LogSink *>(sink))(record); }, [](const std::exception *) {});
    }

    static std::int32_t ask_for_lock(void *lock, std::uint32_t lease_ms, std::uint32_t *retry_after_ms) noexcept {
        std::int32_t answer = ESA_LOCK_FAILED;
        const auto try_acquire = [&] {
            const auto given =
                static_cast<const detail::WriteLock *>(lock)->try_acquire(std::chrono::milliseconds(lease_ms));
            if (given.retry_after) {
                *retry_after_ms = Timeout(*given.retry_after).milliseconds("retry_after").value();
            }
            answer = given.error ? esa_lock_fail(given.error->message().c_str()) : given.value;
        };
        detail::guarded(try_acquire, [&](const std::exception *exception) {
            answer = esa_lock_fail(exception ? exception->what() : detail::no_std_exception);
        });
        return answer;
    }

    static void release_lock(void *lock) noexcept {
        detail::guarded([&] { static_cast<const detail::WriteLock *>(lock)->release(); },
                        [](const std::exception *) {});
    }

    static void ask(void *provider, std::uint32_t timeout_ms, esa_credentials *credentials) noexcept {
        const auto give = [&] {
            const std::chrono::milliseconds left(timeout_ms);
            const Result<Credentials> given = (*static_cast<const CredentialsProvider *>(provider))(left);
            if (!given) {
                return esa_credentials_fail(credentials, given.error().message().c_str());
            }
            detail::Arguments arguments;
            const auto id = arguments.add("access_key_id", given->access_key_id);
            const auto secret = arguments.add("access_key_secret", given->access_key_secret);
            const auto token = arguments.add("security_token", given->security_token);
            if (arguments.problem()) {
                return esa_credentials_fail(credentials, arguments.problem()->message().c_str());
            }
            std::int64_t expires_at = 0;
            if (given->expires_at) {
                const auto since_1970 = given->expires_at->time_since_epoch();
                // 0 would be for ever.
                expires_at = std::max<std::int64_t>(1, std::chrono::floor<std::chrono::seconds>(since_1970).count());
            }
            esa_credentials_set(credentials, id, secret, token, expires_at);
        };
        detail::guarded(give, [&](const std::exception *exception) {
            esa_credentials_fail(credentials, exception ? exception->what() : detail::no_std_exception);
        });
    }

    detail::Handle<esa_config, esa_config_free> handle_;
    detail::Callbacks callbacks_;
    // What was refused here, and the C library didn't get to see, by the setting.
    std::vector<std::pair<std::string_view, Error>> refused_;
};

// Cancels the calls that were given it, once and for all: those that run and those to come.
class Cancel {
  public:
#if defined(__cpp_exceptions)
    // Throws ESA_ERR_IO where the process has no file descriptors left.
    Cancel() : Cancel(detail::value_or_throw(try_make())) {}
#endif

    static Result<Cancel> try_make() {
        detail::CancelHandle handle(esa_cancel_new());
        if (!handle) {
            return detail::failure(Error(ESA_ERR_IO, "no file descriptors are left to cancel with",
                                         "Close files or connections, or raise the process's limit."));
        }
        return Cancel(std::move(handle));
    }

    // Any thread, any number of times; a signal handler may call it.
    void trigger() const noexcept { esa_cancel_trigger(native_handle()); }

    // The C library's object; it stays this one's.
    esa_cancel *native_handle() const noexcept { return handle_.get(); }

  private:
    explicit Cancel(detail::CancelHandle handle) noexcept : handle_(std::move(handle)) {}

    detail::CancelHandle handle_;
};

// What one call does differently from its client's defaults.
struct CallOptions {
    // Ends the call when it is triggered; not owned, and must live until the call returns.
    const Cancel *cancel = nullptr;
    // For the whole call.
    Timeout timeout = {};
    // How many attempts may fail in a row; 0: as many as the client's configuration says.
    std::uint32_t max_attempts = 0;
};

// The texts of a request must live until the call returns.

// Which record to create or to ensure.
struct CreateRoutineRelatedRecordRequest {
    // The site's id: 1 or more. Ensuring takes 0 for the site that the record's name belongs to.
    std::int64_t site_id = 0;
    // The routine's name: 1 to 253 bytes without control characters.
    std::string_view name = {};
    // The record's name, a domain name on the site: 1 to 253 bytes without control characters.
    std::string_view record_name = {};
};

// The record that a call created or ensured.
struct CreateRoutineRelatedRecordResult {
    // 0 where the service didn't tell.
    std::int64_t record_id = 0;
    // Where the record came from.
    Origin origin = ESA_ORIGIN_CREATED;
    // How many requests to create the record the call sent.
    std::uint32_t attempts = 0;
    // The service's word: "OK".
    std::string status;
    // The service's id of the request.
    std::string request_id;
    // The site's id.
    std::int64_t site_id = 0;
};

// What came of each of many records that were ensured, in their order.
using EnsuredRecords = std::vector<Result<CreateRoutineRelatedRecordResult>>;

// Told after each of many records: `done` of `count` have been tried, and what came of the last one. It returns whether
// to go on; where it doesn't, the rest is cancelled. It may make calls. What it throws cancels the rest as well, and
// comes out of the call; run again with the same records, it does what is left to do.
using Progress =
    std::function<bool(std::size_t done, std::size_t count, const Result<CreateRoutineRelatedRecordResult> &last)>;

// Which records to ensure.
struct EnsureRoutineRelatedRecordsRequest {
    std::vector<CreateRoutineRelatedRecordRequest> records;
    // For all together, beside the options' for each; zero: as long as it takes.
    Timeout timeout = {};
    Progress progress = {};
};

// Which record to delete.
struct DeleteRoutineRelatedRecordRequest {
    // The site's id: 1 or more.
    std::int64_t site_id = 0;
    // The routine's name: 1 to 253 bytes without control characters.
    std::string_view name = {};
    // The record's name: 1 to 253 bytes without control characters.
    std::string_view record_name = {};
    // The record's id; 0: it is found by its name.
    std::int64_t record_id = 0;
};

// What a call that deletes a record did.
struct DeleteRoutineRelatedRecordResult {
    // Whether this call deleted the record; else it was gone already. If an answer was lost, somebody else may have
    // deleted it at the same time: the service doesn't say who.
    bool deleted = false;
    // How many requests to delete the record the call sent.
    std::uint32_t attempts = 0;
    // The service's id of the request; empty where none was sent, or the answer was lost.
    std::string request_id;
};

// Which page of a routine's records to list.
struct ListRoutineRelatedRecordsRequest {
    // The routine's name: 1 to 253 bytes without control characters.
    std::string_view name = {};
    // Only records whose name has something to do with this, by the service's fuzzy match; nothing: all.
    std::optional<std::string_view> search_key_word = std::nullopt;
    // The page, from 1 on; 0: the first.
    std::uint32_t page_number = 0;
    // How many records a page has: 1 to 20; 0: 20.
    std::uint32_t page_size = 0;
};

// A record that is tied to a routine.
struct RelatedRecord {
    std::int64_t record_id = 0;
    std::int64_t site_id = 0;
    std::string record_name;
    // May be empty.
    std::string site_name;
};

// A page of a routine's records.
struct ListRoutineRelatedRecordsResult {
    std::vector<RelatedRecord> records;
    // How many records there are on all pages.
    std::uint64_t total_count = 0;
    // Whether there are records on later pages.
    bool has_more = false;
    // The service's id of the request.
    std::string request_id;
};

// Which record's site to get.
struct GetMatchSiteRequest {
    // The record's name: 1 to 253 bytes without control characters.
    std::string_view record_name = {};
};

// The site that a record's name belongs to.
struct GetMatchSiteResult {
    std::int64_t site_id = 0;
    // Such as "example.com".
    std::string site_name;
    // The service's id of the request.
    std::string request_id;
};

// A parameter of an action whose name and value are sent as they are.
struct Parameter {
    // Such as "SiteId" or "Tag.1.Key".
    std::string_view name = {};
    std::string_view value = {};
    // Where it goes; by default where the action wants it.
    Place place = ESA_PLACE_DEFAULT;
};

// Any action of the service, and its parameters; see esa_call_action_request. Only `action` has to be set.
struct CallActionRequest {
    // The service's name for the action, such as "CreateRoutine".
    std::string_view action = {};
    // The parameters, a JSON object; each goes where the action wants it. Empty, as those that follow: none.
    std::string_view params = {};
    // Parameters that go into the query whatever the library knows of them: a JSON object.
    std::string_view query = {};
    // Parameters that go into the form whatever the library knows of them: a JSON object.
    std::string_view form = {};
    // Parameters that are sent as they are, beside the others.
    std::vector<Parameter> parameters = {};
    // "GET" or "POST"; empty: as the action wants it.
    std::string_view method = {};
    // The version of the service's interface; empty: "2024-09-10".
    std::string_view version = {};
    // Whether the action changes something; by default as the library knows it.
    Effect effect = ESA_EFFECT_DEFAULT;
};

// The reply to an action.
struct CallActionResult {
    // The JSON object that the service answered with, as it wrote it.
    std::string body;
    // The service's id of the request.
    std::string request_id;
    // How many requests the call sent; 0 from read_reply().
    std::uint32_t attempts = 0;
    // 200 to 299.
    std::int32_t http_status = 0;
};

// A name and a value.
using Header = std::pair<std::string, std::string>;

// A request to send once, by anything, within 15 minutes; see esa_signed_request. It holds secrets.
struct SignedRequest {
    // "GET" or "POST".
    std::string method;
    // The whole URL.
    std::string url;
    // All that have to be sent; "host" is among them.
    std::vector<Header> headers;
    // A form; empty where there is none.
    std::string body;
};

// All that a signature depends on besides the action; see esa_sign_with_options.
struct SignWithOptions {
    // As whom; `expires_at` is left alone.
    Credentials credentials = {};
    // 1 to 64 characters of printable ASCII that no other request has.
    std::string_view nonce = {};
    // When the request is sent, to the second.
    std::chrono::system_clock::time_point date = {};
    // The server, such as "https://esa.ap-southeast-1.aliyuncs.com"; empty: that of cn-hangzhou.
    std::string_view endpoint = {};
    // How it is signed.
    SignatureVersion signature_version = ESA_SIGNATURE_DEFAULT;
};

// A reply that the program received itself; see esa_reply.
struct Reply {
    // The action that it answers; empty: one that the library doesn't know.
    std::string_view action = {};
    // 100 to 999.
    std::int32_t http_status = 0;
    // In any order and case.
    std::vector<Header> headers = {};
    // Without transfer and content codings.
    std::string_view body = {};
    // Whether the action changes something; by default as the library knows it.
    Effect effect = ESA_EFFECT_DEFAULT;
};

namespace detail {

inline CreateRoutineRelatedRecordResult to_cpp(const esa_create_routine_related_record_result &c) {
    return {c.record_id, static_cast<Origin>(c.origin), c.attempts, c.status, c.request_id, c.site_id};
}

// What came of one of many records: either of the two is there.
inline Result<CreateRoutineRelatedRecordResult> to_cpp(const esa_create_routine_related_record_result *c,
                                                       const esa_error *error) {
    if (!c) {
        return failure(Error(*error));
    }
    return to_cpp(*c);
}

// Tells a Progress what C tells, until that returns false or throws.
class Teller {
  public:
    explicit Teller(Progress progress) : progress_(std::move(progress)) {}

    // An esa_progress_fn, whose data is a Teller.
    static std::int32_t tell(void *teller, std::size_t done, std::size_t count,
                             const esa_create_routine_related_record_result *result, const esa_error *error) noexcept {
        auto &self = *static_cast<Teller *>(teller);
        const auto go_on = [&] { self.is_over_ = !self.progress_(done, count, to_cpp(result, error)); };
        if (!self.is_over_) {
            guarded(go_on, [&](const std::exception *) {
                self.stop();
                self.thrown_ = std::current_exception();
            });
        }
        return self.is_over_;
    }

    void stop() noexcept { is_over_ = true; }

    void rethrow() const {
        if (thrown_) {
            std::rethrow_exception(thrown_);
        }
    }

  private:
    Progress progress_;
    bool is_over_ = false;
    std::exception_ptr thrown_;
};

// What a request of C points to.
struct Backing : Arguments {
    std::vector<esa_create_routine_related_record_request> items;
    std::vector<esa_parameter> parameters;
    std::vector<esa_header> headers;
    // Lives until the call has finished; everything else may go once it has begun.
    std::shared_ptr<Teller> teller;
};

inline auto to_c(const CallOptions &options, Backing &backing) {
    esa_call_options c = ESA_CALL_OPTIONS_INIT;
    c.cancel = options.cancel ? options.cancel->native_handle() : nullptr;
    c.timeout_ms = backing.add("timeout", options.timeout);
    c.max_attempts = options.max_attempts;
    return c;
}

inline auto to_c(const CreateRoutineRelatedRecordRequest &request, Backing &backing) {
    esa_create_routine_related_record_request c = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    c.site_id = request.site_id;
    c.name = backing.add("name", request.name);
    c.record_name = backing.add("record_name", request.record_name);
    return c;
}

inline auto to_c(const EnsureRoutineRelatedRecordsRequest &request, Backing &backing) {
    esa_ensure_routine_related_records_request c = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    backing.items.reserve(request.records.size());
    for (const auto &record : request.records) {
        backing.where = "items[" + std::to_string(backing.items.size()) + "]: ";
        backing.items.push_back(to_c(record, backing));
    }
    c.items = backing.items.data();
    c.count = backing.items.size();
    c.timeout_ms = backing.add("timeout", request.timeout);
    if (request.progress) {
        backing.teller = std::make_shared<Teller>(request.progress);
        c.progress = Teller::tell;
        c.progress_data = backing.teller.get();
    }
    return c;
}

inline auto to_c(const DeleteRoutineRelatedRecordRequest &request, Backing &backing) {
    esa_delete_routine_related_record_request c = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    c.site_id = request.site_id;
    c.name = backing.add("name", request.name);
    c.record_name = backing.add("record_name", request.record_name);
    c.record_id = request.record_id;
    return c;
}

inline auto to_c(const ListRoutineRelatedRecordsRequest &request, Backing &backing) {
    esa_list_routine_related_records_request c = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    c.name = backing.add("name", request.name);
    c.search_key_word = request.search_key_word ? backing.add("search_key_word", *request.search_key_word) : nullptr;
    c.page_number = request.page_number;
    c.page_size = request.page_size;
    return c;
}

inline auto to_c(const GetMatchSiteRequest &request, Backing &backing) {
    esa_get_match_site_request c = ESA_GET_MATCH_SITE_REQUEST_INIT;
    c.record_name = backing.add("record_name", request.record_name);
    return c;
}

inline auto to_c(const CallActionRequest &request, Backing &backing) {
    esa_call_action_request c = ESA_CALL_ACTION_REQUEST_INIT;
    c.action = backing.add("action", request.action);
    c.params = backing.add_optional("params", request.params);
    c.query = backing.add_optional("query", request.query);
    c.form = backing.add_optional("form", request.form);
    c.method = backing.add_optional("method", request.method);
    c.version = backing.add_optional("version", request.version);
    c.effect = request.effect;
    for (const auto &parameter : request.parameters) {
        backing.where = "parameters[" + std::to_string(backing.parameters.size()) + "]: ";
        backing.parameters.push_back(
            {backing.add("name", parameter.name), backing.add("value", parameter.value), parameter.place, 0});
    }
    backing.where.clear();
    c.parameters = backing.parameters.data();
    c.parameter_count = backing.parameters.size();
    return c;
}

inline auto to_c(const SignWithOptions &options, Backing &backing) {
    esa_sign_with_options c = ESA_SIGN_WITH_OPTIONS_INIT;
    c.access_key_id = backing.add("access_key_id", options.credentials.access_key_id);
    c.access_key_secret = backing.add("access_key_secret", options.credentials.access_key_secret);
    c.security_token = backing.add_optional("security_token", options.credentials.security_token);
    c.endpoint = backing.add_optional("endpoint", options.endpoint);
    c.nonce = backing.add("nonce", options.nonce);
    c.date = std::chrono::floor<std::chrono::seconds>(options.date.time_since_epoch()).count();
    c.signature_version = options.signature_version;
    return c;
}

inline auto to_c(const Reply &reply, Backing &backing) {
    esa_reply c = ESA_REPLY_INIT;
    c.action = backing.add_optional("action", reply.action);
    c.effect = reply.effect;
    c.http_status = reply.http_status;
    for (const auto &[name, value] : reply.headers) {
        backing.where = "headers[" + std::to_string(backing.headers.size()) + "]: ";
        backing.headers.push_back({backing.add("name", name), backing.add("value", value)});
    }
    c.headers = backing.headers.data();
    c.header_count = backing.headers.size();
    c.body = reply.body.data();
    c.body_length = reply.body.size();
    return c;
}

inline CallActionResult to_cpp(const esa_call_action_result &c) {
    return {std::string(c.body, c.body_length), c.request_id, c.attempts, c.http_status};
}

inline SignedRequest to_cpp(const esa_signed_request &c) {
    SignedRequest request{c.method, c.url, {}, std::string(c.body, c.body_length)};
    for (std::size_t i = 0; i < c.header_count; i++) {
        request.headers.emplace_back(c.headers[i].name, c.headers[i].value);
    }
    return request;
}

inline EnsuredRecords to_cpp(const esa_ensure_routine_related_records_result &c) {
    EnsuredRecords records;
    records.reserve(c.count);
    for (std::size_t i = 0; i < c.count; i++) {
        records.push_back(to_cpp(c.results[i], c.errors[i]));
    }
    return records;
}

inline DeleteRoutineRelatedRecordResult to_cpp(const esa_delete_routine_related_record_result &c) {
    return {c.deleted != 0, c.attempts, c.request_id};
}

inline ListRoutineRelatedRecordsResult to_cpp(const esa_list_routine_related_records_result &c) {
    ListRoutineRelatedRecordsResult result{{}, c.total_count, c.has_more != 0, c.request_id};
    result.records.reserve(c.count);
    for (std::size_t i = 0; i < c.count; i++) {
        const esa_related_record &record = *c.records[i];
        result.records.push_back({record.record_id, record.site_id, record.record_name, record.site_name});
    }
    return result;
}

inline GetMatchSiteResult to_cpp(const esa_get_match_site_result &c) { return {c.site_id, c.site_name, c.request_id}; }

// The value of C that a handle has, if there is one.
template <class Object> auto value_of(const Result<Object> &object) -> Result<decltype(to_cpp(**object))> {
    if (!object) {
        return failure(object.error());
    }
    return to_cpp(**object);
}

// What a function of C gives for arguments of `backing`, if they can be used.
template <class CResult, auto release, class Function, class... Arguments>
auto result_of(const Backing &backing, Function function, Arguments... arguments)
    -> Result<decltype(to_cpp(std::declval<const CResult &>()))> {
    if (backing.problem()) {
        return failure(*backing.problem());
    }
    return value_of(given_by<Handle<CResult, release>>(function, arguments...));
}

template <class T> T released_by(void (*release)(T *));

// An operation, with its functions of C: the one that blocks, the two of a multi, and what releases its result.
template <class RequestOf, auto blocking, auto starting, auto finishing, auto release> struct Operation {
    using Request = RequestOf;
    using CResult = decltype(released_by(release));
    using Value = decltype(to_cpp(std::declval<const CResult &>()));
    static constexpr auto call = blocking, start = starting;
    static constexpr auto finish = finishing;

    // What the last of a call's functions gives; throws what its Progress has thrown.
    template <class Function, class... Arguments>
    static Result<Value> result_of(const std::shared_ptr<Teller> &teller, Function function, Arguments... arguments) {
        const auto result = given_by<Handle<CResult, release>>(function, arguments...);
        if (teller) {
            teller->rethrow();
        }
        return value_of(result);
    }
};

} // namespace detail

// The operations, for Multi::start(). Each has the types `Request` and `Value`.

using CreateRoutineRelatedRecord =
    detail::Operation<CreateRoutineRelatedRecordRequest, esa_create_routine_related_record,
                      esa_create_routine_related_record_start, esa_create_routine_related_record_finish,
                      esa_create_routine_related_record_result_free>;
using EnsureRoutineRelatedRecord =
    detail::Operation<CreateRoutineRelatedRecordRequest, esa_ensure_routine_related_record,
                      esa_ensure_routine_related_record_start, esa_ensure_routine_related_record_finish,
                      esa_create_routine_related_record_result_free>;
using EnsureRoutineRelatedRecords =
    detail::Operation<EnsureRoutineRelatedRecordsRequest, esa_ensure_routine_related_records,
                      esa_ensure_routine_related_records_start, esa_ensure_routine_related_records_finish,
                      esa_ensure_routine_related_records_result_free>;
using DeleteRoutineRelatedRecord =
    detail::Operation<DeleteRoutineRelatedRecordRequest, esa_delete_routine_related_record,
                      esa_delete_routine_related_record_start, esa_delete_routine_related_record_finish,
                      esa_delete_routine_related_record_result_free>;
using ListRoutineRelatedRecords =
    detail::Operation<ListRoutineRelatedRecordsRequest, esa_list_routine_related_records,
                      esa_list_routine_related_records_start, esa_list_routine_related_records_finish,
                      esa_list_routine_related_records_result_free>;
using GetMatchSite = detail::Operation<GetMatchSiteRequest, esa_get_match_site, esa_get_match_site_start,
                                       esa_get_match_site_finish, esa_get_match_site_result_free>;
using CallAction = detail::Operation<CallActionRequest, esa_call_action, esa_call_action_start, esa_call_action_finish,
                                     esa_call_action_result_free>;

// Signs any action with what it is given and nothing else; see esa_sign_with(). The same arguments give the same
// request.
inline Result<SignedRequest> try_sign_with(const SignWithOptions &options, const CallActionRequest &request) {
    detail::Backing backing;
    const auto c_options = detail::to_c(options, backing);
    const auto c_request = detail::to_c(request, backing);
    return detail::result_of<esa_signed_request, esa_signed_request_free>(backing, esa_sign_with, &c_options,
                                                                          &c_request);
}
#if defined(__cpp_exceptions)
inline SignedRequest sign_with(const SignWithOptions &options, const CallActionRequest &request) {
    return detail::value_or_throw(try_sign_with(options, request));
}
#endif

// Reads a reply that the program received itself: the result, or the Error that it stands for, with the outcome of that
// one request, whether trying again may help, and what to do; see esa_read_reply().
inline Result<CallActionResult> try_read_reply(const Reply &reply) {
    detail::Backing backing;
    const auto c_reply = detail::to_c(reply, backing);
    return detail::result_of<esa_call_action_result, esa_call_action_result_free>(backing, esa_read_reply, &c_reply);
}
#if defined(__cpp_exceptions)
inline CallActionResult read_reply(const Reply &reply) { return detail::value_or_throw(try_read_reply(reply)); }
#endif

class RelatedRecords;

// Makes calls to the service. Make one and keep it. It may be destroyed while calls run on other threads, but not while
// one is being entered.
//
// The `limits` of a call are CallOptions; or, from C++20 on, a std::stop_token that ends it with ESA_ERR_CANCELLED, and
// after that maybe a Timeout.
class Client {
  public:
#if defined(__cpp_exceptions)
    // As `config` says, which can be changed or destroyed afterwards. Reads the environment and the CA file; sends
    // nothing. Throws ESA_ERR_INVALID_ARGUMENT or ESA_ERR_CONFIG.
    explicit Client(const Config &config) : Client(detail::value_or_throw(try_make(config))) {}

    // Everything from the environment.
    Client() : Client(Config()) {}
#endif

    static Result<Client> try_make(const Config &config = {}) {
        if (!config.native_handle()) {
            return detail::failure(detail::invalid_argument("config", "was moved from"));
        }
        if (!config.refused_.empty()) {
            return detail::failure(config.refused_.front().second);
        }
        auto handle = detail::given_by<detail::ClientHandle>(esa_client_new, config.native_handle());
        if (!handle) {
            return detail::failure(handle.error());
        }
        return Client(std::move(*handle), config.callbacks_);
    }

    // Creates a record on a site and ties it to a routine. The Error's outcome() says whether the record may exist.
#if defined(__cpp_exceptions)
    template <class Limits = CallOptions, class... Time>
    CreateRoutineRelatedRecordResult create_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                                                   const Limits &limits = {},
                                                                   const Time &...timeout) const {
        return detail::value_or_throw(try_create_routine_related_record(request, limits, timeout...));
    }
#endif
    template <class Limits = CallOptions, class... Time>
    Result<CreateRoutineRelatedRecordResult>
    try_create_routine_related_record(const CreateRoutineRelatedRecordRequest &request, const Limits &limits = {},
                                      const Time &...timeout) const {
        return make<CreateRoutineRelatedRecord>(request, limits, timeout...);
    }

    // The same, and a success where the record exists already, tied to this routine.
#if defined(__cpp_exceptions)
    template <class Limits = CallOptions, class... Time>
    CreateRoutineRelatedRecordResult ensure_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                                                   const Limits &limits = {},
                                                                   const Time &...timeout) const {
        return detail::value_or_throw(try_ensure_routine_related_record(request, limits, timeout...));
    }
#endif
    template <class Limits = CallOptions, class... Time>
    Result<CreateRoutineRelatedRecordResult>
    try_ensure_routine_related_record(const CreateRoutineRelatedRecordRequest &request, const Limits &limits = {},
                                      const Time &...timeout) const {
        return make<EnsureRoutineRelatedRecord>(request, limits, timeout...);
    }

    // Ensures many records, one after the other, and tells what came of each: those that exist already cost a twentieth
    // of a call; see esa_ensure_routine_related_records(). `limits` are CallOptions for each record, or a
    // std::stop_token; `timeout` is for all together, zero for as long as it takes.
    //
    // The call itself fails where an argument can't be used, with nothing sent.
#if defined(__cpp_exceptions)
    template <class Limits = CallOptions>
    EnsuredRecords ensure_routine_related_records(const std::vector<CreateRoutineRelatedRecordRequest> &requests,
                                                  const Limits &limits = {}, Timeout timeout = {},
                                                  const Progress &progress = {}) const {
        return detail::value_or_throw(try_ensure_routine_related_records(requests, limits, timeout, progress));
    }
#endif
    template <class Limits = CallOptions>
    Result<EnsuredRecords>
    try_ensure_routine_related_records(const std::vector<CreateRoutineRelatedRecordRequest> &requests,
                                       const Limits &limits = {}, Timeout timeout = {},
                                       const Progress &progress = {}) const {
        return make<EnsureRoutineRelatedRecords>({requests, timeout, progress}, limits);
    }

    // Deletes a record, so that it is gone afterwards; one that doesn't exist is a success as well.
#if defined(__cpp_exceptions)
    template <class Limits = CallOptions, class... Time>
    DeleteRoutineRelatedRecordResult delete_routine_related_record(const DeleteRoutineRelatedRecordRequest &request,
                                                                   const Limits &limits = {},
                                                                   const Time &...timeout) const {
        return detail::value_or_throw(try_delete_routine_related_record(request, limits, timeout...));
    }
#endif
    template <class Limits = CallOptions, class... Time>
    Result<DeleteRoutineRelatedRecordResult>
    try_delete_routine_related_record(const DeleteRoutineRelatedRecordRequest &request, const Limits &limits = {},
                                      const Time &...timeout) const {
        return make<DeleteRoutineRelatedRecord>(request, limits, timeout...);
    }

    // Lists a page of a routine's records.
#if defined(__cpp_exceptions)
    template <class Limits = CallOptions, class... Time>
    ListRoutineRelatedRecordsResult list_routine_related_records(const ListRoutineRelatedRecordsRequest &request,
                                                                 const Limits &limits = {},
                                                                 const Time &...timeout) const {
        return detail::value_or_throw(try_list_routine_related_records(request, limits, timeout...));
    }
#endif
    template <class Limits = CallOptions, class... Time>
    Result<ListRoutineRelatedRecordsResult>
    try_list_routine_related_records(const ListRoutineRelatedRecordsRequest &request, const Limits &limits = {},
                                     const Time &...timeout) const {
        return make<ListRoutineRelatedRecords>(request, limits, timeout...);
    }

    // Gets the account's site whose name is the longest suffix of a record's name.
#if defined(__cpp_exceptions)
    template <class Limits = CallOptions, class... Time>
    GetMatchSiteResult get_match_site(const GetMatchSiteRequest &request, const Limits &limits = {},
                                      const Time &...timeout) const {
        return detail::value_or_throw(try_get_match_site(request, limits, timeout...));
    }
#endif
    template <class Limits = CallOptions, class... Time>
    Result<GetMatchSiteResult> try_get_match_site(const GetMatchSiteRequest &request, const Limits &limits = {},
                                                  const Time &...timeout) const {
        return make<GetMatchSite>(request, limits, timeout...);
    }

    // Calls any action of the service, by its name; see esa_call_action(). One that changes something is never sent
    // twice where its answer was lost: the Error's outcome() is ESA_OUTCOME_UNKNOWN then.
#if defined(__cpp_exceptions)
    template <class Limits = CallOptions, class... Time>
    CallActionResult call(const CallActionRequest &request, const Limits &limits = {}, const Time &...timeout) const {
        return detail::value_or_throw(try_call(request, limits, timeout...));
    }
#endif
    template <class Limits = CallOptions, class... Time>
    Result<CallActionResult> try_call(const CallActionRequest &request, const Limits &limits = {},
                                      const Time &...timeout) const {
        return make<CallAction>(request, limits, timeout...);
    }

    // Signs any action for something else to send, with this client's credentials, endpoint and clock. It may ask a
    // server for credentials; see esa_sign_action().
#if defined(__cpp_exceptions)
    SignedRequest sign(const CallActionRequest &request, const CallOptions &options = {}) const {
        return detail::value_or_throw(try_sign(request, options));
    }
#endif
    Result<SignedRequest> try_sign(const CallActionRequest &request, const CallOptions &options = {}) const {
        const auto callbacks = callbacks_;
        detail::Backing backing;
        const auto c_request = detail::to_c(request, backing);
        const auto c_options = detail::to_c(options, backing);
        return detail::result_of<esa_signed_request, esa_signed_request_free>(backing, esa_sign_action, native_handle(),
                                                                              &c_request, &c_options);
    }

#if defined(__cpp_exceptions)
    // All records of a routine, from the request's page on, to iterate over once; a page is read when its first record
    // is reached. The client, the request's texts and what the options name must live as long as it is used.
    RelatedRecords all_routine_related_records(const ListRoutineRelatedRecordsRequest &request,
                                               const CallOptions &options = {}) const;
#endif

    // The name of the provider whose credentials are used, such as "callback" or "cli_profile"; see
    // esa_client_credentials_source(). Empty before the first call that needed some.
    std::string_view credentials_source() const noexcept { return esa_client_credentials_source(native_handle()); }

    // What the client has done so far, by all threads together; see esa_stats.
    esa_stats stats() const noexcept {
        esa_stats stats = ESA_STATS_INIT;
        esa_client_stats(native_handle(), &stats);
        return stats;
    }

    // The C library's object; it stays this one's.
    esa_client *native_handle() const noexcept { return handle_.get(); }

  private:
    friend class Multi;

    Client(detail::ClientHandle handle, detail::Callbacks callbacks)
        : callbacks_(std::move(callbacks)), handle_(std::move(handle)) {}

    template <class Operation>
    Result<typename Operation::Value> make(const typename Operation::Request &request,
                                           const CallOptions &options) const {
        // The call may outlast this object.
        const auto callbacks = callbacks_;
        detail::Backing backing;
        const auto c_request = detail::to_c(request, backing);
        const auto c_options = detail::to_c(options, backing);
        if (backing.problem()) {
            return detail::failure(*backing.problem());
        }
        return Operation::result_of(backing.teller, Operation::call, native_handle(), &c_request, &c_options);
    }

#if defined(__cpp_lib_jthread)
    template <class Operation>
    Result<typename Operation::Value> make(const typename Operation::Request &request, std::stop_token stop,
                                           Timeout timeout = {}) const {
        const auto cancel = Cancel::try_make();
        if (!cancel) {
            return detail::failure(cancel.error());
        }
        const std::stop_callback trigger(std::move(stop), [&cancel]() noexcept { cancel->trigger(); });
        return make<Operation>(request, CallOptions{&*cancel, timeout, 0});
    }
#endif

    detail::Callbacks callbacks_;
    detail::ClientHandle handle_;
};

namespace detail {

// A call of a multi, until its callback runs.
struct PendingCall {
    explicit PendingCall(Callbacks callbacks) : callbacks(std::move(callbacks)) {}
    virtual ~PendingCall() = default;

    // Takes the result of the call, which has finished, and runs the callback.
    virtual void finish() = 0;

    // The call may outlast its client.
    Callbacks callbacks;
    std::shared_ptr<Teller> teller;
    PendingHandle handle;
};

template <class Operation, class Callback> struct PendingCallOf final : PendingCall {
    PendingCallOf(Callbacks callbacks, Callback callback)
        : PendingCall(std::move(callbacks)), callback(std::move(callback)) {}

    void finish() override { callback(Operation::result_of(teller, Operation::finish, handle.release())); }

    Callback callback;
};

// A multi and its calls.
struct Calls {
    explicit Calls(MultiHandle handle) : handle(std::move(handle)) {}
    // Cancels them; nobody is told of their progress any more.
    ~Calls() {
        for (const auto &[pending, call] : calls) {
            if (call->teller) {
                call->teller->stop();
            }
        }
    }

    std::shared_ptr<PendingCall> take_finished() {
        const auto call = calls.extract(esa_multi_next_finished(handle.get()));
        return call ? std::move(call.mapped()) : nullptr;
    }

    std::unordered_map<esa_pending *, std::shared_ptr<PendingCall>> calls;
    MultiHandle handle;
};

} // namespace detail

// A call that was started on a Multi. It needn't be kept: the call goes on without it.
class Pending {
  public:
    // Cancels the call: the next step() runs its callback with what came of it, ESA_ERR_CANCELLED with its true outcome
    // unless it has finished. Does nothing once the callback has begun, or the Multi is gone. Other threads cancel by
    // the Cancel of its options.
    void cancel() const noexcept {
        if (const auto call = call_.lock()) {
            esa_pending_cancel(call->handle.get());
        }
    }

  private:
    friend class Multi;

    explicit Pending(std::weak_ptr<detail::PendingCall> call) noexcept : call_(std::move(call)) {}

    std::weak_ptr<detail::PendingCall> call_;
};

// Calls that the program's own event loop drives, on one thread and without blocking it: any number of them, of any
// number of clients. The loop waits until descriptor() is readable, and then calls step().
//
// Where it is destroyed, the calls that haven't finished are cancelled, and no callback and no Progress runs any more:
// they are destroyed with what they hold. A program that wants to know what became of its calls gives them one Cancel,
// triggers that and calls step() before. A LogSink, a CredentialsProvider and a Progress of its calls mustn't destroy
// it.
class Multi {
  public:
#if defined(__cpp_exceptions)
    // Throws ESA_ERR_IO where the process has no file descriptors left.
    Multi() : Multi(detail::value_or_throw(try_make())) {}
#endif

    static Result<Multi> try_make() {
        auto handle = detail::given_by<detail::MultiHandle>(esa_multi_new);
        if (!handle) {
            return detail::failure(handle.error());
        }
        return Multi(std::make_shared<detail::Calls>(std::move(*handle)));
    }

    // What the loop waits for: readable while step() has something to do. The same for the whole life; it is for
    // waiting alone.
    int descriptor() const noexcept { return esa_multi_descriptor(native_handle()); }

    // How many calls have been started whose callback hasn't begun.
    std::size_t pending() const noexcept { return calls_->calls.size(); }

    // Starts a call, such as start<CreateRoutineRelatedRecord>(client, {site_id, routine, name}, callback), and sends
    // what can be sent at once. Fails, with nothing sent and no callback to come, where an argument can't be used.
    //
    // `callback` is called once, with a Result<Operation::Value>, by step() and never from in here. The request's texts
    // may go once this returns, and so may the client; what the options name lives until the callback.
#if defined(__cpp_exceptions)
    template <class Operation, class Callback>
    Pending start(const Client &client, const typename Operation::Request &request, Callback callback,
                  const CallOptions &options = {}) {
        return detail::value_or_throw(try_start<Operation>(client, request, std::move(callback), options));
    }
#endif
    template <class Operation, class Callback>
    Result<Pending> try_start(const Client &client, const typename Operation::Request &request, Callback callback,
                              const CallOptions &options = {}) {
        static_assert(std::is_invocable_v<Callback &, Result<typename Operation::Value>>,
                      "the callback takes a Result<Operation::Value>");
        detail::Backing backing;
        const auto c_request = detail::to_c(request, backing);
        const auto c_options = detail::to_c(options, backing);
        if (backing.problem()) {
            return detail::failure(*backing.problem());
        }
        const auto call =
            std::make_shared<detail::PendingCallOf<Operation, Callback>>(client.callbacks_, std::move(callback));
        call->teller = backing.teller;
        auto handle = detail::given_by<detail::PendingHandle>(Operation::start, native_handle(), client.native_handle(),
                                                              &c_request, &c_options, nullptr);
        if (!handle) {
            return detail::failure(handle.error());
        }
        call->handle = std::move(*handle);
        calls_->calls.emplace(call->handle.get(), call);
        return Pending(call);
    }

    // Does what is due now, and runs the callbacks of the calls that have finished, in the order in which they have;
    // never blocks. Gives how many callbacks it ran.
    //
    // A callback may do anything, also start and cancel calls here, call step() and destroy this object. What it throws
    // comes out of here, and so does what a Progress has thrown, in place of that call's callback; the other calls that
    // have finished have their callbacks run by the next step().
    //
    // Fails where a LogSink, a CredentialsProvider or a Progress asks, which may only start and cancel calls
    // (ESA_ERR_INVALID_ARGUMENT); in a child of fork(); and where the descriptor can't be used.
#if defined(__cpp_exceptions)
    std::size_t step() { return detail::value_or_throw(try_step()); }
#endif
    Result<std::size_t> try_step() {
        const auto status = esa_multi_step(native_handle());
        if (status != ESA_OK) {
            return detail::failure(
                Error(status, "the multi can't do a step here",
                      "Step it in the process and on the thread of its loop, outside of its calls."));
        }
        const std::weak_ptr<detail::Calls> alive = calls_;
        const auto take_finished = [&alive] {
            const auto calls = alive.lock();
            return calls ? calls->take_finished() : nullptr;
        };
        // No more than there are now, so that the loop has its turn where each callback starts a call that fails at
        // once.
        const auto most = pending();
        std::size_t count = 0;
        for (; count < most; count++) {
            const auto call = take_finished();
            if (!call) {
                break;
            }
            call->finish();
        }
        return count;
    }

    // The C library's object; it stays this one's. Start no calls with it: step() runs the callbacks of the calls that
    // were started here, and takes no others out of it.
    esa_multi *native_handle() const noexcept { return calls_->handle.get(); }

  private:
    explicit Multi(std::shared_ptr<detail::Calls> calls) noexcept : calls_(std::move(calls)) {}

    // Nobody else's for longer than a moment.
    std::shared_ptr<detail::Calls> calls_;
};

#if defined(__cpp_exceptions)
// A routine's records, page by page: an input range. Made by Client::all_routine_related_records(); what reads a page
// throws an Error.
class RelatedRecords {
  public:
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = RelatedRecord;
        using difference_type = std::ptrdiff_t;
        using pointer = const RelatedRecord *;
        using reference = const RelatedRecord &;

        iterator() noexcept = default;
        reference operator*() const noexcept { return records_->page_.records[records_->next_]; }
        pointer operator->() const noexcept { return &**this; }
        iterator &operator++() {
            records_->next_++;
            return *this = iterator(records_);
        }
        void operator++(int) { ++*this; }
        friend bool operator==(iterator one, iterator other) noexcept { return one.records_ == other.records_; }
        friend bool operator!=(iterator one, iterator other) noexcept { return !(one == other); }

      private:
        friend class RelatedRecords;
        explicit iterator(RelatedRecords *records) : records_(records->has_record() ? records : nullptr) {}

        // nullptr: at the end.
        RelatedRecords *records_ = nullptr;
    };

    iterator begin() { return iterator(this); }
    iterator end() const noexcept { return {}; }

  private:
    friend class Client;

    RelatedRecords(const Client &client, ListRoutineRelatedRecordsRequest request, CallOptions options)
        : client_(&client), request_(request), options_(options) {
        request_.page_number = request.page_number ? request.page_number : 1;
        page_.has_more = true;
    }

    // Reads pages until there is a record to show.
    bool has_record() {
        while (next_ == page_.records.size() && page_.has_more) {
            page_ = client_->list_routine_related_records(request_, options_);
            request_.page_number++;
            next_ = 0;
        }
        return next_ < page_.records.size();
    }

    const Client *client_;
    // Of the page to read next.
    ListRoutineRelatedRecordsRequest request_;
    CallOptions options_;
    ListRoutineRelatedRecordsResult page_;
    std::size_t next_ = 0;
};

inline RelatedRecords Client::all_routine_related_records(const ListRoutineRelatedRecordsRequest &request,
                                                          const CallOptions &options) const {
    return {*this, request, options};
}
#endif

} // inline namespace
} // namespace esa

#endif // ESA_HPP
