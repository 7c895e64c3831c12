//! The client.

use std::ffi::{c_char, c_void};

use super::cancellation::uncancelled;
use super::config::{esa_config, read_config};
use super::error::esa_error;
use super::guard::{call, carry_out, guarded};
use super::limits::to_milliseconds;
use super::status::esa_status;
use crate::client::Client;
use crate::error::{Error, Outcome};
use crate::log::NOWHERE;

/// A client of the service, which makes the calls. Any number of threads may use one at once; make one and keep it.
pub struct esa_client {
    pub(super) client: Client,
}

/// Makes a client.
///
/// If `config` is NULL, everything comes from the environment. The configuration is copied, and can be changed or
/// released afterwards. The environment is read here and never again.
///
/// Nothing is sent, and no credentials are needed yet. The function waits for nothing but the disk: a CA file must be
/// a plain file of 4 MiB at most. (If its file system hangs, so does this function.)
///
/// On success, `*client` is set and `*error` is NULL. On failure, `*error` is set and `*client` is NULL. `error` may
/// be NULL. Release the client with `esa_client_free()`, and an error with `esa_error_free()`.
///
/// Returns `ESA_OK`, or the kind of failure:
/// - `ESA_ERR_INVALID_ARGUMENT`: `client` is NULL, or a setter got an unusable value, which the message names.
/// - `ESA_ERR_CONFIG`: the region is unknown and no endpoint is set, or the endpoint, a proxy or a CA file can't be
///   used. An endpoint can't be used if it isn't a URL, or if it is plain http to another machine.
///
/// # Safety
/// `config` is NULL or a live object that no other thread changes; `client` and `error` are NULL or writable.
/// cbindgen:postfix=ESA_NONNULL(client)
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_client_new(
    config: *const esa_config,
    client: *mut *mut esa_client,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let config = unsafe { config.as_ref() };
    let log = config.map(esa_config::log).unwrap_or_default();
    // SAFETY: `client` and `error` are as `call` requires (this function's promise).
    unsafe {
        call(&log, client, error, "client", Outcome::NotSent, || {
            let client = Client::new(&read_config(config)?)?;
            Ok(Box::into_raw(Box::new(esa_client { client })))
        })
    }
}

/// Releases a client. Calls that run on other threads keep it alive and end as usual. No call may be entered with it
/// at the same time, or later.
///
/// `client` may be NULL. Any thread may call this, once for each client.
///
/// # Safety
/// `client` is NULL, or was made by `esa_client_new()` and not released yet.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_client_free(client: *mut esa_client) {
    guarded(&NOWHERE, (), || {
        if !client.is_null() {
            // SAFETY: made by `esa_client_new` of a `Box`; released once.
            drop(unsafe { Box::from_raw(client) });
        }
    });
}

/// Gets how long a call of the client may take, in milliseconds, if its options don't set another limit.
///
/// Returns what `esa_config_set_timeout()` set, or its default. It is `ESA_UNLIMITED` if there is no limit, and 0 if
/// `client` is NULL. Any thread may call this.
///
/// # Safety
/// `client` is NULL or a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_client_timeout(client: *const esa_client) -> u32 {
    // SAFETY: NULL or a live object (this function's promise).
    let client = unsafe { client.as_ref() };
    guarded(&NOWHERE, 0, || client.map_or(0, |client| to_milliseconds(client.client.core().timeouts.total)))
}

/// Gets the name of the provider whose credentials the client uses.
///
/// The names are "configuration", "callback", "environment", "oidc", "cli_profile", "credentials_file",
/// "ecs_ram_role" and "credentials_uri".
///
/// Returns a static string; don't free it. It is "" before the first call that needed credentials, and if `client` is
/// NULL. Any thread may call this.
///
/// # Safety
/// `client` is NULL or a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_client_credentials_source(client: *const esa_client) -> *const c_char {
    // SAFETY: NULL or a live object (this function's promise).
    let client = unsafe { client.as_ref() };
    let source = guarded(&NOWHERE, None, || client?.client.source());
    source.map_or(c"", |source| source.0).as_ptr()
}

/// Carries out a call with a share of the client, so that the caller can release the client meanwhile.
///
/// # Safety
/// `client` is NULL or a live object; `result` and `error` are each NULL or point to memory for a pointer.
pub(super) unsafe fn with_client<T>(
    client: *const esa_client,
    (result_name, result): (&str, *mut *mut T),
    error: *mut *mut esa_error,
    mut body: impl FnMut(&Client) -> Result<*mut T, Error>,
) -> esa_status {
    // SAFETY: only called if `result` isn't NULL, so it points to memory for a pointer (this function's promise).
    // Nothing is assumed about its alignment.
    let give = &mut |client: &Client| body(client).map(|object| unsafe { result.write_unaligned(object) });
    // SAFETY: this function's promise.
    unsafe { carry_out_with(client, (result_name, result.cast()), error, give) }
}

/// The part of `with_client` that is compiled once, for all kinds of object.
///
/// # Safety
/// As with `with_client`.
unsafe fn carry_out_with(
    client: *const esa_client,
    result: (&str, *mut *mut c_void),
    error: *mut *mut esa_error,
    give: &mut dyn FnMut(&Client) -> Result<(), Error>,
) -> esa_status {
    // The share is dropped in here too: it may be the last one, which closes connections.
    uncancelled(|| {
        // SAFETY: NULL or a live object (this function's promise).
        let client = unsafe { client.as_ref() }.map(|client| client.client.clone());
        let log = client.as_ref().map(|client| client.log().clone()).unwrap_or_default();
        let give = &mut || match &client {
            Some(client) => give(client),
            None => Err(Error::invalid_argument("client", "is NULL")),
        };
        // SAFETY: as this function promises.
        unsafe { carry_out(&log, result, error, Outcome::Unknown, give) }
    })
}
