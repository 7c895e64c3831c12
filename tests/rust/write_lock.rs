//! The lock that clients share: when it is asked for, who holds it, and what happens to calls that don't get it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use esa::{
    CallOptions, Cancel, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, Error, ErrorKind, Level, Log,
    Outcome, Record, TryLock,
};

use serde_json::json;

use crate::emulator::Emulator;

const SITE: i64 = 54362329990032;
const ROUTINE: &str = "test-routine1";
const LONG: Duration = Duration::from_secs(60);
const NOT_YET: TryLock = TryLock::NotYet { retry_after: Duration::from_millis(2) };

/// A lock that gives scripted answers, and then is always acquired. It records its use.
#[derive(Clone, Default)]
struct Engine(Arc<Mutex<Script>>);

#[derive(Default)]
struct Script {
    answers: VecDeque<TryLock>,
    leases: Vec<Duration>,
    is_held: bool,
    asked: usize,
    acquired: usize,
    released: usize,
}

impl Engine {
    fn saying(answers: impl IntoIterator<Item = TryLock>) -> Engine {
        let engine = Engine::default();
        engine.0.lock().unwrap().answers.extend(answers);
        engine
    }

    fn set(&self, config: &mut Config) {
        let (asked, released) = (self.clone(), self.clone());
        config.write_lock(move |lease| asked.try_acquire(lease), move || released.release());
    }

    fn try_acquire(&self, lease: Duration) -> TryLock {
        let mut script = self.0.lock().unwrap();
        script.asked += 1;
        script.leases.push(lease);
        let answer = script.answers.pop_front().unwrap_or(TryLock::Acquired);
        if answer == TryLock::Acquired {
            assert!(!script.is_held, "it is acquired twice");
            script.is_held = true;
            script.acquired += 1;
        }
        answer
    }

    fn release(&self) {
        let mut script = self.0.lock().unwrap();
        assert!(script.is_held, "it is released twice");
        script.is_held = false;
        script.released += 1;
    }

    fn is_held(&self) -> bool {
        self.0.lock().unwrap().is_held
    }

    /// How often it was asked for, acquired, and released.
    fn counts(&self) -> (usize, usize, usize) {
        let script = self.0.lock().unwrap();
        (script.asked, script.acquired, script.released)
    }
}

/// An emulator whose account each write locks.
fn locking(milliseconds: u64) -> Emulator {
    let emulator = Emulator::start(&[]);
    let seed = json!({"accounts": [{
        "id": "1000000000000001",
        "lock_hold_ms": milliseconds,
        "users": [{"name": "root", "keys": [
            {"access_key_id": "EsaEmulatorKeyId", "access_key_secret": "EsaEmulatorKeySecret"},
        ]}],
        "sites": [{"site_id": SITE, "site_name": "example.com"}],
        "routines": [{"name": ROUTINE}],
    }]});
    emulator.post("seed", &seed.to_string());
    emulator
}

type Lines = Arc<Mutex<Vec<(Level, String)>>>;

fn config(emulator: &Emulator) -> (Config, Lines) {
    let (mut config, lines) = (crate::server::config(emulator.url()), Lines::default());
    let sink = Arc::clone(&lines);
    config.credentials(Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap());
    config
        .log(Log::new(Level::Info, move |record| sink.lock().unwrap().push((record.level, record.message.to_owned()))));
    (config, lines)
}

fn client(emulator: &Emulator, engine: &Engine) -> Client {
    let (mut config, _) = config(emulator);
    engine.set(&mut config);
    Client::new(&config).unwrap()
}

fn create_with(client: &Client, record_name: &str, options: &CallOptions) -> Result<Record, Error> {
    let request = CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, record_name);
    client.create_routine_related_record(&request, options)
}

fn create(client: &Client, record_name: &str) -> Result<Record, Error> {
    create_with(client, record_name, &CallOptions::new())
}

fn bulk(client: &Client, names: &[String]) -> esa::Bulk {
    let requests = names.iter().map(|record_name| CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, record_name));
    client.ensure_routine_related_records(requests, &CallOptions::new())
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("r{number}.example.com")).collect()
}

#[test]
fn a_call_holds_it_while_it_writes() {
    let emulator = Emulator::start(&[]);
    let (mut config, _) = config(&emulator);
    config.attempt_timeout(Duration::from_secs(7)).write_lock_hold(Duration::from_secs(3));
    let engine = Engine::default();
    engine.set(&mut config);
    let client = Client::new(&config).unwrap();

    create(&client, "a.example.com").unwrap();
    create(&client, "b.example.com").unwrap();
    // Reads don't ask for it.
    let request = CreateRoutineRelatedRecordRequest::new(SITE, ROUTINE, "a.example.com");
    client.ensure_routine_related_record(&request, &CallOptions::new()).unwrap();

    assert_eq!(engine.counts(), (2, 2, 2));
    // Hold, attempt, and a second.
    assert_eq!(engine.0.lock().unwrap().leases, [Duration::from_secs(11); 2]);
    let stats = client.stats();
    assert_eq!((stats.lock_waits, stats.lock_grants, stats.lock_losses), (0, 2, 0));
}

#[test]
fn a_call_asks_again_until_it_gets_it() {
    let emulator = Emulator::start(&[]);
    let (mut config, lines) = config(&emulator);
    let engine = Engine::saying([NOT_YET, NOT_YET, NOT_YET]);
    engine.set(&mut config);
    let client = Client::new(&config).unwrap();

    create(&client, "a.example.com").unwrap();

    assert_eq!(engine.counts(), (4, 1, 1));
    assert_eq!((client.stats().lock_waits, client.stats().lock_grants), (1, 1));
    let lines = lines.lock().unwrap();
    let is_told = |(_, line): &(Level, String)| line.contains(": waited ") && line.ends_with(" ms for the write lock");
    assert!(lines.iter().any(is_told), "{lines:?}");
}

#[test]
fn waiting_for_it_ends_at_the_deadline_and_by_cancelling_with_nothing_sent() {
    let emulator = Emulator::start(&[]);
    let engine = Engine::saying(std::iter::repeat_n(NOT_YET, 100_000));
    let client = client(&emulator, &engine);

    let late = create_with(&client, "a.example.com", CallOptions::new().timeout(Duration::from_millis(60)));
    let late = late.unwrap_err();
    let cancel = Cancel::new().unwrap();
    let cancelled = std::thread::scope(|scope| {
        let call = scope.spawn(|| create_with(&client, "a.example.com", CallOptions::new().cancel(&cancel)));
        let asked = engine.counts().0;
        while engine.counts().0 < asked + 2 {
            std::thread::yield_now();
        }
        cancel.trigger();
        call.join().unwrap().unwrap_err()
    });

    assert_eq!((late.kind(), late.outcome(), late.attempts()), (ErrorKind::Timeout, Outcome::NotSent, 0));
    assert!(late.message().contains("while waiting for the write lock"), "{late}");
    assert_eq!((cancelled.kind(), cancelled.outcome()), (ErrorKind::Cancelled, Outcome::NotSent));
    assert_eq!(emulator.requests().len(), 0);
    assert_eq!(engine.counts().1, 0);
}

#[test]
fn a_lock_that_fails_fails_the_call_with_nothing_sent() {
    let emulator = Emulator::start(&[]);
    let engine = Engine::saying([TryLock::Failed("no such table".to_owned())]);
    let client = client(&emulator, &engine);

    let error = create(&client, "a.example.com").unwrap_err();

    assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Lock, Outcome::NotSent, 0));
    assert!(error.message().contains("no such table") && !error.retryable(), "{error}");
    assert_eq!(emulator.requests().len(), 0);
    create(&client, "a.example.com").unwrap();
}

#[test]
fn a_bulk_whose_lock_fails_fails_as_a_whole() {
    let emulator = Emulator::start(&[]);
    let engine = Engine::saying([TryLock::Failed("no such table".to_owned())]);

    let results: Vec<_> = bulk(&client(&emulator, &engine), &names(5)).collect();

    assert!(results.iter().all(|result| result.as_ref().unwrap_err().kind() == ErrorKind::Lock), "{results:?}");
    assert_eq!(engine.counts(), (1, 0, 0));
}

#[test]
fn without_a_lock_calls_go_on_and_an_outage_is_logged_once() {
    let emulator = Emulator::start(&[]);
    let (mut config, lines) = config(&emulator);
    let engine = Engine::saying([TryLock::Without, TryLock::Without]);
    engine.set(&mut config);
    config.write_lock_hold(Duration::from_millis(20));
    let client = Client::new(&config).unwrap();

    let mut number = 0;
    while engine.counts().1 < 1 {
        create(&client, &format!("r{number}.example.com")).unwrap();
        number += 1;
    }

    assert_eq!(engine.counts(), (3, 1, 1));
    let lines = lines.lock().unwrap();
    let warnings: Vec<_> = lines.iter().filter(|(level, _)| *level == Level::Warn).collect();
    assert!(warnings.len() == 1 && warnings[0].1.contains("the write lock is unavailable"), "{lines:?}");
    assert!(lines.iter().any(|(_, line)| line.contains("the write lock is available again")), "{lines:?}");
}

#[test]
fn a_write_that_is_refused_as_busy_lets_others_have_it_while_it_waits() {
    let emulator = Emulator::start(&[]);
    emulator.post("faults", r#"{"action": "CreateRoutineRelatedRecord", "reply": {"code": "LockFailed"}}"#);
    let engine = Engine::default();
    let client = client(&emulator, &engine);

    create(&client, "a.example.com").unwrap();

    assert_eq!(engine.counts(), (2, 2, 2));
    assert_eq!((client.stats().lock_losses, client.stats().busy_waits), (1, 1));
}

#[test]
fn calls_that_queue_write_in_one_holding() {
    const CALLS: usize = 8;
    let emulator = Emulator::start(&[]);
    let engine = Engine::default();
    // The first client gets it when the others wait.
    let client: Arc<OnceLock<Client>> = Arc::default();
    let (mut config, _) = config(&emulator);
    let (asked, released, known) = (engine.clone(), engine.clone(), Arc::clone(&client));
    let try_acquire = move |lease| match known.get().is_some_and(|client| client.stats().write_limit_waits == 7) {
        true => asked.try_acquire(lease),
        false => NOT_YET,
    };
    config.write_lock(try_acquire, move || released.release()).write_lock_hold(LONG);
    let client = client.get_or_init(|| Client::new(&config).unwrap());

    std::thread::scope(|scope| {
        for name in names(CALLS) {
            scope.spawn(move || create(client, &name).unwrap());
        }
    });

    assert_eq!(engine.counts(), (1, 1, 1));
    assert_eq!(client.stats().lock_grants, 1);
}

#[test]
fn it_is_let_go_when_it_was_held_long_enough() {
    let emulator = locking(20);
    let (mut config, _) = config(&emulator);
    let engine = Engine::default();
    engine.set(&mut config);
    config.write_lock_hold(Duration::from_millis(50));
    let client = Client::new(&config).unwrap();

    std::thread::scope(|scope| {
        for name in names(12) {
            let client = &client;
            scope.spawn(move || create(client, &name).unwrap());
        }
    });

    // Three writes of 20 ms begin within 50 ms.
    let (_, acquired, released) = engine.counts();
    assert!(acquired >= 4 && acquired == released, "{:?}", engine.counts());
    assert_eq!(client.stats().lock_losses, 0);
}

#[test]
fn many_writes_at_once_share_it() {
    let emulator = Emulator::start(&[]);
    let (mut config, _) = config(&emulator);
    let engine = Engine::default();
    engine.set(&mut config);
    config.max_concurrent_writes(usize::MAX).write_lock_hold(Duration::from_millis(10));
    let client = Client::new(&config).unwrap();

    std::thread::scope(|scope| {
        for thread in 0..6 {
            let client = &client;
            scope.spawn(move || {
                for number in 0..20 {
                    create(client, &format!("r{thread}-{number}.example.com")).unwrap();
                }
            });
        }
    });

    let (_, acquired, released) = engine.counts();
    assert!(acquired == released && !engine.is_held(), "{:?}", engine.counts());
}

#[test]
fn a_bulk_that_is_asked_at_once_keeps_it_from_record_to_record() {
    let emulator = Emulator::start(&[]);
    let (mut config, _) = config(&emulator);
    let engine = Engine::default();
    engine.set(&mut config);
    config.write_lock_hold(LONG);
    let mut bulk = bulk(&Client::new(&config).unwrap(), &names(8));

    // Nobody knows yet how soon the program asks for the next record.
    assert!(bulk.next().unwrap().is_ok() && !engine.is_held());
    let mut kept = 0;
    for _ in 1..7 {
        assert!(bulk.next().unwrap().is_ok());
        kept += usize::from(engine.is_held());
    }
    // A loaded machine may be late at times.
    assert!(kept > 0);
    assert!(bulk.next().unwrap().is_ok());
    assert!(!engine.is_held(), "after the last record");
    assert!(bulk.next().is_none());
}

#[test]
fn a_bulk_whose_program_is_slow_keeps_nobody_waiting() {
    let emulator = Emulator::start(&[]);
    let engine = Engine::default();
    let mut bulk = bulk(&client(&emulator, &engine), &names(4));

    for _ in 0..4 {
        assert!(bulk.next().unwrap().is_ok());
        assert!(!engine.is_held());
        std::thread::sleep(Duration::from_millis(30));
    }
    assert_eq!(engine.counts(), (4, 4, 4));
}

/// A bulk that keeps the lock between two records.
fn keeping(emulator: &Emulator, engine: &Engine) -> esa::Bulk {
    let (mut config, _) = config(emulator);
    engine.set(&mut config);
    config.write_lock_hold(LONG);
    let mut bulk = bulk(&Client::new(&config).unwrap(), &names(1000));
    while !engine.is_held() {
        assert!(bulk.next().unwrap().is_ok());
    }
    bulk
}

#[test]
fn a_bulk_that_ends_early_lets_it_go() {
    let emulator = Emulator::start(&[]);
    let engine = Engine::default();
    drop(keeping(&emulator, &engine));
    assert!(!engine.is_held());

    emulator.post("reset", "");
    let mut cancelled = keeping(&emulator, &engine);
    cancelled.cancel();
    assert!(!engine.is_held());
    assert_eq!(cancelled.next().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);

    emulator.post("reset", "");
    let mut failed = keeping(&emulator, &engine);
    emulator.post("faults", r#"{"action": "CreateRoutineRelatedRecord", "reply": {"code": "RoutineNotExist"}}"#);
    assert!(failed.next().unwrap().is_err());
    assert!(!engine.is_held());
}

#[test]
#[allow(unsafe_code)]
fn a_child_of_fork_does_not_hold_what_its_parent_does() {
    let emulator = Emulator::start(&[]);
    let engine = Engine::default();
    let kept = keeping(&emulator, &engine);

    // SAFETY: the child releases an object, and ends here.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(kept);
        let status = if engine.is_held() { 7 } else { 1 };
        // SAFETY: ends only the child.
        unsafe { libc::_exit(status) };
    }
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!(libc::WEXITSTATUS(status), 7);
    drop(kept);
    assert!(!engine.is_held());
}

#[test]
fn a_panic_of_the_function_is_its_call_s_alone() {
    let emulator = Emulator::start(&[]);
    let (mut config, _) = config(&emulator);
    let engine = Engine::default();
    let (asked, released) = (engine.clone(), engine.clone());
    let panics = Mutex::new(vec![()]);
    let try_acquire = move |lease| {
        let panics = panics.lock().unwrap().pop();
        assert!(panics.is_none(), "a bug of the program's");
        asked.try_acquire(lease)
    };
    config.write_lock(try_acquire, move || released.release());
    let client = Client::new(&config).unwrap();

    let panicked = std::thread::scope(|scope| scope.spawn(|| create(&client, "a.example.com")).join());

    assert!(panicked.is_err());
    create(&client, "a.example.com").unwrap();
}

/// Returns a file for one test that doesn't exist yet.
struct LockFile(PathBuf);

impl LockFile {
    fn new(name: &str) -> LockFile {
        let path = std::env::temp_dir().join(format!("libesa-{name}-{}.lock", std::process::id()));
        let _ = std::fs::remove_file(&path);
        LockFile(path)
    }

    fn client(&self, emulator: &Emulator) -> Client {
        let (mut config, _) = config(emulator);
        config.write_lock_file(&self.0);
        Client::new(&config).unwrap()
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that is locked until this is dropped.
#[allow(unsafe_code)]
fn lock(path: &Path) -> std::fs::File {
    use std::os::fd::AsRawFd;
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(path).unwrap();
    // SAFETY: flock takes no memory, and the descriptor is open.
    assert_eq!(unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }, 0);
    file
}

#[test]
fn clients_with_one_file_are_never_refused() {
    let emulator = locking(5);
    let file = LockFile::new("shared");
    let clients: Vec<_> = (0..4).map(|_| file.client(&emulator)).collect();

    std::thread::scope(|scope| {
        for (number, client) in clients.iter().enumerate() {
            scope.spawn(move || {
                for record in 0..25 {
                    create(client, &format!("r{number}-{record}.example.com")).unwrap();
                }
            });
        }
    });

    assert_eq!(emulator.requests().len(), 100);
    assert!(clients.iter().all(|client| client.stats().busy_waits == 0));
}

#[test]
fn a_file_that_another_program_has_locked_is_waited_for() {
    let emulator = Emulator::start(&[]);
    let file = LockFile::new("other");
    let (client, other) = (file.client(&emulator), lock(&file.0));

    let error = create_with(&client, "a.example.com", CallOptions::new().timeout(Duration::from_millis(60)));
    assert_eq!(error.unwrap_err().outcome(), Outcome::NotSent);
    drop(other);
    create(&client, "a.example.com").unwrap();
    // It was released.
    drop(lock(&file.0));
}

#[test]
fn a_file_is_made_for_its_owner_alone_and_one_that_cannot_be_opened_fails_the_call() {
    use std::os::unix::fs::PermissionsExt;
    let emulator = Emulator::start(&[]);
    let file = LockFile::new("made");

    create(&file.client(&emulator), "a.example.com").unwrap();
    assert_eq!(std::fs::metadata(&file.0).unwrap().permissions().mode() & 0o777, 0o600);

    let nowhere = LockFile(PathBuf::from("/no/such/directory/lock"));
    let error = create(&nowhere.client(&emulator), "b.example.com").unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Lock, Outcome::NotSent));
    assert!(error.message().contains("/no/such/directory/lock: No such file"), "{error}");
}

/// Whether somebody has locked the file.
#[allow(unsafe_code)]
fn is_held(file: &LockFile) -> bool {
    use std::os::fd::AsRawFd;
    let Ok(file) = std::fs::File::open(&file.0) else { return false };
    // SAFETY: flock takes no memory, and the descriptor is open.
    unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) != 0 }
}

#[test]
fn a_bulk_does_not_keep_a_file_while_the_program_does_something_else() {
    let emulator = Emulator::start(&[]);
    let file = LockFile::new("paused");
    let client = file.client(&emulator);
    let mut bulk = bulk(&client, &names(50));
    for _ in 0..20 {
        bulk.next().unwrap().unwrap();
        assert!(!is_held(&file));
    }
    assert_eq!(client.stats().lock_grants, 20);
}

#[test]
#[allow(unsafe_code)]
fn a_child_of_fork_does_not_keep_a_file_locked() {
    let emulator = Emulator::start(&[]);
    emulator.post("faults", r#"{"action": "CreateRoutineRelatedRecord", "delay_ms": 1000}"#);
    let file = LockFile::new("fork");
    let client = file.client(&emulator);
    std::thread::scope(|scope| {
        let call = scope.spawn(|| create(&client, "a.example.com"));
        while !is_held(&file) {
            std::thread::yield_now();
        }
        // SAFETY: the child only checks its own state, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let open = std::fs::read_dir("/proc/self/fd").unwrap();
            let has = open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok()).any(|path| path == file.0);
            // SAFETY: ends only the child.
            unsafe { libc::_exit(if has { 1 } else { 7 }) };
        }
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(libc::WEXITSTATUS(status), 7, "the child has the file");
        assert!(is_held(&file));
        call.join().unwrap().unwrap();
    });
    assert!(!is_held(&file));
}

#[test]
fn a_wait_for_a_file_ends_soon_after_it_is_free() {
    let emulator = Emulator::start(&[]);
    let file = LockFile::new("free");
    let (client, other) = (file.client(&emulator), lock(&file.0));

    let started = Instant::now();
    std::thread::scope(|scope| {
        let call = scope.spawn(|| create(&client, "a.example.com"));
        while client.stats().lock_waits == 0 {
            std::thread::yield_now();
        }
        drop(other);
        call.join().unwrap().unwrap();
    });
    assert!(started.elapsed() < Duration::from_secs(10));
}
