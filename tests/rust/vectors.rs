//! The table of cases that every language runs, in Rust.

use std::time::Duration;

use esa::{
    CallOptions, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, Error, Record, SignatureVersion,
};
use serde_json::{Value, json};

use crate::emulator::Emulator;

#[test]
fn every_case_of_the_table_holds() {
    let table: Value = serde_json::from_str(include_str!("../vectors/create_routine_related_record.json")).unwrap();
    let emulator = Emulator::with_vectors();
    let cases = table["cases"].as_array().unwrap();

    let failures: Vec<_> = cases.iter().filter_map(|case| check(&table, case, emulator.url()).err()).collect();

    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn check(table: &Value, case: &Value, endpoint: &str) -> Result<(), String> {
    let found = match call(table, case, endpoint) {
        Ok(record) => describe_record(&record),
        Err(error) => describe_error(&error),
    };
    let expected = case["expect"].as_object().unwrap();
    let names = expected.keys().chain(found.as_object().unwrap().keys());
    for name in names {
        if !agree(&expected[name], &found[name]) {
            let (case, wanted) = (&case["case"], &expected[name]);
            return Err(format!("{case}: {name} is {}, expected {wanted}\n  in {found}", found[name]));
        }
    }
    Ok(())
}

fn call(table: &Value, case: &Value, endpoint: &str) -> Result<Record, Error> {
    let key = &table["credentials"][case["credentials"].as_str().unwrap()];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut config = Config::new();
    config.endpoint(endpoint);
    config.reconcile_horizon(Duration::from_millis(table["reconcile_horizon_ms"].as_u64().unwrap()));
    let (id, secret) = (text(&key[0]), text(&key[1]));
    config.credentials(match key[2].as_str() {
        Some(token) => Credentials::temporary(&id, &secret, token)?,
        None => Credentials::new(&id, &secret)?,
    });
    if case["signature_version"] == 1 {
        config.signature_version(SignatureVersion::V1);
    }
    let mut options = CallOptions::new();
    if let Some(timeout) = case["timeout_ms"].as_u64() {
        options.timeout(Duration::from_millis(timeout));
    }
    if let Some(max_attempts) = case["max_attempts"].as_u64() {
        options.max_attempts(max_attempts.try_into().unwrap());
    }
    let (client, request) = (Client::new(&config)?, &case["request"]);
    let (name, record_name) = (text(&request["name"]), text(&request["record_name"]));
    let request = CreateRoutineRelatedRecordRequest::new(request["site_id"].as_i64().unwrap(), &name, &record_name);
    match case["operation"].as_str() {
        Some("ensure") => client.ensure_routine_related_record(&request, &options),
        _ => client.create_routine_related_record(&request, &options),
    }
}

fn describe_record(record: &Record) -> Value {
    json!({
        "status": "ESA_OK",
        "record_id": record.record_id.unwrap_or(0),
        "origin": format!("ESA_ORIGIN_{}", upper_case(record.origin)),
        "service_status": record.status,
        "request_id": record.request_id,
        "attempts": record.attempts,
    })
}

fn describe_error(error: &Error) -> Value {
    json!({
        "status": format!("ESA_ERR_{}", upper_case(error.kind())),
        "outcome": format!("ESA_OUTCOME_{}", upper_case(error.outcome())),
        "service_code": error.service_code() as i32,
        "code": error.code(),
        "http_status": error.http_status().unwrap_or(0),
        "retryable": error.retryable(),
        "attempts": error.attempts(),
        "retry_after_ms": error.retry_after().unwrap_or_default().as_millis() as u64,
        "message": error.message(),
        "request_id": error.request_id(),
        "recommend": error.recommend(),
        "access_denied_detail": error.access_denied_detail(),
    })
}

/// `NotFound` is `NOT_FOUND` in the C interface.
fn upper_case(variant: impl std::fmt::Debug) -> String {
    let mut name = String::new();
    for letter in format!("{variant:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// `"*"` stands for any text that isn't empty, or for any number from 1 on.
fn agree(expected: &Value, found: &Value) -> bool {
    match (expected.as_str(), found) {
        (Some("*"), Value::String(text)) => !text.is_empty(),
        (Some("*"), Value::Number(number)) => number.as_i64().is_some_and(|number| number > 0),
        _ => expected == found,
    }
}
