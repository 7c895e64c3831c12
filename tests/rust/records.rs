//! What the operations do to records, against the emulator.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use esa::{
    CallOptions, Client, CreateRoutineRelatedRecordRequest, DeleteRoutineRelatedRecordRequest, Error, ErrorKind,
    GetMatchSiteRequest, Level, ListRoutineRelatedRecordsRequest, Log, Origin,
};

use crate::emulator::Emulator;
use crate::server::{Server, config, read_request};

const SITE: i64 = 54362329990032;
const ROUTINE: &str = "test-routine1";

struct Fixture {
    emulator: Emulator,
    client: Client,
}

fn fixture() -> Fixture {
    let emulator = Emulator::start(&[]);
    let mut config = config(emulator.url());
    config.credentials(esa::Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap());
    Fixture { client: Client::new(&config).unwrap(), emulator }
}

impl Fixture {
    fn create(&self, record_name: &str) -> i64 {
        let request = CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, record_name);
        self.client.create_routine_related_record(&request, &CallOptions::new()).unwrap().record_id.unwrap()
    }

    fn ensure(&self, name: &str, site_id: i64, record_name: &str) -> Result<esa::Record, Error> {
        let request = CreateRoutineRelatedRecordRequest::new(site_id, name, record_name);
        self.client.ensure_routine_related_record(&request, &CallOptions::new())
    }

    fn delete(&self, record_name: &str, record_id: Option<i64>) -> Result<esa::Deletion, Error> {
        let mut request = DeleteRoutineRelatedRecordRequest::new(SITE, ROUTINE, record_name);
        request.record_id = record_id;
        self.client.delete_routine_related_record(&request, &CallOptions::new())
    }

    fn page(&self, page_number: u32) -> esa::RelatedRecordPage {
        let request = ListRoutineRelatedRecordsRequest::new(ROUTINE).with_page_number(page_number);
        self.client.list_routine_related_records(&request, &CallOptions::new()).unwrap()
    }

    fn actions(&self) -> Vec<String> {
        self.emulator.requests().iter().map(|request| request["action"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_list_has_pages_with_every_record_once() {
    let fixture = fixture();
    let mut created: Vec<_> = (0..45).map(|number| fixture.create(&format!("r{number}.example.com"))).collect();

    let pages = [1, 2, 3].map(|number| fixture.page(number));

    assert_eq!(pages.each_ref().map(|page| (page.records.len(), page.has_more)), [(20, true), (20, true), (5, false)]);
    assert!(pages.iter().all(|page| page.total_count == 45 && !page.request_id.is_empty()));
    let mut listed: Vec<_> = pages.iter().flat_map(|page| &page.records).map(|record| record.record_id).collect();
    created.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, created);
    let record = &pages[0].records[0];
    assert_eq!((record.site_id, record.site_name.as_str()), (SITE, "example.com"));
    assert_eq!((fixture.page(4).records.len(), fixture.page(4).has_more), (0, false));
}

#[test]
fn a_record_is_deleted_by_its_id() {
    let fixture = fixture();
    let id = fixture.create("a.example.com");

    let deletion = fixture.delete("a.example.com", Some(id)).unwrap();

    assert_eq!((deletion.deleted, deletion.attempts, deletion.request_id.is_empty()), (true, 1, false));
    assert_eq!(fixture.page(1).total_count, 0);
}

#[test]
fn a_record_is_deleted_by_its_name() {
    let fixture = fixture();
    fixture.create("a.example.com");

    assert!(fixture.delete("A.example.com", None).unwrap().deleted);

    assert_eq!(fixture.page(1).total_count, 0);
}

#[test]
fn a_record_that_is_gone_is_deleted_with_success() {
    let fixture = fixture();
    let id = fixture.create("a.example.com");
    fixture.delete("a.example.com", Some(id)).unwrap();

    let by_name = fixture.delete("a.example.com", None).unwrap();
    assert_eq!((by_name.deleted, by_name.attempts), (false, 0));
    let by_id = fixture.delete("a.example.com", Some(id)).unwrap();
    assert_eq!((by_id.deleted, by_id.attempts), (false, 1));
}

#[test]
fn ensuring_creates_once_and_then_finds() {
    let fixture = fixture();

    let first = fixture.ensure(ROUTINE, SITE, "a.example.com").unwrap();
    let second = fixture.ensure(ROUTINE, SITE, "a.example.com").unwrap();

    assert_eq!((first.origin, second.origin), (Origin::Created, Origin::Existing));
    assert_eq!((first.record_id, first.site_id), (second.record_id, second.site_id));
    assert_eq!(
        fixture.actions(),
        ["ListRoutineRelatedRecords", "CreateRoutineRelatedRecord", "ListRoutineRelatedRecords"]
    );
}

#[test]
fn row_142_a_name_without_a_site_has_advice_about_the_name() {
    let error = fixture().ensure(ROUTINE, 0, "a.example.net").unwrap_err();

    assert_eq!(error.code(), "SiteNotFound");
    assert!(
        error.advice().starts_with("No site of this account has a name that the record's name ends in"),
        "{error:?}"
    );
}

#[test]
fn ensuring_finds_the_site() {
    let fixture = fixture();

    let record = fixture.ensure(ROUTINE, 0, "deep.a.example.com").unwrap();

    assert_eq!((record.site_id, record.origin), (SITE, Origin::Created));
}

#[test]
fn ensuring_a_record_of_another_routine_is_a_conflict_that_says_so() {
    let fixture = fixture();
    fixture.create("a.example.com");

    let error = fixture.ensure("test-routine2", SITE, "a.example.com").unwrap_err();

    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, "ParameterAlreadyExist"));
    assert!(error.advice().contains("is tied to another routine"), "{}", error.advice());
}

#[test]
fn a_record_s_site_is_got_by_its_name() {
    let fixture = fixture();
    let get = |record_name| fixture.client.get_match_site(&GetMatchSiteRequest::new(record_name), &CallOptions::new());

    let site = get("deep.a.example.com").unwrap();
    assert_eq!((site.site_id, site.site_name.as_str()), (SITE, "example.com"));
    assert_eq!(get("a.example.net").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_list_whose_answer_is_lost_is_repeated_without_a_read_back() {
    let page = r#"{"TotalCount":0,"RelatedRecords":[]}"#;
    let server = Server::start(move |mut connection, number| {
        read_request(&mut connection);
        if number > 1 {
            write!(connection, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len()).unwrap();
        }
    });
    let decisions = Arc::new(Mutex::new(Vec::new()));
    let mut config = server.config();
    config.log(Log::new(Level::Info, {
        let decisions = Arc::clone(&decisions);
        move |record| decisions.lock().unwrap().push(record.message.to_owned())
    }));

    let listed = Client::new(&config)
        .unwrap()
        .list_routine_related_records(&ListRoutineRelatedRecordsRequest::new(ROUTINE), &CallOptions::new());

    assert!(listed.unwrap().records.is_empty());
    let decisions = decisions.lock().unwrap();
    assert_eq!(decisions.len(), 1, "{decisions:?}");
    let start = format!("ListRoutineRelatedRecords {ROUTINE}: attempt 1: trying again in ");
    assert!(decisions[0].contains(&start), "{decisions:?}");
}

#[test]
fn bad_arguments_are_refused_by_name_before_anything_is_sent() {
    let fixture = fixture();
    let list = |name, search_key_word, page_number, page_size| {
        let mut request =
            ListRoutineRelatedRecordsRequest::new(name).with_page_number(page_number).with_page_size(page_size);
        request.search_key_word = search_key_word;
        fixture.client.list_routine_related_records(&request, &CallOptions::new()).unwrap_err()
    };
    let errors = [
        ("name is", list("", None, 1, 20)),
        ("search_key_word has", list("a", Some("\n"), 1, 20)),
        ("page_number is", list("a", None, 0, 20)),
        ("page_size is", list("a", None, 1, 0)),
        ("page_size is", list("a", None, 1, 21)),
        ("record_id is", fixture.delete("a.example.com", Some(-1)).unwrap_err()),
        ("record_name is", fixture.delete("", None).unwrap_err()),
        ("site_id is", fixture.ensure(ROUTINE, -1, "a.example.com").unwrap_err()),
        ("record_name is", fixture.ensure(ROUTINE, 0, "").unwrap_err()),
        ("name has", fixture.ensure("\0", 0, "a.example.com").unwrap_err()),
    ];

    for (start, error) in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(error.message().starts_with(start), "{error}");
    }
    assert!(fixture.actions().is_empty());
}

#[test]
fn one_client_s_writes_wait_for_each_other_and_are_never_refused() {
    let emulator = Emulator::start(&["--seed", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rust/slow.json")]);
    let mut config = config(emulator.url());
    config.timeout(Duration::from_secs(60));
    let client = Client::new(&config).unwrap();

    std::thread::scope(|scope| {
        for number in 0..8 {
            let client = &client;
            scope.spawn(move || {
                let record_name = &format!("r{number}.example.com");
                let request = CreateRoutineRelatedRecordRequest::new(1, ROUTINE, record_name);
                client.create_routine_related_record(&request, &CallOptions::new()).unwrap();
            });
        }
    });

    let verdicts: Vec<_> = emulator.requests().iter().map(|request| request["verdict"].clone()).collect();
    assert_eq!(verdicts, ["OK"; 8]);
}
