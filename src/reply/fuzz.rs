//! Fuzzes replies.

use std::time::SystemTime;

use super::retry_hint;
use crate::error::Outcome;
use crate::http::Reply;
use crate::operation::{
    CreateRoutineRelatedRecordRequest, DeleteRoutineRelatedRecordRequest, GetMatchSiteRequest,
    ListRoutineRelatedRecordsRequest, Operation, Receipt,
};

/// The first byte chooses the HTTP status. The rest is the body, which every operation reads.
pub fn reply(data: &[u8]) {
    let Some((&choice, body)) = data.split_first() else { return };
    let status = [200, 201, 301, 400, 403, 404, 429, 500, 502, 503][usize::from(choice) % 10];
    let reply = Reply::new(status, &[("x-acs-request-id", "R")], body);
    let name = "a.example.com";
    read(&reply, &CreateRoutineRelatedRecordRequest::new(1, name, name));
    read(&reply, &DeleteRoutineRelatedRecordRequest::new(1, name, name).with_record_id(1));
    read(&reply, &GetMatchSiteRequest::new(name));
    read(&reply, &ListRoutineRelatedRecordsRequest::new(name));
}

fn read<O: Operation>(reply: &Reply, operation: &O) {
    let result = super::read::<O::Reply>(reply).and_then(|(parsed, request_id)| {
        operation.output(parsed, Receipt { attempt: 1, http_status: reply.status(), request_id })
    });
    if let Err(error) = result {
        assert_ne!(error.outcome(), Outcome::NotSent);
        assert_eq!(error.http_status(), Some(reply.status()));
        let _ = (error.to_string(), format!("{error:?}"));
    }
}

/// Each line is the value of one of the headers that ask to wait.
pub fn retry_hint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if !text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return;
    }
    let names = ["x-acs-retry-after", "retry-after", "x-ratelimit-user-api", "x-ratelimit-user", "date", "age"];
    let headers: Vec<_> = names.into_iter().zip(text.split('\n')).collect();
    let reply = Reply::new(429, &headers, "");
    let hint = retry_hint::read(&reply, SystemTime::UNIX_EPOCH);
    let error = super::read::<serde_json::Value>(&reply).expect_err("429 is no success");
    assert!(hint.is_none() || error.retry_after().is_none() || error.retry_after() <= hint);
}
