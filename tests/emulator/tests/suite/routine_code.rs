//! The code of a routine, from its upload to its deployment.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::signer::Call;
use crate::support::{Emulator, Reply};

const ROUTINE: (&str, &str) = ("Name", "test-routine1");
const CODE: &str = "export default {\r\n  fetch: () => new Response('é')\n};\n";

fn call(emulator: &Emulator, action: &str, parameters: &[(&str, &str)]) -> Reply {
    emulator.call(&Call { host: emulator.address.to_string(), ..Call::new(action, &[&[ROUTINE], parameters].concat()) })
}

/// The fields of a form for test-routine1, by the names that OSS has for them.
fn form(emulator: &Emulator) -> Vec<(String, String)> {
    let info = call(emulator, "GetRoutineStagingCodeUploadInfo", &[("CodeDescription", "of the ü upload")]);
    let info = info.assert_ok().json;
    assert!(info["CodeVersion"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    let config = info["OssPostConfig"].as_object().unwrap();
    assert_eq!(config["Url"], format!("http://{}/oss/", emulator.address));
    let fields = config.iter().filter(|(name, _)| *name != "Url").map(|(name, value)| {
        let name = if name == "XOssSecurityToken" { "x-oss-security-token" } else { name };
        (name.to_owned(), value.as_str().unwrap().to_owned())
    });
    fields.collect()
}

fn post(emulator: &Emulator, fields: &[(String, String)], file: &str) -> Reply {
    let field = |(name, value): &(String, String)| {
        format!("--mine\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().map(field).collect();
    let file = format!(
        "--mine\r\nContent-Disposition: form-data; name=\"file\"; filename=\"index.js\"\r\n\
         Content-Type: application/javascript\r\n\r\n{file}\r\n--mine--\r\n"
    );
    let content_type = "content-type: multipart/form-data; boundary=mine\r\n";
    emulator.plain("POST", "/oss/", content_type, &format!("{fields}{file}"))
}

/// Uploads the code and makes a version of it.
fn version(emulator: &Emulator, code: &str, description: &str) -> String {
    post(emulator, &form(emulator), code).assert_ok();
    let committed = call(emulator, "CommitRoutineStagingCode", &[("CodeDescription", description)]).assert_ok();
    committed.json["CodeVersion"].as_str().unwrap().to_owned()
}

#[test]
fn code_is_uploaded_made_a_version_of_and_published() {
    let emulator = Emulator::start();
    assert_eq!(post(&emulator, &form(&emulator), CODE).assert_ok().json["Status"], "OK");
    let committed = call(&emulator, "CommitRoutineStagingCode", &[]).assert_ok().json;
    let version = committed["CodeVersion"].as_str().unwrap();

    let listed = call(&emulator, "ListRoutineCodeVersions", &[]).assert_ok().json;
    assert_eq!((&listed["TotalCount"], &listed["PageNumber"], &listed["PageSize"]), (&json!(1), &json!(1), &json!(20)));
    let shown = &listed["CodeVersions"][0];
    assert_eq!(shown["CodeVersion"], version);
    assert_eq!((&shown["CodeDescription"], &shown["Status"]), (&json!("of the ü upload"), &json!("Available")));
    let read = call(&emulator, "GetRoutineCodeVersion", &[("CodeVersion", version)]).assert_ok().json;
    assert_eq!(STANDARD.decode(read["RoutineCode"].as_str().unwrap()).unwrap(), CODE.as_bytes());

    let environments = || call(&emulator, "GetRoutine", &[]).assert_ok().json["Envs"].clone();
    assert_eq!(environments(), json!([{"Env": "staging"}, {"Env": "production"}]));
    let publish = [("Env", "production"), ("CodeVersion", version)];
    let published = call(&emulator, "PublishRoutineCodeVersion", &publish).assert_ok().json;
    assert_eq!(published["CodeVersion"], version);
    let production = &environments()[1]["CodeDeploy"];
    assert_eq!(production["Strategy"], "percentage");
    assert!(production["DeployId"].is_string() && production["CreationTime"].is_string());
    let part = json!({
        "CodeVersion": version, "Percentage": 100, "Description": "of the ü upload", "CreateTime": shown["CreateTime"],
    });
    assert_eq!(production["CodeVersions"], json!([part]));
    assert_eq!(environments()[0], json!({"Env": "staging"}));

    let log = emulator.requests();
    let upload = log.iter().find(|entry| entry["action"] == "PostObject").unwrap();
    let logged: Vec<_> = upload["parameters"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((logged, &upload["executed"]), (vec!["key", "x:codeDescription"], &json!(true)));
    let number = upload["number"].as_u64().unwrap();
    let details = emulator.admin_ok("GET", &format!("requests/{number}"), &json!({}))["details"].to_string();
    assert!(details.contains("a form of") && !details.contains("EsaEmulatorOssToken"), "{details}");
}

#[test]
fn versions_are_listed_newest_first_a_page_at_a_time() {
    let emulator = Emulator::start();
    post(&emulator, &form(&emulator), CODE).assert_ok();
    let commit = |number: usize| {
        let description = format!("number {number}");
        call(&emulator, "CommitRoutineStagingCode", &[("CodeDescription", description.as_str())]).assert_ok();
    };
    (0..12).for_each(commit);
    let list = |parameters: &[(&str, &str)]| {
        let listed = call(&emulator, "ListRoutineCodeVersions", parameters).assert_ok().json;
        let versions = listed["CodeVersions"].as_array().unwrap().clone();
        let texts: Vec<_> = versions.iter().map(|one| one["CodeDescription"].as_str().unwrap().to_owned()).collect();
        (listed["TotalCount"].as_u64().unwrap(), texts)
    };
    assert_eq!(list(&[("PageSize", "2")]), (12, vec!["number 11".into(), "number 10".into()]));
    assert_eq!(list(&[("PageSize", "10"), ("PageNumber", "2")]), (12, vec!["number 1".into(), "number 0".into()]));
    assert_eq!(list(&[("SearchKeyWord", "NUMBER 1")]).0, 3);
    call(&emulator, "ListRoutineCodeVersions", &[("PageNumber", "3")]).assert_refused(400, "InvalidParameter");
    let state = emulator.state();
    let other = Emulator::start();
    other.admin_ok("POST", "seed", &state);
    assert_eq!(other.state(), state);
}

#[test]
fn two_versions_can_share_the_traffic() {
    let emulator = Emulator::start();
    let (old, new) = (version(&emulator, "1", "old"), version(&emulator, "2", "new"));
    let deploy = |shares: Value| {
        let shares = shares.to_string();
        let parameters = [("Env", "staging"), ("Strategy", "percentage"), ("CodeVersions", shares.as_str())];
        call(&emulator, "CreateRoutineCodeDeployment", &parameters)
    };
    let share = |version: &str, percentage: u32| json!({"CodeVersion": version, "Percentage": percentage});
    let both = json!([share(&old, 30), share(&new, 70)]);
    let deployed = deploy(both.clone()).assert_ok().json;
    assert_eq!((&deployed["CodeVersions"], &deployed["Strategy"]), (&both, &json!("percentage")));
    let staging = call(&emulator, "GetRoutine", &[]).json["Envs"][0]["CodeDeploy"].clone();
    assert_eq!(staging["DeployId"], deployed["DeploymentId"]);
    assert_eq!(
        (&staging["CodeVersions"][1]["Percentage"], &staging["CodeVersions"][1]["Description"]),
        (&json!(70), &json!("new"))
    );

    for wrong in
        [json!([share(&old, 30)]), json!([share("1", 100)]), json!([]), json!("x"), json!([{"CodeVersion": old}])]
    {
        deploy(wrong).assert_refused(400, "InvalidParameter");
    }
    let strategy = [("Env", "staging"), ("Strategy", "all"), ("CodeVersions", "[]")];
    call(&emulator, "CreateRoutineCodeDeployment", &strategy).assert_refused(400, "InvalidParameter");

    let delete = |version: &str| call(&emulator, "DeleteRoutineCodeVersion", &[("CodeVersion", version)]);
    delete(&old).assert_refused(400, "DependedByOthers");
    // Without a number it's the newest.
    let published = call(&emulator, "PublishRoutineCodeVersion", &[("Env", "staging")]).assert_ok().json;
    assert_eq!(published["CodeVersion"], new.as_str());
    delete(&old).assert_ok();
    delete(&old).assert_refused(400, "ParameterNotExist");
    delete(&new).assert_refused(400, "DependedByOthers");
}

#[test]
fn what_is_not_there_is_neither_committed_nor_published() {
    let emulator = Emulator::start();
    call(&emulator, "CommitRoutineStagingCode", &[]).assert_refused(400, "ParameterNotExist");
    call(&emulator, "PublishRoutineCodeVersion", &[("Env", "staging")]).assert_refused(400, "ParameterNotExist");
    let publish = |environment| [("Env", environment), ("CodeVersion", "1")];
    call(&emulator, "PublishRoutineCodeVersion", &publish("staging")).assert_refused(400, "ParameterNotExist");
    call(&emulator, "PublishRoutineCodeVersion", &publish("canary")).assert_refused(400, "InvalidParameter");
    call(&emulator, "PublishRoutineCodeVersion", &[]).assert_refused(400, "MissingEnv");
    call(&emulator, "GetRoutineCodeVersion", &[("CodeVersion", "1")]).assert_refused(400, "ParameterNotExist");
    for action in ["GetRoutineStagingCodeUploadInfo", "CommitRoutineStagingCode", "ListRoutineCodeVersions"] {
        emulator.call(&Call::new(action, &[("Name", "nope")])).assert_refused(400, "RoutineNotExist");
        emulator.call(&Call::new(action, &[("Name", "a b")])).assert_refused(400, "InvalidParameter");
        emulator.call(&Call::new(action, &[])).assert_refused(400, "MissingName");
    }
}

#[test]
fn the_writes_of_code_go_through_the_account_s_lock() {
    let emulator = Emulator::start();
    post(&emulator, &form(&emulator), CODE).assert_ok();
    emulator.admin_ok("POST", "lock", &json!({"locked": true}));
    for (action, parameters) in [
        ("CommitRoutineStagingCode", vec![]),
        ("PublishRoutineCodeVersion", vec![("Env", "staging")]),
        ("DeleteRoutineCodeVersion", vec![("CodeVersion", "1")]),
        ("CreateRoutineCodeDeployment", vec![("Env", "staging"), ("Strategy", "percentage"), ("CodeVersions", "[]")]),
    ] {
        call(&emulator, action, &parameters).assert_refused(400, "UserOperationStatusIsLocked");
    }
    assert!(!form(&emulator).is_empty());
}

#[test]
fn an_upload_is_refused_unless_it_is_as_the_form_was_given_out() {
    let emulator = Emulator::start();
    let good = form(&emulator);
    let without = |name: &str| good.iter().filter(|(known, _)| known != name).cloned().collect::<Vec<_>>();
    let with = |name: &str, value: &str| [without(name), vec![(name.to_owned(), value.to_owned())]].concat();
    let policy = STANDARD.encode(r#"{"expiration":"2100-01-01T00:00:00Z","conditions":[]}"#);
    let refused = |fields: &[(String, String)], status: u16, code: &str| {
        let reply = post(&emulator, fields, CODE);
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("application/xml"));
        assert!(reply.text().contains(&format!("<Code>{code}</Code>")), "{}", reply.text());
    };
    refused(&[], 403, "AccessDenied");
    refused(&without("Signature"), 403, "AccessDenied");
    refused(&with("OSSAccessKeyId", "other"), 403, "InvalidAccessKeyId");
    refused(&without("x-oss-security-token"), 403, "InvalidSecurityToken");
    refused(&with("Signature", "other"), 403, "SignatureDoesNotMatch");
    refused(&with("policy", &policy), 403, "SignatureDoesNotMatch");
    refused(&with("key", "sp_esa_rwa/1000000000000001/test-routine2/unstable/routine/index.js"), 403, "AccessDenied");
    refused(&with("callback", "not Base64"), 400, "InvalidArgument");
    let large = post(&emulator, &good, &"x".repeat(4 * 1024 * 1024 + 1));
    assert!(large.status == 400 && large.text().contains("EntityTooLarge"), "{}", large.text());
    let no_form = emulator.plain("POST", "/oss/", "content-type: text/plain\r\n", "a");
    assert!(no_form.status == 400 && no_form.text().contains("MalformedPOSTRequest"), "{}", no_form.text());
    assert_eq!(emulator.plain("GET", "/oss/", "", "").status, 405);
    call(&emulator, "CommitRoutineStagingCode", &[]).assert_refused(400, "ParameterNotExist");

    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 3_700_000}));
    refused(&good, 403, "AccessDenied");
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 0}));
    post(&emulator, &good, CODE).assert_ok();
    call(&emulator, "CommitRoutineStagingCode", &[]).assert_ok();
}

#[test]
fn without_a_callback_the_service_learns_nothing_of_an_upload() {
    let emulator = Emulator::start();
    let fields: Vec<_> = form(&emulator).into_iter().filter(|(name, _)| name != "callback").collect();
    let reply = post(&emulator, &fields, CODE);
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    call(&emulator, "CommitRoutineStagingCode", &[]).assert_refused(400, "ParameterNotExist");

    let fields = form(&emulator);
    call(&emulator, "DeleteRoutine", &[]).assert_ok();
    let reply = post(&emulator, &fields, CODE);
    assert!(reply.status == 203 && reply.text().contains("CallbackFailed"), "{}", reply.text());
}

#[test]
fn a_version_can_be_made_after_the_answer() {
    let emulator = Emulator::start();
    post(&emulator, &form(&emulator), CODE).assert_ok();
    emulator.add_fault(json!({"action": "CommitRoutineStagingCode", "late_seconds": 50}));
    call(&emulator, "CommitRoutineStagingCode", &[]).assert_refused(400, "InternalException");
    let count = || call(&emulator, "ListRoutineCodeVersions", &[]).assert_ok().json["TotalCount"].clone();
    assert_eq!(count(), 0);
    emulator.admin_ok("POST", "clock", &json!({"offset_ms": 60_000}));
    let listing = Call::new("ListRoutineCodeVersions", &[ROUTINE]);
    let date =
        (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert_eq!(emulator.call(&Call { date, ..listing }).assert_ok().json["TotalCount"], 1);
}

#[test]
fn fault_rules_apply_to_uploads() {
    let emulator = Emulator::start();
    emulator.add_fault(json!({"action": "PostObject", "reply": {"status": 503}}));
    assert_eq!(post(&emulator, &form(&emulator), CODE).status, 503);
    call(&emulator, "CommitRoutineStagingCode", &[]).assert_refused(400, "ParameterNotExist");
    post(&emulator, &form(&emulator), CODE).assert_ok();
}

#[test]
fn a_seed_can_have_code_and_is_refused_where_it_contradicts_itself() {
    let emulator = Emulator::start();
    let versions = json!([{"version": "1", "code_base64": "YQ=="}, {"version": "2", "description": "second"}]);
    let seed = |versions: Value, deployments: Value| {
        let mut seed = emulator.state();
        let routine = &mut seed["accounts"][0]["routines"][0];
        (routine["code_versions"], routine["deployments"]) = (versions, deployments);
        emulator.admin("POST", "seed", &seed.to_string())
    };
    let share = |version: &str| json!({"CodeVersion": version, "Percentage": 100});
    seed(versions.clone(), json!({"production": {"shares": [share("2")]}})).assert_ok();
    let read = call(&emulator, "GetRoutineCodeVersion", &[("CodeVersion", "1")]).assert_ok().json;
    assert_eq!(read["RoutineCode"], "YQ==");
    let production = call(&emulator, "GetRoutine", &[]).json["Envs"][1]["CodeDeploy"]["CodeVersions"][0].clone();
    assert_eq!(production["Description"], "second");
    for (versions, deployments, problem) in [
        (versions.clone(), json!({"production": {"shares": [share("3")]}}), "there is no version 3"),
        (versions.clone(), json!({"staging": {"shares": []}}), "sum up to 100"),
        (versions.clone(), json!({"canary": {"shares": [share("1")]}}), "unknown variant `canary`"),
        (json!([{"version": "1"}, {"version": "1"}]), json!({}), "the code version of test-routine1 1 is there twice"),
    ] {
        let reply = seed(versions, deployments);
        assert_eq!(reply.status, 400);
        assert!(reply.json["error"].as_str().unwrap().contains(problem), "{}", reply.json);
    }
}
