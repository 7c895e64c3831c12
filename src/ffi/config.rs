//! The configuration and its setters.

use std::ffi::{c_char, c_void};

use super::credentials::{Provider, esa_credentials_fn};
use super::guard::guarded;
use super::log::{esa_log_fn, to_log};
use super::sign::read_signature_version;
use super::status::esa_status;
use super::string::{read_optional_string, read_string};
use crate::config::Config;
use crate::endpoint::Network;
use crate::error::{Error, ErrorKind};
use crate::log::{Level, Log, NOWHERE};
use crate::signature::Credentials;
use crate::transport::check_product;

/// The network from which the service is reached. For `esa_config_set_network()`.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum esa_network {
    /// `ESA_NETWORK_PUBLIC`.
    ESA_NETWORK_DEFAULT = 0,
    /// The internet.
    ESA_NETWORK_PUBLIC = 1,
    /// A VPC in the region.
    ESA_NETWORK_VPC = 2,
}

/// The configuration that a client is made with. One thread at a time may use it.
///
/// A setting that isn't set comes from the environment, or has the default that its setter names.
///
/// If a setter gets an unusable value, it changes nothing and returns `ESA_ERR_INVALID_ARGUMENT`. `esa_client_new()`
/// then fails as well, with a message that says what was wrong. So it is enough to check there. If the same setter
/// then gets a usable value, that value counts.
pub struct esa_config {
    config: Config,
    /// What setters refused and nobody has set since, in order.
    refused: Vec<(Setting, Error)>,
}

/// What a setter sets. If a setter accepts a value, what it refused before no longer counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Nothing,
    Credentials,
    Region,
    Endpoint,
    Network,
    Proxy,
    ConnectTimeout,
    AttemptTimeout,
    Timeout,
    SignatureVersion,
    CaFile,
    CaPem,
    UserAgent,
    MaxIdleConnections,
    IdleTimeout,
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
/// Returns the configuration; NULL only if the library has a bug.
#[must_use]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn esa_config_new() -> *mut esa_config {
    guarded(&NOWHERE, std::ptr::null_mut(), || {
        Box::into_raw(Box::new(esa_config { config: Config::new(), refused: Vec::new() }))
    })
}

/// Releases a configuration. Clients that were made with it continue to work.
///
/// `config` may be NULL. Any thread may call this, once for each configuration.
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

/// Sets the credentials.
///
/// `security_token` is the token of temporary credentials of STS; for others, it is NULL. All three strings are ASCII
/// without blanks or control characters.
///
/// Default: the library looks for credentials as the official SDKs do, when a call needs them. It asks these sources
/// in this order. The first one that has credentials is used, and from then on no other:
/// - The environment (ALIBABA_CLOUD_ACCESS_KEY_ID, ...).
/// - OIDC (ALIBABA_CLOUD_OIDC_TOKEN_FILE, ...).
/// - A profile of the command line (~/.aliyun/config.json).
/// - The credentials file (~/.alibabacloud/credentials).
/// - The role of the ECS instance.
/// - ALIBABA_CLOUD_CREDENTIALS_URI.
///
/// If a variable names a source and that source has no credentials, the call fails and asks no further source.
/// Temporary credentials are renewed before they expire.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
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

/// Sets a function that provides the credentials, for secrets that are kept elsewhere. See `esa_credentials_fn`.
///
/// If `callback` is NULL, nothing changes. This setter and `esa_config_set_credentials()` replace each other: the
/// last one counts.
///
/// `user_data` is passed to the callback. It must live as long as every client that is made with this configuration.
/// Calls of several clients may run the callback on several threads at once.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` if `config` is NULL.
///
/// # Safety
/// `config` is NULL or live; `callback` may be called with `user_data` on any thread that makes a call.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_credentials_provider(
    config: *mut esa_config,
    callback: esa_credentials_fn,
    user_data: *mut c_void,
) -> esa_status {
    // If it changes nothing, what was refused still counts.
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

/// Sets the region. The account decides which one, not the place:
/// - "cn-hangzhou" for accounts of the China site.
/// - "ap-southeast-1" for international accounts.
///
/// Default: ALIBABA_CLOUD_REGION_ID of the environment, else "cn-hangzhou". Any other region needs an endpoint;
/// without one, `esa_client_new()` fails with `ESA_ERR_CONFIG`.
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
/// "http://..." is accepted for this machine only (localhost, 127.0.0.0/8, [::1]).
///
/// Default: ESA_ENDPOINT of the environment, else the region's endpoint. If the endpoint isn't usable, or
/// ESA_ENDPOINT is set and empty, `esa_client_new()` fails with `ESA_ERR_CONFIG`.
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

/// Sets the network from which the service is reached: a value of `esa_network`.
///
/// The network selects the region's endpoint. An endpoint of `esa_config_set_endpoint()` or ESA_ENDPOINT stays as it
/// is.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_network(config: *mut esa_config, network: i32) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Network, &mut |config| {
            config.network(match network {
                0 => Network::default(),
                1 => Network::Public,
                2 => Network::Vpc,
                other => {
                    return Err(Error::invalid_argument(
                        "network",
                        format_args!("is {other}; it is a value of esa_network"),
                    ));
                }
            });
            Ok(())
        })
    }
}

/// Sets the proxy. It has one of these forms:
/// - "http://user:password@host:port", or "host:port": an HTTP proxy, by CONNECT.
/// - "socks5://...": a SOCKS 5 proxy; this machine resolves the endpoint's name.
/// - "socks5h://...": a SOCKS 5 proxy; the proxy resolves the endpoint's name.
/// - "": no proxy.
///
/// Default: HTTPS_PROXY, HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY of the environment, in upper case or
/// else in lower case. The default isn't used for this machine (localhost, 127.0.0.0/8, [::1]).
///
/// Two kinds of requests use no proxy at all: plain http to this machine, and requests for instance metadata. If a
/// proxy can't be used, wherever it comes from, `esa_client_new()` fails with `ESA_ERR_CONFIG`.
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

/// Sets how requests are signed: a value of `esa_signature_version`.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_signature_version(
    config: *mut esa_config,
    signature_version: i32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::SignatureVersion, &mut |config| {
            config.signature_version(read_signature_version(signature_version)?);
            Ok(())
        })
    }
}

/// Sets a file of certificate authorities (PEM) to trust instead of the built-in ones.
///
/// `esa_client_new()` reads the file. It fails with `ESA_ERR_CONFIG` if the file isn't a plain file, can't be read,
/// or holds no certificate.
///
/// Default, if no PEM text is set either: the file that SSL_CERT_FILE of the environment names, as for OpenSSL. The
/// same rules hold for that file, but unusable certificates in it are skipped. SSL_CERT_DIR isn't read.
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

/// Sets certificate authorities (PEM text) to trust instead of the built-in ones.
///
/// If `esa_config_set_ca_file()` is used too, both are trusted. If the text holds no certificate, `esa_client_new()`
/// fails with `ESA_ERR_CONFIG`.
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

/// Appends the caller's own product to the User-Agent header: "my-agent/1.2", for example.
///
/// The product is printable ASCII. Default: ALIBABA_CLOUD_USER_AGENT of the environment.
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

/// Sets the callback that receives the log. Without one, the library logs nothing. See `esa_log_fn`.
///
/// `level` is the most detailed level that is logged, a value of `esa_log_level`; 0: `ESA_LOG_INFO`. If `callback` is
/// NULL, nothing is logged.
///
/// `user_data` is passed to the callback. It must live as long as every client that is made with this configuration.
/// The callback may run on several threads at once.
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
            let level = Level::try_from(if level == 0 { Level::Info as i32 } else { level }).map_err(|_| {
                Error::invalid_argument("level", format_args!("is {level}; it is a value of esa_log_level"))
            })?;
            config.log(to_log(level, callback, user_data));
            Ok(())
        })
    }
}

/// Applies a setter's change, and keeps what the setter refuses for `esa_client_new`.
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

/// Reads the configuration to make a client with; NULL means all defaults.
pub(super) fn read_config(config: Option<&esa_config>) -> Result<Config, Error> {
    match config {
        None => Ok(Config::new()),
        Some(esa_config { config, refused }) => match refused.first() {
            Some((_, error)) => Err(error.clone()),
            None => Ok(config.clone()),
        },
    }
}
