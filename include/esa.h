/*
 * libesa: edge-routine records on Alibaba Cloud ESA.
 *
 * Made from the library's sources by cbindgen; don't edit it. The rules that hold throughout:
 *
 * Objects are opaque, made by _new and released by _free, which takes NULL. An esa_client and an esa_cancel serve any
 * number of threads at once; everything else one thread at a time. Nothing belongs to the thread that made it: another
 * one may read an error, for instance, and release it. (All that the library notes of a thread is that it is inside.)
 *
 * An object may be released as soon as no function is being entered with it. A call that runs keeps what it uses alive.
 * It has begun when it runs a function of yours, such as the log's; nothing else tells whether another thread has entered
 * its call yet. So release an object when no other thread has it any more.
 *
 * A call, or a step of one, needs 96 KiB of stack at most, besides what functions of yours need that it runs. If a thread
 * is cancelled with pthread_cancel inside the library, it ends afterwards, when the call is over and has handed out what it
 * has.
 *
 * Strings in are NUL-terminated UTF-8 and copied before the function returns. Strings out are never NULL ("" where there
 * is nothing) and belong to the object or struct that they are in.
 *
 * 0 is the default of every number that you set. ESA_UNLIMITED sets no limit; ESA_NONE sets none at all, where a comment
 * says so.
 *
 * Where compilers can, they warn if the result of a function marked ESA_NODISCARD is ignored, if an argument that
 * ESA_NONNULL names is a literal NULL, and if a function marked ESA_DEPRECATED is used. To have other warnings, define
 * one of these macros before the header is included.
 *
 * Structs that you write begin with their size: start from their _INIT macro, so that they can grow in later versions.
 * Structs that you read are made by the library and released by their _free; they too grow at their end only, so never
 * copy one or take its sizeof.
 *
 * A call returns ESA_OK, sets *result and sets *error to NULL; or it returns the kind of failure, sets *result to NULL
 * and sets *error. Where you don't want the error, pass NULL for it.
 *
 * A call blocks until it has ended. For an event loop, which must not wait, each call has a _start and a _finish: see
 * esa_multi.
 *
 * No function prints, exits, installs a signal handler, or changes the environment. One thing ends the process: if no
 * memory is left, it is aborted, as every Rust program is.
 */

#ifndef ESA_H
#define ESA_H

#include <stddef.h>
#include <stdint.h>

/* What compilers warn of, if they can. A program that defines one of these before has its own. */

/** Before a function whose result must not be ignored. */
#if !defined(ESA_NODISCARD)
#if (defined(__cplusplus) && __cplusplus >= 201703L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define ESA_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define ESA_NODISCARD __attribute__((warn_unused_result))
#else
#define ESA_NODISCARD
#endif
#endif

/** Behind a function that refuses NULL for this parameter. It does so at run time: compilers may assume nothing. */
#if !defined(ESA_NONNULL)
#if defined(__clang__)
#define ESA_NONNULL(parameter) \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wgcc-compat\"") \
    __attribute__((diagnose_if(!(parameter), #parameter " is NULL", "warning"))) \
    _Pragma("clang diagnostic pop")
#else
#define ESA_NONNULL(parameter)
#endif
#endif

/** Before a function that a later version may lack, with what to use in its place. */
#if !defined(ESA_DEPRECATED)
#if (defined(__cplusplus) && __cplusplus >= 201402L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define ESA_DEPRECATED(instead) [[deprecated(instead)]]
#elif defined(__GNUC__)
#define ESA_DEPRECATED(instead) __attribute__((deprecated(instead)))
#else
#define ESA_DEPRECATED(instead)
#endif
#endif

#define ESA_STATS_INIT { sizeof(esa_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
#define ESA_CALL_OPTIONS_INIT { sizeof(esa_call_options), NULL, 0, 0, NULL, NULL }
#define ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT \
    { sizeof(esa_create_routine_related_record_request), 0, NULL, NULL }
#define ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT \
    { sizeof(esa_delete_routine_related_record_request), 0, NULL, NULL, 0 }
#define ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT \
    { sizeof(esa_list_routine_related_records_request), NULL, NULL, 0, 0 }
#define ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT \
    { sizeof(esa_ensure_routine_related_records_request), NULL, 0, 0, 0, NULL, NULL }
#define ESA_GET_MATCH_SITE_REQUEST_INIT { sizeof(esa_get_match_site_request), NULL }
#define ESA_CALL_ACTION_REQUEST_INIT \
    { sizeof(esa_call_action_request), NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, 0 }
#define ESA_SIGN_WITH_OPTIONS_INIT { sizeof(esa_sign_with_options), NULL, NULL, NULL, NULL, NULL, 0, 0, 0 }
#define ESA_REPLY_INIT { sizeof(esa_reply), NULL, 0, 0, NULL, 0, NULL, 0 }

/**
 * The revision of the binary interface that this header describes.
 *
 * It grows whenever something is added. A program that was built with this header runs with every library of the same
 * SONAME whose `esa_abi_version()` is at least this.
 */
#define ESA_ABI_VERSION 1

/**
 * No limit. Any number that says how many or how long can be this.
 */
#define ESA_UNLIMITED UINT32_MAX

/**
 * None, or no time at all: 0 stands for the default. A number can be this if its comment says so.
 */
#define ESA_NONE (UINT32_MAX - 1)

/**
 * What kind of thing happened. The hundreds tell where: 1xx before anything was sent, 2xx no usable answer,
 * 3xx the service said no, 9xx the library itself.
 */
enum esa_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The call did what it says.
     */
    ESA_OK = 0,
    /**
     * An argument is missing, malformed or out of range; the message names it.
     */
    ESA_ERR_INVALID_ARGUMENT = 100,
    /**
     * The caller set a field that this version of the library doesn't know.
     */
    ESA_ERR_UNSUPPORTED = 101,
    /**
     * The configuration can't be used: region, endpoint, CA file, ...
     */
    ESA_ERR_CONFIG = 102,
    /**
     * No credentials were found, or they can't be used.
     */
    ESA_ERR_CREDENTIALS = 103,
    /**
     * The lock that the client shares with others can't be used: see `esa_config_set_write_lock()`.
     */
    ESA_ERR_LOCK = 104,
    /**
     * The caller cancelled the call. Look at the outcome: the request may have been sent already.
     */
    ESA_ERR_CANCELLED = 110,
    /**
     * The call can't be made in a child of fork(), because it is one of the parent's `esa_multi`. Clients work there, with
     * connections of their own.
     */
    ESA_ERR_FORKED = 111,
    /**
     * No file descriptors are left. Look at the outcome: a request may have been sent already.
     */
    ESA_ERR_DESCRIPTORS = 112,
    /**
     * The endpoint's name could not be resolved.
     */
    ESA_ERR_DNS = 200,
    /**
     * No connection could be made.
     */
    ESA_ERR_CONNECT = 201,
    /**
     * The proxy refused or failed.
     */
    ESA_ERR_PROXY = 202,
    /**
     * The TLS handshake failed: certificate, protocol version, ...
     */
    ESA_ERR_TLS = 203,
    /**
     * A time limit passed. Look at the outcome: the request may have been sent already.
     */
    ESA_ERR_TIMEOUT = 204,
    /**
     * The connection failed while it was in use.
     */
    ESA_ERR_IO = 205,
    /**
     * The answer is not one that the service gives: not HTTP, not JSON, too large, ...
     */
    ESA_ERR_RESPONSE = 206,
    /**
     * The service refused the request as it stands.
     */
    ESA_ERR_REJECTED = 300,
    /**
     * The service doesn't accept the credentials or the signature.
     */
    ESA_ERR_AUTH = 301,
    /**
     * The credentials are good, but don't allow this.
     */
    ESA_ERR_FORBIDDEN = 302,
    /**
     * What the request names doesn't exist.
     */
    ESA_ERR_NOT_FOUND = 303,
    /**
     * Something in the way exists already.
     */
    ESA_ERR_CONFLICT = 304,
    /**
     * A quota is used up.
     */
    ESA_ERR_QUOTA = 305,
    /**
     * Too many requests in a short time.
     */
    ESA_ERR_THROTTLED = 306,
    /**
     * The service is busy with another call of the same account.
     */
    ESA_ERR_BUSY = 307,
    /**
     * The account has overdue payments.
     */
    ESA_ERR_OVERDUE = 308,
    /**
     * Edge Routine is not activated for the account.
     */
    ESA_ERR_NOT_ACTIVATED = 309,
    /**
     * The service failed.
     */
    ESA_ERR_SERVER = 310,
    /**
     * A bug in the library. Please report it with the message.
     */
    ESA_ERR_INTERNAL = 900,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_status esa_status;
#else
typedef int32_t esa_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a failed call did at the service. In `esa_error.outcome`.
 */
enum esa_outcome
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No write of the call was sent; nothing has changed.
     */
    ESA_OUTCOME_NOT_SENT = 0,
    /**
     * Each write of the call that was sent was refused, with a code that says that nothing has changed.
     */
    ESA_OUTCOME_REFUSED = 1,
    /**
     * A write was sent, and the call couldn't find out in time whether it was carried out, or still will be. No later
     * refusal takes that back.
     */
    ESA_OUTCOME_UNKNOWN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_outcome esa_outcome;
#else
typedef int32_t esa_outcome;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The service's `Code`, typed. In `esa_error.service_code`; `esa_error.code` has it verbatim.
 */
enum esa_service_code
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The service gave no code.
     */
    ESA_CODE_NONE = 0,
    /**
     * A code that this version doesn't know.
     */
    ESA_CODE_OTHER = 1,
    /**
     * `InternalException`
     */
    ESA_CODE_INTERNAL_EXCEPTION = 10,
    /**
     * `InvalidParameter`
     */
    ESA_CODE_INVALID_PARAMETER = 11,
    /**
     * `RoutineNotExist`
     */
    ESA_CODE_ROUTINE_NOT_EXIST = 12,
    /**
     * `DependedByOthers`
     */
    ESA_CODE_DEPENDED_BY_OTHERS = 13,
    /**
     * `SiteParameterNotMatch`
     */
    ESA_CODE_SITE_PARAMETER_NOT_MATCH = 14,
    /**
     * `InternalOperationError`
     */
    ESA_CODE_INTERNAL_OPERATION_ERROR = 15,
    /**
     * `ParameterAlreadyExist`
     */
    ESA_CODE_PARAMETER_ALREADY_EXIST = 16,
    /**
     * `RelatedRecordNumberExceedQuotaLimit`
     */
    ESA_CODE_RELATED_RECORD_NUMBER_EXCEED_QUOTA_LIMIT = 17,
    /**
     * `RoutineUserServiceStatusHalt`
     */
    ESA_CODE_ROUTINE_USER_SERVICE_STATUS_HALT = 18,
    /**
     * `UserOperationStatusIsLocked`
     */
    ESA_CODE_USER_OPERATION_STATUS_IS_LOCKED = 19,
    /**
     * `LockFailed`
     */
    ESA_CODE_LOCK_FAILED = 40,
    /**
     * `Site.ServiceBusy`
     */
    ESA_CODE_SITE_SERVICE_BUSY = 41,
    /**
     * `Record.ServiceBusy`
     */
    ESA_CODE_RECORD_SERVICE_BUSY = 42,
    /**
     * `TooManyRequests`
     */
    ESA_CODE_TOO_MANY_REQUESTS = 43,
    /**
     * `ServiceNotOpen`
     */
    ESA_CODE_SERVICE_NOT_OPEN = 44,
    /**
     * `SiteNotFound`
     */
    ESA_CODE_SITE_NOT_FOUND = 45,
    /**
     * `ParameterNotExist`
     */
    ESA_CODE_PARAMETER_NOT_EXIST = 46,
    /**
     * `RoutineAlreadyExist`
     */
    ESA_CODE_ROUTINE_ALREADY_EXIST = 47,
    /**
     * `RoutineNumberExceedQuotaLimit`
     */
    ESA_CODE_ROUTINE_NUMBER_EXCEED_QUOTA_LIMIT = 48,
    /**
     * `Throttling`
     */
    ESA_CODE_THROTTLING = 60,
    /**
     * `Throttling.User`
     */
    ESA_CODE_THROTTLING_USER = 61,
    /**
     * `Throttling.Api`
     */
    ESA_CODE_THROTTLING_API = 62,
    /**
     * `Rejected.Throttling`
     */
    ESA_CODE_REJECTED_THROTTLING = 63,
    /**
     * `ServiceUnavailable`
     */
    ESA_CODE_SERVICE_UNAVAILABLE = 64,
    /**
     * `InternalError`
     */
    ESA_CODE_INTERNAL_ERROR = 65,
    /**
     * `UnknownError`
     */
    ESA_CODE_UNKNOWN_ERROR = 66,
    /**
     * `SignatureNonceUsed`
     */
    ESA_CODE_SIGNATURE_NONCE_USED = 67,
    /**
     * `InvalidTimeStamp.Expired`
     */
    ESA_CODE_INVALID_TIME_STAMP_EXPIRED = 68,
    /**
     * `InvalidSecurityToken.Expired`
     */
    ESA_CODE_INVALID_SECURITY_TOKEN_EXPIRED = 69,
    /**
     * `SignatureDoesNotMatch`
     */
    ESA_CODE_SIGNATURE_DOES_NOT_MATCH = 70,
    /**
     * `IncompleteSignature`
     */
    ESA_CODE_INCOMPLETE_SIGNATURE = 71,
    /**
     * `InvalidAccessKeyId.NotFound`
     */
    ESA_CODE_INVALID_ACCESS_KEY_ID_NOT_FOUND = 72,
    /**
     * `InvalidAccessKeyId.Inactive`
     */
    ESA_CODE_INVALID_ACCESS_KEY_ID_INACTIVE = 73,
    /**
     * `Forbidden.AccessKeyDisabled`
     */
    ESA_CODE_FORBIDDEN_ACCESS_KEY_DISABLED = 74,
    /**
     * `Forbidden.RAM`
     */
    ESA_CODE_FORBIDDEN_RAM = 75,
    /**
     * `NoPermission`
     */
    ESA_CODE_NO_PERMISSION = 76,
    /**
     * `Forbidden.RiskControl`
     */
    ESA_CODE_FORBIDDEN_RISK_CONTROL = 77,
    /**
     * `InvalidAction.NotFound`
     */
    ESA_CODE_INVALID_ACTION_NOT_FOUND = 78,
    /**
     * `InvalidVersion`
     */
    ESA_CODE_INVALID_VERSION = 79,
    /**
     * `InvalidProtocol.NeedSsl`
     */
    ESA_CODE_INVALID_PROTOCOL_NEED_SSL = 80,
    /**
     * `UnsupportedHTTPMethod`
     */
    ESA_CODE_UNSUPPORTED_HTTP_METHOD = 81,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_service_code esa_service_code;
#else
typedef int32_t esa_service_code;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much goes to the log callback: this level and the ones before it.
 */
enum esa_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A bug in the library was caught.
     */
    ESA_LOG_ERROR = 1,
    /**
     * Something isn't as it should be, and the call goes on: this machine's clock is off, say, and by how much.
     */
    ESA_LOG_WARN = 2,
    /**
     * What a call decides and what it waits for: another attempt in so many milliseconds because of an error, a
     * read-back, other writes, a busy service; and new credentials.
     */
    ESA_LOG_INFO = 3,
    /**
     * Every request: host, HTTP status, milliseconds, request id or error.
     */
    ESA_LOG_DEBUG = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_log_level esa_log_level;
#else
typedef int32_t esa_log_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * From where the service is reached. For `esa_config_set_network()`.
 */
enum esa_network
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * `ESA_NETWORK_PUBLIC`.
     */
    ESA_NETWORK_DEFAULT = 0,
    /**
     * From the internet.
     */
    ESA_NETWORK_PUBLIC = 1,
    /**
     * From inside of a VPC in the region.
     */
    ESA_NETWORK_VPC = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_network esa_network;
#else
typedef int32_t esa_network;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How requests are signed.
 */
enum esa_signature_version
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * `ESA_SIGNATURE_V3`.
     */
    ESA_SIGNATURE_DEFAULT = 0,
    /**
     * HMAC-SHA1, for old gateways.
     */
    ESA_SIGNATURE_V1 = 1,
    /**
     * ACS3-HMAC-SHA256.
     */
    ESA_SIGNATURE_V3 = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_signature_version esa_signature_version;
#else
typedef int32_t esa_signature_version;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a record came from. In `origin` of a result.
 */
enum esa_origin
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * This call created it: the service says so.
     */
    ESA_ORIGIN_CREATED = 1,
    /**
     * It is there: the list shows it, after an answer was lost or incomplete. One of this call's requests may have created
     * it, or somebody else at the same time; the service doesn't say who.
     */
    ESA_ORIGIN_RECOVERED = 2,
    /**
     * It was there already.
     */
    ESA_ORIGIN_EXISTING = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_origin esa_origin;
#else
typedef int32_t esa_origin;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a parameter goes. In `place` of an `esa_parameter`.
 */
enum esa_place
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Where the action wants it. What the library doesn't know goes into the query.
     */
    ESA_PLACE_DEFAULT = 0,
    /**
     * Into the query of the URL.
     */
    ESA_PLACE_QUERY = 1,
    /**
     * Into the form, which is the body.
     */
    ESA_PLACE_FORM = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_place esa_place;
#else
typedef int32_t esa_place;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whether an action changes something, which decides what a call may do whose answer was lost. In `effect` of an
 * `esa_call_action_request` and of an `esa_reply`.
 */
enum esa_effect
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * As the library knows the action. One that it doesn't know writes.
     */
    ESA_EFFECT_DEFAULT = 0,
    /**
     * It changes nothing: it may be made again at any time.
     */
    ESA_EFFECT_READS = 1,
    /**
     * It changes something: it is made again only where the one before it has changed nothing.
     */
    ESA_EFFECT_WRITES = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_effect esa_effect;
#else
typedef int32_t esa_effect;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What an `esa_try_acquire_fn` returns.
 */
enum esa_lock
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Another one has the lock. The call asks again later.
     */
    ESA_LOCK_NOT_YET = 0,
    /**
     * The client has it, until the library calls the `esa_release_fn`.
     */
    ESA_LOCK_ACQUIRED = 1,
    /**
     * There is none to be had, since what gives it is down: the call goes on without. The library says so in a line of the log
     * (`ESA_LOG_WARN`), and asks again after as long as the client may hold the lock.
     */
    ESA_LOCK_WITHOUT = 2,
    /**
     * It can't be asked for, and the call shall fail: with `ESA_ERR_LOCK`, and nothing of this attempt sent.
     * `esa_lock_fail()` says why. Any other value is this one.
     */
    ESA_LOCK_FAILED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum esa_lock esa_lock;
#else
typedef int32_t esa_lock;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Records that are ensured step by step: `esa_ensure_routine_related_records()` for language runtimes, whose programs
 * want an iterator. One thread at a time may use it.
 */
typedef struct esa_bulk esa_bulk;

/**
 * Cancels the calls that were given it, once and for all.
 *
 * Any number of threads may use it at once. It holds a file descriptor, which a fork gives to the child as well: either of
 * them then cancels what calls of the other wait for, too.
 */
typedef struct esa_cancel esa_cancel;

/**
 * Makes calls to the service. Any number of threads may use one at once; make one and keep it.
 */
typedef struct esa_client esa_client;

/**
 * How a client is to be made. One thread at a time may use it.
 *
 * What isn't set comes from the environment or has the default that its setter tells. A setter that is given something
 * unusable changes nothing and returns `ESA_ERR_INVALID_ARGUMENT`; `esa_client_new()` then fails as well, with a
 * message that says what was wrong, so that checking there is enough. If the same setter is then given something usable,
 * that counts.
 */
typedef struct esa_config esa_config;

/**
 * Where an `esa_credentials_fn` puts what it has. It is valid until that function returns.
 */
typedef struct esa_credentials esa_credentials;

/**
 * Calls that an event loop drives: any number of them, of any number of clients, on one thread, behind one descriptor.
 *
 * Each call that blocks, such as `esa_get_match_site()`, has two functions for a multi. `esa_get_match_site_start()`
 * starts the call and returns at once; `esa_get_match_site_finish()` takes its result. In between, the loop waits
 * until `esa_multi_descriptor()` is readable, calls `esa_multi_step()`, and takes the calls that have finished with
 * `esa_multi_next_finished()`. The call is the same: limits, attempts, outcomes, waits and log lines are those of the
 * function that blocks.
 *
 * One thread at a time may use a multi and its calls. Other threads may make calls with the same clients meanwhile.
 *
 * Callbacks (log, credentials, progress) run inside of the `_start` functions, `esa_multi_step()` and
 * `esa_multi_free()`. They may start and cancel calls of the multi that runs them. `esa_multi_step()`,
 * `esa_multi_next_finished()`, and the `_finish` and `_free` functions refuse to work there. The loop stands still
 * while a callback runs, while files of credentials are read, and while a `process_command` is started.
 *
 * In a child of fork(), a multi of the parent can't be used. Functions that return an `esa_status` return
 * `ESA_ERR_FORKED`, and `esa_multi_free()` closes the descriptors and does nothing else. Don't wait for the descriptor
 * there. The parent goes on as before.
 */
typedef struct esa_multi esa_multi;

/**
 * A call that was started on a multi. It lives until its `_finish` or `esa_pending_free()`.
 *
 * One thread at a time may use a multi and its calls.
 */
typedef struct esa_pending esa_pending;

/**
 * Why a call failed, what it did, and what to do about it.
 *
 * Made by the library, released with `esa_error_free()`. Any one thread at a time may read it, not only the one that
 * made the call. Strings are never NULL ("" where there is nothing) and live as long as the error. No field holds a
 * secret: what the service echoes of the credentials is taken out.
 */
typedef struct esa_error {
    /**
     * The kind of failure; the same value that the call returned.
     */
    esa_status status;
    /**
     * What the call did at the service: a value of `esa_outcome`.
     */
    int32_t outcome;
    /**
     * The service's code, typed: a value of `esa_service_code`.
     */
    int32_t service_code;
    /**
     * The HTTP status of the reply; 0 where there was none.
     */
    int32_t http_status;
    /**
     * How many requests the call sent, or tried to send.
     */
    uint32_t attempts;
    /**
     * How long the service asks to wait before the next try, in milliseconds; 0 where it doesn't say.
     */
    uint32_t retry_after_ms;
    /**
     * 1 where the same call may succeed later without anything being changed, else 0. With `ESA_OUTCOME_UNKNOWN`,
     * read back first whether the record is there.
     */
    int32_t retryable;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * The service's code, verbatim, such as "Throttling.User".
     */
    const char *code;
    /**
     * The service's words, or the library's.
     */
    const char *message;
    /**
     * What to do about it, in a sentence.
     */
    const char *advice;
    /**
     * The service's id of the request, for its support.
     */
    const char *request_id;
    /**
     * A link to the service's own help on this error.
     */
    const char *recommend;
    /**
     * Which permission was missing, in the service's JSON.
     */
    const char *access_denied_detail;
} esa_error;

/**
 * Asks for the lock that the client shares with other programs or machines, and returns a value of `esa_lock`.
 *
 * It doesn't wait for whoever has the lock: then it returns `ESA_LOCK_NOT_YET`, and the call asks again after half of
 * `*retry_after_ms` to all of it; 0 stands for 100. It returns soon, since nothing else ends it and the call can't be
 * cancelled meanwhile. `lease_ms`: how long the client holds it at most, or `ESA_UNLIMITED`; a lock that ends by itself
 * lasts as long.
 *
 * Runs on the thread of a call that writes, inside of that function or of `esa_multi_step()`. This function and the
 * `esa_release_fn` run on one thread at a time for a client, and on another one each time. It may make calls with other
 * clients; it must return (no exception, no longjmp).
 */
typedef int32_t (*esa_try_acquire_fn)(void *user_data, uint32_t lease_ms, uint32_t *retry_after_ms);

/**
 * Lets the lock go: once for each time that it was acquired, in the same process. The lease may be over by then; what
 * somebody else has is not to be let go.
 *
 * Runs as an `esa_try_acquire_fn` does, and on threads that release a call of an `esa_multi` or an `esa_bulk` too.
 */
typedef void (*esa_release_fn)(void *user_data);

/**
 * Gives credentials that are kept elsewhere: `esa_credentials_set()`, or `esa_credentials_fail()` with the reason.
 *
 * Runs on the thread of a call that needs credentials, one call of a client at a time: for the client's first call, from
 * five minutes before they expire on, and once more when the service says that they have. It should return within
 * `timeout_ms` milliseconds, which is what the call has left (`ESA_UNLIMITED`: there is no limit); nothing else ends it, and
 * the call can't be cancelled meanwhile. It may make calls with other clients; it must return (no exception, no
 * longjmp).
 */
typedef void (*esa_credentials_fn)(void *user_data, uint32_t timeout_ms, struct esa_credentials *credentials);

/**
 * A line of the log: its text, and what it is about.
 *
 * The library makes it and releases it. It is valid until the callback returns, with all of its strings, which are never
 * NULL. Later versions may add fields at the end: read the fields that you need, and don't copy the struct.
 *
 * No field holds a secret or a line feed. The fields and how `message` begins are stable; its words may change.
 */
typedef struct esa_log_record {
    /**
     * How important the line is: a value of `esa_log_level`.
     */
    int32_t level;
    /**
     * The HTTP status of the reply that the line is about; 0 if there is none.
     */
    int32_t http_status;
    /**
     * The number of the call. The calls of all clients of the process are counted, from 1 on. All lines of a call have its
     * number, whatever the call does: read-backs, further attempts, credentials. A bulk is one call, and its lines are
     * told apart by `record_name`. 0: the line belongs to no call.
     */
    uint64_t call;
    /**
     * Which attempt of its action the line is about, from 1 on; 0 if it is about none.
     */
    uint32_t attempt;
    /**
     * How long the request took, in milliseconds; 0 if the line isn't that of a request.
     */
    uint32_t elapsed_ms;
    /**
     * The whole line, without a line feed: `call CALL: ACTION RECORD_NAME: attempt ATTEMPT: WORDS`. A part is left out if
     * its field is 0 or "".
     */
    const char *message;
    /**
     * The service's action, such as "CreateRoutineRelatedRecord"; "" if the line is about none.
     */
    const char *action;
    /**
     * The name of the record. If the action has no record, it is the search key word, the routine's name, the site's name
     * or the site's id: the first of these that the action has. "" if it has none.
     */
    const char *record_name;
    /**
     * The service's id of the request; "" if there is none.
     */
    const char *request_id;
} esa_log_record;

/**
 * Receives a line of the log.
 *
 * Runs on the thread that makes a call, while it is in the call, and never on another one. `record` is valid until the
 * callback returns. The callback may call the library; it must return (no exception, no longjmp).
 */
typedef void (*esa_log_fn)(void *user_data, const struct esa_log_record *record);

/**
 * What a client has done since it was made, by all threads together. Begin with `ESA_STATS_INIT`.
 *
 * In a child of fork, what its parent had done before is part of it.
 */
typedef struct esa_stats {
    /**
     * `sizeof(esa_stats)`.
     */
    size_t struct_size;
    /**
     * Calls of the program; each record of `esa_ensure_routine_related_records()` is one.
     */
    uint64_t calls;
    /**
     * Requests to the service, read-backs included.
     */
    uint64_t attempts;
    /**
     * Requests that were made again after one that failed.
     */
    uint64_t retries;
    /**
     * Records whose answer was lost, and that a read-back showed.
     */
    uint64_t recoveries;
    /**
     * Waits because the service was busy with another call of the account.
     */
    uint64_t busy_waits;
    /**
     * Waits because another write of the client was under way.
     */
    uint64_t write_limit_waits;
    /**
     * Connections made, those to servers that give credentials included.
     */
    uint64_t connections_opened;
    /**
     * Requests that went over a connection that was there already.
     */
    uint64_t connections_reused;
    /**
     * How often credentials were got from a provider.
     */
    uint64_t credentials_refreshed;
    /**
     * Waits because somebody else had the lock that the client shares with others.
     */
    uint64_t lock_waits;
    /**
     * How often the client got that lock.
     */
    uint64_t lock_grants;
    /**
     * Writes that the service refused as busy although the client held the lock: its lease was over, or somebody writes
     * without the lock.
     */
    uint64_t lock_losses;
} esa_stats;

/**
 * Which record to create. Begin with `ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
 */
typedef struct esa_create_routine_related_record_request {
    /**
     * `sizeof(esa_create_routine_related_record_request)`.
     */
    size_t struct_size;
    /**
     * The site's id: 1 or more. `esa_ensure_routine_related_record()` takes 0 for the site that the record's name
     * belongs to.
     */
    int64_t site_id;
    /**
     * The routine's name: 1 to 253 bytes of UTF-8 without control characters.
     */
    const char *name;
    /**
     * The record's name, a domain name on the site: 1 to 253 bytes of UTF-8 without control characters.
     */
    const char *record_name;
} esa_create_routine_related_record_request;

/**
 * Says whether a call shall end: 0, go on; anything else cancels it.
 *
 * Asked every 50 ms, and after a signal, on the thread that makes the call, while the call waits or reads. For language
 * runtimes, which look at signals only on a thread of their own: others use an `esa_cancel`. It must return (no
 * exception, no longjmp).
 */
typedef int32_t (*esa_interrupt_fn)(void *data);

/**
 * What one call does differently from the client's defaults. Begin with `ESA_CALL_OPTIONS_INIT`.
 */
typedef struct esa_call_options {
    /**
     * `sizeof(esa_call_options)`.
     */
    size_t struct_size;
    /**
     * Cancels the call when it is triggered; NULL: nothing does.
     */
    const struct esa_cancel *cancel;
    /**
     * How long the whole call may take, in milliseconds, or `ESA_UNLIMITED`; 0: as long as the client's configuration says.
     */
    uint32_t timeout_ms;
    /**
     * How many attempts may fail in a row, or `ESA_UNLIMITED`; 0: as many as the client's configuration says.
     */
    uint32_t max_attempts;
    /**
     * Asked while the call waits or reads; NULL: nobody is. Calls of an `esa_multi` can't have one.
     */
    esa_interrupt_fn interrupt;
    /**
     * Passed to `interrupt`.
     */
    void *interrupt_data;
} esa_call_options;

/**
 * The record of a call that created or ensured it. Release it with
 * `esa_create_routine_related_record_result_free()`.
 *
 * Any one thread at a time may read it. Strings are never NULL and live as long as the result.
 */
typedef struct esa_create_routine_related_record_result {
    /**
     * The record's id; 0 where the service didn't tell.
     */
    int64_t record_id;
    /**
     * Where the record came from: a value of `esa_origin`.
     */
    int32_t origin;
    /**
     * How many requests to create the record the call sent.
     */
    uint32_t attempts;
    /**
     * The service's word: "OK".
     */
    const char *status;
    /**
     * The service's id of the request.
     */
    const char *request_id;
    /**
     * The site's id.
     */
    int64_t site_id;
} esa_create_routine_related_record_result;

/**
 * Told after each record, on the thread that makes the call: `done` of `count` have been tried, the last one with this
 * `result` or, where that is NULL, this `error`; both are valid until it returns.
 *
 * Returns 0 to go on; anything else cancels the rest. It may call the library; it must return (no exception, no longjmp).
 */
typedef int32_t (*esa_progress_fn)(void *data,
                                   size_t done,
                                   size_t count,
                                   const struct esa_create_routine_related_record_result *result,
                                   const struct esa_error *error);

/**
 * Which records to ensure. Begin with `ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
 */
typedef struct esa_ensure_routine_related_records_request {
    /**
     * `sizeof(esa_ensure_routine_related_records_request)`.
     */
    size_t struct_size;
    /**
     * The records: an array of `count`, each of which begins with its own `struct_size`.
     */
    const struct esa_create_routine_related_record_request *items;
    /**
     * How many they are.
     */
    size_t count;
    /**
     * How long all of them together may take, in milliseconds; 0 or `ESA_UNLIMITED`: as long as it takes. The options'
     * limit is each one's.
     */
    uint32_t timeout_ms;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * Told after each record; NULL: nobody is.
     */
    esa_progress_fn progress;
    /**
     * Passed to `progress`.
     */
    void *progress_data;
} esa_ensure_routine_related_records_request;

/**
 * What came of each record, in their order. Release it with `esa_ensure_routine_related_records_result_free()`.
 *
 * Any one thread at a time may read it.
 */
typedef struct esa_ensure_routine_related_records_result {
    /**
     * How many records there are.
     */
    size_t count;
    /**
     * How many of them failed.
     */
    size_t failed;
    /**
     * For each record its result; NULL where it failed. NULL itself where there are no records. They belong to this struct.
     */
    const struct esa_create_routine_related_record_result *const *results;
    /**
     * For each record its error; NULL where it succeeded. NULL itself where there are no records. They belong to this struct.
     */
    const struct esa_error *const *errors;
} esa_ensure_routine_related_records_result;

/**
 * Which record to delete. Begin with `ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
 */
typedef struct esa_delete_routine_related_record_request {
    /**
     * `sizeof(esa_delete_routine_related_record_request)`.
     */
    size_t struct_size;
    /**
     * The site's id: 1 or more.
     */
    int64_t site_id;
    /**
     * The routine's name: 1 to 253 bytes of UTF-8 without control characters.
     */
    const char *name;
    /**
     * The record's name: 1 to 253 bytes of UTF-8 without control characters.
     */
    const char *record_name;
    /**
     * The record's id; 0: it is found by its name.
     */
    int64_t record_id;
} esa_delete_routine_related_record_request;

/**
 * What a call that deletes a record did. Release it with `esa_delete_routine_related_record_result_free()`.
 *
 * Any one thread at a time may read it. Strings are never NULL and live as long as the result.
 */
typedef struct esa_delete_routine_related_record_result {
    /**
     * 1 if this call deleted the record, 0 if it was gone already. If an answer was lost, somebody else may have
     * deleted it at the same time: the service doesn't say who.
     */
    int32_t deleted;
    /**
     * How many requests to delete the record the call sent.
     */
    uint32_t attempts;
    /**
     * The service's id of the request; "" where none was sent, since the list has no such record, or the answer was lost.
     */
    const char *request_id;
} esa_delete_routine_related_record_result;

/**
 * Which page of a routine's records to list. Begin with `ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
 */
typedef struct esa_list_routine_related_records_request {
    /**
     * `sizeof(esa_list_routine_related_records_request)`.
     */
    size_t struct_size;
    /**
     * The routine's name: 1 to 253 bytes of UTF-8 without control characters.
     */
    const char *name;
    /**
     * Only records whose name has something to do with this, by the service's fuzzy match; NULL: all.
     */
    const char *search_key_word;
    /**
     * The page, from 1 on; 0: the first.
     */
    uint32_t page_number;
    /**
     * How many records a page has: 1 to 20; 0: 20.
     */
    uint32_t page_size;
} esa_list_routine_related_records_request;

/**
 * A record that is tied to a routine.
 */
typedef struct esa_related_record {
    /**
     * The record's id.
     */
    int64_t record_id;
    /**
     * The site's id.
     */
    int64_t site_id;
    /**
     * The record's name.
     */
    const char *record_name;
    /**
     * The site's name; may be "".
     */
    const char *site_name;
} esa_related_record;

/**
 * A page of a routine's records. Release it with `esa_list_routine_related_records_result_free()`.
 *
 * Any one thread at a time may read it. Strings are never NULL and live as long as the result.
 */
typedef struct esa_list_routine_related_records_result {
    /**
     * How many records the page has.
     */
    size_t count;
    /**
     * The records, `count` pointers to them; NULL where there are none.
     */
    const struct esa_related_record *const *records;
    /**
     * How many records there are on all pages.
     */
    uint64_t total_count;
    /**
     * 1 where there are records on later pages, else 0.
     */
    int32_t has_more;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * The service's id of the request.
     */
    const char *request_id;
} esa_list_routine_related_records_result;

/**
 * Which record's site to get. Begin with `ESA_GET_MATCH_SITE_REQUEST_INIT`.
 */
typedef struct esa_get_match_site_request {
    /**
     * `sizeof(esa_get_match_site_request)`.
     */
    size_t struct_size;
    /**
     * The record's name: 1 to 253 bytes of UTF-8 without control characters.
     */
    const char *record_name;
} esa_get_match_site_request;

/**
 * The site that a record's name belongs to. Release it with `esa_get_match_site_result_free()`.
 *
 * Any one thread at a time may read it. Strings are never NULL and live as long as the result.
 */
typedef struct esa_get_match_site_result {
    /**
     * The site's id.
     */
    int64_t site_id;
    /**
     * The site's name, such as "example.com".
     */
    const char *site_name;
    /**
     * The service's id of the request.
     */
    const char *request_id;
} esa_get_match_site_result;

/**
 * A parameter whose name and value are sent as they are.
 */
typedef struct esa_parameter {
    /**
     * Its name, such as "SiteId" or "Tag.1.Key": ASCII letters, digits, '.', '-', '_' and '~'.
     */
    const char *name;
    /**
     * Its value: UTF-8; "" is sent too.
     */
    const char *value;
    /**
     * Where it goes: a value of `esa_place`.
     */
    int32_t place;
    /**
     * 0.
     */
    int32_t reserved;
} esa_parameter;

/**
 * An action, and its parameters. Begin with `ESA_CALL_ACTION_REQUEST_INIT`. Only `action` has to be set.
 *
 * A JSON object has a member for each parameter. Strings are sent as they are, numbers as they are written in the JSON, and
 * booleans as `true` and `false`; null stands for a parameter that isn't there. Objects and arrays are sent as the action
 * wants them: as the JSON text that they are here, or taken apart into `Name.1`, `Name.2` (and `Name.1.Key` for objects in
 * an array). A name that is there twice is refused, wherever that is; there are 1000 parameters at most.
 */
typedef struct esa_call_action_request {
    /**
     * `sizeof(esa_call_action_request)`.
     */
    size_t struct_size;
    /**
     * The service's name for the action, such as "CreateRoutine": 1 to 128 ASCII letters and digits.
     */
    const char *action;
    /**
     * The parameters, a JSON object; NULL: none. Each goes where the action wants it.
     */
    const char *params;
    /**
     * Parameters that go into the query whatever the library knows of them, a JSON object; NULL: none.
     */
    const char *query;
    /**
     * Parameters that go into the form whatever the library knows of them, a JSON object; NULL: none.
     */
    const char *form;
    /**
     * Parameters that are sent as they are, beside those of the JSON objects; NULL: none.
     */
    const struct esa_parameter *parameters;
    /**
     * How many there are.
     */
    size_t parameter_count;
    /**
     * "GET" or "POST"; NULL: as the action wants it. One that the library doesn't know is sent with POST.
     */
    const char *method;
    /**
     * The version of the service's interface, a date; NULL: "2024-09-10".
     */
    const char *version;
    /**
     * Whether the action changes something: a value of `esa_effect`.
     */
    int32_t effect;
    /**
     * 0.
     */
    int32_t reserved;
} esa_call_action_request;

/**
 * The reply to an action. Release it with `esa_call_action_result_free()`.
 *
 * Any one thread at a time may read it. Strings are never NULL and live as long as the result.
 */
typedef struct esa_call_action_result {
    /**
     * The JSON object that the service answered with, as it wrote it: UTF-8, with a NUL behind it. Nothing is taken out of
     * it.
     */
    const char *body;
    /**
     * How many bytes the body has, without the NUL.
     */
    size_t body_length;
    /**
     * The service's id of the request.
     */
    const char *request_id;
    /**
     * How many requests the call sent, of which the last one was answered so. 0 from `esa_read_reply()`.
     */
    uint32_t attempts;
    /**
     * The HTTP status of the reply: 200 to 299.
     */
    int32_t http_status;
} esa_call_action_result;

/**
 * A header of HTTP.
 */
typedef struct esa_header {
    /**
     * Its name.
     */
    const char *name;
    /**
     * Its value.
     */
    const char *value;
} esa_header;

/**
 * A signed request, ready to be sent once, by anything. Release it with `esa_signed_request_free()`.
 *
 * Send it as it is: the method, the URL, all of the headers and the body. What else HTTP wants, such as Content-Length, is
 * the sender's to add. The service takes it within 15 minutes, and once: sign each attempt again. It needs TLS, unless the
 * URL says http, and no redirects are to be followed.
 *
 * Any one thread at a time may read it. Strings are never NULL and live as long as the request. The headers, or the URL with
 * signature version 1, hold the signature and the security token: keep them out of logs.
 */
typedef struct esa_signed_request {
    /**
     * "GET" or "POST".
     */
    const char *method;
    /**
     * The whole URL, such as "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7".
     */
    const char *url;
    /**
     * The headers, with names in small letters; "host" is among them.
     */
    const struct esa_header *headers;
    /**
     * How many there are.
     */
    size_t header_count;
    /**
     * The body, a form, with a NUL behind it; "" where there is none. A GET may have one.
     */
    const char *body;
    /**
     * How many bytes it has, without the NUL.
     */
    size_t body_length;
} esa_signed_request;

/**
 * What `esa_sign_with()` signs with. Begin with `ESA_SIGN_WITH_OPTIONS_INIT`.
 */
typedef struct esa_sign_with_options {
    /**
     * `sizeof(esa_sign_with_options)`.
     */
    size_t struct_size;
    /**
     * The access key's id: printable ASCII, as are the two that follow.
     */
    const char *access_key_id;
    /**
     * The access key's secret.
     */
    const char *access_key_secret;
    /**
     * The token of temporary credentials; NULL: none.
     */
    const char *security_token;
    /**
     * The server: "host", "host:port" or "https://host:port"; NULL: that of cn-hangzhou.
     */
    const char *endpoint;
    /**
     * 1 to 64 characters of printable ASCII that no other request has.
     */
    const char *nonce;
    /**
     * When the request is sent, in seconds since 1970 (UTC): 1 or more. The service takes what is off by less than 15
     * minutes.
     */
    int64_t date;
    /**
     * A value of `esa_signature_version`.
     */
    int32_t signature_version;
    /**
     * 0.
     */
    int32_t reserved;
} esa_sign_with_options;

/**
 * A reply of the service that the program received itself. Begin with `ESA_REPLY_INIT`.
 */
typedef struct esa_reply {
    /**
     * `sizeof(esa_reply)`.
     */
    size_t struct_size;
    /**
     * The action that it answers, such as "CreateRoutine"; NULL: one that the library doesn't know.
     */
    const char *action;
    /**
     * Whether the action changes something: a value of `esa_effect`.
     */
    int32_t effect;
    /**
     * The HTTP status: 100 to 999.
     */
    int32_t http_status;
    /**
     * The headers, in any order and case; NULL: none. Without them an error lacks what they tell, such as how long to wait.
     */
    const struct esa_header *headers;
    /**
     * How many there are.
     */
    size_t header_count;
    /**
     * The body, without transfer and content codings; NULL: none.
     */
    const char *body;
    /**
     * How many bytes it has.
     */
    size_t body_length;
} esa_reply;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The revision of the binary interface that the loaded library has; see `ESA_ABI_VERSION`.
 *
 * Any thread, at any time.
 */
uint32_t esa_abi_version(void);

/**
 * The library's version, such as "0.1.0".
 *
 * Returns a static string; don't free it. Any thread, at any time.
 */
const char *esa_version(void);

/**
 * The enumerator's name, such as "ESA_ERR_TIMEOUT", for a value of `esa_status`.
 *
 * Returns a static string; "" for a value that this version doesn't know. Any thread, at any time.
 */
const char *esa_status_name(int32_t status);

/**
 * The enumerator's name, such as "ESA_OUTCOME_UNKNOWN", for a value of `esa_outcome`.
 *
 * Returns a static string; "" for a value that this version doesn't know. Any thread, at any time.
 */
const char *esa_outcome_name(int32_t outcome);

/**
 * The service's own word for a value of `esa_service_code`, such as "UserOperationStatusIsLocked".
 *
 * Returns a static string; "" for `ESA_CODE_NONE`, `ESA_CODE_OTHER` and values that this version doesn't know (the
 * error has such a code verbatim). Any thread, at any time.
 */
const char *esa_service_code_name(int32_t service_code);

/**
 * What to do about an error with this value of `esa_service_code`, in a sentence.
 *
 * Returns a static string; "" where that isn't known. Any thread, at any time.
 */
const char *esa_service_code_advice(int32_t service_code);

/**
 * Releases an error and its strings.
 *
 * `error` may be NULL. Any thread; each error once.
 */
void esa_error_free(struct esa_error *error);

/**
 * Gives the credentials; in an `esa_credentials_fn` only.
 *
 * The strings are copied; they are ASCII without blanks or control characters. `security_token` is NULL unless they are
 * temporary ones of STS. `expires_at`: until when they are good, in seconds since 1970 (UTC); 0: until the service
 * doesn't take them any more.
 *
 * Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT`, which the call that needs the credentials then says more of.
 */
esa_status esa_credentials_set(struct esa_credentials *credentials,
                               const char *access_key_id,
                               const char *access_key_secret,
                               const char *security_token,
                               int64_t expires_at);

/**
 * Says why there are no credentials; in an `esa_credentials_fn` only.
 *
 * `reason` ends up in the error of the call that needs them, so it must hold no secret. It is copied; NULL is no reason.
 */
void esa_credentials_fail(struct esa_credentials *credentials,
                          const char *reason);

/**
 * Says why the lock can't be asked for; on the thread of an `esa_try_acquire_fn`, before it returns.
 *
 * `reason` ends up in the message of the call's error, so it must hold no secret. It is copied; NULL is no reason.
 *
 * Returns `ESA_LOCK_FAILED`, for the function to return.
 */
int32_t esa_lock_fail(const char *reason);

/**
 * Sets a lock that the client shares with other programs or machines which write to the same account, so that their writes
 * wait for each other instead of being refused. See `esa_try_acquire_fn` and `esa_release_fn`.
 *
 * A write of a call waits for the lock until its time limit, and holds it while it is under way. The lock goes on to the
 * client's other writes that wait by then, and from record to record of an `esa_bulk` or of
 * `esa_ensure_routine_related_records()` whose program comes for the next one at once, until it has been held as long as
 * `esa_config_set_write_lock_hold()` says: then it is let go, so that others have it. No call holds it while it waits for
 * something else. The library has no thread that could let the lock go: a bulk whose program pauses for the first time, and
 * a multi that isn't stepped, keep it until they go on, or the lease ends. The lock is for order alone: where it was lost, or
 * others do without, writes are refused as busy and made again, as without a lock.
 *
 * The last one of this and `esa_config_set_write_lock_file()` counts. If both functions are NULL, there is no lock, which is
 * the default. `user_data` is passed to them and must live as long as every client that is made with this configuration, its
 * calls and its bulks; several clients may use it at once.
 *
 * In a child of fork, the client doesn't hold what its parent does, and asks by itself.
 *
 * Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` or one function alone is NULL.
 */
esa_status esa_config_set_write_lock(struct esa_config *config,
                                     esa_try_acquire_fn try_acquire,
                                     esa_release_fn release,
                                     void *user_data);

/**
 * Sets a file as the lock that the client shares with the other programs of this host: see `esa_config_set_write_lock()`.
 *
 * Clients with the same file hold it one after the other. It is made where it is missing, for its owner alone; nothing is
 * ever written to it, and it stays. The kernel unlocks it when a process ends, however it does, and a child of fork doesn't
 * hold it. It is meant for a local file system (flock). Where it can't be opened, writes fail with `ESA_ERR_LOCK`.
 *
 * A file has no lease. So a bulk lets it go with each record, and a multi that isn't stepped keeps it while a write of its
 * calls is under way or waits. While others want it, a client holds it for 50 ms at a time.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_write_lock_file(struct esa_config *config,
                                          const char *path);

/**
 * Sets how long the client holds the lock that it shares with others for further writes, before it lets others in, in
 * milliseconds. Default (0): 2,000. `ESA_NONE`: it lets the lock go after each write.
 *
 * Longer wastes less time between holders; shorter has each of them wait less. No new write begins after that time. The
 * lease is one attempt (`esa_config_set_attempt_timeout()`) and a second longer.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_write_lock_hold(struct esa_config *config, uint32_t hold_ms);

/**
 * Makes a configuration with all defaults. Release it with `esa_config_free()`.
 *
 * Returns NULL only where the library has a bug.
 */
ESA_NODISCARD struct esa_config *esa_config_new(void);

/**
 * Releases a configuration. Clients that were made with it go on.
 *
 * `config` may be NULL. Any thread; each configuration once.
 */
void esa_config_free(struct esa_config *config);

/**
 * Sets the credentials. `security_token` is NULL unless they are temporary ones of STS.
 *
 * Default: those that are found as the official SDKs find them, when a call needs them. The first of these that gives
 * some is asked, and from then on no other: the environment (ALIBABA_CLOUD_ACCESS_KEY_ID, ...), OIDC
 * (ALIBABA_CLOUD_OIDC_TOKEN_FILE, ...), a profile of the command line (~/.aliyun/config.json), the credentials file
 * (~/.alibabacloud/credentials), the role of the ECS instance, and ALIBABA_CLOUD_CREDENTIALS_URI. If a variable names a
 * place and that gives none, the call fails and no further one is asked. Temporary ones are renewed before they expire.
 *
 * All three are ASCII without blanks or control characters. Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_credentials(struct esa_config *config,
                                      const char *access_key_id,
                                      const char *access_key_secret,
                                      const char *security_token);

/**
 * Sets a function that gives the credentials, for secrets that are kept elsewhere. See `esa_credentials_fn`.
 *
 * The last one of this and `esa_config_set_credentials()` counts. `callback`: NULL changes nothing. `user_data` is passed
 * to it and must live as long as every client that is made with this configuration; several threads may use it at once.
 *
 * Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` is NULL.
 */
esa_status esa_config_set_credentials_provider(struct esa_config *config,
                                               esa_credentials_fn callback,
                                               void *user_data);

/**
 * Sets the region: "cn-hangzhou" for accounts of the China site, "ap-southeast-1" for international accounts.
 *
 * The account decides, not the place. Default: ALIBABA_CLOUD_REGION_ID of the environment, else "cn-hangzhou". Any other
 * region needs an endpoint; without one `esa_client_new()` fails with `ESA_ERR_CONFIG`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_region(struct esa_config *config,
                                 const char *region);

/**
 * Sets the endpoint, in place of the region's: "host", "host:port" or "https://host:port".
 *
 * "http://..." is accepted for this machine only (localhost, 127.0.0.0/8, [::1]). Default: ESA_ENDPOINT of the
 * environment, else the region's. If it isn't usable, or ESA_ENDPOINT is set and empty, `esa_client_new()` fails with
 * `ESA_ERR_CONFIG`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_endpoint(struct esa_config *config, const char *endpoint);

/**
 * Sets from where the service is reached: a value of `esa_network`.
 *
 * It chooses the region's endpoint; one that is set by `esa_config_set_endpoint()` stays as it is.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_network(struct esa_config *config, int32_t network);

/**
 * Sets the proxy: "http://user:password@host:port" (by CONNECT), "host:port", "socks5://..." (this machine
 * looks up the endpoint's name) or "socks5h://..." (the proxy does); "" for none.
 *
 * Default: what the environment says: HTTPS_PROXY, HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY, in upper case or
 * else in lower case; it isn't used for this machine (localhost, 127.0.0.0/8, [::1]). Plain http to this machine takes no
 * proxy at all, and neither does what asks for an instance's metadata. One that can't be used, wherever it comes from,
 * makes `esa_client_new()` fail with `ESA_ERR_CONFIG`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_proxy(struct esa_config *config,
                                const char *proxy);

/**
 * Sets how requests are signed: a value of `esa_signature_version`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_signature_version(struct esa_config *config, int32_t signature_version);

/**
 * Sets a file of certificate authorities (PEM) to trust in place of the ones that are built in.
 *
 * It is read by `esa_client_new()`, which fails with `ESA_ERR_CONFIG` if it isn't a plain file, can't be read, or holds
 * no certificate. Default, if no PEM text is set either: the file that SSL_CERT_FILE of the environment names, as for
 * OpenSSL. The same holds for that, but certificates in it that can't be used are passed over. SSL_CERT_DIR isn't read.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_ca_file(struct esa_config *config, const char *ca_file);

/**
 * Sets certificate authorities (PEM text) to trust in place of the ones that are built in.
 *
 * With `esa_config_set_ca_file()` too, both are trusted. `esa_client_new()` fails with `ESA_ERR_CONFIG` where the text
 * holds no certificate.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_ca_pem(struct esa_config *config, const char *ca_pem);

/**
 * Appends the caller's own product, such as "my-agent/1.2", to the User-Agent header.
 *
 * Printable ASCII. Default: ALIBABA_CLOUD_USER_AGENT of the environment.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_user_agent(struct esa_config *config, const char *user_agent);

/**
 * Sets where the library says what it does; without it, it says nothing. See `esa_log_fn`.
 *
 * `level`: the most that is wanted, a value of `esa_log_level`; 0: `ESA_LOG_INFO`. `callback`: NULL for no log. `user_data` is passed to
 * it and must live as long as every client that is made with this configuration; several threads may use it at once.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_log(struct esa_config *config,
                              int32_t level,
                              esa_log_fn callback,
                              void *user_data);

/**
 * Sets how long making one connection may take, in milliseconds: name look-up, TCP and TLS together. Default (0):
 * 5,000.
 *
 * `ESA_UNLIMITED`: as long as the attempt may. Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_connect_timeout(struct esa_config *config, uint32_t connect_timeout_ms);

/**
 * Sets how long one request may take, in milliseconds, connecting included. Default (0): 10,000.
 *
 * `ESA_UNLIMITED`: as long as the call may. Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_attempt_timeout(struct esa_config *config, uint32_t attempt_timeout_ms);

/**
 * Sets how long a whole call may take, in milliseconds, whatever it does. Default (0): 30,000.
 *
 * `ESA_UNLIMITED`: as long as it takes. A busy service can keep a call waiting for ever then, so give such calls an
 * `esa_cancel`. Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_timeout(struct esa_config *config, uint32_t timeout_ms);

/**
 * Sets how many attempts of a call may fail in a row. Default (0): 3.
 *
 * Attempts that are refused because the service is busy with another call of the account don't count: they are made
 * until the call's time limit.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_max_attempts(struct esa_config *config, uint32_t max_attempts);

/**
 * Sets how long a call goes on reading back to find out what a lost request did, in milliseconds. Default (0): 10,000.
 *
 * Once no further attempt is made, the call reads back at once, and then after 0.25, 0.5, 1, 2, 4 s ..., never past its
 * deadline. Lists lag, and requests may be carried out late. If the horizon passes and the outcome is still unknown, the
 * call fails with `ESA_OUTCOME_UNKNOWN`.
 *
 * `ESA_NONE`: the call reads back at once and doesn't wait. `ESA_UNLIMITED`: until its deadline.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_reconcile_horizon(struct esa_config *config,
                                            uint32_t reconcile_horizon_ms);

/**
 * Sets how many of a client's writes may be under way at once: creates, deletes, and actions that take their turn with
 * them. Default (0): 1.
 *
 * The service refuses a routine call of an account while another one runs, so the client's own calls wait for each
 * other, in the order in which they came, within their time limits. `ESA_UNLIMITED`: they don't.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_max_concurrent_writes(struct esa_config *config, uint32_t max_concurrent_writes);

/**
 * Sets how many unused connections a client keeps for later calls: as many for blocking calls, and as many for each
 * multi. Default (0): 64. `ESA_NONE`: it keeps none.
 *
 * HTTP/1.1 has no mark that ties a reply to its request. If a server sends a second or a late reply over a kept
 * connection, just as the next request goes out, it is taken for that request's. If a server or a proxy on the way does
 * so, `ESA_NONE` gives each request a connection of its own, at the price of a handshake.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_max_idle_connections(struct esa_config *config, uint32_t max_idle_connections);

/**
 * Sets how long an unused connection is kept, in milliseconds. Default (0): 5,000.
 *
 * A server that announces a shorter time (`Keep-Alive: timeout=...`) gets no request after that.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_idle_timeout(struct esa_config *config, uint32_t idle_timeout_ms);

/**
 * Makes a client.
 *
 * `config` may be NULL: everything from the environment. It is copied; change or free it afterwards as you like. The
 * environment is read here and never again. Nothing is sent, and no credentials are needed yet. It waits for nothing
 * but the disk: a CA file has to be a plain one, of 4 MiB at most. (If its file system hangs, so does this function.)
 *
 * On success `*client` is set and `*error` is NULL; otherwise the reverse. `error` may be NULL. Release the client with
 * `esa_client_free()`, an error with `esa_error_free()`.
 *
 * Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` where `client` is NULL or a setter was given something unusable, which
 * the message names; `ESA_ERR_CONFIG` where the region is unknown, the endpoint isn't a URL or is plain http to another
 * machine, a proxy isn't one that can be used, or a CA file can't be read.
 */
ESA_NODISCARD
esa_status esa_client_new(const struct esa_config *config,
                          struct esa_client **client,
                          struct esa_error **error)
ESA_NONNULL(client);

/**
 * Releases a client. Calls that run on other threads keep it alive and come to their end. None may be entered with it
 * at the same time, or later.
 *
 * `client` may be NULL. Any thread; each client once.
 */
void esa_client_free(struct esa_client *client);

/**
 * Gets how long a call of the client may take, in milliseconds, unless its options say otherwise.
 *
 * Returns what `esa_config_set_timeout()` set, or its default; `ESA_UNLIMITED` if there is no limit; 0 if `client` is NULL.
 * Any thread.
 */
uint32_t esa_client_timeout(const struct esa_client *client);

/**
 * The name of the provider whose credentials the client uses: "configuration", "callback", "environment", "oidc",
 * "cli_profile", "credentials_file", "ecs_ram_role" or "credentials_uri".
 *
 * "" before the first call that needed credentials, and where `client` is NULL. Returns a static string; don't free it.
 * Any thread.
 */
const char *esa_client_credentials_source(const struct esa_client *client);

/**
 * Tells what `client` has done so far.
 *
 * Fills the fields that `stats->struct_size` says that the caller knows, and that the library does; the others of the
 * caller become 0. The numbers only grow. Any thread, at any time.
 *
 * Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where a pointer is NULL or `struct_size` was never set.
 */
esa_status esa_client_stats(const struct esa_client *client,
                            struct esa_stats *stats)
ESA_NONNULL(client) ESA_NONNULL(stats);

/**
 * Makes an object that can cancel calls; give it to them in `esa_call_options.cancel`.
 *
 * Release it with `esa_cancel_free()`. `error` may be NULL. Any thread.
 *
 * Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` if `cancel` is NULL; `ESA_ERR_DESCRIPTORS` if no file descriptors are
 * left.
 */
ESA_NODISCARD esa_status esa_cancel_new(struct esa_cancel **cancel, struct esa_error **error) ESA_NONNULL(cancel);

/**
 * Cancels every call that was given `cancel`, those that run and those to come.
 *
 * They return `ESA_ERR_CANCELLED` at once, in whatever they wait for. Any thread, any number of times; a signal handler
 * may call it. Does nothing where `cancel` is NULL.
 */
void esa_cancel_trigger(const struct esa_cancel *cancel);

/**
 * Releases `cancel`. Calls that run with it keep it alive and go on, and can't be cancelled any more. None may be
 * entered with it, nor may it be triggered, at the same time or later.
 *
 * `cancel` may be NULL. Any thread; each object once.
 */
void esa_cancel_free(struct esa_cancel *cancel);

/**
 * Makes a multi. Release it with `esa_multi_free()`.
 *
 * It holds three file descriptors, and one for each of its connections. `error` may be NULL.
 *
 * Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` if `multi` is NULL; `ESA_ERR_DESCRIPTORS` if no file descriptors are
 * left.
 */
ESA_NODISCARD esa_status esa_multi_new(struct esa_multi **multi, struct esa_error **error) ESA_NONNULL(multi);

/**
 * Gets the descriptor that the event loop waits for. It stays the same for the multi's whole life.
 *
 * It is readable while `esa_multi_step()` has something to do, which includes the deadline of a call, and while calls that
 * have finished wait for `esa_multi_next_finished()`, until that has returned NULL. Watch it for reading, level-triggered,
 * with epoll, poll, select or any event loop. Don't read from it, and don't close it. Have the loop forget it before
 * `esa_multi_free()`.
 *
 * Returns the descriptor; -1 if `multi` is NULL.
 */
int32_t esa_multi_descriptor(const struct esa_multi *multi);

/**
 * Does what is due now for all calls of a multi, without blocking.
 *
 * Call it when `esa_multi_descriptor()` is readable. Calling it when nothing is due does no harm.
 *
 * Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` if `multi` is NULL, or in a callback of one of its calls;
 * `ESA_ERR_FORKED` in a child of fork(); `ESA_ERR_IO` if the descriptor can't be used, because the program has closed
 * it for instance.
 */
ESA_NODISCARD esa_status esa_multi_step(struct esa_multi *multi) ESA_NONNULL(multi);

/**
 * Gets the next call that has finished. Each call comes once, in the order in which they finished. Ask until it returns
 * NULL: the descriptor stays readable until then.
 *
 * Take its result with its own `_finish` function. `esa_pending_user_data()` says which call it is.
 *
 * Returns the call; NULL if there is none at the moment, if `multi` is NULL, in a callback of one of its calls, and in
 * a child of fork().
 */
struct esa_pending *esa_multi_next_finished(struct esa_multi *multi);

/**
 * Gets the call for which a callback runs, for language runtimes that keep something beside each call.
 *
 * In a `_start` function, it is the call that is being started.
 *
 * Returns the call; NULL outside of callbacks, and if `multi` is NULL.
 */
struct esa_pending *esa_multi_current(const struct esa_multi *multi);

/**
 * Releases a multi, and closes its connections.
 *
 * Cancels the calls that haven't finished. Calls stay to be released: with their `_finish` function, which then
 * returns `ESA_ERR_CANCELLED` and the true outcome of a call that was cancelled, or with `esa_pending_free()`.
 *
 * `multi` may be NULL. Does nothing in a callback of one of its calls. In a child of fork(), closes the descriptors
 * and does nothing else.
 */
void esa_multi_free(struct esa_multi *multi);

/**
 * Gets the `user_data` that a call was started with.
 *
 * Returns NULL if `pending` is NULL.
 */
void *esa_pending_user_data(const struct esa_pending *pending);

/**
 * Cancels a call. It finishes with the next `esa_multi_step()`, and its `_finish` function returns `ESA_ERR_CANCELLED`
 * with its true outcome.
 *
 * A call that has finished stays as it is. To cancel a call from another thread or a signal handler, start it with an
 * `esa_cancel` in its options.
 *
 * `pending` may be NULL. A callback may use this function. Does nothing in a child of fork().
 */
void esa_pending_cancel(struct esa_pending *pending);

/**
 * Releases a call without taking its result.
 *
 * A call that hasn't finished is dropped where it stands: a request that was sent may be carried out, and the library
 * doesn't find out. To know the outcome, cancel the call and take its result.
 *
 * `pending` may be NULL. Does nothing in a callback of a call of its multi.
 */
void esa_pending_free(struct esa_pending *pending);

/**
 * The enumerator's name, such as "ESA_ORIGIN_CREATED", for a value of `esa_origin`.
 *
 * Returns a static string; "" for a value that this version doesn't know. Any thread, at any time.
 */
const char *esa_origin_name(int32_t origin);

/**
 * Creates a record on a site and ties it to a routine, so that requests for the record's name run the routine.
 *
 * Needs the RAM action `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`. A record that
 * exists already is an error. One that this call created is never lost and never doubled: if the service's answer
 * doesn't arrive, or doesn't say what became of the request, the record is read back from the list of the routine's
 * records, again and again until the reconcile horizon (`esa_config_set_reconcile_horizon()`) or the time limit ends.
 * That needs `esa:ListRoutineRelatedRecords` on `*`. If that isn't allowed, the outcome stays unknown.
 *
 * `client` and `request` are required, `options` may be NULL. All are read before anything is sent and can be changed
 * afterwards. On success `*result` is set and `*error` is NULL; otherwise the reverse. `error` may be NULL.
 *
 * Any number of threads may call this with one client. A call returns within the time limit, or at once when it is
 * cancelled; `outcome` of the error then says whether the record may exist.
 *
 * Returns `ESA_OK`, or the kind of failure. Besides the gateway's errors the service documents ten for this
 * operation: `ESA_CODE_INTERNAL_EXCEPTION` to `ESA_CODE_USER_OPERATION_STATUS_IS_LOCKED`.
 */
ESA_NODISCARD
esa_status esa_create_routine_related_record(const struct esa_client *client,
                                             const struct esa_create_routine_related_record_request *request,
                                             const struct esa_call_options *options,
                                             struct esa_create_routine_related_record_result **result,
                                             struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Ensures that a record exists: reads the list first, and creates the record like
 * `esa_create_routine_related_record()` if it isn't there.
 *
 * A record that exists and is tied to this routine gives `ESA_ORIGIN_EXISTING`. It costs a read and no write, so it
 * doesn't wait for other writes of the account. One that is in the way otherwise gives `ESA_ERR_CONFLICT`, after the
 * reconcile horizon: until then it may be one that somebody else has created a moment ago, and that the list doesn't
 * show yet. If `site_id` of the request is 0, the site is the one that the record's name belongs to, found by
 * GetMatchSite.
 *
 * Besides what creating needs, this needs the RAM actions `esa:ListRoutineRelatedRecords` and, for a `site_id` of 0,
 * `esa:GetMatchSite`, both on `*`. Pointers, threads, limits and errors are as there.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_record(const struct esa_client *client,
                                             const struct esa_create_routine_related_record_request *request,
                                             const struct esa_call_options *options,
                                             struct esa_create_routine_related_record_result **result,
                                             struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Starts creating a record on a multi, and returns at once.
 *
 * The call does what `esa_create_routine_related_record()` does. It sends now what it can send without waiting, and
 * goes on in `esa_multi_step()`. `*pending` is the call, until `esa_create_routine_related_record_finish()` or
 * `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
 * `user_data` may be NULL; `esa_pending_user_data()` returns it.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
 * call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
 * set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
 * NULL.
 */
ESA_NODISCARD
esa_status esa_create_routine_related_record_start(struct esa_multi *multi,
                                                   const struct esa_client *client,
                                                   const struct esa_create_routine_related_record_request *request,
                                                   const struct esa_call_options *options,
                                                   void *user_data,
                                                   struct esa_pending **pending,
                                                   struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_create_routine_related_record_start()`
 * started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_create_routine_related_record()` returns, and sets `*result` and `*error` as it does.
 * `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
 * is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
 * fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_create_routine_related_record_finish(struct esa_pending *pending,
                                                    struct esa_create_routine_related_record_result **result,
                                                    struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Starts ensuring a record on a multi, and returns at once.
 *
 * The call does what `esa_ensure_routine_related_record()` does. It sends now what it can send without waiting, and
 * goes on in `esa_multi_step()`. `*pending` is the call, until `esa_ensure_routine_related_record_finish()` or
 * `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
 * `user_data` may be NULL; `esa_pending_user_data()` returns it.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
 * call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
 * set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
 * NULL.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_record_start(struct esa_multi *multi,
                                                   const struct esa_client *client,
                                                   const struct esa_create_routine_related_record_request *request,
                                                   const struct esa_call_options *options,
                                                   void *user_data,
                                                   struct esa_pending **pending,
                                                   struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_ensure_routine_related_record_start()`
 * started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_ensure_routine_related_record()` returns, and sets `*result` and `*error` as it does.
 * `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
 * is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
 * fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_record_finish(struct esa_pending *pending,
                                                    struct esa_create_routine_related_record_result **result,
                                                    struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread; each result once.
 */
void esa_create_routine_related_record_result_free(struct esa_create_routine_related_record_result *result);

/**
 * Ensures many records, each like `esa_ensure_routine_related_record()`, one after the other: the service takes one at a
 * time.
 *
 * The routines' records are listed first, 20 with a request, where that pays, so that what exists already costs a
 * twentieth of a call. One that fails doesn't keep the others from being tried, unless it fails for a reason that all of
 * them share (the credentials, the account): then the rest fail with it, without being sent. Called again with the same
 * records, after it was cancelled for instance, it does what is left to do. For a `site_id` of 0, one record of the name
 * that is tied to the routine is taken for the one.
 *
 * `options` are those of each record; cancelling ends the rest. Pointers and threads are as with
 * `esa_create_routine_related_record()`; every string is read before anything is sent.
 *
 * Returns `ESA_OK` and a result with what came of each record, whether they succeeded or not; the kind of failure where
 * an argument can't be used, and nothing was sent then.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_records(const struct esa_client *client,
                                              const struct esa_ensure_routine_related_records_request *request,
                                              const struct esa_call_options *options,
                                              struct esa_ensure_routine_related_records_result **result,
                                              struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Starts ensuring many records on a multi, and returns at once.
 *
 * The call does what `esa_ensure_routine_related_records()` does. It sends now what it can send without waiting, and
 * goes on in `esa_multi_step()`. `*pending` is the call, until `esa_ensure_routine_related_records_finish()` or
 * `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
 * `user_data` may be NULL; `esa_pending_user_data()` returns it.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
 * call has finished. `progress` runs inside of this function, `esa_multi_step()` and `esa_multi_free()`;
 * `progress_data` has to live until the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
 * set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
 * NULL.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_records_start(struct esa_multi *multi,
                                                    const struct esa_client *client,
                                                    const struct esa_ensure_routine_related_records_request *request,
                                                    const struct esa_call_options *options,
                                                    void *user_data,
                                                    struct esa_pending **pending,
                                                    struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_ensure_routine_related_records_start()`
 * started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_ensure_routine_related_records()` returns, and sets `*result` and `*error` as it does.
 * `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
 * is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
 * fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_records_finish(struct esa_pending *pending,
                                                     struct esa_ensure_routine_related_records_result **result,
                                                     struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result, with the results and errors in it.
 *
 * `result` may be NULL. Any thread; each result once.
 */
void esa_ensure_routine_related_records_result_free(struct esa_ensure_routine_related_records_result *result);

/**
 * Begins to ensure many records; nothing is sent yet. `progress` of the request isn't used.
 *
 * Pointers, errors and limits are as with `esa_ensure_routine_related_records()`; the time limit of the whole begins here.
 * Release it with `esa_bulk_free()`. The client may be released before.
 */
ESA_NODISCARD
esa_status esa_bulk_new(const struct esa_client *client,
                        const struct esa_ensure_routine_related_records_request *request,
                        const struct esa_call_options *options,
                        struct esa_bulk **bulk,
                        struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(bulk);

/**
 * How many records are still to be tried; 0 where `bulk` is NULL, and while a call of it on a multi hasn't finished.
 */
size_t esa_bulk_left(const struct esa_bulk *bulk);

/**
 * Ensures the next record.
 *
 * Returns what `esa_ensure_routine_related_record()` returns for it; `ESA_ERR_INVALID_ARGUMENT` where none is left, and
 * while a call of it on a multi hasn't finished.
 */
ESA_NODISCARD
esa_status esa_bulk_next(struct esa_bulk *bulk,
                         struct esa_create_routine_related_record_result **result,
                         struct esa_error **error)
ESA_NONNULL(bulk) ESA_NONNULL(result);

/**
 * Starts ensuring the next record on a multi, and returns at once.
 *
 * The call does what `esa_bulk_next()` does. It sends now what it can send without waiting, and goes on in
 * `esa_multi_step()`. `*pending` is the call, until `esa_bulk_next_finish()` or `esa_pending_free()` releases it. If
 * it finishes at once, `esa_multi_next_finished()` gives it all the same. `user_data` may be NULL;
 * `esa_pending_user_data()` returns it.
 *
 * One call of a bulk runs at a time. The bulk may be released before the call has finished. If the call is released
 * before it has finished, no record of the bulk is left. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, no record is left, or another call of the bulk
 * hasn't finished, `ESA_ERR_UNSUPPORTED` if the bulk's options have an interrupt, `ESA_ERR_FORKED` in a child of
 * fork(), and `ESA_ERR_IO` if their `cancel` can't be watched. `error` may be NULL.
 */
ESA_NODISCARD
esa_status esa_bulk_next_start(struct esa_multi *multi,
                               struct esa_bulk *bulk,
                               void *user_data,
                               struct esa_pending **pending,
                               struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(bulk) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_bulk_next_start()` started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_bulk_next()` returns, and sets `*result` and `*error` as it does. `ESA_ERR_INVALID_ARGUMENT` takes
 * and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it is a call of another function, or
 * a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_bulk_next_finish(struct esa_pending *pending,
                                struct esa_create_routine_related_record_result **result,
                                struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases `bulk`; records that are left aren't tried.
 *
 * `bulk` may be NULL. Any thread; each object once.
 */
void esa_bulk_free(struct esa_bulk *bulk);

/**
 * Deletes a record, so that it is gone afterwards: a record that doesn't exist (any more) is a success as well.
 *
 * Needs the RAM action `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`; without a record
 * id, and to find out what became of a request whose answer was lost, `esa:ListRoutineRelatedRecords` on `*`.
 *
 * Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`.
 */
ESA_NODISCARD
esa_status esa_delete_routine_related_record(const struct esa_client *client,
                                             const struct esa_delete_routine_related_record_request *request,
                                             const struct esa_call_options *options,
                                             struct esa_delete_routine_related_record_result **result,
                                             struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Starts deleting a record on a multi, and returns at once.
 *
 * The call does what `esa_delete_routine_related_record()` does. It sends now what it can send without waiting, and
 * goes on in `esa_multi_step()`. `*pending` is the call, until `esa_delete_routine_related_record_finish()` or
 * `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
 * `user_data` may be NULL; `esa_pending_user_data()` returns it.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
 * call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
 * set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
 * NULL.
 */
ESA_NODISCARD
esa_status esa_delete_routine_related_record_start(struct esa_multi *multi,
                                                   const struct esa_client *client,
                                                   const struct esa_delete_routine_related_record_request *request,
                                                   const struct esa_call_options *options,
                                                   void *user_data,
                                                   struct esa_pending **pending,
                                                   struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_delete_routine_related_record_start()`
 * started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_delete_routine_related_record()` returns, and sets `*result` and `*error` as it does.
 * `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
 * is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
 * fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_delete_routine_related_record_finish(struct esa_pending *pending,
                                                    struct esa_delete_routine_related_record_result **result,
                                                    struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread; each result once.
 */
void esa_delete_routine_related_record_result_free(struct esa_delete_routine_related_record_result *result);

/**
 * Lists a page of a routine's records.
 *
 * Needs the RAM action `esa:ListRoutineRelatedRecords` on `*`; a policy for one site doesn't cover it.
 *
 * Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`; nothing is changed.
 */
ESA_NODISCARD
esa_status esa_list_routine_related_records(const struct esa_client *client,
                                            const struct esa_list_routine_related_records_request *request,
                                            const struct esa_call_options *options,
                                            struct esa_list_routine_related_records_result **result,
                                            struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Starts listing a page of records on a multi, and returns at once.
 *
 * The call does what `esa_list_routine_related_records()` does. It sends now what it can send without waiting, and
 * goes on in `esa_multi_step()`. `*pending` is the call, until `esa_list_routine_related_records_finish()` or
 * `esa_pending_free()` releases it. If it finishes at once, `esa_multi_next_finished()` gives it all the same.
 * `user_data` may be NULL; `esa_pending_user_data()` returns it.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
 * call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
 * set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
 * NULL.
 */
ESA_NODISCARD
esa_status esa_list_routine_related_records_start(struct esa_multi *multi,
                                                  const struct esa_client *client,
                                                  const struct esa_list_routine_related_records_request *request,
                                                  const struct esa_call_options *options,
                                                  void *user_data,
                                                  struct esa_pending **pending,
                                                  struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_list_routine_related_records_start()`
 * started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_list_routine_related_records()` returns, and sets `*result` and `*error` as it does.
 * `ESA_ERR_INVALID_ARGUMENT` takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it
 * is a call of another function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of
 * fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_list_routine_related_records_finish(struct esa_pending *pending,
                                                   struct esa_list_routine_related_records_result **result,
                                                   struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result, its records and its strings.
 *
 * `result` may be NULL. Any thread; each result once.
 */
void esa_list_routine_related_records_result_free(struct esa_list_routine_related_records_result *result);

/**
 * Gets the account's site whose name is the longest suffix of a record's name.
 *
 * Needs the RAM action `esa:GetMatchSite` on `*`. Where there is no such site, the service refuses with
 * `ESA_CODE_SITE_NOT_FOUND` or its like.
 *
 * Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`; nothing is changed.
 */
ESA_NODISCARD
esa_status esa_get_match_site(const struct esa_client *client,
                              const struct esa_get_match_site_request *request,
                              const struct esa_call_options *options,
                              struct esa_get_match_site_result **result,
                              struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Starts getting a record's site on a multi, and returns at once.
 *
 * The call does what `esa_get_match_site()` does. It sends now what it can send without waiting, and goes on in
 * `esa_multi_step()`. `*pending` is the call, until `esa_get_match_site_finish()` or `esa_pending_free()` releases it.
 * If it finishes at once, `esa_multi_next_finished()` gives it all the same. `user_data` may be NULL;
 * `esa_pending_user_data()` returns it.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
 * call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
 * set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
 * NULL.
 */
ESA_NODISCARD
esa_status esa_get_match_site_start(struct esa_multi *multi,
                                    const struct esa_client *client,
                                    const struct esa_get_match_site_request *request,
                                    const struct esa_call_options *options,
                                    void *user_data,
                                    struct esa_pending **pending,
                                    struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_get_match_site_start()` started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_get_match_site()` returns, and sets `*result` and `*error` as it does. `ESA_ERR_INVALID_ARGUMENT`
 * takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it is a call of another
 * function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_get_match_site_finish(struct esa_pending *pending,
                                     struct esa_get_match_site_result **result,
                                     struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread; each result once.
 */
void esa_get_match_site_result_free(struct esa_get_match_site_result *result);

/**
 * Calls any action of the service, by its name.
 *
 * The library knows ESA's actions: by which method each is sent, which parameters go into the query and which into the
 * form, and whether it changes something. What it doesn't know it sends all the same: an unknown action with POST, an
 * unknown parameter in the query. The service judges what is in them.
 *
 * The reply is handed out as the service wrote it, 8 MiB at most. A success is an HTTP status of 200 to 299 with a JSON
 * object; what that says of itself, such as a `Status`, is the caller's to read.
 *
 * An action that changes nothing is made again when its answer is lost. One that changes something is made again only
 * where nothing was sent, or where the service's code says that nothing has changed: it was busy, for instance. If its
 * answer is lost, the call fails with `ESA_OUTCOME_UNKNOWN` and sends nothing more: read back what it was to change.
 * Actions that the service refuses while another call of the account runs take their turn among the client's writes (see
 * `esa_config_set_max_concurrent_writes()`).
 *
 * Needs the RAM action of its name, such as `esa:CreateRoutine`.
 *
 * Pointers, threads, limits and errors are as with `esa_create_routine_related_record()`. `ESA_ERR_INVALID_ARGUMENT` names
 * the field; `ESA_ERR_RESPONSE` is also an answer that is no JSON object, or larger than 8 MiB.
 */
ESA_NODISCARD
esa_status esa_call_action(const struct esa_client *client,
                           const struct esa_call_action_request *request,
                           const struct esa_call_options *options,
                           struct esa_call_action_result **result,
                           struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Starts an action on a multi, and returns at once.
 *
 * The call does what `esa_call_action()` does. It sends now what it can send without waiting, and goes on in
 * `esa_multi_step()`. `*pending` is the call, until `esa_call_action_finish()` or `esa_pending_free()` releases it.
 * If it finishes at once, `esa_multi_next_finished()` gives it all the same. `user_data` may be NULL;
 * `esa_pending_user_data()` returns it.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied, and the client may be released before the
 * call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure: then no call was started, nothing was sent, and `*pending` is NULL. Its
 * own kinds are `ESA_ERR_INVALID_ARGUMENT` if an argument is invalid, `ESA_ERR_UNSUPPORTED` if `options.interrupt` is
 * set, `ESA_ERR_FORKED` in a child of fork(), and `ESA_ERR_IO` if `options.cancel` can't be watched. `error` may be
 * NULL.
 */
ESA_NODISCARD
esa_status esa_call_action_start(struct esa_multi *multi,
                                 const struct esa_client *client,
                                 const struct esa_call_action_request *request,
                                 const struct esa_call_options *options,
                                 void *user_data,
                                 struct esa_pending **pending,
                                 struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call and releases the call: one that `esa_call_action_start()` started.
 *
 * `pending` has finished if `esa_multi_next_finished()` gave it, or if its multi was released. `error` may be NULL.
 *
 * Returns what `esa_call_action()` returns, and sets `*result` and `*error` as it does. `ESA_ERR_INVALID_ARGUMENT`
 * takes and releases nothing: `result` or `pending` is NULL, the call hasn't finished, it is a call of another
 * function, or a callback of its multi uses this function. `ESA_ERR_FORKED`, in a child of fork(), releases the call.
 */
ESA_NODISCARD
esa_status esa_call_action_finish(struct esa_pending *pending,
                                  struct esa_call_action_result **result,
                                  struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread; each result once.
 */
void esa_call_action_result_free(struct esa_call_action_result *result);

/**
 * Signs any action for somebody else to send, as a client does: with its credentials, endpoint, clock and signature
 * version. A function of the program's own HTTP library can send it; `esa_read_reply()` reads what comes back.
 *
 * Nothing of the action is sent. If the client has no credentials yet, or they have expired, it gets some, which may ask a
 * server. `options` are then the call's: give a `timeout_ms` of 1 to take only what is there or comes from this machine.
 *
 * `options` may be NULL. `request`, `options` and their strings are copied. Any thread. `error` may be NULL.
 *
 * Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT`, which names the field; `ESA_ERR_CREDENTIALS` if there are no credentials, or
 * they didn't come in time; what getting them failed for; `ESA_ERR_CANCELLED`. Nothing was sent in any case.
 */
ESA_NODISCARD
esa_status esa_sign_action(const struct esa_client *client,
                           const struct esa_call_action_request *request,
                           const struct esa_call_options *options,
                           struct esa_signed_request **result,
                           struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Signs any action with what it is given, and nothing else: no client, no environment, no clock. The same arguments give
 * the same request.
 *
 * `options` and `request` and their strings are copied. Any thread, at any time. `error` may be NULL.
 *
 * Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT`, which names the field; `ESA_ERR_CONFIG` if the endpoint can't be used.
 */
ESA_NODISCARD
esa_status esa_sign_with(const struct esa_sign_with_options *options,
                         const struct esa_call_action_request *request,
                         struct esa_signed_request **result,
                         struct esa_error **error)
ESA_NONNULL(options) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Releases a signed request and its strings.
 *
 * `request` may be NULL. Any thread; each request once.
 */
void esa_signed_request_free(struct esa_signed_request *request);

/**
 * Reads a reply that the program received itself: the result, or the error that it stands for.
 *
 * The error is as good as that of a call: its kind, what the request did at the service, whether trying again may help, how
 * long the service asks to wait, and what to do. So a loop of the program's own can do what `esa_call_action()` does: make
 * an action again that changes nothing; make one that changes something again only after `ESA_OUTCOME_REFUSED` and
 * `retryable`; and read back after `ESA_OUTCOME_UNKNOWN`. Sign each attempt again. Where no reply came, a request that was
 * sent in part may have been carried out.
 *
 * It is the outcome of this one request: of the attempts before it, the program knows. `attempts` is 0 in the result and in
 * the error. Texts of the service are handed out on one line, without what it repeats of a signature; other secrets of the
 * program's are not known here.
 *
 * `reply` is copied. Any thread, at any time. `error` may be NULL. Release the result with
 * `esa_call_action_result_free()`.
 *
 * Returns `ESA_OK` for an HTTP status of 200 to 299 with a JSON object; `ESA_ERR_INVALID_ARGUMENT`, which names the field; or
 * the kind of failure that the reply tells.
 */
ESA_NODISCARD
esa_status esa_read_reply(const struct esa_reply *reply,
                          struct esa_call_action_result **result,
                          struct esa_error **error)
ESA_NONNULL(reply) ESA_NONNULL(result);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ESA_H */
