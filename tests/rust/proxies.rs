//! Calls through a proxy: a small one for tests, and a real one if it is installed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use esa::{
    CallOptions, Cancel, Client, Config, CreateRoutineRelatedRecordRequest, Credentials, Error, ErrorKind, Level, Log,
    Origin, Outcome, Record,
};

use crate::emulator::Emulator;
use crate::left_out;
use crate::proxy_server::{CREDENTIALS_IN_URL, ProxyServer};
use crate::server::Server;

/// Returns a configuration for the emulator over TLS. On this machine, only TLS uses proxies.
fn config(emulator: &Emulator, proxy: &str) -> Config {
    let mut config = Config::new();
    config.environment([("HTTPS_PROXY", "http://127.0.0.1:1")]).endpoint(emulator.url()).proxy(proxy);
    config.ca_file(emulator.ready["ca_file"].as_str().unwrap());
    config.credentials(Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap());
    config.timeout(Duration::from_secs(20));
    config
}

fn ensure(config: &Config) -> Result<Record, Error> {
    let request = CreateRoutineRelatedRecordRequest::new(54362329990032, "test-routine1", "a.example.com");
    Client::new(config).unwrap().ensure_routine_related_record(&request, &CallOptions::new())
}

fn by_name(emulator: &Emulator) -> String {
    emulator.url().replace("127.0.0.1", "localhost")
}

#[test]
fn every_kind_of_proxy_connects() {
    let emulator = Emulator::start(&["--tls"]);
    let address = emulator.url().strip_prefix("https://").unwrap().to_owned();
    let named = by_name(&emulator).replace("https://", "");
    for (scheme, credentials) in [
        ("http://", ""),
        ("http://", CREDENTIALS_IN_URL),
        ("socks5://", ""),
        ("socks5://", CREDENTIALS_IN_URL),
        ("socks5h://", ""),
    ] {
        let proxy = ProxyServer::start(!credentials.is_empty());
        let credentials = if credentials.is_empty() { String::new() } else { format!("{credentials}@") };
        let url = format!("{scheme}{credentials}{}", proxy.address);

        assert!(ensure(&config(&emulator, &url)).is_ok(), "{url}");
        assert!(ensure(config(&emulator, &url).endpoint(&by_name(&emulator))).is_ok(), "{url}");

        let asked = proxy.asked();
        match scheme {
            "http://" => assert_eq!(asked, [format!("CONNECT {address}"), format!("CONNECT {named}")]),
            "socks5h://" => assert_eq!(asked, [format!("name {address}"), format!("name {named}")]),
            // This machine has resolved the name to ::1 or 127.0.0.1.
            _ => assert!(asked.iter().all(|asked| asked.starts_with("address ")), "{asked:?}"),
        }
    }
}

#[test]
fn a_connection_through_a_proxy_is_kept() {
    let (emulator, proxy) = (Emulator::start(&["--tls"]), ProxyServer::start(false));
    let client = Client::new(&config(&emulator, &proxy.address.to_string())).unwrap();
    for name in ["a.example.com", "b.example.com", "c.example.com"] {
        let request = CreateRoutineRelatedRecordRequest::new(54362329990032, "test-routine1", name);
        let record = client.create_routine_related_record(&request, &CallOptions::new()).unwrap();
        assert_eq!(record.origin, Origin::Created);
    }
    assert_eq!(proxy.asked().len(), 1);
}

/// Returns the error of a call through a proxy at `address`, with `credentials`. Nothing is sent to the service.
fn fails(address: SocketAddr, scheme: &str, credentials: &str) -> Error {
    let (emulator, log) = (Emulator::start(&["--tls"]), Arc::new(Mutex::new(String::new())));
    let mut config = config(&emulator, &format!("{scheme}://{credentials}{address}"));
    let sink = Arc::clone(&log);
    config.log(Log::new(Level::Debug, move |record| sink.lock().unwrap().push_str(record.message)));
    let error = ensure(&config).unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent, "{error:?}");
    assert!(emulator.requests().is_empty());
    let told = format!("{error:?} {}", log.lock().unwrap());
    assert!(told.contains(&address.to_string()), "{told}");
    assert!(!told.contains("hunter2") && !told.contains(&STANDARD.encode("me:hunter2")), "{told}");
    error
}

fn unused() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn row_18_a_proxy_that_refuses_the_connection_is_tried_again() {
    for scheme in ["http", "socks5", "socks5h"] {
        let error = fails(unused(), scheme, "");
        assert_eq!((error.kind(), error.retryable(), error.attempts()), (ErrorKind::Proxy, true, 3), "{error:?}");
    }
}

#[test]
fn row_19_a_proxy_that_wants_other_credentials_is_not() {
    let proxy = ProxyServer::start(true);
    for scheme in ["http", "socks5h"] {
        for (credentials, reason) in [("", "wants credentials"), ("me:hunter2@", "doesn't accept the credentials")] {
            let error = fails(proxy.address, scheme, credentials);
            assert_eq!((error.kind(), error.retryable(), error.attempts()), (ErrorKind::Proxy, false, 1), "{error:?}");
            assert!(error.message().contains(reason), "{error}");
            assert_eq!(error.advice(), "Check the user name and the password in the proxy's URL.");
        }
    }
}

#[test]
fn row_20_a_proxy_that_fails_or_goes_away_is_tried_again() {
    for (answer, retries) in [
        (&b"HTTP/1.1 502 Bad Gateway\r\n\r\n"[..], true),
        (b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9\r\n\r\n", true),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", false),
        (b"HTTP/1.1 407 Who\r\nProxy-Authenticate: NTLM\r\n\r\n", false),
        (b"", true),
        (b"HTTP/1.1 200 Connec", true),
        // Recognized without waiting for the end of a head.
        (b"SSH-2.0-OpenSSH\r\n", false),
        (b"HTTP/1.1 99999 A\r\n\r\n", false),
    ] {
        let proxy = Server::start(move |mut connection, _| {
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(answer);
        });
        let error = fails(proxy.address().parse().unwrap(), "http", "");
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Proxy, retries), "{error:?}");
        assert_eq!(error.attempts(), if retries { 3 } else { 1 });
    }
    for (answer, retries) in [
        (&[5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0][..], true),
        (&[5, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0], false),
        (&[5, 0, 5, 0, 0, 9], false),
        (&[4, 0], false),
        (&[5, 1], false),
        (&[5], true),
        (&[], true),
    ] {
        let proxy = Server::start(move |mut connection, _| {
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(answer);
            if answer.len() > 2 {
                let _ = connection.read(&mut [0; 4096]);
            }
        });
        let error = fails(proxy.address().parse().unwrap(), "socks5h", "");
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Proxy, retries), "{answer:?}: {error:?}");
    }
}

#[test]
fn a_proxy_that_hangs_or_talks_without_end_is_left_in_time() {
    for scheme in ["http", "socks5h"] {
        for talks in [false, true] {
            let proxy = Server::start(move |mut connection, _| {
                while talks && connection.write_all(b"HTTP/1.1 200 OK\r\nA: b\r\n".repeat(100).as_slice()).is_ok() {
                    thread::sleep(Duration::from_millis(1));
                }
                let _ = connection.read(&mut [0; 4096]);
                let _ = connection.read(&mut [0; 4096]);
            });
            let emulator = Emulator::start(&["--tls"]);
            let mut config = config(&emulator, &format!("{scheme}://{}", proxy.address()));
            config.timeout(Duration::from_millis(500));
            let started = Instant::now();

            let error = ensure(&config).unwrap_err();

            assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Proxy), "{error:?}");
            assert_eq!(error.outcome(), Outcome::NotSent);
            // The other limits are 5 s and more.
            assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        }
    }
}

#[test]
fn a_proxy_that_hangs_is_left_at_once_when_the_call_is_cancelled() {
    for scheme in ["http", "socks5h"] {
        let (reached, was_reached) = mpsc::channel();
        let proxy = Server::start(move |mut connection, _| {
            let _ = connection.read(&mut [0; 4096]);
            reached.send(()).unwrap();
            let _ = connection.read(&mut [0; 4096]);
        });
        let emulator = Emulator::start(&["--tls"]);
        let client = Client::new(&config(&emulator, &format!("{scheme}://{}", proxy.address()))).unwrap();
        let cancel = Cancel::new().unwrap();
        let mut options = CallOptions::new();
        options.cancel(&cancel);
        let request = CreateRoutineRelatedRecordRequest::new(1, "a", "a.example.com");

        let (error, triggered) = thread::scope(|scope| {
            let call = scope.spawn(|| client.create_routine_related_record(&request, &options).unwrap_err());
            was_reached.recv().unwrap();
            let triggered = Instant::now();
            cancel.trigger();
            (call.join().unwrap(), triggered)
        });

        assert_eq!((error.kind(), error.outcome(), error.attempts()), (ErrorKind::Cancelled, Outcome::NotSent, 1));
        // The attempt's limit would be 5 s.
        assert!(triggered.elapsed() < Duration::from_secs(4), "{:?}", triggered.elapsed());
    }
}

#[test]
fn the_environment_s_proxy_is_not_for_this_machine() {
    let emulator = Emulator::start(&["--tls"]);
    let mut config = config(&emulator, "");
    assert!(ensure(&config).is_ok());
    config = Config::new();
    config.environment([("HTTPS_PROXY", "http://127.0.0.1:1"), ("ALL_PROXY", "socks5://127.0.0.1:1")]);
    config.endpoint(emulator.url()).ca_file(emulator.ready["ca_file"].as_str().unwrap());
    config.credentials(Credentials::new("EsaEmulatorKeyId", "EsaEmulatorKeySecret").unwrap());
    assert!(ensure(&config).is_ok());
}

/// tinyproxy, as packaged by Debian.
struct Tinyproxy {
    child: Child,
    port: u16,
    directory: std::path::PathBuf,
}

impl Tinyproxy {
    /// Returns `None` if it isn't installed.
    fn start() -> Option<Tinyproxy> {
        Command::new("tinyproxy").arg("-v").stdout(Stdio::null()).status().ok()?;
        let directory = std::env::temp_dir().join(format!("libesa-tinyproxy-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let port = unused().port();
        let configuration = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nBasicAuth me secret\nLogLevel Error\n");
        let file = directory.join("tinyproxy.conf");
        std::fs::write(&file, configuration).unwrap();
        let child = Command::new("tinyproxy").arg("-d").arg("-c").arg(&file).stdout(Stdio::null()).spawn().unwrap();
        let proxy = Tinyproxy { child, port, directory };
        let is_up = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(is_up, "tinyproxy doesn't start");
        Some(proxy)
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[test]
fn a_real_proxy_connects_with_its_credentials_only() {
    let Some(proxy) = Tinyproxy::start() else {
        left_out("tinyproxy is not installed");
        return;
    };
    let emulator = Emulator::start(&["--tls"]);
    let through =
        |credentials: &str| ensure(&config(&emulator, &format!("http://{credentials}127.0.0.1:{}", proxy.port)));

    assert!(through("me:secret@").is_ok());
    for credentials in ["", "me:other@"] {
        let error = through(credentials).unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Proxy, Outcome::NotSent), "{error:?}");
        assert_eq!(error.attempts(), 1, "{error:?}");
        assert_eq!(error.advice(), "Check the user name and the password in the proxy's URL.");
    }
}
