//! The configuration object and its setters.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use super::credentials::{Provider, esa_credentials_fn};
use super::guard::guarded;
use super::log::{esa_log_fn, to_log};
use super::status::esa_status;
use super::string::{read_optional_string, read_string};
use crate::config::Config;
use crate::endpoint::Network;
use crate::error::{Error, ErrorKind};
use crate::log::{Level, Log, NOWHERE};
use crate::signature::Credentials;
use crate::signature::SignatureVersion;
use crate::transport::check_product;

/// How a client is to be made. One thread at a time may use it.
///
/// What isn't set comes from the environment or has the default that its setter tells. A setter that is given something
/// unusable changes nothing and returns `ESA_ERR_INVALID_ARGUMENT`; `esa_client_new()` then fails as well, with a
/// message that says what was wrong, so that checking there is enough. If the same setter is then given something usable,
/// that counts.
pub struct esa_config {
    config: Config,
    /// What setters refused and hasn't been set since, in their order.
    refused: Vec<(Setting, Error)>,
}

/// What a setter sets: what one of them refuses, the next one of the same makes good.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Nothing,
    Credentials,
    Region,
    Endpoint,
    Network,
    Proxy,
    Timeouts,
    SignatureVersion,
    CaFile,
    CaPem,
    UserAgent,
    KeepAlive,
    MaxAttempts,
    MaxConcurrentWrites,
    WriteLock,
    WriteLockHold,
    ReconcileHorizon,
    Log,
}

impl esa_config {
    pub(super) fn log(&self) -> Log {
        self.config.log_sink().clone()
    }
}

/// Makes a configuration with all defaults. Release it with `esa_config_free()`.
///
/// Returns NULL only where the library has a bug.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_config_new() -> *mut esa_config {
    guarded(&NOWHERE, std::ptr::null_mut(), || {
        Box::into_raw(Box::new(esa_config { config: Config::new(), refused: Vec::new() }))
    })
}

/// Releases a configuration. Clients that were made with it go on.
///
/// `config` may be NULL. Any thread; each configuration once.
///
/// # Safety
/// `config` is NULL, or was made by `esa_config_new()` and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_free(config: *mut esa_config) {
    guarded(&NOWHERE, (), || {
        if !config.is_null() {
            // SAFETY: made by `esa_config_new` of a `Box`; released once.
            drop(unsafe { Box::from_raw(config) });
        }
    });
}

/// Sets the credentials. `security_token` is NULL unless they are temporary ones of STS.
///
/// Default: those that are found as the official SDKs find them, when a call needs them. The first of these that gives
/// some is asked, and from then on no other: the environment (ALIBABA_CLOUD_ACCESS_KEY_ID, ...), OIDC
/// (ALIBABA_CLOUD_OIDC_TOKEN_FILE, ...), a profile of the command line (~/.aliyun/config.json), the credentials file
/// (~/.alibabacloud/credentials), the role of the ECS instance, and ALIBABA_CLOUD_CREDENTIALS_URI. If a variable names a
/// place and that gives none, the call fails and no further one is asked. Temporary ones are renewed before they expire.
///
/// All three are ASCII without blanks or control characters. Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; the strings are NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_credentials(
    config: *mut esa_config,
    access_key_id: *const c_char,
    access_key_secret: *const c_char,
    security_token: *const c_char,
) -> esa_status {
    // SAFETY: this function's promise, for the configuration and for each string.
    unsafe {
        set(config, Setting::Credentials, &mut |config| {
            let id = read_string("access_key_id", access_key_id)?;
            let secret = read_string("access_key_secret", access_key_secret)?;
            let token = read_optional_string("security_token", security_token)?;
            config.credentials(Credentials::of(id, secret, token)?);
            Ok(())
        })
    }
}

/// Sets a function that gives the credentials, for secrets that are kept elsewhere. See `esa_credentials_fn`.
///
/// The last one of this and `esa_config_set_credentials()` counts. `callback`: NULL changes nothing. `user_data` is passed
/// to it and must live as long as every client that is made with this configuration; several threads may use it at once.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` is NULL.
///
/// # Safety
/// `config` is NULL or live; `callback` may be called with `user_data` on any thread that makes a call.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_credentials_provider(
    config: *mut esa_config,
    callback: esa_credentials_fn,
    user_data: *mut c_void,
) -> esa_status {
    // One that changes nothing doesn't make good what was refused.
    let setting = if callback.is_some() { Setting::Credentials } else { Setting::Nothing };
    // SAFETY: this function's promise.
    unsafe {
        set(config, setting, &mut |config| {
            if let Some(function) = callback {
                let provider = Provider { function, user_data };
                config.credentials_provider(move |left| provider.provide(left));
            }
            Ok(())
        })
    }
}

/// Sets the region: "cn-hangzhou" for accounts of the China site, "ap-southeast-1" for international accounts.
///
/// The account decides, not the place. Default: ALIBABA_CLOUD_REGION_ID of the environment, else "cn-hangzhou". Any other
/// region needs an endpoint; without one `esa_client_new()` fails with `ESA_ERR_CONFIG`.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `region` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_region(config: *mut esa_config, region: *const c_char) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Region, &mut |config| {
            config.region(read_string("region", region)?);
            Ok(())
        })
    }
}

/// Sets the endpoint, in place of the region's: "host", "host:port" or "https://host:port".
///
/// "http://..." is accepted for this machine only (localhost, 127.0.0.0/8, [::1]). Default: ESA_ENDPOINT of the
/// environment, else the region's. If it isn't usable, or ESA_ENDPOINT is set and empty, `esa_client_new()` fails with
/// `ESA_ERR_CONFIG`.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `endpoint` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_endpoint(
    config: *mut esa_config,
    endpoint: *const c_char,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Endpoint, &mut |config| {
            config.endpoint(read_string("endpoint", endpoint)?);
            Ok(())
        })
    }
}

/// Sets from where the service is reached: "public", the default, or "vpc", from inside of a VPC in the region.
///
/// It chooses the region's endpoint; one that is set by `esa_config_set_endpoint()` stays as it is.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `network` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_network(config: *mut esa_config, network: *const c_char) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Network, &mut |config| {
            config.network(match read_string("network", network)? {
                "public" => Network::Public,
                "vpc" => Network::Vpc,
                other => {
                    let reason = format_args!("is {other:?}; it can be \"public\" or \"vpc\"");
                    return Err(Error::invalid_argument("network", reason));
                }
            });
            Ok(())
        })
    }
}

/// Sets the proxy on the way out: "http://user:password@host:port" (by CONNECT), "host:port", "socks5://..." (this machine
/// looks up the endpoint's name) or "socks5h://..." (the proxy does); "" for none.
///
/// Default: what the environment says: HTTPS_PROXY, HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY, in upper case or
/// else in lower case; it isn't used for this machine (localhost, 127.0.0.0/8, [::1]). Plain http to this machine takes no
/// proxy at all, and neither does what asks for an instance's metadata. One that can't be used, wherever it comes from,
/// makes `esa_client_new()` fail with `ESA_ERR_CONFIG`.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `proxy` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_proxy(config: *mut esa_config, proxy: *const c_char) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Proxy, &mut |config| {
            config.proxy(read_string("proxy", proxy)?);
            Ok(())
        })
    }
}

/// Sets the time limits, in milliseconds; 0 leaves the default.
///
/// `connect_ms`: for one connection: name look-up, TCP and TLS together; default 5,000. `attempt_ms`: for one request,
/// connecting included; default 10,000. `total_ms`: for a whole call, whatever it does; default 30,000. The shortest one
/// that applies counts.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` is NULL.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_timeouts(
    config: *mut esa_config,
    connect_ms: u32,
    attempt_ms: u32,
    total_ms: u32,
) -> esa_status {
    let given = |ms: u32| (ms != 0).then(|| Duration::from_millis(ms.into()));
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Timeouts, &mut |config| {
            let default = Config::default();
            config.connect_timeout(given(connect_ms).unwrap_or(default.connections.connect_timeout));
            config.attempt_timeout(given(attempt_ms).unwrap_or(default.timeouts.attempt));
            config.timeout(given(total_ms).unwrap_or(default.timeouts.total));
            Ok(())
        })
    }
}

/// Sets how requests are signed: 3 (ACS3-HMAC-SHA256, the default) or 1 (HMAC-SHA1, for old gateways).
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_signature_version(
    config: *mut esa_config,
    signature_version: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::SignatureVersion, &mut |config| {
            config.signature_version(match signature_version {
                1 => SignatureVersion::V1,
                3 => SignatureVersion::V3,
                other => {
                    let reason = format_args!("is {other}; it can be 1 or 3");
                    return Err(Error::invalid_argument("signature_version", reason));
                }
            });
            Ok(())
        })
    }
}

/// Sets a file of certificate authorities (PEM) to trust in place of the ones that are built in.
///
/// It is read by `esa_client_new()`, which fails with `ESA_ERR_CONFIG` if it isn't a plain file, can't be read, or holds
/// no certificate. Default, if no PEM text is set either: the file that SSL_CERT_FILE of the environment names, as for
/// OpenSSL. The same holds for that, but certificates in it that can't be used are passed over. SSL_CERT_DIR isn't read.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `ca_file` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_ca_file(config: *mut esa_config, ca_file: *const c_char) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::CaFile, &mut |config| {
            config.ca_file(read_string("ca_file", ca_file)?);
            Ok(())
        })
    }
}

/// Sets certificate authorities (PEM text) to trust in place of the ones that are built in.
///
/// With `esa_config_set_ca_file()` too, both are trusted. `esa_client_new()` fails with `ESA_ERR_CONFIG` where the text
/// holds no certificate.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `ca_pem` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_ca_pem(config: *mut esa_config, ca_pem: *const c_char) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::CaPem, &mut |config| {
            config.ca_pem(read_string("ca_pem", ca_pem)?);
            Ok(())
        })
    }
}

/// Appends the caller's own product, such as "my-agent/1.2", to the User-Agent header.
///
/// Printable ASCII. Default: ALIBABA_CLOUD_USER_AGENT of the environment.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `user_agent` is NULL or NUL-terminated.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_user_agent(
    config: *mut esa_config,
    user_agent: *const c_char,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::UserAgent, &mut |config| {
            let user_agent = read_string("user_agent", user_agent)?;
            check_product(user_agent)?;
            config.user_agent(user_agent);
            Ok(())
        })
    }
}

/// Sets how connections are kept between calls.
///
/// `max_idle`: how many unused ones at most, of blocking calls and of each multi; default 64, 0 keeps none. `idle_ms`: for how long at most; default 5,000,
/// which 0 leaves. A server that announces a shorter time (`Keep-Alive: timeout=...`) gets no request after that.
///
/// HTTP/1.1 has no mark that ties a reply to its request. If a server sends a second or a late reply over a kept
/// connection, just as the next request goes out, it is taken for that request's. If a server or a proxy on the way does
/// so, a `max_idle` of 0 gives each request a connection of its own, at the price of a handshake.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` is NULL.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_keep_alive(
    config: *mut esa_config,
    max_idle: u32,
    idle_ms: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::KeepAlive, &mut |config| {
            let idle = (idle_ms != 0).then(|| Duration::from_millis(idle_ms.into()));
            config.max_idle_connections(max_idle.try_into().unwrap_or(usize::MAX));
            config.idle_timeout(idle.unwrap_or(Config::default().connections.keep_alive.idle));
            Ok(())
        })
    }
}

/// Sets how many attempts of a call may fail in a row; default 3, which 0 leaves.
///
/// Attempts that are refused because the service is busy with another call of the account don't count: they are made
/// until the call's time limit.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` is NULL.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_max_attempts(config: *mut esa_config, max_attempts: u32) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::MaxAttempts, &mut |config| {
            if max_attempts != 0 {
                config.max_attempts(max_attempts);
            }
            Ok(())
        })
    }
}

/// Sets how long a call goes on reading back to clear up what a lost answer did, once no further attempt is made: after
/// 0.25, 0.5, 1, 2, 4 s ..., never past the call's deadline.
///
/// Lists lag, and requests may be carried out late. If nothing clears up what became of one, the call fails that much
/// later, with `ESA_OUTCOME_UNKNOWN`.
///
/// `horizon_ms`: default 10,000, which 0 leaves.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` is NULL.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_reconcile_horizon(
    config: *mut esa_config,
    horizon_ms: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::ReconcileHorizon, &mut |config| {
            if horizon_ms != 0 {
                config.reconcile_horizon(Duration::from_millis(horizon_ms.into()));
            }
            Ok(())
        })
    }
}

/// Sets how many of a client's writes (creates and deletes) may be under way at once; default 1, 0: no limit.
///
/// The service refuses a routine call of an account while another one runs, so the client's own calls wait for each
/// other, in the order in which they came, within their time limits.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` where `config` is NULL.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_max_concurrent_writes(
    config: *mut esa_config,
    max_concurrent_writes: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::MaxConcurrentWrites, &mut |config| {
            config.max_concurrent_writes(max_concurrent_writes.try_into().unwrap_or(usize::MAX));
            Ok(())
        })
    }
}

/// Sets where the library says what it does; without it, it says nothing. See `esa_log_fn`.
///
/// `level`: the most that is wanted, a value of `esa_log_level`. `callback`: NULL for no log. `user_data` is passed to
/// it and must live as long as every client that is made with this configuration; several threads may use it at once.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live; `callback` may be called with `user_data` on any thread that makes a call.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_log(
    config: *mut esa_config,
    level: i32,
    callback: esa_log_fn,
    user_data: *mut c_void,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Log, &mut |config| {
            let level = Level::try_from(level)
                .map_err(|_| Error::invalid_argument("level", format_args!("is {level}; it can be 1 to 4")))?;
            config.log(to_log(level, callback, user_data));
            Ok(())
        })
    }
}

/// Applies a setter's change, and keeps what it refuses for `esa_client_new`.
///
/// # Safety
/// `config` is NULL or a live object that no other thread uses.
pub(super) unsafe fn set(
    config: *mut esa_config,
    setting: Setting,
    change: &mut dyn FnMut(&mut Config) -> Result<(), Error>,
) -> esa_status {
    // SAFETY: this function's promise.
    let Some(esa_config { config, refused }) = (unsafe { config.as_mut() }) else {
        return esa_status::ESA_ERR_INVALID_ARGUMENT;
    };
    let log = config.log_sink().clone();
    let panicked = || Err(Error::new(ErrorKind::Internal, "panic in a setter of the configuration"));
    let changed = guarded(&log, panicked(), || change(config));
    refused.retain(|(other, _)| *other != setting);
    match changed {
        Ok(()) => esa_status::ESA_OK,
        Err(error) => {
            let status = error.kind().into();
            refused.push((setting, error));
            status
        }
    }
}

/// The configuration to make a client with; NULL means all defaults.
pub(super) fn read_config(config: Option<&esa_config>) -> Result<Config, Error> {
    match config {
        None => Ok(Config::new()),
        Some(esa_config { config, refused }) => match refused.first() {
            Some((_, error)) => Err(error.clone()),
            None => Ok(config.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reconcile_horizon_of_0_leaves_what_was_set() {
        let config = esa_config_new();
        // SAFETY: the configuration is live until it is released, once.
        unsafe {
            for (given_ms, expected) in [(0, Duration::from_secs(10)), (1_500, Duration::from_millis(1_500))] {
                assert_eq!(esa_config_set_reconcile_horizon(config, given_ms), esa_status::ESA_OK);
                assert_eq!((*config).config.reconcile_horizon, expected);
            }
            assert_eq!(esa_config_set_reconcile_horizon(config, 0), esa_status::ESA_OK);
            assert_eq!((*config).config.reconcile_horizon, Duration::from_millis(1_500));
            esa_config_free(config);
        }
    }
}
