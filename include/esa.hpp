// libesa for C++17 and later: a thin, header-only layer over esa.h, which says what each thing means in full.
//
// Objects own what they hold, can be moved and not copied. A Client and a Cancel serve any number of threads at once;
// everything else one thread at a time. A Config, a Client or a Cancel that was moved from may only be destroyed or
// assigned to.
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
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
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
#include <concepts>
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
using Origin = ::esa_origin;

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
using BulkHandle = Handle<esa_bulk, esa_bulk_free>;
using RecordHandle = Handle<esa_create_routine_related_record_result, esa_create_routine_related_record_result_free>;

#if defined(__cpp_lib_expected)
inline std::unexpected<Error> failure(Error error) { return std::unexpected<Error>(std::move(error)); }
#else
inline Error failure(Error error) { return error; }
#endif

inline Error invalid_argument(const char *field, const std::string &reason) {
    return Error(ESA_ERR_INVALID_ARGUMENT, field + (" " + reason), "Correct the argument that the message names.");
}

// `text` as C wants it.
inline Result<std::string> terminated(const char *field, std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        return failure(invalid_argument(field, "has a NUL character"));
    }
    return std::string(text);
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
// negative ones and those of 2^32 milliseconds (49 days) and more are invalid arguments where they are used.
class Timeout {
  public:
    constexpr Timeout() noexcept = default;

    template <class Rep, class Period>
    Timeout(std::chrono::duration<Rep, Period> duration) noexcept
        : exact_ms_(std::chrono::duration<long double, std::milli>(duration).count()) {}

    // In whole milliseconds; `field` is what the caller knows it by.
    Result<std::uint32_t> milliseconds(const char *field) const {
        const long double rounded = std::ceil(exact_ms_);
        constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
        // Said so that it refuses NaN as well.
        if (!(exact_ms_ >= 0 && rounded <= most)) {
            return detail::failure(
                detail::invalid_argument(field, "is out of range; it is 0 to " + std::to_string(most) + " ms"));
        }
        return static_cast<std::uint32_t>(rounded);
    }

  private:
    long double exact_ms_ = 0;
};

// Receives a line of the log, on the thread that makes a call, while it is in the call; several threads may be in it at
// once. `message` is valid until it returns. What it throws is dropped.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;

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

namespace detail {

// What the library calls back; whoever uses a client keeps it alive.
struct Callbacks {
    std::shared_ptr<const LogSink> sink;
    std::shared_ptr<const CredentialsProvider> provider;
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
        forget("credentials");
        const auto id = kept("credentials", detail::terminated("access_key_id", access_key_id));
        const auto secret = kept("credentials", detail::terminated("access_key_secret", access_key_secret));
        const auto third = kept("credentials", detail::terminated("security_token", token.value_or("")));
        if (id && secret && third) {
            esa_config_set_credentials(native_handle(), id->c_str(), secret->c_str(), token ? third->c_str() : nullptr);
        }
        return *this;
    }

    // What gives the credentials, in place of fixed ones; an empty `provider` changes nothing. Clients share it and
    // keep it. The last one of this and set_credentials() counts.
    Config &set_credentials_provider(CredentialsProvider provider) {
        if (provider) {
            forget("credentials");
            auto shared = std::make_shared<const CredentialsProvider>(std::move(provider));
            const auto user_data = const_cast<CredentialsProvider *>(shared.get());
            if (esa_config_set_credentials_provider(native_handle(), ask, user_data) == ESA_OK) {
                callbacks_.provider = std::move(shared);
            }
        }
        return *this;
    }

    // "cn-hangzhou" for accounts of the China site, "ap-southeast-1" for international accounts.
    Config &set_region(std::string_view region) { return set("region", region, esa_config_set_region); }

    // "host", "host:port" or "https://host:port", in place of the region's; "http://..." for this machine only.
    Config &set_endpoint(std::string_view endpoint) { return set("endpoint", endpoint, esa_config_set_endpoint); }

    // From where the service is reached: "public", or "vpc" from inside of a VPC in the region.
    Config &set_network(std::string_view network) { return set("network", network, esa_config_set_network); }

    // "http://user:password@host:port", "host:port", "socks5://..." or "socks5h://..."; "" for none, in place of what
    // the environment says. See esa_config_set_proxy().
    Config &set_proxy(std::string_view proxy) { return set("proxy", proxy, esa_config_set_proxy); }

    // For one connection (5 s), for one request (10 s), and for a whole call (30 s).
    Config &set_timeouts(Timeout connect, Timeout attempt, Timeout total) {
        forget("timeouts");
        const auto connect_ms = kept("timeouts", connect.milliseconds("connect"));
        const auto attempt_ms = kept("timeouts", attempt.milliseconds("attempt"));
        const auto total_ms = kept("timeouts", total.milliseconds("total"));
        if (connect_ms && attempt_ms && total_ms) {
            esa_config_set_timeouts(native_handle(), *connect_ms, *attempt_ms, *total_ms);
        }
        return *this;
    }

    // 3 (the default) or 1.
    Config &set_signature_version(std::uint32_t version) {
        esa_config_set_signature_version(native_handle(), version);
        return *this;
    }

    // A file of certificate authorities (PEM) to trust in place of the built-in ones; read when a client is made.
    // Default, without the text: SSL_CERT_FILE of the environment.
    Config &set_ca_file(std::string_view path) { return set("ca_file", path, esa_config_set_ca_file); }

    // The same as text.
    Config &set_ca_pem(std::string_view pem) { return set("ca_pem", pem, esa_config_set_ca_pem); }

    // The caller's own product, such as "my-agent/1.2": printable ASCII.
    Config &set_user_agent(std::string_view product) { return set("user_agent", product, esa_config_set_user_agent); }

    // How many attempts of a call may fail in a row (3; 0 leaves that).
    Config &set_max_attempts(std::uint32_t max_attempts) {
        esa_config_set_max_attempts(native_handle(), max_attempts);
        return *this;
    }

    // How long a call goes on reading back to clear up what a lost answer did, once no further attempt is made: after
    // 0.25, 0.5, 1, 2, 4 s ..., never past the call's deadline (10 s). If nothing clears it up, the call fails that
    // much later.
    Config &set_reconcile_horizon(Timeout horizon) {
        forget("reconcile_horizon");
        if (const auto horizon_ms = kept("reconcile_horizon", horizon.milliseconds("reconcile_horizon"))) {
            esa_config_set_reconcile_horizon(native_handle(), *horizon_ms);
        }
        return *this;
    }

    // How many creates and deletes of a client may be under way at once (1; 0: no limit); the others wait.
    Config &set_max_concurrent_writes(std::uint32_t max_concurrent_writes) {
        esa_config_set_max_concurrent_writes(native_handle(), max_concurrent_writes);
        return *this;
    }

    // How many unused connections to keep at most (64; 0: none), and for how long (5 s).
    Config &set_keep_alive(std::uint32_t max_idle, Timeout idle = {}) {
        forget("keep_alive");
        if (const auto idle_ms = kept("keep_alive", idle.milliseconds("idle"))) {
            esa_config_set_keep_alive(native_handle(), max_idle, *idle_ms);
        }
        return *this;
    }

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
        forget(field);
        if (const auto text = kept(field, detail::terminated(field, value))) {
            setter(native_handle(), text->c_str());
        }
        return *this;
    }

    // A setting that is set again isn't refused any more.
    void forget(std::string_view setting) {
        const auto is_of_it = [&](const auto &refused) { return refused.first == setting; };
        refused_.erase(std::remove_if(refused_.begin(), refused_.end(), is_of_it), refused_.end());
    }

    template <class T> Result<T> kept(const char *setting, Result<T> result) {
        if (!result) {
            refused_.emplace_back(setting, result.error());
        }
        return result;
    }

    static void write_log(void *sink, std::int32_t level, const char *message) noexcept {
#if defined(__cpp_exceptions)
        try {
            (*static_cast<const LogSink *>(sink))(static_cast<LogLevel>(level), message);
        } catch (...) {
        }
#else
        (*static_cast<const LogSink *>(sink))(static_cast<LogLevel>(level), message);
#endif
    }

    static void ask(void *provider, std::uint32_t timeout_ms, esa_credentials *credentials) noexcept {
        const auto give = [&] {
            const std::chrono::milliseconds left(timeout_ms);
            const Result<Credentials> given = (*static_cast<const CredentialsProvider *>(provider))(left);
            if (!given) {
                return esa_credentials_fail(credentials, given.error().message().c_str());
            }
            const auto id = detail::terminated("access_key_id", given->access_key_id);
            const auto secret = detail::terminated("access_key_secret", given->access_key_secret);
            const auto token = detail::terminated("security_token", given->security_token);
            for (const auto *part : {&id, &secret, &token}) {
                if (!*part) {
                    return esa_credentials_fail(credentials, part->error().message().c_str());
                }
            }
            std::int64_t expires_at = 0;
            if (given->expires_at) {
                const auto since_1970 = given->expires_at->time_since_epoch();
                // 0 would be for ever.
                expires_at = std::max<std::int64_t>(1, std::chrono::floor<std::chrono::seconds>(since_1970).count());
            }
            esa_credentials_set(credentials, id->c_str(), secret->c_str(), token->c_str(), expires_at);
        };
#if defined(__cpp_exceptions)
        try {
            give();
        } catch (const std::exception &exception) {
            esa_credentials_fail(credentials, exception.what());
        } catch (...) {
            esa_credentials_fail(credentials, "the program's own function threw what is no std::exception");
        }
#else
        give();
#endif
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
// to go on; it may make calls.
using Progress =
    std::function<bool(std::size_t done, std::size_t count, const Result<CreateRoutineRelatedRecordResult> &last)>;

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

namespace detail {

// The texts of a request, as C wants them.
class Texts {
  public:
    // A terminated copy of `text`; the first one that can't be is `problem()`.
    const char *add(const char *field, std::string_view text) {
        auto copy = terminated(field, text);
        if (!copy) {
            problem_ = problem_ ? problem_ : copy.error();
            return nullptr;
        }
        return texts_.emplace_back(std::move(*copy)).c_str();
    }
    const std::optional<Error> &problem() const noexcept { return problem_; }

  private:
    // Its elements stay where they are.
    std::deque<std::string> texts_;
    std::optional<Error> problem_;
};

inline auto to_c(const CreateRoutineRelatedRecordRequest &request, Texts &texts) {
    esa_create_routine_related_record_request c = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    c.site_id = request.site_id;
    c.name = texts.add("name", request.name);
    c.record_name = texts.add("record_name", request.record_name);
    return c;
}

inline auto to_c(const DeleteRoutineRelatedRecordRequest &request, Texts &texts) {
    esa_delete_routine_related_record_request c = ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
    c.site_id = request.site_id;
    c.name = texts.add("name", request.name);
    c.record_name = texts.add("record_name", request.record_name);
    c.record_id = request.record_id;
    return c;
}

inline auto to_c(const ListRoutineRelatedRecordsRequest &request, Texts &texts) {
    esa_list_routine_related_records_request c = ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
    c.name = texts.add("name", request.name);
    c.search_key_word = request.search_key_word ? texts.add("search_key_word", *request.search_key_word) : nullptr;
    c.page_number = request.page_number;
    c.page_size = request.page_size;
    return c;
}

inline auto to_c(const GetMatchSiteRequest &request, Texts &texts) {
    esa_get_match_site_request c = ESA_GET_MATCH_SITE_REQUEST_INIT;
    c.record_name = texts.add("record_name", request.record_name);
    return c;
}

inline CreateRoutineRelatedRecordResult to_cpp(const esa_create_routine_related_record_result &c) {
    return {c.record_id, static_cast<Origin>(c.origin), c.attempts, c.status, c.request_id, c.site_id};
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

} // namespace detail

class RelatedRecords;

// Makes calls to the service. Make one and keep it. It may be destroyed while calls run on other threads, but not while
// one is being entered.
//
// Each operation comes with CallOptions, or with a std::stop_token (from C++20 on) that ends the call with
// ESA_ERR_CANCELLED.
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
        esa_client *client = nullptr;
        esa_error *error = nullptr;
        if (esa_client_new(config.native_handle(), &client, &error) != ESA_OK) {
            return detail::failure(Error(*detail::ErrorHandle(error)));
        }
        return Client(client, config.callbacks_);
    }

    // Creates a record on a site and ties it to a routine. The Error's outcome() says whether the record may exist.
#if defined(__cpp_exceptions)
    CreateRoutineRelatedRecordResult create_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                                                   const CallOptions &options = {}) const {
        return detail::value_or_throw(try_create_routine_related_record(request, options));
    }
#endif
    Result<CreateRoutineRelatedRecordResult>
    try_create_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                      const CallOptions &options = {}) const {
        return call<CreateRoutineRelatedRecordResult, esa_create_routine_related_record_result_free>(
            esa_create_routine_related_record, request, options);
    }
#if defined(__cpp_lib_jthread)
#if defined(__cpp_exceptions)
    CreateRoutineRelatedRecordResult create_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                                                   std::stop_token stop, Timeout timeout = {}) const {
        return detail::value_or_throw(try_create_routine_related_record(request, std::move(stop), timeout));
    }
#endif
    Result<CreateRoutineRelatedRecordResult>
    try_create_routine_related_record(const CreateRoutineRelatedRecordRequest &request, std::stop_token stop,
                                      Timeout timeout = {}) const {
        return stopped_by(std::move(stop), timeout, [&](const CallOptions &options) {
            return try_create_routine_related_record(request, options);
        });
    }
#endif

    // The same, and a success where the record exists already, tied to this routine.
#if defined(__cpp_exceptions)
    CreateRoutineRelatedRecordResult ensure_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                                                   const CallOptions &options = {}) const {
        return detail::value_or_throw(try_ensure_routine_related_record(request, options));
    }
#endif
    Result<CreateRoutineRelatedRecordResult>
    try_ensure_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                      const CallOptions &options = {}) const {
        return call<CreateRoutineRelatedRecordResult, esa_create_routine_related_record_result_free>(
            esa_ensure_routine_related_record, request, options);
    }
#if defined(__cpp_lib_jthread)
#if defined(__cpp_exceptions)
    CreateRoutineRelatedRecordResult ensure_routine_related_record(const CreateRoutineRelatedRecordRequest &request,
                                                                   std::stop_token stop, Timeout timeout = {}) const {
        return detail::value_or_throw(try_ensure_routine_related_record(request, std::move(stop), timeout));
    }
#endif
    Result<CreateRoutineRelatedRecordResult>
    try_ensure_routine_related_record(const CreateRoutineRelatedRecordRequest &request, std::stop_token stop,
                                      Timeout timeout = {}) const {
        return stopped_by(std::move(stop), timeout, [&](const CallOptions &options) {
            return try_ensure_routine_related_record(request, options);
        });
    }
#endif

    // Ensures many records, one after the other, and tells what came of each: those that exist already cost a twentieth
    // of a call; see esa_ensure_routine_related_records(). `options` are for each record and `timeout` for all
    // together, zero for as long as it takes. Where `progress` returns false, the rest is cancelled. What it throws
    // ends the call and comes out of it; run again with the same requests, it does what is left to do.
    //
    // The call itself fails where an argument can't be used, with nothing sent.
#if defined(__cpp_exceptions)
    EnsuredRecords ensure_routine_related_records(const std::vector<CreateRoutineRelatedRecordRequest> &requests,
                                                  const CallOptions &options = {}, Timeout timeout = {},
                                                  const Progress &progress = {}) const {
        return detail::value_or_throw(try_ensure_routine_related_records(requests, options, timeout, progress));
    }
#endif
    Result<EnsuredRecords>
    try_ensure_routine_related_records(const std::vector<CreateRoutineRelatedRecordRequest> &requests,
                                       const CallOptions &options = {}, Timeout timeout = {},
                                       const Progress &progress = {}) const {
        // The call may outlast this object.
        const auto callbacks = callbacks_;
        const auto bulk = begin_bulk(requests, options, timeout);
        if (!bulk) {
            return detail::failure(bulk.error());
        }
        EnsuredRecords ensured;
        ensured.reserve(requests.size());
        while (ensured.size() < requests.size()) {
            ensured.push_back(next_of(bulk->get()));
            if (progress && !progress(ensured.size(), requests.size(), ensured.back())) {
                ensured.resize(requests.size(),
                               detail::failure(Error(ESA_ERR_CANCELLED, "cancelled before its turn",
                                                     "Nothing has changed; call again when you like.")));
            }
        }
        return ensured;
    }
#if defined(__cpp_lib_jthread)
    // Templates, so that {} stands for the options of the form above.
#if defined(__cpp_exceptions)
    EnsuredRecords ensure_routine_related_records(const std::vector<CreateRoutineRelatedRecordRequest> &requests,
                                                  std::same_as<std::stop_token> auto stop, Timeout timeout = {},
                                                  const Progress &progress = {}) const {
        return detail::value_or_throw(try_ensure_routine_related_records(requests, std::move(stop), timeout, progress));
    }
#endif
    Result<EnsuredRecords>
    try_ensure_routine_related_records(const std::vector<CreateRoutineRelatedRecordRequest> &requests,
                                       std::same_as<std::stop_token> auto stop, Timeout timeout = {},
                                       const Progress &progress = {}) const {
        return stopped_by(std::move(stop), {}, [&](const CallOptions &options) {
            return try_ensure_routine_related_records(requests, options, timeout, progress);
        });
    }
#endif

    // Deletes a record, so that it is gone afterwards; one that doesn't exist is a success as well.
#if defined(__cpp_exceptions)
    DeleteRoutineRelatedRecordResult delete_routine_related_record(const DeleteRoutineRelatedRecordRequest &request,
                                                                   const CallOptions &options = {}) const {
        return detail::value_or_throw(try_delete_routine_related_record(request, options));
    }
#endif
    Result<DeleteRoutineRelatedRecordResult>
    try_delete_routine_related_record(const DeleteRoutineRelatedRecordRequest &request,
                                      const CallOptions &options = {}) const {
        return call<DeleteRoutineRelatedRecordResult, esa_delete_routine_related_record_result_free>(
            esa_delete_routine_related_record, request, options);
    }
#if defined(__cpp_lib_jthread)
#if defined(__cpp_exceptions)
    DeleteRoutineRelatedRecordResult delete_routine_related_record(const DeleteRoutineRelatedRecordRequest &request,
                                                                   std::stop_token stop, Timeout timeout = {}) const {
        return detail::value_or_throw(try_delete_routine_related_record(request, std::move(stop), timeout));
    }
#endif
    Result<DeleteRoutineRelatedRecordResult>
    try_delete_routine_related_record(const DeleteRoutineRelatedRecordRequest &request, std::stop_token stop,
                                      Timeout timeout = {}) const {
        return stopped_by(std::move(stop), timeout, [&](const CallOptions &options) {
            return try_delete_routine_related_record(request, options);
        });
    }
#endif

    // Lists a page of a routine's records.
#if defined(__cpp_exceptions)
    ListRoutineRelatedRecordsResult list_routine_related_records(const ListRoutineRelatedRecordsRequest &request,
                                                                 const CallOptions &options = {}) const {
        return detail::value_or_throw(try_list_routine_related_records(request, options));
    }
#endif
    Result<ListRoutineRelatedRecordsResult>
    try_list_routine_related_records(const ListRoutineRelatedRecordsRequest &request,
                                     const CallOptions &options = {}) const {
        return call<ListRoutineRelatedRecordsResult, esa_list_routine_related_records_result_free>(
            esa_list_routine_related_records, request, options);
    }
#if defined(__cpp_lib_jthread)
#if defined(__cpp_exceptions)
    ListRoutineRelatedRecordsResult list_routine_related_records(const ListRoutineRelatedRecordsRequest &request,
                                                                 std::stop_token stop, Timeout timeout = {}) const {
        return detail::value_or_throw(try_list_routine_related_records(request, std::move(stop), timeout));
    }
#endif
    Result<ListRoutineRelatedRecordsResult>
    try_list_routine_related_records(const ListRoutineRelatedRecordsRequest &request, std::stop_token stop,
                                     Timeout timeout = {}) const {
        return stopped_by(std::move(stop), timeout, [&](const CallOptions &options) {
            return try_list_routine_related_records(request, options);
        });
    }
#endif

    // Gets the account's site whose name is the longest suffix of a record's name.
#if defined(__cpp_exceptions)
    GetMatchSiteResult get_match_site(const GetMatchSiteRequest &request, const CallOptions &options = {}) const {
        return detail::value_or_throw(try_get_match_site(request, options));
    }
#endif
    Result<GetMatchSiteResult> try_get_match_site(const GetMatchSiteRequest &request,
                                                  const CallOptions &options = {}) const {
        return call<GetMatchSiteResult, esa_get_match_site_result_free>(esa_get_match_site, request, options);
    }
#if defined(__cpp_lib_jthread)
#if defined(__cpp_exceptions)
    GetMatchSiteResult get_match_site(const GetMatchSiteRequest &request, std::stop_token stop,
                                      Timeout timeout = {}) const {
        return detail::value_or_throw(try_get_match_site(request, std::move(stop), timeout));
    }
#endif
    Result<GetMatchSiteResult> try_get_match_site(const GetMatchSiteRequest &request, std::stop_token stop,
                                                  Timeout timeout = {}) const {
        return stopped_by(std::move(stop), timeout,
                          [&](const CallOptions &options) { return try_get_match_site(request, options); });
    }
#endif

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
    Client(esa_client *client, detail::Callbacks callbacks) : callbacks_(std::move(callbacks)), handle_(client) {}

    // Carries out an operation of C, with its request, its result and what releases that.
    template <class Value, auto release, class Request, class CRequest, class CResult>
    Result<Value> call(esa_status (*operation)(const esa_client *, const CRequest *, const esa_call_options *,
                                               CResult **, esa_error **),
                       const Request &request, const CallOptions &options) const {
        // The call may outlast this object.
        const auto callbacks = callbacks_;
        detail::Texts texts;
        const CRequest c_request = detail::to_c(request, texts);
        if (texts.problem()) {
            return detail::failure(*texts.problem());
        }
        const auto c_options = to_c(options);
        if (!c_options) {
            return detail::failure(c_options.error());
        }
        CResult *result = nullptr;
        esa_error *error = nullptr;
        if (operation(native_handle(), &c_request, &*c_options, &result, &error) != ESA_OK) {
            return detail::failure(Error(*detail::ErrorHandle(error)));
        }
        return detail::to_cpp(*detail::Handle<CResult, release>(result));
    }

    static Result<esa_call_options> to_c(const CallOptions &options) {
        const auto timeout_ms = options.timeout.milliseconds("timeout");
        if (!timeout_ms) {
            return detail::failure(timeout_ms.error());
        }
        esa_call_options c_options = ESA_CALL_OPTIONS_INIT;
        c_options.cancel = options.cancel ? options.cancel->native_handle() : nullptr;
        c_options.timeout_ms = *timeout_ms;
        c_options.max_attempts = options.max_attempts;
        return c_options;
    }

    Result<detail::BulkHandle> begin_bulk(const std::vector<CreateRoutineRelatedRecordRequest> &requests,
                                          const CallOptions &options, Timeout timeout) const {
        detail::Texts texts;
        std::vector<esa_create_routine_related_record_request> items;
        items.reserve(requests.size());
        for (const auto &request : requests) {
            items.push_back(detail::to_c(request, texts));
            if (const auto &problem = texts.problem()) {
                const auto item = "items[" + std::to_string(items.size() - 1) + "]: ";
                return detail::failure(Error(problem->status(), item + problem->message(), problem->advice()));
            }
        }
        const auto timeout_ms = timeout.milliseconds("timeout");
        if (!timeout_ms) {
            return detail::failure(timeout_ms.error());
        }
        const auto c_options = to_c(options);
        if (!c_options) {
            return detail::failure(c_options.error());
        }
        esa_ensure_routine_related_records_request c_request = ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT;
        c_request.items = items.data();
        c_request.count = items.size();
        c_request.timeout_ms = *timeout_ms;

        esa_bulk *bulk = nullptr;
        esa_error *error = nullptr;
        if (esa_bulk_new(native_handle(), &c_request, &*c_options, &bulk, &error) != ESA_OK) {
            return detail::failure(Error(*detail::ErrorHandle(error)));
        }
        return detail::BulkHandle(bulk);
    }

    static Result<CreateRoutineRelatedRecordResult> next_of(esa_bulk *bulk) {
        esa_create_routine_related_record_result *result = nullptr;
        esa_error *error = nullptr;
        if (esa_bulk_next(bulk, &result, &error) != ESA_OK) {
            return detail::failure(Error(*detail::ErrorHandle(error)));
        }
        return detail::to_cpp(*detail::RecordHandle(result));
    }

#if defined(__cpp_lib_jthread)
    // Makes a call that `stop` ends.
    template <class Call>
    static auto stopped_by(std::stop_token stop, Timeout timeout, Call call) -> decltype(call(CallOptions{})) {
        const auto cancel = Cancel::try_make();
        if (!cancel) {
            return detail::failure(cancel.error());
        }
        const std::stop_callback trigger(std::move(stop), [&cancel]() noexcept { cancel->trigger(); });
        CallOptions options;
        options.cancel = &*cancel;
        options.timeout = timeout;
        return call(options);
    }
#endif

    detail::Callbacks callbacks_;
    detail::Handle<esa_client, esa_client_free> handle_;
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
