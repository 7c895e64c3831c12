//! Every action of the service: the library sends what the official SDK sends, as recorded. Also what actions do
//! together.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;

use esa::{AnyAction, CallOptions, Client, Config, Credentials, ErrorKind};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::emulator::Emulator;
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
            let action = AnyAction::new(&vector.action).with_params(vector.params.get());
            client.call(&action, &CallOptions::new()).unwrap();
            let sent = Sent::read(&requests.recv().unwrap());
            let expected = as_sent_here(vector.sent, vector.params);
            (sent != expected).then(|| format!("{}: {sent:?}, not {expected:?}", vector.action))
        })
        .collect();

    assert!(requests.try_recv().is_err(), "one request a call");
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn a_routine_and_a_site_live_by_calls_alone() {
    let emulator = Emulator::start(&[]);
    let ready = |name: &str| emulator.ready[name].as_str().unwrap();
    let mut config = Config::new();
    let credentials = Credentials::new(ready("access_key_id"), ready("access_key_secret")).unwrap();
    config.endpoint(emulator.url()).credentials(credentials);
    let client = Client::new(&config).unwrap();
    let try_call = |action: &str, params: Value| {
        let params = params.to_string();
        client.call(&AnyAction::new(action).with_params(&params), &CallOptions::new())
    };
    let call = |action: &str, params: Value| -> Value {
        serde_json::from_str(&try_call(action, params).unwrap().body).unwrap()
    };

    call("CreateRoutine", json!({"Name": "called", "Description": "ü \"x\"", "HasAssets": false}));
    upload(&call("GetRoutineStagingCodeUploadInfo", json!({"Name": "called"}))["OssPostConfig"], "export default {}");
    let version = call("CommitRoutineStagingCode", json!({"Name": "called"}))["CodeVersion"].clone();
    call("PublishRoutineCodeVersion", json!({"Name": "called", "Env": "production", "CodeVersion": version}));
    let routine = call("GetRoutine", json!({"Name": "called"}));
    assert_eq!(routine["Description"], "ü \"x\"");
    assert_eq!(routine["Envs"][1]["CodeDeploy"]["CodeVersions"][0]["CodeVersion"], version);
    let pages = [1, 2, 3].map(|number| call("ListUserRoutines", json!({"PageNumber": number, "PageSize": 1})));
    assert!(pages.iter().any(|page| page["Routines"][0]["RoutineName"] == "called"), "{pages:?}");

    let mut record = json!({"Name": "called", "RecordName": "called.example.com", "SiteId": emulator.ready["site_id"]});
    record["RecordId"] = call("CreateRoutineRelatedRecord", record.clone())["RecordId"].clone();
    let listed = call("ListRoutineRelatedRecords", json!({"Name": "called"}));
    assert_eq!(listed["RelatedRecords"][0]["RecordId"], record["RecordId"]);
    call("DeleteRoutineRelatedRecord", record);
    call("DeleteRoutine", json!({"Name": "called"}));
    assert_eq!(try_call("GetRoutine", json!({"Name": "called"})).unwrap_err().kind(), ErrorKind::NotFound);

    let site = json!({"SiteName": "called.org", "AccessType": "NS", "Coverage": "overseas", "InstanceId": "called"});
    let id = call("CreateSite", site)["SiteId"].clone();
    assert_eq!(call("ListSites", json!({"SiteName": "called.org"}))["Sites"][0]["SiteId"], id);
    assert_eq!(call("GetSite", json!({"SiteId": id}))["SiteModel"]["SiteName"], "called.org");
}

/// Uploads a routine's code as the service's form says.
fn upload(form: &Value, code: &str) {
    let mut body = String::new();
    let file = ("file\"; filename=\"index.js", code);
    let fields = form.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    for (name, value) in fields.filter(|(name, _)| *name != "Url").chain([file]) {
        let name = if name == "XOssSecurityToken" { "x-oss-security-token" } else { name };
        body += &format!("--boundary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--boundary--\r\n";
    let url = form["Url"].as_str().unwrap();
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary=boundary\r\n\r\n",
        body.len()
    );
    connection.write_all((head + &body).as_bytes()).unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

/// Python writes booleans as `True` and `False`. The other official SDKs write them like JSON. Python also sends the
/// type of an empty form, although there is no body.
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

/// Decodes a query or a form, in the table's order.
fn pairs(encoded: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let pairs = encoded.split('&').filter_map(|pair| pair.split_once('='));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
    pairs.sort();
    pairs
}
