//! The client object.

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

/// Makes calls to the service. Any number of threads may use one at once; make one and keep it.
pub struct esa_client {
    pub(super) client: Client,
}

/// Makes a client.
///
/// `config` may be NULL: everything from the environment. It is copied; change or free it afterwards as you like. The
/// environment is read here and never again. Nothing is sent, and no credentials are needed yet. It waits for nothing
/// but the disk: a CA file has to be a plain one, of 4 MiB at most. (If its file system hangs, so does this function.)
///
/// On success `*client` is set and `*error` is NULL; otherwise the reverse. `error` may be NULL. Release the client with
/// `esa_client_free()`, an error with `esa_error_free()`.
///
/// Returns `ESA_OK`; `ESA_ERR_INVALID_ARGUMENT` where `client` is NULL or a setter was given something unusable, which
/// the message names; `ESA_ERR_CONFIG` where the region is unknown, the endpoint isn't a URL or is plain http to another
/// machine, a proxy isn't one that can be used, or a CA file can't be read.
///
/// # Safety
/// `config` is NULL or a live object that no other thread changes; `client` and `error` are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_client_new(
    config: *const esa_config,
    client: *mut *mut esa_client,
    error: *mut *mut esa_error,
) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let config = unsafe { config.as_ref() };
    let log = config.map(esa_config::log).unwrap_or_default();
    // SAFETY: `client` and `error` are as `call` wants them (this function's promise).
    unsafe {
        call(&log, client, error, "client", Outcome::NotSent, || {
            let client = Client::new(&read_config(config)?)?;
            Ok(Box::into_raw(Box::new(esa_client { client })))
        })
    }
}

/// Releases a client. Calls that run on other threads keep it alive and come to their end. None may be entered with it
/// at the same time, or later.
///
/// `client` may be NULL. Any thread; each client once.
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

/// Gets how long a call of the client may take, in milliseconds, unless its options say otherwise.
///
/// Returns what `esa_config_set_timeout()` set, or its default; `ESA_UNLIMITED` if there is no limit; 0 if `client` is NULL.
/// Any thread.
///
/// # Safety
/// `client` is NULL or a live object.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_client_timeout(client: *const esa_client) -> u32 {
    // SAFETY: NULL or a live object (this function's promise).
    let client = unsafe { client.as_ref() };
    guarded(&NOWHERE, 0, || client.map_or(0, |client| to_milliseconds(client.client.core().timeouts.total)))
}

/// The name of the provider whose credentials the client uses: "configuration", "callback", "environment", "oidc",
/// "cli_profile", "credentials_file", "ecs_ram_role" or "credentials_uri".
///
/// "" before the first call that needed credentials, and where `client` is NULL. Returns a static string; don't free it.
/// Any thread.
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

/// Carries out a call with the client, of which it keeps a share, so that the caller may release it meanwhile.
///
/// # Safety
/// `client` is NULL or a live object; `result` and `error` are each NULL or point to memory for a pointer.
pub(super) unsafe fn with_client<T>(
    client: *const esa_client,
    (result_name, result): (&str, *mut *mut T),
    error: *mut *mut esa_error,
    mut body: impl FnMut(&Client) -> Result<*mut T, Error>,
) -> esa_status {
    // SAFETY: only called where `result` isn't NULL, so it points to memory for a pointer (this function's promise); nothing
    // is assumed about its alignment.
    let give = &mut |client: &Client| body(client).map(|object| unsafe { result.write_unaligned(object) });
    // SAFETY: this function's promise.
    unsafe { carry_out_with(client, (result_name, result.cast()), error, give) }
}

/// The part of `with_client` that is there once, for all kinds of object.
///
/// # Safety
/// As with `with_client`.
unsafe fn carry_out_with(
    client: *const esa_client,
    result: (&str, *mut *mut c_void),
    error: *mut *mut esa_error,
    give: &mut dyn FnMut(&Client) -> Result<(), Error>,
) -> esa_status {
    // The share too is given back without being cancelled: it may be the last one, and close connections.
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
