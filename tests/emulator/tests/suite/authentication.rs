//! Signatures: the published examples, and each reason to refuse one.

use serde_json::{Value, json};

use crate::signer::{Call, join, pairs, request};
use crate::support::Emulator;

/// An emulator that knows one key and believes that it is the given time.
fn at(time: &str, key_id: &str, secret: &str) -> Emulator {
    let emulator = Emulator::start_changed(|seed| {
        let keys = seed["accounts"][0]["users"][0]["keys"].as_array_mut().unwrap();
        keys.push(json!({"access_key_id": key_id, "access_key_secret": secret}));
    });
    let wanted: jiff::Timestamp = time.parse().unwrap();
    let offset_ms = wanted.as_millisecond() - jiff::Timestamp::now().as_millisecond();
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": offset_ms}));
    emulator
}

/// The example is not of this service: that its signature is right shows in what it is refused for.
const FOREIGN: (u16, &str) = (400, "InvalidVersion");

#[test]
fn published_v1_examples_are_accepted() {
    let emulator = at("2016-02-23T12:46:24Z", "testid", "testsecret");
    let mut parameters = pairs(&[
        ("AccessKeyId", "testid"),
        ("Action", "DescribeRegions"),
        ("Format", "JSON"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2016-02-23T12:46:24Z"),
        ("Version", "2014-05-26"),
        ("Signature", "OLeaidS1JvxuMvnyHOwuJ+uX5qY="),
    ]);
    let get = |parameters: &[(String, String)]| emulator.send(&request("GET", &join(parameters), &[("host", "a")], ""));
    get(&parameters).assert_refused(400, "SignatureDoesNotMatch");
    parameters[2].1 = "XML".into();
    get(&parameters).assert_refused(400, "InvalidFormat");

    let emulator = at("2023-03-13T08:34:30Z", "testid", "testsecret");
    let parameters = pairs(&[
        ("AccessKeyId", "testid"),
        ("Action", "DescribeDedicatedHosts"),
        ("Format", "JSON"),
        ("RegionId", "cn-beijing"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "edb2b34af0af9a6d14deaf7c1a5315eb"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2023-03-13T08:34:30Z"),
        ("Version", "2014-05-26"),
        ("Signature", "9NaGiOspFP5UPcwX8Iwt2YJXXuk="),
    ]);
    let reply = emulator.send(&request("GET", &join(&parameters), &[("host", "a")], ""));
    reply.assert_refused(FOREIGN.0, FOREIGN.1);
}

#[test]
fn the_published_v3_example_is_accepted() {
    let emulator = at("2023-10-26T10:22:32Z", "YourAccessKeyId", "YourAccessKeySecret");
    let query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai";
    let headers = v3_headers(
        "ecs.cn-shanghai.aliyuncs.com",
        "RunInstances",
        "2014-05-26",
        "2023-10-26T10:22:32Z",
        "3156853299f313e23d1673dc12e1703d",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
    let authorization = "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
    let headers: Vec<_> = headers.into_iter().chain([("authorization", authorization)]).collect();
    emulator.send(&request("POST", query, &headers, "")).assert_refused(FOREIGN.0, FOREIGN.1);
}

fn v3_headers<'a>(
    host: &'a str,
    action: &'a str,
    version: &'a str,
    date: &'a str,
    nonce: &'a str,
    hash: &'a str,
) -> Vec<(&'a str, &'a str)> {
    vec![
        ("host", host),
        ("x-acs-action", action),
        ("x-acs-version", version),
        ("x-acs-date", date),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-content-sha256", hash),
    ]
}

const DATE: &str = "2025-01-02T03:04:05Z";
const NONCE: &str = "0123456789abcdef0123456789abcdef";
const HOST: &str = "esa.cn-hangzhou.aliyuncs.com";
const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn this_services_v3_examples_are_accepted() {
    let create = "Name=test-routine1&RecordName=test-record-1.example.com&SiteId=54362329990032";
    let list = "Name=test-routine1&PageNumber=1&PageSize=20&SearchKeyWord=test-record-1.example.com";
    let create_hash = "17bbf6f5fee54d631badd52edfe7651a06e1b8185922a373cecaecbe645cad0a";
    let list_hash = hash_of(list);
    for (action, body, hash, signature) in [
        (
            "CreateRoutineRelatedRecord",
            create,
            create_hash,
            "94c5c7a198e73706eac29b20b17100151dd3a2692fe0b513c723cc1f8e3298a4",
        ),
        (
            "ListRoutineRelatedRecords",
            list,
            &list_hash,
            "ed47f8f2a5a5968e1df7f8caca2d8c5a9091f8d8051543d9ff96129b85ab8d3d",
        ),
    ] {
        let emulator = at(DATE, "testid", "testsecret");
        let names =
            "content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
        let authorization = format!("ACS3-HMAC-SHA256 Credential=testid,SignedHeaders={names},Signature={signature}");
        let headers = v3_headers(HOST, action, "2024-09-10", DATE, NONCE, hash);
        let extra = [("content-type", FORM), ("authorization", authorization.as_str())];
        let headers: Vec<_> = headers.into_iter().chain(extra).collect();
        emulator.send(&request("POST", "", &headers, body)).assert_ok();
    }
}

fn hash_of(body: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn this_services_v1_example_is_accepted() {
    let emulator = at(DATE, "testid", "testsecret");
    let common = pairs(&[
        ("AccessKeyId", "testid"),
        ("Action", "CreateRoutineRelatedRecord"),
        ("Format", "json"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", NONCE),
        ("SignatureVersion", "1.0"),
        ("Timestamp", DATE),
        ("Version", "2024-09-10"),
        ("Signature", "hao4Q95VTRY+/johhtYAJ41Q//0="),
    ]);
    let body = "Name=test-routine1&RecordName=test-record-1.example.com&SiteId=54362329990032";
    let headers = [("host", HOST), ("content-type", FORM)];
    emulator.send(&request("POST", &join(&common), &headers, body)).assert_ok();
}

fn create() -> Call {
    Call::create("a.example.com")
}

/// Both signed forms of a call, each with a nonce of its own.
fn both(call: &Call) -> [String; 2] {
    let other = Call { nonce: format!("{}-v1", call.nonce), ..call.clone() };
    [call.v3(), other.v1()]
}

#[test]
fn a_wrong_secret_is_refused_and_shown_what_was_signed() {
    let emulator = Emulator::start();
    for (request, shown) in
        both(&create().key("EsaEmulatorKeyId", "wrong")).iter().zip(["ACS3-HMAC-SHA256\n", "POST&%2F&"])
    {
        let reply = emulator.send(request);
        reply.assert_refused(400, "SignatureDoesNotMatch");
        let form = format!("Specified signature is not matched with our calculation. server string to sign is:{shown}");
        assert!(reply.json["Message"].as_str().unwrap().starts_with(&form), "{}", reply.json);
        let shows_canonical = reply.json["Message"].as_str().unwrap().contains("canonical request is:POST\n/\n");
        assert_eq!(shows_canonical, shown.starts_with("ACS3"));
    }
    assert!(emulator.record_names().is_empty());
}

#[test]
fn whatever_changes_on_the_way_breaks_the_signature() {
    let emulator = Emulator::start();
    for (from, to) in [("host: 127.0.0.1", "host: 127.0.0.2"), ("POST / ", "POST /?x=1 "), ("POST / ", "GET / ")] {
        let request = create().v3();
        assert!(request.contains(from));
        emulator.send(&request.replacen(from, to, 1)).assert_refused(400, "SignatureDoesNotMatch");
    }
    let body = create().v3().replace("Name=test-routine1", "Name=test-routine2");
    emulator.send(&body).assert_refused(400, "InvalidContentSha256");
    let v1 = create().v1().replace("Name=test-routine1", "Name=test-routine2");
    emulator.send(&v1).assert_refused(400, "SignatureDoesNotMatch");
    // V1 covers parameters only, and takes the action from there.
    let other_action = create().v1().replacen("host:", "x-acs-action: DeleteRoutine\r\nhost:", 1);
    emulator.send(&other_action).assert_ok();
}

#[test]
fn unknown_and_disabled_keys_are_refused() {
    let emulator = Emulator::start_changed(|seed| {
        let keys = seed["accounts"][0]["users"][0]["keys"].as_array_mut().unwrap();
        keys.push(json!({"access_key_id": "off", "access_key_secret": "s", "status": "Inactive"}));
    });
    for request in both(&create().key("nobody", "s")) {
        emulator.send(&request).assert_refused(404, "InvalidAccessKeyId.NotFound");
    }
    for request in both(&create().key("off", "s")) {
        emulator.send(&request).assert_refused(400, "InvalidAccessKeyId.Inactive");
    }
}

#[test]
fn a_nonce_is_taken_once_per_key_and_only_by_a_valid_request() {
    let emulator = Emulator::start();
    for sign in [Call::v3 as fn(&Call) -> String, Call::v1] {
        let call = Call { nonce: create().nonce, ..Call::list() };
        let forged = call.clone().key("EsaEmulatorKeyId", "wrong");
        emulator.send(&sign(&forged)).assert_refused(400, "SignatureDoesNotMatch");
        emulator.send(&sign(&call)).assert_ok();
        emulator.send(&sign(&call)).assert_refused(400, "SignatureNonceUsed");
    }
}

#[test]
fn a_time_more_than_a_quarter_of_an_hour_off_is_refused() {
    let emulator = Emulator::start();
    let shift = |seconds: i64| emulator.admin_ok("POST", "clock", &json!({"offset_ms": seconds * 1000}));
    for seconds in [15 * 60 + 5, -15 * 60 - 5] {
        shift(seconds);
        for request in both(&create()) {
            let reply = emulator.send(&request);
            reply.assert_refused(400, "InvalidTimeStamp.Expired");
            let server = jiff::fmt::rfc2822::parse(reply.header("date").unwrap()).unwrap().timestamp();
            let off = server.as_second() - jiff::Timestamp::now().as_second();
            assert!((off - seconds).abs() <= 2, "the Date is {off} s off");
        }
    }
    for seconds in [15 * 60 - 5, 5 - 15 * 60] {
        shift(seconds);
        for request in both(&Call::list()) {
            emulator.send(&request).assert_ok();
        }
    }
    shift(0);
    for request in both(&Call { date: "2025-01-02 03:04:05".into(), ..create() }) {
        emulator.send(&request).assert_refused(400, "InvalidTimeStamp.Format");
    }
}

#[test]
fn temporary_keys_need_their_token_while_it_lasts() {
    let key = |id: &str, expires: &str| -> Value {
        json!({"access_key_id": id, "access_key_secret": "s", "security_token": "the token+/=", "expires": expires})
    };
    let emulator = Emulator::start_changed(|seed| {
        let keys = seed["accounts"][0]["users"][0]["keys"].as_array_mut().unwrap();
        keys.extend([key("STS.fresh", "2999-01-01T00:00:00Z"), key("STS.stale", "2001-01-01T00:00:00Z")]);
    });
    let with_token = |id: &str, token: Option<&str>| Call { token: token.map(Into::into), ..Call::list() }.key(id, "s");
    for request in both(&with_token("STS.fresh", Some("the token+/="))) {
        emulator.send(&request).assert_ok();
    }
    for request in both(&with_token("STS.fresh", None)) {
        emulator.send(&request).assert_refused(400, "InvalidSecurityToken.Malformed");
    }
    for request in both(&with_token("STS.fresh", Some("another"))) {
        emulator.send(&request).assert_refused(400, "InvalidSecurityToken.MismatchWithAccessKey");
    }
    for request in both(&with_token("STS.stale", Some("the token+/="))) {
        emulator.send(&request).assert_refused(400, "InvalidSecurityToken.Expired");
    }
    let needless = Call { token: Some("x".into()), ..Call::list() };
    for request in both(&needless) {
        emulator.send(&request).assert_refused(400, "InvalidSecurityToken.Malformed");
    }
}

#[test]
fn an_incomplete_v3_signature_is_refused() {
    let emulator = Emulator::start();
    let request = create().v3();
    let header = |name: &str| request.lines().find(|line| line.starts_with(name)).unwrap().to_owned() + "\r\n";
    let mut spoiled: Vec<String> = vec![
        request.replace(&header("authorization: "), ""),
        request.replace(&header("authorization: "), "authorization: \r\n"),
        request.replace("ACS3-HMAC-SHA256 ", "ACS3-RSA-SHA256 "),
        request.replace("SignedHeaders=", "Signed="),
        request.replace("Signature=", "Signature=x,Signature="),
        request.replace("content-type;host", "host;content-type"),
        request.replace("content-type;host", "host"),
        request.replace("content-type;host", "content-type"),
        request.replace(";x-acs-date", ""),
        request.replace("content-type;host", "accept;content-type;host"),
        request.replacen("host: ", "x-acs-extra: 1\r\nhost: ", 1),
        request.replacen("host: ", "host: other\r\nhost: ", 1),
    ];
    for name in ["x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"] {
        spoiled.push(request.replace(&header(name), ""));
        spoiled.push(request.replace(&header(name), &header(name).repeat(2)));
    }
    for spoiled in spoiled {
        assert_ne!(spoiled, request);
        emulator.send(&spoiled).assert_refused(400, "IncompleteSignature");
    }
    emulator.send(&request).assert_ok();
}

#[test]
fn an_incomplete_v1_signature_is_refused() {
    let emulator = Emulator::start();
    let request = create().v1();
    for name in
        ["AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp", "Action", "Version"]
    {
        let first = request.replacen("/?", "/?&", 1);
        let renamed = first.replacen(&format!("&{name}="), &format!("&X{name}="), 1);
        emulator.send(&renamed).assert_refused(400, &format!("Missing{name}"));
    }
    let no_signature = request.replace("&Signature=", "&X=");
    emulator.send(&no_signature).assert_refused(400, "IncompleteSignature");
    let other_method = request.replace("HMAC-SHA1", "HMAC-SHA256");
    emulator.send(&other_method).assert_refused(400, "IncompleteSignature");
    let bearer = request.replacen("/?", "/?SignatureType=BEARERTOKEN&BearerToken=x&", 1);
    emulator.send(&bearer).assert_refused(400, "UnsupportedSignatureType");
    emulator.send(&request).assert_ok();
}
