/*
 * libesa: edge-routine records on Alibaba Cloud ESA.
 *
 * Made from the library's sources by cbindgen; don't edit it. The rules that hold throughout:
 *
 * Objects are opaque. A _new function makes an object, and a _free function releases it. Every _free function takes
 * NULL.
 *
 * Any number of threads may use an esa_client or an esa_cancel at once. One thread at a time may use anything else. No
 * object belongs to the thread that made it: another thread may read an error, for example, and release it. (The
 * library keeps nothing for a thread that isn't inside it.)
 *
 * Release an object when no other thread has it any more. A call that runs keeps alive what it uses. So an object may
 * be released while calls run with it, but not while another thread enters a function with it. A call has begun
 * when it runs a function of yours, for example the log's. Nothing else shows whether another thread has entered its
 * call.
 *
 * A call, or a step of one, needs 96 KiB of stack at most. Functions of yours that it runs need their own stack in
 * addition. If pthread_cancel cancels a thread inside the library, the thread ends later: when the call is over and has
 * handed out its result.
 *
 * Strings in are NUL-terminated UTF-8. They are copied before the function returns. Strings out are never NULL (""
 * stands for nothing). They belong to the object or struct that they are in.
 *
 * 0 is the default of every number that you set. ESA_UNLIMITED means no limit. ESA_NONE means none, or no time at all.
 * You can set ESA_NONE only if a comment says so.
 *
 * If compilers can, they warn of three things:
 * - The result of a function marked ESA_NODISCARD is ignored.
 * - An argument that ESA_NONNULL names is a literal NULL.
 * - A function marked ESA_DEPRECATED is used.
 *
 * To have other warnings, define one of these macros before you include the header.
 *
 * Structs that you write begin with their size. Start from their _INIT macro, so that they can grow in later versions.
 * Structs that you read are made by the library and released by their _free function. They too grow only at their end,
 * so never copy one or take its sizeof.
 *
 * A call has one of two results:
 * - It returns ESA_OK, sets *result, and sets *error to NULL.
 * - It returns the kind of failure, sets *result to NULL, and sets *error.
 *
 * If you don't want the error, pass NULL for it.
 *
 * A call blocks until it has ended. An event loop must not wait, so each call also has a _start and a _finish function:
 * see esa_multi.
 *
 * No function prints, exits, installs a signal handler, or changes the environment. One thing ends the process: if no
 * memory is left, it is aborted, as every Rust program is.
 */

#ifndef ESA_H
#define ESA_H

#include <stddef.h>
#include <stdint.h>

/* What compilers warn of, if they can. To have other warnings, define one of these before you include the header. */

/** Marks a function whose result must not be ignored. */
#if !defined(ESA_NODISCARD)
#if (defined(__cplusplus) && __cplusplus >= 201703L) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define ESA_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define ESA_NODISCARD __attribute__((warn_unused_result))
#else
#define ESA_NODISCARD
#endif
#endif

/** Marks a function that refuses NULL for this parameter. It does so at run time: compilers may assume nothing. */
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

/** Marks a function that a later version may lack, and says what to use instead. */
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
 * No limit. Every number that says how many or how long can be this.
 */
#define ESA_UNLIMITED UINT32_MAX

/**
 * None, or no time at all. 0 doesn't mean this: it stands for the default. A number can be this if its comment says
 * so.
 */
#define ESA_NONE (UINT32_MAX - 1)

/**
 * Success, or the kind of failure. The hundreds say where a call failed:
 * - 1xx: on this machine, and mostly before anything was sent. `outcome` of the error says whether a write was sent.
 * - 2xx: no usable answer came.
 * - 3xx: the service refused.
 * - 9xx: the library itself.
 */
enum esa_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The call succeeded.
     */
    ESA_OK = 0,
    /**
     * An argument is missing, malformed or out of range. The message names it.
     */
    ESA_ERR_INVALID_ARGUMENT = 100,
    /**
     * The caller set a field that this version of the library doesn't know, or that the function can't use.
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
     * The lock that the client shares with others can't be used. See `esa_config_set_write_lock()`.
     */
    ESA_ERR_LOCK = 104,
    /**
     * The caller cancelled the call. Check the outcome: the request may have been sent already.
     */
    ESA_ERR_CANCELLED = 110,
    /**
     * The process is a child of fork(), and the call is one of its parent's `esa_multi`. Clients work in the child,
     * with connections of their own.
     */
    ESA_ERR_FORKED = 111,
    /**
     * No file descriptors are left. Check the outcome: a request may have been sent already.
     */
    ESA_ERR_DESCRIPTORS = 112,
    /**
     * The endpoint's name can't be resolved.
     */
    ESA_ERR_DNS = 200,
    /**
     * No connection can be made.
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
     * A time limit passed. Check the outcome: the request may have been sent already.
     */
    ESA_ERR_TIMEOUT = 204,
    /**
     * The connection failed while it was in use.
     */
    ESA_ERR_IO = 205,
    /**
     * The answer isn't one that the service gives: not HTTP, not JSON, too large, ...
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
     * Something that exists already is in the way.
     */
    ESA_ERR_CONFLICT = 304,
    /**
     * A quota is used up.
     */
    ESA_ERR_QUOTA = 305,
    /**
     * Too many requests came in a short time.
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
     * Edge Routine isn't activated for the account.
     */
    ESA_ERR_NOT_ACTIVATED = 309,
    /**
     * The service failed.
     */
    ESA_ERR_SERVER = 310,
    /**
     * The library has a bug. Please report it with the message.
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
 * The outcome of a failed call: what it did at the service. In `esa_error.outcome`.
 */
enum esa_outcome
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No write of the call was sent. Nothing has changed.
     */
    ESA_OUTCOME_NOT_SENT = 0,
    /**
     * The service refused each write that was sent, or a read, with a code that says that nothing has changed.
     */
    ESA_OUTCOME_REFUSED = 1,
    /**
     * A write was sent, and the call couldn't find out in time whether it was carried out, or still will be. No
     * later refusal changes that.
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
 * The service's error code, as a number. In `esa_error.service_code`; `esa_error.code` has the code verbatim.
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
 * The level of a line of the log. The log callback receives the lines of the level that `esa_config_set_log()` sets,
 * and of the levels before it.
 */
enum esa_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The library caught a bug of its own.
     */
    ESA_LOG_ERROR = 1,
    /**
     * Something isn't as it should be, and the call continues. For example: this machine's clock is off, and by how
     * much.
     */
    ESA_LOG_WARN = 2,
    /**
     * What a call decides and what it waits for: another attempt (the error, and the wait in milliseconds), a
     * read-back, other writes, a busy service. New credentials, too.
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
 * The network from which the service is reached. For `esa_config_set_network()`.
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
     * The internet.
     */
    ESA_NETWORK_PUBLIC = 1,
    /**
     * A VPC in the region.
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
 * The way in which requests are signed.
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
 * The origin of a record. In `origin` of a result.
 */
enum esa_origin
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * This call created the record: the service says so.
     */
    ESA_ORIGIN_CREATED = 1,
    /**
     * The record exists: the list shows it, after an answer was lost or incomplete. One of this call's requests may
     * have created it, or somebody else at the same time. The service doesn't say who did.
     */
    ESA_ORIGIN_RECOVERED = 2,
    /**
     * The record existed already.
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
 * The part of a request that a parameter goes into. In `place` of an `esa_parameter`.
 */
enum esa_place
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The part that the action wants. If the library doesn't know the parameter, it goes into the query.
     */
    ESA_PLACE_DEFAULT = 0,
    /**
     * The query of the URL.
     */
    ESA_PLACE_QUERY = 1,
    /**
     * The form, which is the body.
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
 * The effect of an action: whether it changes something. In `effect` of an `esa_call_action_request` and of an
 * `esa_reply`.
 *
 * It decides what a call may do if its answer is lost.
 */
enum esa_effect
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The effect that the library knows. An action that it doesn't know counts as a write.
     */
    ESA_EFFECT_DEFAULT = 0,
    /**
     * The action changes nothing, so it can be repeated at any time.
     */
    ESA_EFFECT_READS = 1,
    /**
     * The action changes something, so it is repeated only if the attempt before changed nothing.
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
 * The result of an `esa_try_acquire_fn`.
 */
enum esa_lock
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Somebody else has the lock. The call asks again later.
     */
    ESA_LOCK_NOT_YET = 0,
    /**
     * The client has the lock, until the library calls the `esa_release_fn`.
     */
    ESA_LOCK_ACQUIRED = 1,
    /**
     * The lock is unavailable: what provides it is down, for example. The call continues without the lock. The library
     * logs a line (`ESA_LOG_WARN`), and asks again after the time of `esa_config_set_write_lock_hold()`.
     */
    ESA_LOCK_WITHOUT = 2,
    /**
     * The lock can't be used, and the call fails with `ESA_ERR_LOCK`. Nothing of this attempt is sent.
     * `esa_lock_fail()` reports why. Any other value counts as this one.
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
 * Records that are ensured one step at a time. One thread at a time may use it.
 *
 * It does what `esa_ensure_routine_related_records()` does, for language runtimes whose programs want an iterator.
 */
typedef struct esa_bulk esa_bulk;

/**
 * An object that cancels the calls that have it in their options, once and for all.
 *
 * Any number of threads may use it at once. It holds a file descriptor, which a fork gives to the child as well.
 * Each of the two processes then also cancels what calls of the other one wait for.
 */
typedef struct esa_cancel esa_cancel;

/**
 * A client of the service, which makes the calls. Any number of threads may use one at once; make one and keep it.
 */
typedef struct esa_client esa_client;

/**
 * The configuration that a client is made with. One thread at a time may use it.
 *
 * A setting that isn't set comes from the environment, or has the default that its setter names.
 *
 * If a setter gets an unusable value, it changes nothing and returns `ESA_ERR_INVALID_ARGUMENT`. `esa_client_new()`
 * then fails as well, with a message that says what was wrong. So it is enough to check there. If the same setter
 * then gets a usable value, that value counts.
 */
typedef struct esa_config esa_config;

/**
 * The object that receives the credentials from an `esa_credentials_fn`. It is valid until that function returns.
 */
typedef struct esa_credentials esa_credentials;

/**
 * Calls that an event loop drives: any number of them, of any number of clients, on one thread, behind one
 * descriptor.
 *
 * Each blocking call has two functions for a multi. For `esa_get_match_site()`, an event loop uses them as follows:
 * - `esa_get_match_site_start()` starts the call and returns at once.
 * - The loop waits until `esa_multi_descriptor()` is readable, and calls `esa_multi_step()`.
 * - `esa_multi_next_finished()` returns the calls that have finished, one by one.
 * - `esa_get_match_site_finish()` takes the result of its call.
 *
 * The call is the same as the blocking one: it has the same limits, attempts, outcomes, waits and log lines.
 *
 * One thread at a time may use a multi and its calls. Other threads may make calls with the same clients meanwhile.
 *
 * Callbacks (log, credentials, progress) run inside the `_start` functions, `esa_multi_step()` and
 * `esa_multi_free()`. They may start and cancel calls of the multi that runs them. `esa_multi_step()`,
 * `esa_multi_next_finished()`, and the `_finish` and `_free` functions refuse to work in a callback. The loop stands
 * still while a callback runs, while credentials files are read, and while a `process_command` is started.
 *
 * In a child of fork(), a multi of the parent can't be used. Functions that return an `esa_status` return
 * `ESA_ERR_FORKED`. `esa_multi_free()` closes the descriptors and does nothing else. Don't wait for the descriptor
 * there. The parent continues as before.
 */
typedef struct esa_multi esa_multi;

/**
 * A call that was started on a multi. It lives until its `_finish` function or `esa_pending_free()` releases it.
 *
 * One thread at a time may use a multi and its calls.
 */
typedef struct esa_pending esa_pending;

/**
 * The error of a failed call: why it failed, what it did, and what to do about it.
 *
 * The library makes it; release it with `esa_error_free()`. Any thread may read it, one at a time, not only the one
 * that made the call. Strings are never NULL ("" stands for nothing) and live as long as the error. No field holds a
 * secret: what the service repeats of the credentials is removed.
 */
typedef struct esa_error {
    /**
     * The kind of failure; the value that the call returned.
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
     * The HTTP status of the reply; 0 if there was no reply.
     */
    int32_t http_status;
    /**
     * How many requests the call sent, or tried to send.
     */
    uint32_t attempts;
    /**
     * How long the service asks to wait before the next attempt, in milliseconds; 0 if it doesn't say.
     */
    uint32_t retry_after_ms;
    /**
     * 1 if the same call may succeed later without a change, else 0. After `ESA_OUTCOME_UNKNOWN`, first read back
     * whether the record exists.
     */
    int32_t retryable;
    /**
     * Reserved: 0.
     */
    uint32_t reserved;
    /**
     * The service's code, verbatim: "Throttling.User", for example.
     */
    const char *code;
    /**
     * What failed: the service's message, or the library's.
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
     * The missing permission, in the service's JSON.
     */
    const char *access_denied_detail;
} esa_error;

/**
 * Tries to acquire the lock that the client shares with other programs or machines. Returns a value of `esa_lock`.
 *
 * It doesn't wait for the lock. If somebody else has it, the function returns `ESA_LOCK_NOT_YET`. The call then asks
 * again after a time between half of `*retry_after_ms` and all of it. `*retry_after_ms` is in milliseconds; 0 stands
 * for 100.
 *
 * It must return soon: nothing else ends it, and the call can't be cancelled meanwhile. `lease_ms` is how long the
 * client holds the lock at most, in milliseconds, or `ESA_UNLIMITED`. A lock that ends by itself must last as long.
 *
 * Runs on the thread of a call that writes, inside the function of the call or inside `esa_multi_step()`. For one
 * client, this function and the `esa_release_fn` run on one thread at a time, but the thread can differ each time.
 * It may make calls with other clients. It must return: no exception, no longjmp.
 */
typedef int32_t (*esa_try_acquire_fn)(void *user_data, uint32_t lease_ms, uint32_t *retry_after_ms);

/**
 * Releases the lock. It is called once for each time that the lock was acquired, in the same process.
 *
 * The lease may be over by then. If somebody else has the lock by then, don't release theirs.
 *
 * Runs as an `esa_try_acquire_fn` does, and also on threads that release a call of an `esa_multi` or an `esa_bulk`.
 */
typedef void (*esa_release_fn)(void *user_data);

/**
 * Provides credentials that are kept elsewhere. It calls `esa_credentials_set()`, or `esa_credentials_fail()` with
 * the reason.
 *
 * Runs on the thread of a call that needs credentials, for one call of a client at a time. The library calls it:
 * - While the client has no valid credentials: in its first call, for example.
 * - From five to six minutes before the credentials expire, or after half of their life if that is later.
 * - Once more when the service says that they have expired.
 *
 * It should return within `timeout_ms` milliseconds, the time that the call has for it (`ESA_UNLIMITED`: no limit).
 * Nothing else ends it, and the call can't be cancelled meanwhile. It may make calls with other clients. It must
 * return: no exception, no longjmp.
 */
typedef void (*esa_credentials_fn)(void *user_data, uint32_t timeout_ms, struct esa_credentials *credentials);

/**
 * A line of the log: its text, and what it is about.
 *
 * The library makes it and releases it. It is valid until the callback returns, with all of its strings, which are
 * never NULL. Later versions may add fields at the end: read the fields that you need, and don't copy the struct.
 *
 * No field holds a secret or a line feed. The fields and the beginning of `message` are stable; the rest of its text
 * may change.
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
     * The number of the call, from 1 on; 0: the line belongs to no call. It counts the calls of all clients of the
     * process. All lines of a call have its number, whatever the call does: read-backs, further attempts,
     * credentials. A bulk is one call; `record_name` distinguishes its lines.
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
     * The whole line, without a line feed: `call CALL: ACTION RECORD_NAME: attempt ATTEMPT: WORDS`. If a field is 0
     * or "", its part is left out.
     */
    const char *message;
    /**
     * The service's action, for example "CreateRoutineRelatedRecord"; "" if the line is about none.
     */
    const char *action;
    /**
     * The name of the record. If the action has no record, the first of these that it has: the search key word, the
     * routine's name, the site's name, the site's id. "" if it has none of them.
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
 * Runs on the thread that makes a call, while it is in the call, and never on another one. `record` is valid until
 * the callback returns. It may call the library. It must return: no exception, no longjmp.
 */
typedef void (*esa_log_fn)(void *user_data, const struct esa_log_record *record);

/**
 * The counts of what a client has done since it was made, by all threads together. Begin with `ESA_STATS_INIT`.
 *
 * In a child of fork(), they include what the parent had done before.
 */
typedef struct esa_stats {
    /**
     * `sizeof(esa_stats)`.
     */
    size_t struct_size;
    /**
     * Calls of the program. Each record of `esa_ensure_routine_related_records()` is one.
     */
    uint64_t calls;
    /**
     * Requests to the service, including read-backs.
     */
    uint64_t attempts;
    /**
     * Requests that were made again after one that failed.
     */
    uint64_t retries;
    /**
     * Records whose answer was lost, and that a read-back found.
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
     * Connections made, including those to servers that provide credentials.
     */
    uint64_t connections_opened;
    /**
     * Requests over a connection that was open already.
     */
    uint64_t connections_reused;
    /**
     * How often the client got credentials from a provider.
     */
    uint64_t credentials_refreshed;
    /**
     * Waits because somebody else had the shared lock.
     */
    uint64_t lock_waits;
    /**
     * How often the client acquired the shared lock.
     */
    uint64_t lock_grants;
    /**
     * Writes that the service refused as busy although the client held the lock. Its lease was over, or somebody
     * writes without the lock.
     */
    uint64_t lock_losses;
} esa_stats;

/**
 * The record to create. Begin with `ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
 */
typedef struct esa_create_routine_related_record_request {
    /**
     * `sizeof(esa_create_routine_related_record_request)`.
     */
    size_t struct_size;
    /**
     * The site's id: 1 or more. `esa_ensure_routine_related_record()` also takes 0, which stands for the site that
     * the record's name belongs to.
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
 * Decides whether a call continues. Returns 0 to continue; any other value cancels the call.
 *
 * The library calls it every 50 ms, and after a signal, while the call waits or reads. It runs on the thread that
 * makes the call. It must return: no exception, no longjmp.
 *
 * It is for language runtimes, which look at signals only on a thread of their own. Other programs use an
 * `esa_cancel`.
 */
typedef int32_t (*esa_interrupt_fn)(void *data);

/**
 * The options of one call: what differs from the client's defaults. Begin with `ESA_CALL_OPTIONS_INIT`.
 */
typedef struct esa_call_options {
    /**
     * `sizeof(esa_call_options)`.
     */
    size_t struct_size;
    /**
     * Cancels the call when it is triggered; may be NULL.
     */
    const struct esa_cancel *cancel;
    /**
     * How long the whole call may take, in milliseconds, or `ESA_UNLIMITED`; 0: as long as the client's
     * configuration says.
     */
    uint32_t timeout_ms;
    /**
     * How many attempts may fail in a row, or `ESA_UNLIMITED`; 0: as many as the client's configuration says.
     */
    uint32_t max_attempts;
    /**
     * Called while the call waits or reads; may be NULL. Calls of an `esa_multi` can't have one.
     */
    esa_interrupt_fn interrupt;
    /**
     * Passed to `interrupt`.
     */
    void *interrupt_data;
} esa_call_options;

/**
 * The record that a call created or ensured. Release it with `esa_create_routine_related_record_result_free()`.
 *
 * Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
 */
typedef struct esa_create_routine_related_record_result {
    /**
     * The record's id; 0 if the service didn't return it.
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
     * The service's status: "OK".
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
 * Receives the result of each record of a call, when the record has been tried.
 *
 * Runs on the thread that makes the call. `done` of `count` records have been tried. The last of them has this
 * `result`; if `result` is NULL, it has this `error`. Both are valid until the callback returns.
 *
 * Returns 0 to continue; any other value cancels the rest. It may call the library. It must return: no exception, no
 * longjmp.
 */
typedef int32_t (*esa_progress_fn)(void *data,
                                   size_t done,
                                   size_t count,
                                   const struct esa_create_routine_related_record_result *result,
                                   const struct esa_error *error);

/**
 * The records to ensure. Begin with `ESA_ENSURE_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
 */
typedef struct esa_ensure_routine_related_records_request {
    /**
     * `sizeof(esa_ensure_routine_related_records_request)`.
     */
    size_t struct_size;
    /**
     * The records: an array of `count`. Each one begins with its own `struct_size`, which is the same in all of them.
     */
    const struct esa_create_routine_related_record_request *items;
    /**
     * How many records the array has.
     */
    size_t count;
    /**
     * How long all records together may take, in milliseconds; 0 or `ESA_UNLIMITED`: no limit. The limit in the
     * call's options is that of each record.
     */
    uint32_t timeout_ms;
    /**
     * Reserved: 0.
     */
    uint32_t reserved;
    /**
     * Called after each record; may be NULL.
     */
    esa_progress_fn progress;
    /**
     * Passed to `progress`.
     */
    void *progress_data;
} esa_ensure_routine_related_records_request;

/**
 * The result or the error of each record, in the order of the request. Release it with
 * `esa_ensure_routine_related_records_result_free()`.
 *
 * Any thread may read it, one at a time.
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
     * The result of each record; NULL if the record failed. If there are no records, the array is NULL. The results
     * belong to this struct.
     */
    const struct esa_create_routine_related_record_result *const *results;
    /**
     * The error of each record; NULL if the record succeeded. If there are no records, the array is NULL. The errors
     * belong to this struct.
     */
    const struct esa_error *const *errors;
} esa_ensure_routine_related_records_result;

/**
 * The record to delete. Begin with `ESA_DELETE_ROUTINE_RELATED_RECORD_REQUEST_INIT`.
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
     * The record's id; 0: the call finds the record by its name.
     */
    int64_t record_id;
} esa_delete_routine_related_record_request;

/**
 * The result of a call that deletes a record. Release it with `esa_delete_routine_related_record_result_free()`.
 *
 * Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
 */
typedef struct esa_delete_routine_related_record_result {
    /**
     * 1 if this call deleted the record, 0 if it was gone already. If an answer was lost, somebody else may have
     * deleted the record at the same time: the service doesn't say who did.
     */
    int32_t deleted;
    /**
     * How many requests to delete the record the call sent.
     */
    uint32_t attempts;
    /**
     * The service's id of the request. It is "" if no request was sent, since the list doesn't have the record, or if
     * the answer was lost.
     */
    const char *request_id;
} esa_delete_routine_related_record_result;

/**
 * The page of a routine's records to list. Begin with `ESA_LIST_ROUTINE_RELATED_RECORDS_REQUEST_INIT`.
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
     * Lists only the records whose names match this key word, by the service's fuzzy match; NULL: all records.
     */
    const char *search_key_word;
    /**
     * The number of the page, from 1 on; 0: the first page.
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
     * The site's name; can be "".
     */
    const char *site_name;
} esa_related_record;

/**
 * A page of a routine's records. Release it with `esa_list_routine_related_records_result_free()`.
 *
 * Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
 */
typedef struct esa_list_routine_related_records_result {
    /**
     * How many records the page has.
     */
    size_t count;
    /**
     * The records: `count` pointers to them. If there are no records, it is NULL.
     */
    const struct esa_related_record *const *records;
    /**
     * How many records all pages have together.
     */
    uint64_t total_count;
    /**
     * 1 if later pages have records, else 0.
     */
    int32_t has_more;
    /**
     * Reserved: 0.
     */
    uint32_t reserved;
    /**
     * The service's id of the request.
     */
    const char *request_id;
} esa_list_routine_related_records_result;

/**
 * The record whose site is wanted. Begin with `ESA_GET_MATCH_SITE_REQUEST_INIT`.
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
 * Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
 */
typedef struct esa_get_match_site_result {
    /**
     * The site's id.
     */
    int64_t site_id;
    /**
     * The site's name, for example "example.com".
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
     * Its name, for example "SiteId" or "Tag.1.Key": ASCII letters, digits, '.', '-', '_' and '~'.
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
     * Reserved: 0.
     */
    int32_t reserved;
} esa_parameter;

/**
 * An action and its parameters. Begin with `ESA_CALL_ACTION_REQUEST_INIT`. Only `action` must be set.
 *
 * A JSON object has one member for each parameter. How a value is sent depends on its type:
 * - A string is sent as it is.
 * - A number is sent as the JSON writes it.
 * - A boolean is sent as `true` or `false`.
 * - null isn't sent: the parameter isn't there.
 * - An object or an array is sent as the action wants it: as the JSON text that it is here, or taken apart into
 *   `Name.1`, `Name.2` (and `Name.1.Key` for objects in an array).
 *
 * A name that occurs twice is refused, wherever it occurs. An action has 1000 parameters at most.
 */
typedef struct esa_call_action_request {
    /**
     * `sizeof(esa_call_action_request)`.
     */
    size_t struct_size;
    /**
     * The service's name for the action, for example "CreateRoutine": 1 to 128 ASCII letters and digits.
     */
    const char *action;
    /**
     * The parameters, as a JSON object; NULL: none. Each parameter goes where the action wants it.
     */
    const char *params;
    /**
     * Parameters that go into the query, whatever the library knows of them, as a JSON object; NULL: none.
     */
    const char *query;
    /**
     * Parameters that go into the form, whatever the library knows of them, as a JSON object; NULL: none.
     */
    const char *form;
    /**
     * Parameters that are sent as they are, in addition to those of the JSON objects; NULL: none.
     */
    const struct esa_parameter *parameters;
    /**
     * How many `parameters` there are.
     */
    size_t parameter_count;
    /**
     * "GET" or "POST"; NULL: as the action wants it. An action that the library doesn't know is sent with POST.
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
     * Reserved: 0.
     */
    int32_t reserved;
} esa_call_action_request;

/**
 * The reply to an action. Release it with `esa_call_action_result_free()`.
 *
 * Any thread may read it, one at a time. Strings are never NULL and live as long as the result.
 */
typedef struct esa_call_action_result {
    /**
     * The JSON object of the service's answer, as the service wrote it: UTF-8, followed by a NUL. Nothing is removed
     * from it.
     */
    const char *body;
    /**
     * How many bytes `body` has, without the NUL.
     */
    size_t body_length;
    /**
     * The service's id of the request.
     */
    const char *request_id;
    /**
     * How many requests the call sent. `body` answers the last of them. 0 if `esa_read_reply()` made the result.
     */
    uint32_t attempts;
    /**
     * The HTTP status of the reply: 200 to 299.
     */
    int32_t http_status;
} esa_call_action_result;

/**
 * An HTTP header.
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
 * A signed request, ready to be sent once, by any HTTP library. Release it with `esa_signed_request_free()`.
 *
 * Send it as it is: the method, the URL, all headers and the body. The sender adds what else HTTP needs, for example
 * Content-Length. Use TLS, unless the URL says http. Follow no redirects. The service accepts the request within 15
 * minutes, and once: sign each attempt again.
 *
 * Any thread may read it, one at a time. Strings are never NULL and live as long as the request. The headers hold
 * the signature and the security token; with signature version 1, the URL does. Keep them out of logs.
 */
typedef struct esa_signed_request {
    /**
     * "GET" or "POST".
     */
    const char *method;
    /**
     * The whole URL, for example "https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7".
     */
    const char *url;
    /**
     * The headers, with names in lower case. "host" is one of them.
     */
    const struct esa_header *headers;
    /**
     * How many `headers` there are.
     */
    size_t header_count;
    /**
     * The body, a form, followed by a NUL; "" if the request has no body. A GET may have one.
     */
    const char *body;
    /**
     * How many bytes `body` has, without the NUL.
     */
    size_t body_length;
} esa_signed_request;

/**
 * The values that `esa_sign_with()` signs with. Begin with `ESA_SIGN_WITH_OPTIONS_INIT`.
 */
typedef struct esa_sign_with_options {
    /**
     * `sizeof(esa_sign_with_options)`.
     */
    size_t struct_size;
    /**
     * The access key's id: printable ASCII, like the next two.
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
     * The server: "host", "host:port" or "https://host:port"; NULL: the endpoint of cn-hangzhou.
     */
    const char *endpoint;
    /**
     * The nonce: 1 to 64 characters of printable ASCII that no other request has.
     */
    const char *nonce;
    /**
     * When the request is sent, in seconds since 1970 (UTC): 1 or more. The service accepts a time that is off by
     * less than 15 minutes.
     */
    int64_t date;
    /**
     * The way to sign: a value of `esa_signature_version`.
     */
    int32_t signature_version;
    /**
     * Reserved: 0.
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
     * The action that was called, for example "CreateRoutine"; NULL: an action that the library doesn't know.
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
     * The headers, in any order and case; NULL: none. Without them, an error lacks what they say: how long to wait,
     * for example.
     */
    const struct esa_header *headers;
    /**
     * How many `headers` there are.
     */
    size_t header_count;
    /**
     * The body, without transfer and content codings; NULL: none.
     */
    const char *body;
    /**
     * How many bytes `body` has.
     */
    size_t body_length;
} esa_reply;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Gets the revision of the binary interface that the loaded library has. See `ESA_ABI_VERSION`.
 *
 * Returns the revision. Any thread may call this, at any time.
 */
uint32_t esa_abi_version(void);

/**
 * Gets the library's version: "0.1.0", for example.
 *
 * Returns a static string; don't free it. Any thread may call this, at any time.
 */
const char *esa_version(void);

/**
 * Gets the enumerator's name for a value of `esa_status`: "ESA_ERR_TIMEOUT", for example.
 *
 * Returns a static string; don't free it. It is "" for a value that this version doesn't know. Any thread may call
 * this, at any time.
 */
const char *esa_status_name(int32_t status);

/**
 * Gets the enumerator's name for a value of `esa_outcome`: "ESA_OUTCOME_UNKNOWN", for example.
 *
 * Returns a static string; don't free it. It is "" for a value that this version doesn't know. Any thread may call
 * this, at any time.
 */
const char *esa_outcome_name(int32_t outcome);

/**
 * Gets the service's own code for a value of `esa_service_code`: "UserOperationStatusIsLocked", for example.
 *
 * Returns a static string; don't free it. It is "" for `ESA_CODE_NONE`, `ESA_CODE_OTHER` and values that this
 * version doesn't know. If an error has an unknown code, `esa_error.code` has it verbatim. Any thread may call this,
 * at any time.
 */
const char *esa_service_code_name(int32_t service_code);

/**
 * Gets the advice for a value of `esa_service_code`: what to do about the error, in a sentence.
 *
 * Returns a static string; don't free it. It is "" if there is no advice. Any thread may call this, at any time.
 */
const char *esa_service_code_advice(int32_t service_code);

/**
 * Releases an error and its strings.
 *
 * `error` may be NULL. Any thread may call this, once for each error.
 */
void esa_error_free(struct esa_error *error);

/**
 * Provides the credentials. Call it in an `esa_credentials_fn` only.
 *
 * The strings are copied. They are ASCII without blanks or control characters. `security_token` is the token of
 * temporary credentials of STS; for others, it is NULL. `expires_at` is when the credentials expire, in seconds
 * since 1970 (UTC); 0: when the service no longer accepts them.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`. The error of the call that needs the credentials then says more.
 */
esa_status esa_credentials_set(struct esa_credentials *credentials,
                               const char *access_key_id,
                               const char *access_key_secret,
                               const char *security_token,
                               int64_t expires_at);

/**
 * Reports why there are no credentials. Call it in an `esa_credentials_fn` only.
 *
 * `reason` becomes part of the error of the call that needs the credentials, so it must hold no secret. It is
 * copied; NULL: no reason.
 */
void esa_credentials_fail(struct esa_credentials *credentials, const char *reason);

/**
 * Reports why the lock can't be used. Call it on the thread of an `esa_try_acquire_fn`, before that function
 * returns.
 *
 * `reason` becomes part of the message of the call's error, so it must hold no secret. It is copied; NULL: no
 * reason.
 *
 * Returns `ESA_LOCK_FAILED`, for the function to return.
 */
int32_t esa_lock_fail(const char *reason);

/**
 * Sets a lock that the client shares with other programs or machines which write to the same account. Their writes
 * then wait for each other instead of being refused. See `esa_try_acquire_fn` and `esa_release_fn`.
 *
 * A write of a call waits for the lock until the call's time limit, and holds it while it is under way. The lock
 * then passes on in the client, without being released:
 * - To its other writes that wait by then.
 * - From record to record of an `esa_bulk` or of `esa_ensure_routine_related_records()`, if the program comes for
 *   the next record at once.
 *
 * When the client has held the lock as long as `esa_config_set_write_lock_hold()` says, it releases the lock, so
 * that others get it. No call holds the lock while it waits for something else.
 *
 * The library has no thread that could release the lock. Two things keep it until they continue, or until the lease
 * ends:
 * - A bulk whose program pauses for the first time.
 * - A multi that isn't stepped.
 *
 * The lock is for order alone. If it was lost, or if others write without it, writes are refused as busy and made
 * again, as without a lock.
 *
 * This setter and `esa_config_set_write_lock_file()` replace each other: the last one counts. If both functions are
 * NULL, there is no lock, which is the default.
 *
 * `user_data` is passed to both functions. It must live as long as every client that is made with this
 * configuration, and their calls and bulks. Several clients may use it at once.
 *
 * In a child of fork(), the client doesn't hold what its parent holds. It asks for the lock itself.
 *
 * Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` if `config` is NULL, or if only one of the functions is NULL.
 */
esa_status esa_config_set_write_lock(struct esa_config *config,
                                     esa_try_acquire_fn try_acquire,
                                     esa_release_fn release,
                                     void *user_data);

/**
 * Sets a file as the lock that the client shares with the other programs of this host. See
 * `esa_config_set_write_lock()`.
 *
 * Clients with the same file hold it one after the other. If the file is missing, it is created, for its owner
 * alone. Nothing is ever written to it, and it isn't removed. The kernel unlocks it when a process ends, in whatever
 * way. A child of fork() doesn't hold it. The file should be on a local file system (flock). If it can't be opened,
 * writes fail with `ESA_ERR_LOCK`.
 *
 * A file has no lease. So a bulk releases it after each record. A multi that isn't stepped keeps it while a write of
 * its calls is under way or waits. While others want it, a client holds it for 50 ms at a time.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_write_lock_file(struct esa_config *config, const char *path);

/**
 * Sets how long the client holds the shared lock for further writes, in milliseconds, before it lets others in.
 * Default (0): 2,000.
 *
 * `ESA_NONE`: the client releases the lock after each write.
 *
 * A longer time wastes less between holders; a shorter one makes each of them wait less. No new write begins after
 * that time. The lease is longer by one attempt (`esa_config_set_attempt_timeout()`) and a second.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_write_lock_hold(struct esa_config *config, uint32_t hold_ms);

/**
 * Makes a configuration with all defaults. Release it with `esa_config_free()`.
 *
 * Returns the configuration; NULL only if the library has a bug.
 */
ESA_NODISCARD struct esa_config *esa_config_new(void);

/**
 * Releases a configuration. Clients that were made with it continue to work.
 *
 * `config` may be NULL. Any thread may call this, once for each configuration.
 */
void esa_config_free(struct esa_config *config);

/**
 * Sets the credentials.
 *
 * `security_token` is the token of temporary credentials of STS; for others, it is NULL. All three strings are ASCII
 * without blanks or control characters.
 *
 * Default: the library looks for credentials as the official SDKs do, when a call needs them. It asks these sources
 * in this order. The first one that has credentials is used, and from then on no other:
 * - The environment (ALIBABA_CLOUD_ACCESS_KEY_ID, ...).
 * - OIDC (ALIBABA_CLOUD_OIDC_TOKEN_FILE, ...).
 * - A profile of the command line (~/.aliyun/config.json).
 * - The credentials file (~/.alibabacloud/credentials).
 * - The role of the ECS instance.
 * - ALIBABA_CLOUD_CREDENTIALS_URI.
 *
 * If a variable names a source and that source has no credentials, the call fails and asks no further source.
 * Temporary credentials are renewed before they expire.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_credentials(struct esa_config *config,
                                      const char *access_key_id,
                                      const char *access_key_secret,
                                      const char *security_token);

/**
 * Sets a function that provides the credentials, for secrets that are kept elsewhere. See `esa_credentials_fn`.
 *
 * If `callback` is NULL, nothing changes. This setter and `esa_config_set_credentials()` replace each other: the
 * last one counts.
 *
 * `user_data` is passed to the callback. It must live as long as every client that is made with this configuration.
 * Calls of several clients may run the callback on several threads at once.
 *
 * Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` if `config` is NULL.
 */
esa_status esa_config_set_credentials_provider(struct esa_config *config, esa_credentials_fn callback, void *user_data);

/**
 * Sets the region. The account decides which one, not the place:
 * - "cn-hangzhou" for accounts of the China site.
 * - "ap-southeast-1" for international accounts.
 *
 * Default: ALIBABA_CLOUD_REGION_ID of the environment, else "cn-hangzhou". Any other region needs an endpoint;
 * without one, `esa_client_new()` fails with `ESA_ERR_CONFIG`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_region(struct esa_config *config, const char *region);

/**
 * Sets the endpoint, in place of the region's: "host", "host:port" or "https://host:port".
 *
 * "http://..." is accepted for this machine only (localhost, 127.0.0.0/8, [::1]).
 *
 * Default: ESA_ENDPOINT of the environment, else the region's endpoint. If the endpoint isn't usable, or
 * ESA_ENDPOINT is set and empty, `esa_client_new()` fails with `ESA_ERR_CONFIG`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_endpoint(struct esa_config *config, const char *endpoint);

/**
 * Sets the network from which the service is reached: a value of `esa_network`.
 *
 * The network selects the region's endpoint. An endpoint of `esa_config_set_endpoint()` or ESA_ENDPOINT stays as it
 * is.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_network(struct esa_config *config, int32_t network);

/**
 * Sets the proxy. It has one of these forms:
 * - "http://user:password@host:port", or "host:port": an HTTP proxy, by CONNECT.
 * - "socks5://...": a SOCKS 5 proxy; this machine resolves the endpoint's name.
 * - "socks5h://...": a SOCKS 5 proxy; the proxy resolves the endpoint's name.
 * - "": no proxy.
 *
 * Default: HTTPS_PROXY, HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY of the environment, in upper case or
 * else in lower case. The default isn't used for this machine (localhost, 127.0.0.0/8, [::1]).
 *
 * Two kinds of requests use no proxy at all: plain http to this machine, and requests for instance metadata. If a
 * proxy can't be used, wherever it comes from, `esa_client_new()` fails with `ESA_ERR_CONFIG`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_proxy(struct esa_config *config, const char *proxy);

/**
 * Sets how requests are signed: a value of `esa_signature_version`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_signature_version(struct esa_config *config, int32_t signature_version);

/**
 * Sets a file of certificate authorities (PEM) to trust instead of the built-in ones.
 *
 * `esa_client_new()` reads the file. It fails with `ESA_ERR_CONFIG` if the file isn't a plain file, can't be read,
 * or holds no certificate.
 *
 * Default, if no PEM text is set either: the file that SSL_CERT_FILE of the environment names, as for OpenSSL. The
 * same rules hold for that file, but unusable certificates in it are skipped. SSL_CERT_DIR isn't read.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_ca_file(struct esa_config *config, const char *ca_file);

/**
 * Sets certificate authorities (PEM text) to trust instead of the built-in ones.
 *
 * If `esa_config_set_ca_file()` is used too, both are trusted. If the text holds no certificate, `esa_client_new()`
 * fails with `ESA_ERR_CONFIG`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_ca_pem(struct esa_config *config, const char *ca_pem);

/**
 * Appends the caller's own product to the User-Agent header: "my-agent/1.2", for example.
 *
 * The product is printable ASCII. Default: ALIBABA_CLOUD_USER_AGENT of the environment.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_user_agent(struct esa_config *config, const char *user_agent);

/**
 * Sets the callback that receives the log. Without one, the library logs nothing. See `esa_log_fn`.
 *
 * `level` is the most detailed level that is logged, a value of `esa_log_level`; 0: `ESA_LOG_INFO`. If `callback` is
 * NULL, nothing is logged.
 *
 * `user_data` is passed to the callback. It must live as long as every client that is made with this configuration.
 * The callback may run on several threads at once.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_log(struct esa_config *config, int32_t level, esa_log_fn callback, void *user_data);

/**
 * Sets how long it may take to make one connection, in milliseconds: name look-up, TCP and TLS together. Default
 * (0): 5,000.
 *
 * `ESA_UNLIMITED`: as long as the attempt may take.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_connect_timeout(struct esa_config *config, uint32_t connect_timeout_ms);

/**
 * Sets how long one request may take, in milliseconds, including the connection. Default (0): 10,000.
 *
 * `ESA_UNLIMITED`: as long as the call may take.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_attempt_timeout(struct esa_config *config, uint32_t attempt_timeout_ms);

/**
 * Sets how long a whole call may take, in milliseconds, whatever it does. Default (0): 30,000.
 *
 * `ESA_UNLIMITED`: as long as it takes. A busy service can then keep a call waiting for ever, so give the call an
 * `esa_cancel`.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_timeout(struct esa_config *config, uint32_t timeout_ms);

/**
 * Sets how many attempts of a call may fail in a row. Default (0): 3.
 *
 * If the service refuses an attempt because it is busy with another call of the account, the attempt doesn't count.
 * The call repeats it until its time limit.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_max_attempts(struct esa_config *config, uint32_t max_attempts);

/**
 * Sets how long a call reads back to find out what a lost request did, in milliseconds. Default (0): 10,000.
 *
 * When no further attempt is made, the call reads back at once, and then after 0.25, 0.5, 1, 2, 4 s ... It never
 * passes its deadline. Lists lag, and requests can be carried out late. If the horizon passes and the outcome is
 * still unknown, the call fails with `ESA_OUTCOME_UNKNOWN`.
 *
 * `ESA_NONE`: the call reads back at once and doesn't wait. `ESA_UNLIMITED`: until its deadline.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_reconcile_horizon(struct esa_config *config, uint32_t reconcile_horizon_ms);

/**
 * Sets how many of a client's writes may be under way at once. Default (0): 1.
 *
 * Writes are creates, deletes, and the actions that share this write limit (see `esa_call_action()`). The service
 * refuses a routine call of an account while another one runs. So the client's own calls wait for each other, in the
 * order in which they came, within their time limits.
 *
 * `ESA_UNLIMITED`: they don't wait.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_max_concurrent_writes(struct esa_config *config, uint32_t max_concurrent_writes);

/**
 * Sets how many idle connections a client keeps for later calls. Default (0): 64.
 *
 * The number holds for all blocking calls together, and again for each multi. `ESA_NONE`: it keeps none.
 *
 * HTTP/1.1 has no mark that ties a reply to its request. A server can send a second or a late reply over a pooled
 * connection, just as the next request goes out. The library then takes it for the reply to that request. If a
 * server or a proxy on the way does so, set `ESA_NONE`. Each request then has a connection of its own, at the price
 * of a handshake.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_max_idle_connections(struct esa_config *config, uint32_t max_idle_connections);

/**
 * Sets how long an idle connection is kept, in milliseconds. Default (0): 5,000.
 *
 * If a server announces a shorter time (`Keep-Alive: timeout=...`), the connection gets no request after that time.
 *
 * Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
 */
esa_status esa_config_set_idle_timeout(struct esa_config *config, uint32_t idle_timeout_ms);

/**
 * Makes a client.
 *
 * If `config` is NULL, everything comes from the environment. The configuration is copied, and can be changed or
 * released afterwards. The environment is read here and never again.
 *
 * Nothing is sent, and no credentials are needed yet. The function waits for nothing but the disk: a CA file must be
 * a plain file of 4 MiB at most. (If its file system hangs, so does this function.)
 *
 * On success, `*client` is set and `*error` is NULL. On failure, `*error` is set and `*client` is NULL. `error` may
 * be NULL. Release the client with `esa_client_free()`, and an error with `esa_error_free()`.
 *
 * Returns `ESA_OK`, or the kind of failure:
 * - `ESA_ERR_INVALID_ARGUMENT`: `client` is NULL, or a setter got an unusable value, which the message names.
 * - `ESA_ERR_CONFIG`: the region is unknown and no endpoint is set, or the endpoint, a proxy or a CA file can't be
 *   used. An endpoint can't be used if it isn't a URL, or if it is plain http to another machine.
 */
ESA_NODISCARD
esa_status esa_client_new(const struct esa_config *config,
                          struct esa_client **client,
                          struct esa_error **error)
ESA_NONNULL(client);

/**
 * Releases a client. Calls that run on other threads keep it alive and end as usual. No call may be entered with it
 * at the same time, or later.
 *
 * `client` may be NULL. Any thread may call this, once for each client.
 */
void esa_client_free(struct esa_client *client);

/**
 * Gets how long a call of the client may take, in milliseconds, if its options don't set another limit.
 *
 * Returns what `esa_config_set_timeout()` set, or its default. It is `ESA_UNLIMITED` if there is no limit, and 0 if
 * `client` is NULL. Any thread may call this.
 */
uint32_t esa_client_timeout(const struct esa_client *client);

/**
 * Gets the name of the provider whose credentials the client uses.
 *
 * The names are "configuration", "callback", "environment", "oidc", "cli_profile", "credentials_file",
 * "ecs_ram_role" and "credentials_uri".
 *
 * Returns a static string; don't free it. It is "" before the first call that needed credentials, and if `client` is
 * NULL. Any thread may call this.
 */
const char *esa_client_credentials_source(const struct esa_client *client);

/**
 * Gets the counts of what a client has done so far.
 *
 * The function fills the fields that both the caller's struct (`stats->struct_size`) and the library have. The other
 * fields of the caller become 0. The counts only grow. Any thread may call this, at any time.
 *
 * Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` if a pointer is NULL or `struct_size` was never set.
 */
esa_status esa_client_stats(const struct esa_client *client,
                            struct esa_stats *stats)
ESA_NONNULL(client) ESA_NONNULL(stats);

/**
 * Makes an object that can cancel calls. Give it to them in `esa_call_options.cancel`.
 *
 * Release it with `esa_cancel_free()`. `error` may be NULL. Any thread may call this.
 *
 * Returns `ESA_OK`, or the kind of failure:
 * - `ESA_ERR_INVALID_ARGUMENT`: `cancel` is NULL.
 * - `ESA_ERR_DESCRIPTORS`: no file descriptors are left.
 */
ESA_NODISCARD esa_status esa_cancel_new(struct esa_cancel **cancel, struct esa_error **error) ESA_NONNULL(cancel);

/**
 * Cancels every call that has `cancel` in its options: those that run, and those to come.
 *
 * The calls return `ESA_ERR_CANCELLED` at once, whatever they wait for. `cancel` may be NULL. Any thread may call
 * this, any number of times; a signal handler may call it too.
 */
void esa_cancel_trigger(const struct esa_cancel *cancel);

/**
 * Releases an object that can cancel calls. Calls that run with it keep it alive and continue, but it can't cancel
 * them any more.
 *
 * No call may be entered with it, and nobody may trigger it, at the same time or later. `cancel` may be NULL. Any
 * thread may call this, once for each object.
 */
void esa_cancel_free(struct esa_cancel *cancel);

/**
 * Makes a multi. Release it with `esa_multi_free()`.
 *
 * It holds three file descriptors, and one for each of its connections. `error` may be NULL.
 *
 * Returns `ESA_OK`, or the kind of failure:
 * - `ESA_ERR_INVALID_ARGUMENT`: `multi` is NULL.
 * - `ESA_ERR_DESCRIPTORS`: no file descriptors are left.
 */
ESA_NODISCARD esa_status esa_multi_new(struct esa_multi **multi, struct esa_error **error) ESA_NONNULL(multi);

/**
 * Gets the descriptor that the event loop waits for. It stays the same for the multi's whole life.
 *
 * The descriptor is readable in two cases:
 * - `esa_multi_step()` has something to do. The deadline of a call counts too.
 * - Calls have finished and wait for `esa_multi_next_finished()`. This ends when that function has returned NULL.
 *
 * Watch it for reading, level-triggered, with epoll, poll, select or any event loop. Don't read from it, and don't
 * close it. Remove it from the loop before `esa_multi_free()`.
 *
 * Returns the descriptor; -1 if `multi` is NULL.
 */
int32_t esa_multi_descriptor(const struct esa_multi *multi);

/**
 * Does what is due now for all calls of a multi, without blocking.
 *
 * Call it when `esa_multi_descriptor()` is readable. If nothing is due, it does no harm.
 *
 * Returns `ESA_OK`, or the kind of failure:
 * - `ESA_ERR_INVALID_ARGUMENT`: `multi` is NULL, or a callback of one of its calls uses this function.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: the descriptor can't be used. The program has closed it, for example.
 */
ESA_NODISCARD esa_status esa_multi_step(struct esa_multi *multi) ESA_NONNULL(multi);

/**
 * Gets the next call that has finished. Each call comes once, in the order in which they finished.
 *
 * Ask until it returns NULL: the descriptor stays readable until then. Take the result of a call with its own
 * `_finish` function. `esa_pending_user_data()` identifies the call.
 *
 * Returns the call, or NULL in these cases:
 * - No call waits at the moment.
 * - `multi` is NULL.
 * - A callback of one of its calls uses this function.
 * - The process is a child of fork(), and `multi` is its parent's.
 */
struct esa_pending *esa_multi_next_finished(struct esa_multi *multi);

/**
 * Gets the call for which a callback runs. It is for language runtimes that keep something beside each call.
 *
 * In a `_start` function, it is the call that is being started.
 *
 * Returns the call; NULL outside of callbacks, and if `multi` is NULL.
 */
struct esa_pending *esa_multi_current(const struct esa_multi *multi);

/**
 * Releases a multi, and closes its connections.
 *
 * It cancels the calls that haven't finished. The calls themselves must still be released: with their `_finish`
 * function, or with `esa_pending_free()`. If a call was cancelled, its `_finish` function returns
 * `ESA_ERR_CANCELLED` and the true outcome.
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
 * Cancels a call. The call finishes with the next `esa_multi_step()`, and its `_finish` function returns
 * `ESA_ERR_CANCELLED` and the true outcome.
 *
 * A call that has finished stays as it is. To cancel a call from another thread or a signal handler, start it with
 * an `esa_cancel` in its options.
 *
 * `pending` may be NULL. A callback may use this function. Does nothing in a child of fork().
 */
void esa_pending_cancel(struct esa_pending *pending);

/**
 * Releases a call without taking its result.
 *
 * A call that hasn't finished stops at once. A request that it sent may be carried out, and the library doesn't find
 * out. To know the outcome, cancel the call and take its result.
 *
 * `pending` may be NULL. Does nothing in a callback of a call of its multi.
 */
void esa_pending_free(struct esa_pending *pending);

/**
 * Gets the enumerator's name for a value of `esa_origin`: "ESA_ORIGIN_CREATED", for example.
 *
 * Returns a static string; don't free it. It is "" for a value that this version doesn't know. Any thread may call
 * this, at any time.
 */
const char *esa_origin_name(int32_t origin);

/**
 * Creates a record on a site and ties it to a routine. Requests for the record's name then run the routine.
 *
 * If the record exists already, the call fails. A record that the call creates is never lost and never created
 * twice. The service's answer can be lost, or not say what happened to the request. The call then reads the record
 * back from the list of the routine's records. It repeats the read-back until the reconcile horizon
 * (`esa_config_set_reconcile_horizon()`) or the time limit ends.
 *
 * The call needs these RAM actions:
 * - `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.
 * - `esa:ListRoutineRelatedRecords` on `*`, to read back. Without it, the outcome stays unknown if the answer is lost.
 *
 * `client` and `request` are required; `options` and `error` may be NULL. The call reads its arguments before it
 * sends anything; they can be changed afterwards. On success, `*result` is set and `*error` is NULL. On failure,
 * `*error` is set and `*result` is NULL.
 *
 * Any number of threads may call this with one client at once. A call returns within the time limit, or at once when
 * it is cancelled. The error's `outcome` then says whether the record may exist.
 *
 * Returns `ESA_OK`, or the kind of failure. Besides the gateway's errors, the service documents ten codes for this
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
 * Ensures that a record exists. The call reads the list first. If the record isn't there, it creates the record as
 * `esa_create_routine_related_record()` does.
 *
 * These cases differ from creating:
 * - The record exists and is tied to this routine: `origin` of the result is `ESA_ORIGIN_EXISTING`. This costs one
 *   read and no write, so the call doesn't wait for other writes of the account.
 * - Another record is in the way: the call fails with `ESA_ERR_CONFLICT`, after the reconcile horizon. Until then,
 *   it can be a record that somebody else created a moment ago, and that the list doesn't show yet.
 * - `site_id` of the request is 0: the site is the one that the record's name belongs to. The call finds it by
 *   GetMatchSite.
 *
 * The call needs the RAM actions of `esa_create_routine_related_record()`, and always the one for the list. If
 * `site_id` is 0, it also needs `esa:GetMatchSite` on `*`.
 *
 * Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
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
 * The call does what `esa_create_routine_related_record()` does. It sends at once what it can send without waiting,
 * and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_create_routine_related_record_finish()` takes the call's result and releases the
 * call; `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be
 * NULL.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
 * before the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
 * - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `options.cancel` can't be watched.
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
 * Takes the result of a finished call that `esa_create_routine_related_record_start()` started, and releases the
 * call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_create_routine_related_record()` returns, and sets `*result` and `*error` as it does. Two kinds
 * are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_create_routine_related_record_finish(struct esa_pending *pending,
                                                    struct esa_create_routine_related_record_result **result,
                                                    struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Starts ensuring a record on a multi, and returns at once.
 *
 * The call does what `esa_ensure_routine_related_record()` does. It sends at once what it can send without waiting,
 * and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_ensure_routine_related_record_finish()` takes the call's result and releases the
 * call; `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be
 * NULL.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
 * before the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
 * - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `options.cancel` can't be watched.
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
 * Takes the result of a finished call that `esa_ensure_routine_related_record_start()` started, and releases the
 * call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_ensure_routine_related_record()` returns, and sets `*result` and `*error` as it does. Two kinds
 * are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_record_finish(struct esa_pending *pending,
                                                    struct esa_create_routine_related_record_result **result,
                                                    struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread may call this, once for each result.
 */
void esa_create_routine_related_record_result_free(struct esa_create_routine_related_record_result *result);

/**
 * Ensures many records, one after the other, each as `esa_ensure_routine_related_record()` does. The service takes
 * one at a time.
 *
 * The call first lists the records of the routines, 20 with a request, if that saves requests. A record that exists
 * already then costs a twentieth of a request. If a `site_id` is 0 and the list shows the record's name on one site
 * only, that record is taken. Otherwise, GetMatchSite finds the site.
 *
 * If one record fails, the others are still tried. If it fails for a reason that all records share (the credentials,
 * the account), the rest fail with it and aren't sent. To do what is left, for example after the call was cancelled,
 * call it again with the same records.
 *
 * `options` are those of each record. Cancelling ends the rest. Pointers and threads are as for
 * `esa_create_routine_related_record()`. Every string is read before anything is sent.
 *
 * Returns `ESA_OK`, whether the records succeeded or not. `*result` then has the result or the error of each record.
 * If an argument can't be used, returns the kind of failure, and nothing was sent.
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
 * The call does what `esa_ensure_routine_related_records()` does. It sends at once what it can send without waiting,
 * and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_ensure_routine_related_records_finish()` takes the call's result and releases the
 * call; `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be
 * NULL.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
 * before the call has finished. `progress` runs inside this function, `esa_multi_step()` and `esa_multi_free()`.
 * `progress_data` must live until the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
 * - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `options.cancel` can't be watched.
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
 * Takes the result of a finished call that `esa_ensure_routine_related_records_start()` started, and releases the
 * call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_ensure_routine_related_records()` returns, and sets `*result` and `*error` as it does. Two kinds
 * are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_ensure_routine_related_records_finish(struct esa_pending *pending,
                                                     struct esa_ensure_routine_related_records_result **result,
                                                     struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result, with the results and errors in it.
 *
 * `result` may be NULL. Any thread may call this, once for each result.
 */
void esa_ensure_routine_related_records_result_free(struct esa_ensure_routine_related_records_result *result);

/**
 * Prepares to ensure many records, one with each `esa_bulk_next()`. Nothing is sent yet.
 *
 * The time limit of all records together begins here. `progress` of the request isn't used. The client can be
 * released before the bulk. Release the bulk with `esa_bulk_free()`.
 *
 * Pointers, limits and errors are as for `esa_ensure_routine_related_records()`.
 */
ESA_NODISCARD
esa_status esa_bulk_new(const struct esa_client *client,
                        const struct esa_ensure_routine_related_records_request *request,
                        const struct esa_call_options *options,
                        struct esa_bulk **bulk,
                        struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(bulk);

/**
 * Gets how many records are still to be tried.
 *
 * Returns the number. It is 0 if `bulk` is NULL, or while a call of the bulk on a multi hasn't finished.
 */
size_t esa_bulk_left(const struct esa_bulk *bulk);

/**
 * Ensures the next record. `error` may be NULL.
 *
 * Returns what `esa_ensure_routine_related_record()` returns for it. Returns `ESA_ERR_INVALID_ARGUMENT` if no record
 * is left, or while a call of the bulk on a multi hasn't finished.
 */
ESA_NODISCARD
esa_status esa_bulk_next(struct esa_bulk *bulk,
                         struct esa_create_routine_related_record_result **result,
                         struct esa_error **error)
ESA_NONNULL(bulk) ESA_NONNULL(result);

/**
 * Starts ensuring the next record on a multi, and returns at once.
 *
 * The call does what `esa_bulk_next()` does. It sends at once what it can send without waiting, and continues in
 * `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_bulk_next_finish()` takes the call's result and releases the call;
 * `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be NULL.
 *
 * One call of a bulk runs at a time. The bulk can be released before the call has finished. If the call is released
 * before it has finished, no record of the bulk is left. `error` may be NULL. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid, no record is left, or another call of the bulk hasn't
 *   finished.
 * - `ESA_ERR_UNSUPPORTED`: the bulk's options have an `interrupt`.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `cancel` of the bulk's options can't be watched.
 */
ESA_NODISCARD
esa_status esa_bulk_next_start(struct esa_multi *multi,
                               struct esa_bulk *bulk,
                               void *user_data,
                               struct esa_pending **pending,
                               struct esa_error **error)
ESA_NONNULL(multi) ESA_NONNULL(bulk) ESA_NONNULL(pending);

/**
 * Takes the result of a finished call that `esa_bulk_next_start()` started, and releases the call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_bulk_next()` returns, and sets `*result` and `*error` as it does. Two kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_bulk_next_finish(struct esa_pending *pending,
                                struct esa_create_routine_related_record_result **result,
                                struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a bulk. The records that are left aren't tried.
 *
 * `bulk` may be NULL. Any thread may call this, once for each bulk.
 */
void esa_bulk_free(struct esa_bulk *bulk);

/**
 * Deletes a record. If the record doesn't exist, or no longer exists, the call succeeds as well.
 *
 * The call needs these RAM actions:
 * - `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`.
 * - `esa:ListRoutineRelatedRecords` on `*`, if `record_id` is 0, or to find out what happened to a request whose
 *   answer was lost.
 *
 * Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
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
 * The call does what `esa_delete_routine_related_record()` does. It sends at once what it can send without waiting,
 * and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_delete_routine_related_record_finish()` takes the call's result and releases the
 * call; `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be
 * NULL.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
 * before the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
 * - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `options.cancel` can't be watched.
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
 * Takes the result of a finished call that `esa_delete_routine_related_record_start()` started, and releases the
 * call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_delete_routine_related_record()` returns, and sets `*result` and `*error` as it does. Two kinds
 * are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_delete_routine_related_record_finish(struct esa_pending *pending,
                                                    struct esa_delete_routine_related_record_result **result,
                                                    struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread may call this, once for each result.
 */
void esa_delete_routine_related_record_result_free(struct esa_delete_routine_related_record_result *result);

/**
 * Lists a page of a routine's records. Nothing is changed.
 *
 * The call needs the RAM action `esa:ListRoutineRelatedRecords` on `*`. A policy for one site doesn't cover it.
 *
 * Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
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
 * The call does what `esa_list_routine_related_records()` does. It sends at once what it can send without waiting,
 * and continues in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_list_routine_related_records_finish()` takes the call's result and releases the call;
 * `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be NULL.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
 * before the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
 * - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `options.cancel` can't be watched.
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
 * Takes the result of a finished call that `esa_list_routine_related_records_start()` started, and releases the
 * call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_list_routine_related_records()` returns, and sets `*result` and `*error` as it does. Two kinds
 * are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_list_routine_related_records_finish(struct esa_pending *pending,
                                                   struct esa_list_routine_related_records_result **result,
                                                   struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result, its records and its strings.
 *
 * `result` may be NULL. Any thread may call this, once for each result.
 */
void esa_list_routine_related_records_result_free(struct esa_list_routine_related_records_result *result);

/**
 * Gets the account's site whose name is the longest suffix of a record's name. Nothing is changed.
 *
 * The call needs the RAM action `esa:GetMatchSite` on `*`. If the account has no matching site, the service refuses
 * the call with `ESA_CODE_SITE_NOT_FOUND` or a similar code.
 *
 * Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`.
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
 * The call does what `esa_get_match_site()` does. It sends at once what it can send without waiting, and continues
 * in `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_get_match_site_finish()` takes the call's result and releases the call;
 * `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be NULL.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
 * before the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
 * - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `options.cancel` can't be watched.
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
 * Takes the result of a finished call that `esa_get_match_site_start()` started, and releases the call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_get_match_site()` returns, and sets `*result` and `*error` as it does. Two kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_get_match_site_finish(struct esa_pending *pending,
                                     struct esa_get_match_site_result **result,
                                     struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread may call this, once for each result.
 */
void esa_get_match_site_result_free(struct esa_get_match_site_result *result);

/**
 * Calls any action of the service, by its name.
 *
 * The library knows ESA's actions: the HTTP method, which parameters go into the query and which into the form, and
 * whether the action changes something. It also sends what it doesn't know: an unknown action with POST, and an
 * unknown parameter in the query. The service checks the values.
 *
 * The result has the reply as the service wrote it, 8 MiB at most. A call succeeds if the HTTP status is 200 to 299
 * and the body is a JSON object. The caller checks what the object itself says, for example a `Status`.
 *
 * Whether the call sends an action again depends on the action:
 * - An action that changes nothing is sent again if its answer is lost.
 * - An action that changes something is sent again only if nothing was sent, or if the service's code says that
 *   nothing has changed. The service was busy, for example. If its answer is lost, the call sends nothing more and
 *   fails with `ESA_OUTCOME_UNKNOWN`. Then read back what the action changes.
 *
 * The service refuses some actions while another call of the account runs. These actions share the client's write
 * limit (`esa_config_set_max_concurrent_writes()`).
 *
 * The call needs the RAM action of the same name, for example `esa:CreateRoutine`.
 *
 * Pointers, threads, limits and errors are as for `esa_create_routine_related_record()`. Two kinds mean more here:
 * - `ESA_ERR_INVALID_ARGUMENT`: the message names the field.
 * - `ESA_ERR_RESPONSE`: the answer can also be no JSON object, or larger than 8 MiB.
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
 * The call does what `esa_call_action()` does. It sends at once what it can send without waiting, and continues in
 * `esa_multi_step()`. If it finishes at once, `esa_multi_next_finished()` returns it all the same.
 *
 * `*pending` is the call. `esa_call_action_finish()` takes the call's result and releases the call;
 * `esa_pending_free()` only releases the call. `esa_pending_user_data()` returns `user_data`, which may be NULL.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. The client can be released
 * before the call has finished. A callback may use this function.
 *
 * Returns `ESA_OK`, or the kind of failure. If it fails, no call was started, nothing was sent, and `*pending` is
 * NULL. These kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid.
 * - `ESA_ERR_UNSUPPORTED`: `options.interrupt` is set.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and `multi` is its parent's.
 * - `ESA_ERR_IO`: `options.cancel` can't be watched.
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
 * Takes the result of a finished call that `esa_call_action_start()` started, and releases the call.
 *
 * The call has finished if `esa_multi_next_finished()` returned it, or if its multi was released. `error` may be
 * NULL.
 *
 * Returns what `esa_call_action()` returns, and sets `*result` and `*error` as it does. Two kinds are its own:
 * - `ESA_ERR_INVALID_ARGUMENT`: `result` or `pending` is NULL, the call hasn't finished, another function started
 *   it, or a callback of its multi uses this function. Nothing is taken or released.
 * - `ESA_ERR_FORKED`: the process is a child of fork(), and the call is its parent's. The call is released.
 */
ESA_NODISCARD
esa_status esa_call_action_finish(struct esa_pending *pending,
                                  struct esa_call_action_result **result,
                                  struct esa_error **error)
ESA_NONNULL(pending) ESA_NONNULL(result);

/**
 * Releases a result and its strings.
 *
 * `result` may be NULL. Any thread may call this, once for each result.
 */
void esa_call_action_result_free(struct esa_call_action_result *result);

/**
 * Signs any action for the program to send, as a client does. It uses the client's credentials, endpoint, clock and
 * signature version.
 *
 * Nothing of the action is sent in any case. The program's own HTTP library can send the request, and
 * `esa_read_reply()` reads the reply.
 *
 * If the client has no credentials yet, or they have expired, it gets new ones, if necessary from a server. `options`
 * hold for that. With a `timeout_ms` of 1, it uses only credentials that it has or that come from this machine.
 *
 * `options` and `error` may be NULL. `request`, `options` and their strings are copied. Any thread may call this.
 *
 * Returns `ESA_OK`, or the kind of failure:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid. The message names the field.
 * - `ESA_ERR_CREDENTIALS`: there are no credentials, or they didn't come in time.
 * - `ESA_ERR_CANCELLED`: the caller cancelled the call.
 * - Any other kind: getting the credentials failed with it.
 */
ESA_NODISCARD
esa_status esa_sign_action(const struct esa_client *client,
                           const struct esa_call_action_request *request,
                           const struct esa_call_options *options,
                           struct esa_signed_request **result,
                           struct esa_error **error)
ESA_NONNULL(client) ESA_NONNULL(request) ESA_NONNULL(result);

/**
 * Signs any action with its arguments alone: no client, no environment, no clock. The same arguments give the same
 * request.
 *
 * `options`, `request` and their strings are copied. `error` may be NULL. Any thread may call this, at any time.
 *
 * Returns `ESA_OK`, or the kind of failure:
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid. The message names the field.
 * - `ESA_ERR_CONFIG`: the endpoint can't be used.
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
 * `request` may be NULL. Any thread may call this, once for each request.
 */
void esa_signed_request_free(struct esa_signed_request *request);

/**
 * Reads a reply that the program received itself: the result, or the error that the reply stands for.
 *
 * The error says as much as that of a call: its kind, what the request did at the service, and what to do. It also
 * says whether trying again may help, and how long the service asks to wait. So a loop of the program's own can do
 * what `esa_call_action()` does:
 * - It repeats an action that changes nothing.
 * - It repeats an action that changes something only after `ESA_OUTCOME_REFUSED`, if `retryable` is 1.
 * - After `ESA_OUTCOME_UNKNOWN`, it reads back.
 * - It signs each attempt again.
 *
 * If no reply came, a request that was sent in part may have been carried out.
 *
 * The outcome is that of this one request; only the program knows about the attempts before it. `attempts` is 0 in
 * the result and in the error. Texts of the service are returned on one line, without what the service repeats of a
 * signature. The library doesn't know other secrets of the program here.
 *
 * `reply` is copied. `error` may be NULL. Release the result with `esa_call_action_result_free()`. Any thread may
 * call this, at any time.
 *
 * Returns `ESA_OK`, or the kind of failure:
 * - `ESA_OK`: the HTTP status is 200 to 299, and the body is a JSON object.
 * - `ESA_ERR_INVALID_ARGUMENT`: an argument is invalid. The message names the field.
 * - Any other kind: the failure that the reply stands for.
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
