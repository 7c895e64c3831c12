//! Every action of the service: what is sent is what the official SDK sends, as it was recorded.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc;

use esa::{AnyAction, CallOptions, Client};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::server::{SUCCESS, Server, read_request};

#[derive(Deserialize)]
struct Table {
    #[serde(borrow)]
    vectors: Vec<Vector<'static>>,
}

#[derive(Deserialize)]
struct Vector<'a> {
    action: String,
    #[serde(borrow)]
    params: &'a RawValue,
    sent: Sent,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Sent {
    method: String,
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    headers: BTreeMap<String, Option<String>>,
}

#[test]
fn an_action_is_sent_as_the_official_sdk_sends_it() {
    let table: Table = serde_json::from_str(include_str!("../vectors/actions.json")).unwrap();
    assert!(table.vectors.len() > 400);
    let (recorded, requests) = mpsc::channel();
    let server = Server::start(move |mut connection, _| {
        loop {
            let request = read_request(&mut connection);
            if request.is_empty() || recorded.send(request).is_err() {
                return;
            }
            connection.write_all(SUCCESS.as_bytes()).unwrap();
        }
    });
    let client = Client::new(&server.config()).unwrap();

    let differences: Vec<_> = table
        .vectors
        .into_iter()
        .filter_map(|vector| {
            let action = AnyAction { params: Some(vector.params.get()), ..AnyAction::new(&vector.action) };
            client.call(&action, &CallOptions::new()).unwrap();
            let sent = Sent::read(&requests.recv().unwrap());
            let expected = as_sent_here(vector.sent, vector.params);
            (sent != expected).then(|| format!("{}: {sent:?}, not {expected:?}", vector.action))
        })
        .collect();

    assert!(requests.try_recv().is_err(), "one request a call");
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}

/// Python spells booleans `True` and `False`, the official SDKs of the other languages as JSON does. It names the type of a
/// form that has nothing in it as well; there is no body then.
fn as_sent_here(mut sent: Sent, params: &RawValue) -> Sent {
    let params: BTreeMap<String, Value> = serde_json::from_str(params.get()).unwrap();
    for (name, value) in sent.query.iter_mut().chain(&mut sent.form) {
        if let Some(Value::Bool(boolean)) = params.get(name) {
            *value = boolean.to_string();
        }
    }
    if sent.form.is_empty() {
        sent.headers.insert("content-type".to_owned(), None);
    }
    sent
}

impl Sent {
    fn read(request: &str) -> Sent {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let mut first = lines.next().unwrap().split(' ');
        let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap());
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
        let header = |name: &str| {
            let found = headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
            (name.to_owned(), found.map(|(_, value)| (*value).to_owned()))
        };
        Sent {
            method,
            query: pairs(query),
            form: pairs(body),
            headers: ["content-type", "x-acs-action", "x-acs-version"].map(header).into(),
        }
    }
}

/// Of a query or a form: decoded, and in the table's order.
fn pairs(encoded: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let pairs = encoded.split('&').filter_map(|pair| pair.split_once('='));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
    pairs.sort();
    pairs
}
