// libesa for C++17 and later: a thin, header-only layer over esa.h. The comments in esa.h have the details of each
// call.
//
// Objects own what they hold. They can be moved, but not copied. Requests and results are plain structs that own their
// strings. Any number of threads may use a Client or a Cancel at once. All other objects belong to one thread at a
// time. After an object was moved from, only destroy it or assign to it.
//
// A function that can fail returns a Result: the value or an Error. Either check whether the value is there, or use it
// at once and catch the Error. A constructor throws the Error. Any function may throw std::bad_alloc.
//
// Every type has the same members and the same layout in C++17, 20 and 23, so the files of a program may use different
// standards. Code that is compiled with -fno-exceptions uses make() instead of constructors, and its types are distinct
// ones. A program may have both kinds of files, but they can't exchange objects of this layer.
//
// Texts are UTF-8. A text with a NUL inside is refused as invalid. 0 is the default of every number and time that you
// set. A time of 2^32 - 1 ms (49 days) or more means no limit. A negative time counts as 1 ms.
#ifndef ESA_HPP
#define ESA_HPP

#include "esa.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace esa {
#if !defined(__cpp_exceptions)
inline namespace no_exceptions {
#endif

// The enumerations are those of C, with the same enumerators: ESA_ERR_TIMEOUT, ESA_OUTCOME_UNKNOWN, ... A newer library
// may return values that have no enumerator here.
using Status = ::esa_status;
using Outcome = ::esa_outcome;
using ServiceCode = ::esa_service_code;
using LogLevel = ::esa_log_level;
using LogRecord = ::esa_log_record;
using Network = ::esa_network;
using SignatureVersion = ::esa_signature_version;
using Origin = ::esa_origin;
using Place = ::esa_place;
using Effect = ::esa_effect;
using Lock = ::esa_lock;

// Special times: no limit, and no time at all. For numbers, use ESA_UNLIMITED and ESA_NONE.
inline constexpr std::chrono::milliseconds unlimited(ESA_UNLIMITED);
inline constexpr std::chrono::milliseconds none(ESA_NONE);

// Why a call failed, what it did, and what to do about it. Copies share their text. Copying doesn't throw.
class Error : public std::exception {
  public:
    // Copies an error of the C library. The caller still owns `error`.
    explicit Error(const esa_error &error)
        : Error({error.status, error.message, error.advice, static_cast<Outcome>(error.outcome),
                 static_cast<ServiceCode>(error.service_code), error.http_status, error.attempts,
                 std::chrono::milliseconds(error.retry_after_ms), error.retryable != 0, error.code, error.request_id,
                 error.recommend, error.access_denied_detail, ""}) {}

    // A failure that the program finds itself, with nothing sent. A CredentialsProvider can return one.
    Error(Status status, std::string message, std::string advice)
        : Error(Fields{status, std::move(message), std::move(advice)}) {}

    // The kind of failure.
    Status status() const noexcept { return fields_->status; }
    // What the call did at the service. If it is ESA_OUTCOME_UNKNOWN, read back whether the record exists before you
    // try again.
    Outcome outcome() const noexcept { return fields_->outcome; }
    // The service's code, as an enumerator. code() has its text.
    ServiceCode service_code() const noexcept { return fields_->service_code; }
    // The HTTP status of the reply. 0 if there was none.
    int http_status() const noexcept { return fields_->http_status; }
    // How many requests the call sent or tried to send.
    std::uint32_t attempts() const noexcept { return fields_->attempts; }
    // How long the service asks to wait before the next attempt. Zero if it doesn't say.
    std::chrono::milliseconds retry_after() const noexcept { return fields_->retry_after; }
    // Whether the same call may succeed later without any change.
    bool retryable() const noexcept { return fields_->retryable; }

    // These texts are empty if there is nothing to say. They live as long as this error or a copy of it.

    // The service's code, such as "Throttling.User".
    const std::string &code() const noexcept { return fields_->code; }
    // The service's message, or the library's.
    const std::string &message() const noexcept { return fields_->message; }
    // What to do about it, in a sentence.
    const std::string &advice() const noexcept { return fields_->advice; }
    // The service's id of the request, for its support.
    const std::string &request_id() const noexcept { return fields_->request_id; }
    // A link to the service's own help on this error.
    const std::string &recommend() const noexcept { return fields_->recommend; }
    // Which permission is missing, in the service's JSON.
    const std::string &access_denied_detail() const noexcept { return fields_->access_denied_detail; }
    // A line for a log: "CODE or status: message (HTTP status, request id)".
    const char *what() const noexcept override { return fields_->what.c_str(); }

  private:
    struct Fields {
        Status status;
        std::string message, advice;
        Outcome outcome = ESA_OUTCOME_NOT_SENT;
        ServiceCode service_code = ESA_CODE_NONE;
        int http_status = 0;
        std::uint32_t attempts = 0;
        std::chrono::milliseconds retry_after = {};
        bool retryable = false;
        std::string code = {}, request_id = {}, recommend = {}, access_denied_detail = {}, what = {};
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

// A value, or the Error instead of it.
template <class T> class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    // Whether there is a value.
    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    // The value. If there is none, these throw the Error. Without exceptions, they abort the program. A temporary
    // Result returns its value by move, so that no reference dangles.
    T &value() & { return check(), *std::get_if<0>(&state_); }
    const T &value() const & { return check(), *std::get_if<0>(&state_); }
    T value() && { return std::move(value()); }
    T &operator*() & { return value(); }
    const T &operator*() const & { return value(); }
    T operator*() && { return std::move(value()); }
    T *operator->() & { return &value(); }
    const T *operator->() const & { return &value(); }
    const T *operator->() const && = delete;

    // The error. Call it only if there is no value.
    Error error() const noexcept { return *std::get_if<1>(&state_); }

  private:
    void check() const {
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

namespace detail {

// An object of C, which the function `free` releases.
template <auto free> struct Free {
    template <class T> void operator()(T *object) const noexcept { free(object); }
};
template <class T> T freed_by(void (*free)(T *));
template <auto free> using Handle = std::unique_ptr<decltype(freed_by(free)), Free<free>>;

// Calls a function of C whose last two arguments return an object, which `free` releases, and an error. Returns the
// result of `make` for the object, or the error.
template <auto free, class Make, class Function, class... Arguments>
auto call(Make make, Function function, Arguments... arguments) -> Result<decltype(make(Handle<free>()))> {
    typename Handle<free>::pointer object = nullptr;
    esa_error *error = nullptr;
    if (function(arguments..., &object, &error) != ESA_OK) {
        return Error(*Handle<esa_error_free>(error));
    }
    return make(Handle<free>(object));
}

} // namespace detail

// Access keys: printable ASCII without blanks.
struct Credentials {
    std::string access_key_id = {};
    std::string access_key_secret = {};
    // Empty, unless the keys are temporary ones of STS.
    std::string security_token = {};
    // When they expire. Not set: they are valid until the service refuses them. It is used only in what a
    // CredentialsProvider returns.
    std::optional<std::chrono::system_clock::time_point> expires_at = {};
};

// Returns credentials that are stored elsewhere.
//
// It runs on the thread of a call that needs them, for one call of a client at a time: see esa_credentials_fn. It is
// called while the client has no valid credentials, from five to six minutes before they expire (or after half of their
// life, if that is later), and once more if the service says that they have expired. It should return within `left`,
// which may be unlimited. Nothing else ends it.
//
// If it returns an Error or throws, the call fails with ESA_ERR_CREDENTIALS. The message of that error has the
// message() or the what() of what was returned or thrown, so put no secret into it.
using CredentialsProvider = std::function<Result<Credentials>(std::chrono::milliseconds left)>;

// Receives log lines, on the thread of a call, during the call. Several threads may call it at once. `record` is that
// of C, and valid until the function returns. Exceptions are dropped.
using LogSink = std::function<void(const LogRecord &record)>;

// A lock that the client shares with other programs or machines. Set both functions, or neither.
struct WriteLock {
    // Tries to acquire the lock for at most `lease` (or unlimited), and never waits for it: see esa_try_acquire_fn.
    //
    // If it returns ESA_LOCK_NOT_YET, the call asks again after about `retry_after`, or after 100 ms if that stays
    // zero. An exception or an Error counts as ESA_LOCK_FAILED. Its what() or message() is the reason in the call's
    // error, so put no secret into it.
    std::function<Result<Lock>(std::chrono::milliseconds lease, std::chrono::milliseconds &retry_after)> try_acquire =
        {};
    // Releases the lock: see esa_release_fn. Exceptions are dropped.
    std::function<void()> release = {};
};

// The configuration of new clients. A setting that isn't set comes from the environment or has its default. A Client
// checks all settings when it is created, and copies what it needs. Later changes of the Config don't affect it.
struct Config {
    // Fixed credentials. If none are set, the library searches where the official SDKs do.
    std::optional<Credentials> credentials = {};
    // Returns the credentials. Takes precedence over `credentials`.
    CredentialsProvider credentials_provider = {};
    // "cn-hangzhou" (the default) for accounts of the China site, "ap-southeast-1" for international accounts.
    std::optional<std::string> region = {};
    // "host", "host:port" or "https://host:port", instead of the region's. "http://..." for this machine only.
    std::optional<std::string> endpoint = {};
    // The network from which the service is reached: ESA_NETWORK_PUBLIC (the default) or ESA_NETWORK_VPC.
    Network network = ESA_NETWORK_DEFAULT;
    // "http://user:password@host:port", "host:port", "socks5://..." or "socks5h://...". "": no proxy.
    std::optional<std::string> proxy = {};
    // How long it may take to make one connection, or unlimited. Zero: 5 s.
    std::chrono::milliseconds connect_timeout = {};
    // How long one request may take, including the time to connect, or unlimited. Zero: 10 s.
    std::chrono::milliseconds attempt_timeout = {};
    // How long a whole call may take, or unlimited. Zero: 30 s.
    std::chrono::milliseconds timeout = {};
    // How requests are signed: ESA_SIGNATURE_V3 (the default) or ESA_SIGNATURE_V1.
    SignatureVersion signature_version = ESA_SIGNATURE_DEFAULT;
    // A file of certificate authorities (PEM) to trust instead of the built-in ones. It is read when a client is
    // created.
    std::optional<std::string> ca_file = {};
    // The same as text. If both are set, both are trusted.
    std::optional<std::string> ca_pem = {};
    // The program's name and version, such as "my-agent/1.2", for the User-Agent header: printable ASCII.
    std::optional<std::string> user_agent = {};
    // How many attempts of a call may fail in a row, or ESA_UNLIMITED. 0: 3.
    std::uint32_t max_attempts = 0;
    // How long a call reads back after an unknown outcome, once it makes no further attempt. none: it reads back once.
    // unlimited: until its deadline. Zero: 10 s.
    std::chrono::milliseconds reconcile_horizon = {};
    // How many creates and deletes of a client may run at once, or ESA_UNLIMITED. Further ones wait. 0: 1.
    std::uint32_t max_concurrent_writes = 0;
    // A lock that puts the writes of an account in order, among programs and machines: see esa_config_set_write_lock().
    WriteLock write_lock = {};
    // A file as that lock, for the programs of this host. Takes precedence over `write_lock`.
    std::optional<std::string> write_lock_file = {};
    // How long a client holds the lock for further writes before it lets others acquire it, or none. Zero: 2 s.
    std::chrono::milliseconds write_lock_hold = {};
    // How many idle connections to keep at most, or ESA_NONE. 0: 64.
    std::uint32_t max_idle_connections = 0;
    // How long to keep an idle connection. Zero: 5 s.
    std::chrono::milliseconds idle_timeout = {};
    // Receives log lines. Not set: no log.
    LogSink log = {};
    // The most detailed level to log.
    LogLevel log_level = ESA_LOG_INFO;
};

// Cancels the calls that use it, permanently: those that run and later ones.
//
// In C++20, a std::stop_token can trigger it:
//
//     esa::Cancel cancel;
//     std::stop_callback on_stop(token, [&cancel] { cancel.trigger(); });
//     const auto site = client.get_match_site({"www.example.com"}, {&cancel});
class Cancel {
  public:
#if defined(__cpp_exceptions)
    // Throws the Error of make().
    Cancel() : Cancel(make().value()) {}
#endif

    // Fails with ESA_ERR_DESCRIPTORS if no file descriptors are left.
    static Result<Cancel> make() {
        return detail::call<esa_cancel_free>([](auto handle) { return Cancel(std::move(handle)); }, esa_cancel_new);
    }

    // Any thread may call it, any number of times, and so may a signal handler.
    void trigger() const noexcept { esa_cancel_trigger(native_handle()); }

    // The C library's object. This object still owns it.
    esa_cancel *native_handle() const noexcept { return handle_.get(); }

  private:
    explicit Cancel(detail::Handle<esa_cancel_free> handle) noexcept : handle_(std::move(handle)) {}

    detail::Handle<esa_cancel_free> handle_;
};

// The options of one call. They override its client's defaults.
struct CallOptions {
    // Cancels the call when it is triggered. The caller owns it, and it must live until the call ends.
    const Cancel *cancel = nullptr;
    // How long the whole call may take, or unlimited. Zero: the client's default.
    std::chrono::milliseconds timeout = {};
    // How many attempts may fail in a row, or ESA_UNLIMITED. 0: the client's default.
    std::uint32_t max_attempts = 0;
};

// The record to create or to ensure.
struct CreateRoutineRelatedRecordRequest {
    // The site's id: 1 or more. When ensuring, 0 means the site that the record's name belongs to.
    std::int64_t site_id = 0;
    // The routine's name: 1 to 253 bytes without control characters.
    std::string name = {};
    // The record's name, a domain name on the site: 1 to 253 bytes without control characters.
    std::string record_name = {};
};

// The record that a call created or ensured.
struct CreateRoutineRelatedRecordResult {
    // 0 if the service didn't say.
    std::int64_t record_id = 0;
    // Where the record came from.
    Origin origin = ESA_ORIGIN_CREATED;
    // How many requests to create the record the call sent.
    std::uint32_t attempts = 0;
    // The service's status: "OK".
    std::string status = {};
    // The service's id of the request.
    std::string request_id = {};
    // The site's id.
    std::int64_t site_id = 0;
};

// One of many ensured records: the record, or why there is none.
using EnsuredRecord = Result<CreateRoutineRelatedRecordResult>;

// The results of all records, in the order of the request.
using EnsuredRecords = std::vector<EnsuredRecord>;

// Runs after each of many records: `done` of `count` have been tried, and `last` is the result of the last one. If it
// returns false or throws, the rest is cancelled. The call rethrows the exception. The function may make calls. To do
// what is left, run the call again with the same records.
using Progress = std::function<bool(std::size_t done, std::size_t count, const EnsuredRecord &last)>;

// The records to ensure.
struct EnsureRoutineRelatedRecordsRequest {
    std::vector<CreateRoutineRelatedRecordRequest> records = {};
    // The time limit of all records together. Zero: no limit. The timeout in the options is for each record.
    std::chrono::milliseconds timeout = {};
    Progress progress = {};
};

// The record to delete.
struct DeleteRoutineRelatedRecordRequest {
    // The site's id: 1 or more.
    std::int64_t site_id = 0;
    // The routine's name: 1 to 253 bytes without control characters.
    std::string name = {};
    // The record's name: 1 to 253 bytes without control characters.
    std::string record_name = {};
    // The record's id. 0: the call finds the record by its name.
    std::int64_t record_id = 0;
};

// What a call that deletes a record did.
struct DeleteRoutineRelatedRecordResult {
    // Whether this call deleted the record. If false, it was gone already. If an answer was lost, somebody else may
    // have deleted it at the same time. The service doesn't say who did.
    bool deleted = false;
    // How many requests to delete the record the call sent.
    std::uint32_t attempts = 0;
    // The service's id of the request. Empty if no request was sent, or if the answer was lost.
    std::string request_id = {};
};

// The page to list of a routine's records.
struct ListRoutineRelatedRecordsRequest {
    // The routine's name: 1 to 253 bytes without control characters.
    std::string name = {};
    // Lists only records whose names match this. The service's match is fuzzy. Empty: all.
    std::string search_key_word = {};
    // The page, from 1 on. 0: the first.
    std::uint32_t page_number = 0;
    // The number of records on a page: 1 to 20. 0: 20.
    std::uint32_t page_size = 0;
};

// A record that is tied to a routine.
struct RelatedRecord {
    std::int64_t record_id = 0;
    std::int64_t site_id = 0;
    std::string record_name = {};
    // May be empty.
    std::string site_name = {};
};

// A page of a routine's records.
struct ListRoutineRelatedRecordsResult {
    std::vector<RelatedRecord> records = {};
    // The number of records on all pages.
    std::uint64_t total_count = 0;
    // Whether there are records on later pages.
    bool has_more = false;
    // The service's id of the request.
    std::string request_id = {};
};

// The record whose site is wanted.
struct GetMatchSiteRequest {
    // The record's name: 1 to 253 bytes without control characters.
    std::string record_name = {};
};

// The site that a record's name belongs to.
struct GetMatchSiteResult {
    std::int64_t site_id = 0;
    // Such as "example.com".
    std::string site_name = {};
    // The service's id of the request.
    std::string request_id = {};
};

// A parameter of an action. Its name and value are sent unchanged.
struct Parameter {
    // Such as "SiteId" or "Tag.1.Key".
    std::string name = {};
    std::string value = {};
    // Where it goes. Default: where the action expects it.
    Place place = ESA_PLACE_DEFAULT;
};

// Any action of the service, and its parameters: see esa_call_action_request. Only `action` is required.
struct CallActionRequest {
    // The service's name for the action, such as "CreateRoutine".
    std::string action = {};
    // The parameters: a JSON object. Each goes where the action expects it. Empty: none, as for the next three fields.
    std::string params = {};
    // Parameters that always go into the query: a JSON object.
    std::string query = {};
    // Parameters that always go into the form: a JSON object.
    std::string form = {};
    // Further parameters, which are sent unchanged.
    std::vector<Parameter> parameters = {};
    // "GET" or "POST". Empty: the action's own method.
    std::string method = {};
    // The version of the service's interface. Empty: "2024-09-10".
    std::string version = {};
    // Whether the action changes something. Default: as the library knows it.
    Effect effect = ESA_EFFECT_DEFAULT;
};

// The reply to an action.
struct CallActionResult {
    // The JSON object that the service answered with, unchanged.
    std::string body = {};
    // The service's id of the request.
    std::string request_id = {};
    // How many requests the call sent. 0 from read_reply().
    std::uint32_t attempts = 0;
    // 200 to 299.
    std::int32_t http_status = 0;
};

// A name and a value.
using Header = std::pair<std::string, std::string>;

// A request for any HTTP library to send, once, within 15 minutes: see esa_signed_request. It holds secrets.
struct SignedRequest {
    // "GET" or "POST".
    std::string method = {};
    // The whole URL.
    std::string url = {};
    // All headers that have to be sent, with "host".
    std::vector<Header> headers = {};
    // A form. Empty if there is none.
    std::string body = {};
};

// Everything that a signature depends on besides the action: see esa_sign_with_options.
struct SignWithOptions {
    // The credentials to sign with. `expires_at` isn't used.
    Credentials credentials = {};
    // 1 to 64 characters of printable ASCII. Each request needs a different one.
    std::string nonce = {};
    // When the request is sent, to the second.
    std::chrono::system_clock::time_point date = {};
    // The server, such as "https://esa.ap-southeast-1.aliyuncs.com". Empty: that of cn-hangzhou.
    std::string endpoint = {};
    // How it is signed: ESA_SIGNATURE_V3 (the default) or ESA_SIGNATURE_V1.
    SignatureVersion signature_version = ESA_SIGNATURE_DEFAULT;
};

// A reply that the program received itself: see esa_reply.
struct Reply {
    // The action that it answers. Empty: one that the library doesn't know.
    std::string action = {};
    // 100 to 999.
    std::int32_t http_status = 0;
    // In any order and case.
    std::vector<Header> headers = {};
    // Without transfer and content codings.
    std::string body = {};
    // Whether the action changes something. Default: as the library knows it.
    Effect effect = ESA_EFFECT_DEFAULT;
};

namespace detail {

inline void drop(const char *) noexcept {}

// Runs a function of the program for C, which exceptions must not pass through. If it throws, runs `caught` with the
// what() of the exception, while that is the current one.
template <class Function, class Caught = void (*)(const char *)>
void guarded(Function function, [[maybe_unused]] Caught caught = drop) noexcept {
#if defined(__cpp_exceptions)
    try {
        function();
    } catch (const std::exception &exception) {
        caught(exception.what());
    } catch (...) {
        caught("the program's own function threw what is no std::exception");
    }
#else
    function();
#endif
}

// Converts results of C to values of C++.

inline CreateRoutineRelatedRecordResult to_cpp(const esa_create_routine_related_record_result &c) {
    return {c.record_id, static_cast<Origin>(c.origin), c.attempts, c.status, c.request_id, c.site_id};
}

// One of the two is set.
inline EnsuredRecord to_cpp(const esa_create_routine_related_record_result *c, const esa_error *error) {
    return c ? EnsuredRecord(to_cpp(*c)) : Error(*error);
}

inline EnsuredRecords to_cpp(const esa_ensure_routine_related_records_result &c) {
    EnsuredRecords records;
    for (std::size_t i = 0; i < c.count; i++) {
        records.push_back(to_cpp(c.results[i], c.errors[i]));
    }
    return records;
}

inline DeleteRoutineRelatedRecordResult to_cpp(const esa_delete_routine_related_record_result &c) {
    return {c.deleted != 0, c.attempts, c.request_id};
}

inline ListRoutineRelatedRecordsResult to_cpp(const esa_list_routine_related_records_result &c) {
    ListRoutineRelatedRecordsResult page{{}, c.total_count, c.has_more != 0, c.request_id};
    for (std::size_t i = 0; i < c.count; i++) {
        const esa_related_record &record = *c.records[i];
        page.records.push_back({record.record_id, record.site_id, record.record_name, record.site_name});
    }
    return page;
}

inline GetMatchSiteResult to_cpp(const esa_get_match_site_result &c) { return {c.site_id, c.site_name, c.request_id}; }

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

// Converts values of C++ for C. The request still owns the texts.

// C reads a text up to its first NUL. Passes an invalid text instead, so that the library refuses it and doesn't
// truncate it.
inline const char *to_c(const std::string &text) { return text.find('\0') == text.npos ? text.c_str() : "\xff"; }

// NULL for an empty text.
inline const char *optional_to_c(const std::string &text) { return text.empty() ? nullptr : to_c(text); }

// Zero stays zero and means the default.
inline std::uint32_t to_c(std::chrono::milliseconds time) {
    return static_cast<std::uint32_t>(time.count() < 0 ? 1 : std::min<std::int64_t>(time.count(), UINT32_MAX));
}

inline std::int64_t to_c(std::chrono::system_clock::time_point time) {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

// The data that C points to during a call, besides texts. It doesn't move until the call has finished.
struct Backing {
    // An esa_progress_fn. Its data is a Backing. Runs `progress` until that returns false or throws.
    static std::int32_t report(void *data, std::size_t done, std::size_t count,
                               const esa_create_routine_related_record_result *result,
                               const esa_error *error) noexcept {
        auto &self = *static_cast<Backing *>(data);
        if (!self.is_over) {
            self.is_over = true;
            guarded([&] { self.is_over = !self.progress(done, count, to_cpp(result, error)); },
                    [&](const char *) { self.thrown = std::current_exception(); });
        }
        return self.is_over;
    }

    std::vector<esa_create_routine_related_record_request> items;
    std::vector<esa_parameter> parameters;
    std::vector<esa_header> headers;
    Progress progress;
    bool is_over = false;
    std::exception_ptr thrown;
};

// Returns a struct of C: its size, and then these fields in their order.
template <class C, class... Fields> C c_struct(Fields... fields) { return {sizeof(C), fields...}; }

inline auto to_c(const CallOptions &options) {
    return c_struct<esa_call_options>(options.cancel ? options.cancel->native_handle() : nullptr, to_c(options.timeout),
                                      options.max_attempts, nullptr, nullptr);
}

inline auto to_c(const CreateRoutineRelatedRecordRequest &request, Backing &) {
    return c_struct<esa_create_routine_related_record_request>(request.site_id, to_c(request.name),
                                                               to_c(request.record_name));
}

inline auto to_c(const EnsureRoutineRelatedRecordsRequest &request, Backing &backing) {
    for (const auto &record : request.records) {
        backing.items.push_back(to_c(record, backing));
    }
    backing.progress = request.progress;
    return c_struct<esa_ensure_routine_related_records_request>(backing.items.data(), backing.items.size(),
                                                                to_c(request.timeout), 0u,
                                                                request.progress ? Backing::report : nullptr, &backing);
}

inline auto to_c(const DeleteRoutineRelatedRecordRequest &request, Backing &) {
    return c_struct<esa_delete_routine_related_record_request>(request.site_id, to_c(request.name),
                                                               to_c(request.record_name), request.record_id);
}

inline auto to_c(const ListRoutineRelatedRecordsRequest &request, Backing &) {
    return c_struct<esa_list_routine_related_records_request>(
        to_c(request.name), optional_to_c(request.search_key_word), request.page_number, request.page_size);
}

inline auto to_c(const GetMatchSiteRequest &request, Backing &) {
    return c_struct<esa_get_match_site_request>(to_c(request.record_name));
}

inline auto to_c(const CallActionRequest &request, Backing &backing) {
    for (const auto &[name, value, place] : request.parameters) {
        backing.parameters.push_back({to_c(name), to_c(value), place, 0});
    }
    return c_struct<esa_call_action_request>(
        to_c(request.action), optional_to_c(request.params), optional_to_c(request.query), optional_to_c(request.form),
        backing.parameters.data(), backing.parameters.size(), optional_to_c(request.method),
        optional_to_c(request.version), request.effect, 0);
}

inline auto to_c(const SignWithOptions &options) {
    const Credentials &credentials = options.credentials;
    return c_struct<esa_sign_with_options>(to_c(credentials.access_key_id), to_c(credentials.access_key_secret),
                                           optional_to_c(credentials.security_token), optional_to_c(options.endpoint),
                                           to_c(options.nonce), to_c(options.date), options.signature_version, 0);
}

inline auto to_c(const Reply &reply, Backing &backing) {
    for (const auto &[name, value] : reply.headers) {
        backing.headers.push_back({to_c(name), to_c(value)});
    }
    return c_struct<esa_reply>(optional_to_c(reply.action), reply.effect, reply.http_status, backing.headers.data(),
                               backing.headers.size(), reply.body.data(), reply.body.size());
}

// Calls a function of C like call(), and returns its object as a value of C++. Rethrows the exception of a Progress.
template <auto free, class... Arguments> auto value_of(const Backing &backing, Arguments... arguments) {
    auto value = call<free>([](Handle<free> c) { return to_cpp(*c); }, arguments...);
    if (backing.thrown) {
        std::rethrow_exception(backing.thrown);
    }
    return value;
}

// An operation: its request, the function that releases its result, and its functions of C.
template <class RequestOf, auto release, auto blocking, auto starting = nullptr, auto finishing = nullptr>
struct Operation {
    using Request = RequestOf;
    using Value = decltype(to_cpp(*Handle<release>()));
    static constexpr auto free = release;
    static constexpr auto call = blocking;
    static constexpr auto start = starting;
    static constexpr auto finish = finishing;
};

// The program's functions, and how C calls them. The users of a client keep its Callbacks alive.
struct Callbacks {
    CredentialsProvider provider;
    WriteLock lock;
    LogSink log;

    static const Callbacks &from(void *data) noexcept { return *static_cast<const Callbacks *>(data); }

    static void provide_credentials(void *data, std::uint32_t timeout_ms, esa_credentials *credentials) noexcept {
        const auto fail = [&](const char *reason) { esa_credentials_fail(credentials, reason); };
        const auto provide = [&] {
            const auto given = from(data).provider(std::chrono::milliseconds(timeout_ms));
            if (!given) {
                return fail(given.error().message().c_str());
            }
            // 0 would mean no limit.
            const auto expires_at = given->expires_at ? std::max<std::int64_t>(1, to_c(*given->expires_at)) : 0;
            esa_credentials_set(credentials, to_c(given->access_key_id), to_c(given->access_key_secret),
                                optional_to_c(given->security_token), expires_at);
        };
        guarded(provide, fail);
    }

    static std::int32_t acquire_lock(void *data, std::uint32_t lease_ms, std::uint32_t *retry_after_ms) noexcept {
        std::int32_t answer = ESA_LOCK_FAILED;
        const auto acquire = [&] {
            std::chrono::milliseconds retry_after(*retry_after_ms);
            const auto given = from(data).lock.try_acquire(std::chrono::milliseconds(lease_ms), retry_after);
            answer = given ? *given : esa_lock_fail(given.error().message().c_str());
            *retry_after_ms = to_c(retry_after);
        };
        guarded(acquire, [&](const char *reason) { answer = esa_lock_fail(reason); });
        return answer;
    }

    static void release_lock(void *data) noexcept {
        guarded([&] { from(data).lock.release(); });
    }

    static void write_log(void *data, const esa_log_record *record) noexcept {
        guarded([&] { from(data).log(*record); });
    }
};

// If a setter refuses a value, creating the client fails with that error.
inline Handle<esa_config_free> to_c(const Config &config, const Callbacks &callbacks) {
    Handle<esa_config_free> handle(esa_config_new());
    esa_config *const c = handle.get();
    void *const data = const_cast<Callbacks *>(&callbacks);
    const auto set = [c](auto setter, const std::optional<std::string> &text) {
        if (text) {
            setter(c, to_c(*text));
        }
    };
    if (const auto &fixed = config.credentials) {
        esa_config_set_credentials(c, to_c(fixed->access_key_id), to_c(fixed->access_key_secret),
                                   optional_to_c(fixed->security_token));
    }
    esa_config_set_credentials_provider(c, callbacks.provider ? callbacks.provide_credentials : nullptr, data);
    set(esa_config_set_region, config.region);
    set(esa_config_set_endpoint, config.endpoint);
    esa_config_set_network(c, config.network);
    set(esa_config_set_proxy, config.proxy);
    esa_config_set_connect_timeout(c, to_c(config.connect_timeout));
    esa_config_set_attempt_timeout(c, to_c(config.attempt_timeout));
    esa_config_set_timeout(c, to_c(config.timeout));
    esa_config_set_signature_version(c, config.signature_version);
    set(esa_config_set_ca_file, config.ca_file);
    set(esa_config_set_ca_pem, config.ca_pem);
    set(esa_config_set_user_agent, config.user_agent);
    esa_config_set_max_attempts(c, config.max_attempts);
    esa_config_set_reconcile_horizon(c, to_c(config.reconcile_horizon));
    esa_config_set_max_concurrent_writes(c, config.max_concurrent_writes);
    esa_config_set_write_lock(c, callbacks.lock.try_acquire ? callbacks.acquire_lock : nullptr,
                              callbacks.lock.release ? callbacks.release_lock : nullptr, data);
    set(esa_config_set_write_lock_file, config.write_lock_file);
    esa_config_set_write_lock_hold(c, to_c(config.write_lock_hold));
    esa_config_set_max_idle_connections(c, config.max_idle_connections);
    esa_config_set_idle_timeout(c, to_c(config.idle_timeout));
    esa_config_set_log(c, config.log_level, callbacks.log ? callbacks.write_log : nullptr, data);
    return handle;
}

// A call of a multi, until its callback runs.
struct PendingCall {
    Backing backing;
    // Takes the call's result and runs the callback.
    std::function<void(PendingCall &)> finish;
    Handle<esa_pending_free> handle;
};

// A multi and its calls. The calls are destroyed first.
struct Calls {
    Handle<esa_multi_free> handle;
    std::unordered_map<esa_pending *, std::shared_ptr<PendingCall>> calls;
};

} // namespace detail

// The operations, for Multi::start(). Each has the types `Request` and `Value`.

using CreateRoutineRelatedRecord =
    detail::Operation<CreateRoutineRelatedRecordRequest, esa_create_routine_related_record_result_free,
                      esa_create_routine_related_record, esa_create_routine_related_record_start,
                      esa_create_routine_related_record_finish>;
using EnsureRoutineRelatedRecord =
    detail::Operation<CreateRoutineRelatedRecordRequest, esa_create_routine_related_record_result_free,
                      esa_ensure_routine_related_record, esa_ensure_routine_related_record_start,
                      esa_ensure_routine_related_record_finish>;
using EnsureRoutineRelatedRecords =
    detail::Operation<EnsureRoutineRelatedRecordsRequest, esa_ensure_routine_related_records_result_free,
                      esa_ensure_routine_related_records, esa_ensure_routine_related_records_start,
                      esa_ensure_routine_related_records_finish>;
using DeleteRoutineRelatedRecord =
    detail::Operation<DeleteRoutineRelatedRecordRequest, esa_delete_routine_related_record_result_free,
                      esa_delete_routine_related_record, esa_delete_routine_related_record_start,
                      esa_delete_routine_related_record_finish>;
using ListRoutineRelatedRecords =
    detail::Operation<ListRoutineRelatedRecordsRequest, esa_list_routine_related_records_result_free,
                      esa_list_routine_related_records, esa_list_routine_related_records_start,
                      esa_list_routine_related_records_finish>;
using GetMatchSite = detail::Operation<GetMatchSiteRequest, esa_get_match_site_result_free, esa_get_match_site,
                                       esa_get_match_site_start, esa_get_match_site_finish>;
using CallAction = detail::Operation<CallActionRequest, esa_call_action_result_free, esa_call_action,
                                     esa_call_action_start, esa_call_action_finish>;

// Signs any action with only these options: see esa_sign_with(). The same arguments give the same request.
inline Result<SignedRequest> sign_with(const SignWithOptions &options, const CallActionRequest &request) {
    detail::Backing backing;
    const auto c_options = detail::to_c(options);
    const auto c_request = detail::to_c(request, backing);
    return detail::value_of<esa_signed_request_free>(backing, esa_sign_with, &c_options, &c_request);
}

// Reads a reply that the program received itself. Returns the result or the Error. The Error covers only this request:
// its outcome, whether a later attempt may succeed, and what to do. See esa_read_reply().
inline Result<CallActionResult> read_reply(const Reply &reply) {
    detail::Backing backing;
    const auto c_reply = detail::to_c(reply, backing);
    return detail::value_of<esa_call_action_result_free>(backing, esa_read_reply, &c_reply);
}

// A client of the service. Create one and keep it. It may be destroyed while calls run on other threads, but not while
// a call begins.
class Client {
  public:
#if defined(__cpp_exceptions)
    // Throws the Error of make().
    explicit Client(const Config &config = {}) : Client(make(config).value()) {}
#endif

    // Reads the environment and the CA file. Sends nothing. Fails with ESA_ERR_INVALID_ARGUMENT or ESA_ERR_CONFIG.
    static Result<Client> make(const Config &config = {}) {
        const auto callbacks = std::make_shared<const detail::Callbacks>(
            detail::Callbacks{config.credentials_provider, config.write_lock, config.log});
        const auto c_config = detail::to_c(config, *callbacks);
        return detail::call<esa_client_free>([&](auto handle) { return Client(callbacks, std::move(handle)); },
                                             esa_client_new, c_config.get());
    }

    // Creates a record on a site and ties it to a routine. The Error's outcome() says whether the record may exist.
    Result<CreateRoutineRelatedRecordResult>
    create_routine_related_record(const CreateRoutineRelatedRecordRequest &request, CallOptions options = {}) const {
        return call<CreateRoutineRelatedRecord>(request, options);
    }

    // The same, but also succeeds if the record exists already and is tied to this routine.
    Result<CreateRoutineRelatedRecordResult>
    ensure_routine_related_record(const CreateRoutineRelatedRecordRequest &request, CallOptions options = {}) const {
        return call<EnsureRoutineRelatedRecord>(request, options);
    }

    // Ensures many records, one after the other, and returns the result of each. An existing record costs a twentieth
    // of a request: see esa_ensure_routine_related_records(). The options are for each record.
    //
    // The call itself fails if an argument is invalid. Then nothing was sent.
    Result<EnsuredRecords> ensure_routine_related_records(const EnsureRoutineRelatedRecordsRequest &request,
                                                          CallOptions options = {}) const {
        return call<EnsureRoutineRelatedRecords>(request, options);
    }

    // Deletes a record. Also succeeds if the record doesn't exist, or no longer exists.
    Result<DeleteRoutineRelatedRecordResult>
    delete_routine_related_record(const DeleteRoutineRelatedRecordRequest &request, CallOptions options = {}) const {
        return call<DeleteRoutineRelatedRecord>(request, options);
    }

    // Lists a page of a routine's records.
    Result<ListRoutineRelatedRecordsResult>
    list_routine_related_records(const ListRoutineRelatedRecordsRequest &request, CallOptions options = {}) const {
        return call<ListRoutineRelatedRecords>(request, options);
    }

    // Lists all records of a routine, from the request's page on, page by page. The options are for each page.
    Result<std::vector<RelatedRecord>> all_routine_related_records(ListRoutineRelatedRecordsRequest request,
                                                                   CallOptions options = {}) const {
        std::vector<RelatedRecord> records;
        for (request.page_number = std::max(request.page_number, 1u);; request.page_number++) {
            const auto page = list_routine_related_records(request, options);
            if (!page) {
                return page.error();
            }
            records.insert(records.end(), page->records.begin(), page->records.end());
            if (!page->has_more) {
                return records;
            }
        }
    }

    // Gets the account's site whose name is the longest suffix of a record's name.
    Result<GetMatchSiteResult> get_match_site(const GetMatchSiteRequest &request, CallOptions options = {}) const {
        return call<GetMatchSite>(request, options);
    }

    // Calls any action of the service, by its name: see esa_call_action(). If the answer to a write is lost, the write
    // isn't sent again, and the Error's outcome() is ESA_OUTCOME_UNKNOWN.
    Result<CallActionResult> call(const CallActionRequest &request, CallOptions options = {}) const {
        return call<CallAction>(request, options);
    }

    // Signs any action for the program to send itself, with this client's credentials, endpoint and clock. It may ask a
    // server for credentials: see esa_sign_action().
    Result<SignedRequest> sign(const CallActionRequest &request, CallOptions options = {}) const {
        return call<detail::Operation<CallActionRequest, esa_signed_request_free, esa_sign_action>>(request, options);
    }

    // The name of the provider whose credentials are used, such as "callback" or "cli_profile": see
    // esa_client_credentials_source(). Empty before the first call that needs credentials. The text is valid forever.
    std::string_view credentials_source() const noexcept { return esa_client_credentials_source(native_handle()); }

    // What the client has done so far, in all threads together: see esa_stats.
    esa_stats stats() const noexcept {
        esa_stats stats = ESA_STATS_INIT;
        esa_client_stats(native_handle(), &stats);
        return stats;
    }

    // The C library's object. This object still owns it.
    esa_client *native_handle() const noexcept { return handle_.get(); }

  private:
    friend class Multi;

    Client(std::shared_ptr<const detail::Callbacks> callbacks, detail::Handle<esa_client_free> handle) noexcept
        : callbacks_(std::move(callbacks)), handle_(std::move(handle)) {}

    template <class Operation>
    Result<typename Operation::Value> call(const typename Operation::Request &request, CallOptions options) const {
        // The call may outlast this object.
        const auto callbacks = callbacks_;
        detail::Backing backing;
        const auto c_request = detail::to_c(request, backing);
        const auto c_options = detail::to_c(options);
        return detail::value_of<Operation::free>(backing, Operation::call, native_handle(), &c_request, &c_options);
    }

    std::shared_ptr<const detail::Callbacks> callbacks_;
    detail::Handle<esa_client_free> handle_;
};

// A call that was started on a Multi. The call goes on if this is destroyed.
class Pending {
  public:
    // Cancels the call. The next step() then runs its callback: with ESA_ERR_CANCELLED and the call's true outcome, or
    // with the result if the call has finished. Does nothing once the callback has begun, or if the Multi is gone.
    // Other threads cancel a call with the Cancel of its options.
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

// Runs calls for the program's own event loop, on one thread, without blocking it: any number of calls of any number of
// clients. The loop waits until descriptor() is readable, and then calls step().
//
// If it is destroyed, unfinished calls are cancelled and destroyed with what they hold. No callback and no Progress
// runs any more. To learn the calls' outcomes, give them one Cancel, trigger it, and call step() before. A LogSink, a
// CredentialsProvider and a Progress of its calls must not destroy it.
class Multi {
  public:
#if defined(__cpp_exceptions)
    // Throws the Error of make().
    Multi() : Multi(make().value()) {}
#endif

    // Fails with ESA_ERR_DESCRIPTORS if no file descriptors are left.
    static Result<Multi> make() {
        return detail::call<esa_multi_free>([](auto handle) { return Multi(std::move(handle)); }, esa_multi_new);
    }

    // The descriptor to wait for. It is readable while step() has something to do. It never changes. Don't read from
    // it.
    int descriptor() const noexcept { return esa_multi_descriptor(native_handle()); }

    // How many calls were started whose callback hasn't begun.
    std::size_t pending() const noexcept { return calls_->calls.size(); }

    // Starts a call, such as start<CreateRoutineRelatedRecord>(client, {site_id, routine, name}, callback), and sends
    // what can be sent at once. If an argument is invalid, fails with nothing sent, and the callback never runs.
    //
    // step() calls `callback` once, with a Result<Operation::Value>. start() itself never does. The client may be
    // destroyed once this returns. The objects in the options must live until the callback.
    template <class Operation, class Callback>
    Result<Pending> start(const Client &client, const typename Operation::Request &request, Callback callback,
                          CallOptions options = {}) {
        static_assert(std::is_invocable_v<Callback &, Result<typename Operation::Value>>,
                      "the callback takes a Result<Operation::Value>");
        const auto call = std::make_shared<detail::PendingCall>();
        // The call may outlast its client.
        call->finish = [callbacks = client.callbacks_,
                        callback = std::make_shared<Callback>(std::move(callback))](detail::PendingCall &self) {
            (*callback)(detail::value_of<Operation::free>(self.backing, Operation::finish, self.handle.release()));
        };
        const auto c_request = detail::to_c(request, call->backing);
        const auto c_options = detail::to_c(options);
        const auto keep = [&](auto handle) {
            call->handle = std::move(handle);
            calls_->calls.emplace(call->handle.get(), call);
            return Pending(call);
        };
        return detail::call<esa_pending_free>(keep, Operation::start, native_handle(), client.native_handle(),
                                              &c_request, &c_options, nullptr);
    }

    // Does what is due now, and runs the callbacks of finished calls, in the order in which they finished. Never
    // blocks. Returns how many callbacks it ran.
    //
    // A callback may do anything: start and cancel calls, call step(), and also destroy this object. step() rethrows
    // what a callback throws. If a Progress has thrown, step() rethrows that instead of running the call's callback. If
    // step() throws, the next step() runs the callbacks of the other finished calls.
    //
    // Fails in these cases:
    // - A LogSink, a CredentialsProvider or a Progress calls it (ESA_ERR_INVALID_ARGUMENT). They may only start and
    //   cancel calls.
    // - A child of fork() calls it on a Multi of its parent (ESA_ERR_FORKED).
    // - The descriptor can't be used.
    Result<std::size_t> step() {
        const auto status = esa_multi_step(native_handle());
        if (status != ESA_OK) {
            return Error(status, "the multi can't do a step here", "Step it in its own process, outside of its calls.");
        }
        const std::weak_ptr<detail::Calls> alive = calls_;
        // No more callbacks than there are calls now. If each callback starts a call that fails at once, the loop still
        // gets control.
        const auto most = pending();
        for (std::size_t count = 0; count < most; count++) {
            auto calls = alive.lock();
            const auto finished = calls ? esa_multi_next_finished(calls->handle.get()) : nullptr;
            if (!finished) {
                return count;
            }
            const auto call = calls->calls.extract(finished).mapped();
            calls.reset();
            call->finish(*call);
        }
        return most;
    }

    // The C library's object. This object still owns it. Don't start calls with it: step() only knows the calls that
    // start() has started.
    esa_multi *native_handle() const noexcept { return calls_->handle.get(); }

  private:
    explicit Multi(detail::Handle<esa_multi_free> handle)
        : calls_(std::make_shared<detail::Calls>(detail::Calls{std::move(handle), {}})) {}

    // Others hold it only for a moment.
    std::shared_ptr<detail::Calls> calls_;
};

#if !defined(__cpp_exceptions)
} // inline namespace no_exceptions
#endif
} // namespace esa

#endif // ESA_HPP
