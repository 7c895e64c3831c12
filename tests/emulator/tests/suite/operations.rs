//! What each operation does when nothing is wrong.

use serde_json::json;

use crate::signer::{Call, pairs};
use crate::support::Emulator;

#[test]
fn a_created_record_is_listed_and_deleted() {
    let emulator = Emulator::start();
    let created = emulator.call(&Call::create("a.example.com")).assert_ok();
    assert_eq!(created.json["Status"], "OK");
    let record_id = created.json["RecordId"].as_i64().unwrap();
    assert!((15..=16).contains(&record_id.to_string().len()));
    assert_eq!(created.header("x-acs-request-id"), created.json["RequestId"].as_str());
    assert!(created.header("date").unwrap().ends_with(" GMT"));

    let listed = emulator.call(&Call::list()).assert_ok().json;
    let record = json!({
        "RecordName": "a.example.com", "SiteId": 54362329990032i64, "SiteName": "example.com", "RecordId": record_id,
    });
    assert_eq!(listed["RelatedRecords"], json!([record]));

    let delete = Call { action: "DeleteRoutineRelatedRecord".into(), ..Call::create("a.example.com") };
    let delete = delete.with("RecordId", &record_id.to_string());
    assert_eq!(emulator.call(&delete).assert_ok().json["Status"], "OK");
    assert_eq!(emulator.call(&Call::list()).json["TotalCount"], 0);
    emulator.call(&Call { nonce: "another".into(), ..delete }).assert_refused(400, "ParameterNotExist");
}

#[test]
fn parameters_are_taken_from_query_and_form_by_get_and_post_with_both_signatures() {
    let emulator = Emulator::start();
    let in_form = Call::create("x.example.com");
    let in_query = Call { query: in_form.form.clone(), form: Vec::new(), ..in_form.clone() };
    let split = Call { query: in_form.form[1..2].to_vec(), ..in_form.clone().without("SiteId") };
    let by_get = Call { method: "GET", ..in_query.clone() };
    for (number, call) in [in_form, in_query, split, by_get].into_iter().enumerate() {
        for (version, sign) in [("v1", Call::v1 as fn(&Call) -> String), ("v3", Call::v3)] {
            let name = format!("{version}-{number}.example.com");
            let mut call = Call { nonce: name.clone(), ..call.clone() };
            for (parameter, value) in call.query.iter_mut().chain(&mut call.form) {
                if parameter == "RecordName" {
                    value.clone_from(&name);
                }
            }
            emulator.send(&sign(&call)).assert_ok();
        }
    }
    assert_eq!(emulator.record_names().len(), 8);
}

#[test]
fn the_list_is_paged_and_its_search_is_fuzzy() {
    let emulator = Emulator::start();
    for number in 0..23 {
        emulator.call(&Call::create(&format!("r{number}.example.com"))).assert_ok();
    }
    let page = |number: &str, size: &str| {
        let reply = emulator.call(&Call::list().with("PageNumber", number).with("PageSize", size)).assert_ok().json;
        let records = reply["RelatedRecords"].as_array().unwrap();
        let names: Vec<_> = records.iter().map(|record| record["RecordName"].as_str().unwrap().to_owned()).collect();
        (reply["TotalCount"].as_u64().unwrap(), names)
    };
    assert_eq!(page("1", "20").1.len(), 20);
    assert_eq!(page("2", "20"), (23, ["r20", "r21", "r22"].map(|name| format!("{name}.example.com")).into()));
    assert_eq!(page("9223372036854775807", "20"), (23, vec![]));
    for (number, size) in [("0", "1"), ("1", "0"), ("1", "21"), ("-1", "1"), ("x", "1"), ("+1", "1")] {
        let call = Call::list().with("PageNumber", number).with("PageSize", size);
        emulator.call(&call).assert_refused(400, "InvalidParameter");
    }
    let found = emulator.call(&Call::list().with("SearchKeyWord", "R2")).json;
    assert_eq!(found["TotalCount"], 4, "{found}");
}

#[test]
fn sites_are_found_by_record_by_id_and_by_name() {
    let emulator = Emulator::start_changed(|seed| {
        let sites = seed["accounts"][0]["sites"].as_array_mut().unwrap();
        sites.push(json!({"site_id": 2, "site_name": "sub.example.com"}));
        sites.push(json!({"site_id": 3, "site_name": "other.org", "status": "pending"}));
    });
    let matched = |name| emulator.call(&Call::new("GetMatchSite", &[("RecordName", name)]));
    assert_eq!(matched("a.sub.example.com").json["SiteId"], 2);
    assert_eq!(matched("a.notsub.example.com").json["SiteName"], "example.com");
    matched("a.example.net").assert_refused(400, "SiteNotFound");

    let site = emulator.call(&Call::new("GetSite", &[("SiteId", "3")])).assert_ok().json;
    assert_eq!(
        (&site["SiteModel"]["SiteName"], &site["SiteModel"]["Status"]),
        (&json!("other.org"), &json!("pending"))
    );
    emulator.call(&Call::new("GetSite", &[("SiteId", "4")])).assert_refused(400, "SiteNotFound");

    let count = |parameters: &[(&str, &str)]| {
        let by_get = Call { method: "GET", query: pairs(parameters), ..Call::new("ListSites", &[]) };
        emulator.call(&by_get).assert_ok().json["TotalCount"].as_u64().unwrap()
    };
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&[("SiteName", "example.com")]), 1);
    for (kind, name, expected) in
        [("exact", "other.org", 1), ("prefix", "sub.", 1), ("suffix", "example.com", 2), ("fuzzy", "e", 3)]
    {
        assert_eq!(count(&[("SiteName", name), ("SiteSearchType", kind)]), expected, "{kind}");
    }
    let wrong = Call::new("ListSites", &[("SiteName", "a"), ("SiteSearchType", "near")]);
    emulator.call(&wrong).assert_refused(400, "InvalidParameter");
}

#[test]
fn sites_are_filtered_by_all_that_a_list_can_be_asked_for() {
    let emulator = Emulator::start_changed(|seed| {
        seed["accounts"][0]["sites"] = json!([
            {"site_id": 1, "site_name": "a.org", "status": "pending", "tags": {"team": "web", "stage": "test"}},
            {"site_id": 2, "site_name": "b.org", "access_type": "CNAME", "plan": "basicplan", "tags": {"team": "shop"}},
            {"site_id": 3, "site_name": "c.org", "coverage": "overseas"},
        ]);
    });
    let list = |name: &str, value: &str| emulator.call(&Call::new("ListSites", &[(name, value)]));
    for (name, value, expected) in [
        ("Status", "pending", &["a.org"][..]),
        ("Status", "active", &["b.org", "c.org"]),
        ("Status", "moved", &[]),
        ("AccessType", "CNAME", &["b.org"]),
        ("Coverage", "overseas", &["c.org"]),
        ("PlanSubscribeType", "basicplan", &["b.org"]),
        ("PlanSubscribeType", "standardplan", &[]),
        ("OnlyEnterprise", "true", &["a.org", "c.org"]),
        ("OnlyEnterprise", "false", &["a.org", "b.org", "c.org"]),
        ("TagFilter", "[]", &["a.org", "b.org", "c.org"]),
        ("TagFilter", r#"[{"Key": "team"}]"#, &["a.org", "b.org"]),
        ("TagFilter", r#"[{"Key": "team", "Value": "web"}, {"Key": "stage", "Value": "test"}]"#, &["a.org"]),
        ("TagFilter", r#"[{"Key": "team", "Value": "none"}]"#, &[]),
        ("OrderBy", "gmtCreate", &["a.org", "b.org", "c.org"]),
    ] {
        let listed = list(name, value).assert_ok().json;
        let sites = listed["Sites"].as_array().unwrap();
        let names: Vec<_> = sites.iter().map(|site| site["SiteName"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{name} {value}");
        assert_eq!(listed["TotalCount"], expected.len());
    }
    let second = &list("SiteName", "b.org").json["Sites"][0];
    assert_eq!((&second["PlanSpecName"], &second["Tags"]), (&json!("basic"), &json!({"team": "shop"})));
    for (name, wrong) in [
        ("Status", "bussy"),
        ("AccessType", "DNS"),
        ("Coverage", "everywhere"),
        ("PlanSubscribeType", "basic"),
        ("OnlyEnterprise", "maybe"),
        ("TagFilter", "team"),
    ] {
        list(name, wrong).assert_refused(400, "InvalidParameter");
    }
    for (name, aloud) in [("ResourceGroupId", "rg-1"), ("OrderBy", "visitTime")] {
        let refusal = list(name, aloud);
        refusal.assert_refused(400, "InvalidParameter");
        assert!(refusal.json["Message"].as_str().unwrap().contains(name), "{}", refusal.json);
    }
}

#[test]
fn routines_are_created_shown_listed_and_deleted() {
    let emulator = Emulator::start();
    let named = |action, name| Call::new(action, &[("Name", name)]);
    let create = named("CreateRoutine", "new").with("Description", "a b*~é").with("HasAssets", "true");
    assert_eq!(emulator.call(&create).assert_ok().json["Status"], "OK");
    let shown = emulator.call(&named("GetRoutine", "new")).assert_ok().json;
    assert_eq!((&shown["Description"], &shown["HasAssets"]), (&json!("a b*~é"), &json!(true)));
    assert!(shown["Envs"].is_array() && shown["CreateTime"].is_string() && shown["DefaultRelatedRecord"].is_string());

    let listed = emulator.call(&Call::new("ListUserRoutines", &[("PageSize", "2"), ("PageNumber", "2")])).json;
    assert_eq!((&listed["TotalCount"], &listed["UsedRoutineNumber"]), (&json!(3), &json!(3)));
    assert_eq!(listed["Routines"][0]["RoutineName"], "new");
    // More than the service gives is what it gives; a page that is none is refused.
    let beyond = Call::new("ListUserRoutines", &[("PageNumber", "11"), ("PageSize", "50")]);
    let listed = emulator.call(&beyond).assert_ok().json;
    assert_eq!([&listed["PageNumber"], &listed["PageSize"]], [10, 20]);
    for wrong in [("PageNumber", "0"), ("PageSize", "-1"), ("PageSize", "many")] {
        emulator.call(&Call::new("ListUserRoutines", &[wrong])).assert_refused(400, "InvalidParameter");
    }

    emulator.call(&named("CreateRoutine", "new")).assert_refused(400, "RoutineAlreadyExist");
    emulator.call(&named("DeleteRoutine", "new")).assert_ok();
    emulator.call(&named("DeleteRoutine", "new")).assert_refused(400, "RoutineNotExist");
    emulator.call(&named("GetRoutine", "new")).assert_refused(400, "RoutineNotExist");
}

#[test]
fn get_er_service_says_whether_it_is_activated() {
    let emulator = Emulator::start();
    assert_eq!(emulator.call(&Call::new("GetErService", &[])).assert_ok().json["Status"], "Running");
    let closed = Emulator::start_changed(|seed| seed["accounts"][0]["activated"] = json!(false));
    assert_eq!(closed.call(&Call::new("GetErService", &[])).assert_ok().json["Status"], "NotOpened");
}

#[test]
fn a_site_is_created_and_found() {
    let emulator = Emulator::start();
    let create = |name: &str, coverage: &str, access_type: &str| {
        let given = [("SiteName", name), ("Coverage", coverage), ("AccessType", access_type), ("InstanceId", "plan-1")];
        emulator.call(&Call::new("CreateSite", &given))
    };
    let created = create("new.example.org", "overseas", "NS").assert_ok().json;
    assert_eq!(created["NameServerList"].as_str().unwrap().split(',').count(), 2);
    assert!(created["VerifyCode"].as_str().unwrap().starts_with("verify_"));
    let site_id = created["SiteId"].to_string();
    let site = emulator.call(&Call::new("GetSite", &[("SiteId", &site_id)])).assert_ok().json["SiteModel"].clone();
    for (name, expected) in [
        ("SiteName", "new.example.org"),
        ("Status", "pending"),
        ("AccessType", "NS"),
        ("Coverage", "overseas"),
        ("InstanceId", "plan-1"),
    ] {
        assert_eq!(site[name], expected, "{name}");
    }
    assert_eq!((&site["VerifyCode"], &site["NameServerList"]), (&created["VerifyCode"], &created["NameServerList"]));
    let listed = emulator.call(&Call::new("ListSites", &[])).assert_ok().json;
    assert_eq!((&listed["TotalCount"], &listed["Sites"][1]), (&json!(2), &site));
    let found =
        |name: &str, value: &str| emulator.call(&Call::new("ListSites", &[(name, value)])).json["TotalCount"].clone();
    for (name, value, count) in
        [("Status", "pending", 1), ("Coverage", "overseas", 1), ("AccessType", "NS", 2), ("AccessType", "CNAME", 0)]
    {
        assert_eq!(found(name, value), count, "{name} {value}");
    }
    let record = Call::create("a.new.example.org").with("SiteId", &site_id);
    emulator.call(&record).assert_ok();

    let other = create("other.example.org", "global", "CNAME").assert_ok().json;
    assert_eq!(other["NameServerList"], "");
    assert_ne!(other["SiteId"], created["SiteId"]);
    create("New.Example.org", "global", "NS").assert_refused(400, "ParameterAlreadyExist");
    create("third.org", "everywhere", "NS").assert_refused(400, "InvalidParameter");
    create("third.org", "global", "DNS").assert_refused(400, "InvalidParameter");
    create("*.third.org", "global", "NS").assert_refused(400, "InvalidParameter");
    create("third.org", "global", "").assert_refused(400, "MissingAccessType");
    let fresh = Emulator::start();
    fresh.admin_ok("POST", "seed", &emulator.state());
    let again = Call::new(
        "CreateSite",
        &[("SiteName", "b.org"), ("Coverage", "global"), ("AccessType", "NS"), ("InstanceId", "p")],
    );
    let again = fresh.call(&again).assert_ok().json["SiteId"].clone();
    assert!(again != created["SiteId"] && again != other["SiteId"]);
}
