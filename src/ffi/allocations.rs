//! Counts how often a call allocates.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::ptr::null_mut;

use super::call_options::esa_call_options;
use super::cancel::{esa_cancel_free, esa_cancel_new};
use super::client::{esa_client_free, esa_client_new};
use super::config::*;
use super::create_routine_related_record::*;
use super::status::esa_status::ESA_OK;
use crate::allocations::counted;

/// Starts a server that answers each request with a success, on one connection. Returns its address.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let body = r#"{"Status":"OK","RequestId":"EDBD3EB3-97DA-5465-AEF5-8DCA5DC5E395","RecordId":3227405728754048}"#;
        let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let mut request = [0; 4096];
        // A request is one write, so it is one read.
        while connection.read(&mut request).is_ok_and(|count| count > 0) {
            connection.write_all(reply.as_bytes()).unwrap();
        }
    });
    format!("http://{address}\0")
}

#[test]
fn a_call_on_a_kept_connection_allocates_little() {
    let endpoint = server();
    let config = esa_config_new();
    let (mut client, mut cancel) = (null_mut(), null_mut());
    // SAFETY: live objects and NUL-terminated strings.
    unsafe {
        esa_config_set_endpoint(config, endpoint.as_ptr().cast());
        esa_config_set_credentials(config, c"testid".as_ptr(), c"testsecret".as_ptr(), std::ptr::null());
        assert_eq!(esa_client_new(config, &mut client, null_mut()), ESA_OK);
        assert_eq!(esa_cancel_new(&mut cancel, null_mut()), ESA_OK);
    }
    let request = esa_create_routine_related_record_request {
        struct_size: size_of::<esa_create_routine_related_record_request>(),
        site_id: 54362329990032,
        name: c"test-routine1".as_ptr(),
        record_name: c"test-record-1.example.com".as_ptr(),
    };
    let options = esa_call_options {
        struct_size: size_of::<esa_call_options>(),
        cancel,
        timeout_ms: 30_000,
        max_attempts: 0,
        interrupt: None,
        interrupt_data: null_mut(),
    };
    let call = || {
        let (mut result, mut error) = (null_mut(), null_mut());
        // SAFETY: live objects; the result is released once.
        unsafe {
            let status = esa_create_routine_related_record(client, &request, &options, &mut result, &mut error);
            assert_eq!(status, ESA_OK);
            esa_create_routine_related_record_result_free(result);
        }
    };

    // Makes the connection.
    call();
    let (allocations, ()) = counted(call);

    assert!(allocations <= 12, "{allocations}");
    // SAFETY: each is released once.
    unsafe {
        esa_client_free(client);
        esa_cancel_free(cancel);
        esa_config_free(config);
    }
}
