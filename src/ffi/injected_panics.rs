//! A panic in any export becomes an error, or nothing at all. Every object stays usable and can be released.

use std::ffi::CStr;
use std::ptr::{self, null, null_mut};

use super::bulk::*;
use super::call_action::*;
use super::cancel::*;
use super::client::*;
use super::config::*;
use super::create_routine_related_record::*;
use super::delete_routine_related_record::*;
use super::ensure_routine_related_records::*;
use super::error::{esa_error, esa_error_free};
use super::get_match_site::*;
use super::guard::tests::want_panic;
use super::limits::*;
use super::list_routine_related_records::*;
use super::reply::esa_read_reply;
use super::service_code::{esa_service_code_advice, esa_service_code_name};
use super::sign::*;
use super::stats::esa_client_stats;
use super::status::esa_status::{self, ESA_ERR_INTERNAL, ESA_OK};
use crate::error::Outcome;

/// Checks that a call that panics has no result, and an error with the panic and this `outcome`.
fn assert_internal<T>(outcome: Outcome, call: impl FnOnce(*mut *mut T, *mut *mut esa_error) -> esa_status) {
    let (mut result, mut error) = (ptr::dangling_mut(), null_mut());
    want_panic();

    assert_eq!(call(&mut result, &mut error), ESA_ERR_INTERNAL);

    assert!(result.is_null());
    // SAFETY: the call handed the error out; it is released once.
    unsafe {
        assert_eq!((*error).outcome, outcome as i32);
        assert!(CStr::from_ptr((*error).message).to_str().unwrap().contains("injected"));
        esa_error_free(error);
    }
}

fn config() -> *mut esa_config {
    let config = esa_config_new();
    // SAFETY: the configuration is live, the strings are NUL-terminated.
    unsafe {
        assert_eq!(esa_config_set_endpoint(config, c"http://127.0.0.1:1".as_ptr()), ESA_OK);
        assert_eq!(esa_config_set_credentials(config, c"id".as_ptr(), c"secret".as_ptr(), null()), ESA_OK);
    }
    config
}

fn client(config: *const esa_config) -> *mut esa_client {
    let mut client = null_mut();
    // SAFETY: the configuration is live.
    assert_eq!(unsafe { esa_client_new(config, &mut client, null_mut()) }, ESA_OK);
    client
}

fn new_cancel() -> *mut esa_cancel {
    let mut cancel = null_mut();
    // SAFETY: there is memory for a pointer, and NULL is allowed.
    assert_eq!(unsafe { esa_cancel_new(&mut cancel, null_mut()) }, ESA_OK);
    cancel
}

#[test]
fn in_functions_that_make_or_tell_something() {
    want_panic();
    assert!(esa_config_new().is_null());
    // SAFETY: both pointers are to memory for a pointer.
    assert_internal(Outcome::NotSent, |cancel, error| unsafe { esa_cancel_new(cancel, error) });
    for tell in [esa_service_code_name, esa_service_code_advice] {
        want_panic();
        // SAFETY: both return static, NUL-terminated strings.
        assert_eq!(unsafe { CStr::from_ptr(tell(10)) }, c"");
    }
}

#[test]
fn in_setters() {
    type Setter = unsafe fn(*mut esa_config) -> esa_status;
    macro_rules! setter {
        ($config:ident => $call:expr) => {
            // SAFETY: the configuration is live, and the strings are NUL-terminated.
            |$config| unsafe { $call }
        };
    }
    let setters: [Setter; 19] = [
        setter!(config => esa_config_set_credentials(config, c"id".as_ptr(), c"secret".as_ptr(), null())),
        setter!(config => esa_config_set_credentials_provider(config, None, null_mut())),
        setter!(config => esa_config_set_region(config, c"cn-hangzhou".as_ptr())),
        setter!(config => esa_config_set_endpoint(config, c"127.0.0.1".as_ptr())),
        setter!(config => esa_config_set_network(config, 2)),
        setter!(config => esa_config_set_proxy(config, c"".as_ptr())),
        setter!(config => esa_config_set_connect_timeout(config, 1)),
        setter!(config => esa_config_set_attempt_timeout(config, 1)),
        setter!(config => esa_config_set_timeout(config, 1)),
        setter!(config => esa_config_set_signature_version(config, 1)),
        setter!(config => esa_config_set_ca_file(config, c"/".as_ptr())),
        setter!(config => esa_config_set_ca_pem(config, c"".as_ptr())),
        setter!(config => esa_config_set_user_agent(config, c"a".as_ptr())),
        setter!(config => esa_config_set_max_idle_connections(config, 1)),
        setter!(config => esa_config_set_idle_timeout(config, 1)),
        setter!(config => esa_config_set_max_attempts(config, 1)),
        setter!(config => esa_config_set_reconcile_horizon(config, 1)),
        setter!(config => esa_config_set_max_concurrent_writes(config, 1)),
        setter!(config => esa_config_set_log(config, 1, None, null_mut())),
    ];
    for setter in setters {
        let config = config();
        want_panic();

        // SAFETY: the configuration is live until it is released, once.
        unsafe {
            assert_eq!(setter(config), ESA_ERR_INTERNAL);
            assert_eq!(esa_config_set_connect_timeout(config, 2), ESA_OK);
            esa_config_free(config);
        }
    }
}

#[test]
fn in_calls() {
    let config = config();
    // SAFETY: every pointer is live or NULL, and each object is released once.
    unsafe {
        assert_internal(Outcome::NotSent, |client, error| esa_client_new(config, client, error));
        let client = client(config);

        assert_internal(Outcome::Unknown, |result, error| {
            esa_create_routine_related_record(client, null(), null(), result, error)
        });
        assert_internal(Outcome::Unknown, |result, error| {
            esa_ensure_routine_related_record(client, null(), null(), result, error)
        });
        assert_internal(Outcome::Unknown, |result, error| {
            esa_delete_routine_related_record(client, null(), null(), result, error)
        });
        assert_internal(Outcome::Unknown, |result, error| {
            esa_list_routine_related_records(client, null(), null(), result, error)
        });
        assert_internal(Outcome::Unknown, |result, error| esa_get_match_site(client, null(), null(), result, error));
        assert_internal(Outcome::Unknown, |result, error| esa_call_action(client, null(), null(), result, error));
        assert_internal(Outcome::Unknown, |result, error| esa_sign_action(client, null(), null(), result, error));
        assert_internal(Outcome::NotSent, |result, error| esa_sign_with(null(), null(), result, error));
        assert_internal(Outcome::Unknown, |result, error| esa_read_reply(null(), result, error));
        assert_internal(Outcome::Unknown, |result, error| {
            esa_ensure_routine_related_records(client, null(), null(), result, error)
        });
        assert_internal(Outcome::Unknown, |bulk, error| esa_bulk_new(client, null(), null(), bulk, error));
        assert_internal(Outcome::Unknown, |result, error| esa_bulk_next(null_mut(), result, error));
        want_panic();
        assert_eq!(esa_client_stats(client, null_mut()), ESA_ERR_INTERNAL);
        want_panic();
        assert_eq!(CStr::from_ptr(esa_client_credentials_source(client)), c"");

        esa_client_free(client);
        esa_config_free(config);
    }
}

#[test]
fn in_releasing_which_can_be_done_again() {
    /// Releases `object` twice: first with a panic, which releases nothing, then without.
    fn release<T>(object: *mut T, release: unsafe extern "C-unwind" fn(*mut T)) {
        want_panic();
        // SAFETY: the object is live; the first call panics before it touches it.
        unsafe {
            release(object);
            release(object);
        }
    }
    let config = config();
    release(client(config), esa_client_free);
    release(config, esa_config_free);
    release(new_cancel(), esa_cancel_free);
    release(null_mut(), esa_error_free);
    release(null_mut(), esa_create_routine_related_record_result_free);
    release(null_mut(), esa_ensure_routine_related_records_result_free);
    release(null_mut(), esa_bulk_free);
    release(null_mut(), esa_delete_routine_related_record_result_free);
    release(null_mut(), esa_list_routine_related_records_result_free);
    release(null_mut(), esa_get_match_site_result_free);
    release(null_mut(), esa_call_action_result_free);
    release(null_mut(), esa_signed_request_free);
}
