//! Listens, reports that it is ready, serves connections, and ends on a signal.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::cli::Arguments;
use crate::handler::Handler;
use crate::seed::Seed;
use crate::setup::Setup;
use crate::tls::{self, Tls};
use crate::web_page::Hosts;
use crate::wire_fault::{FaultyStream, Socket, Trigger};
use crate::world::{Shared, World};

/// Runs until a signal, or, if requested, until standard input closes. The error is one line for a person.
pub(crate) fn run(arguments: Arguments) -> Result<(), String> {
    arguments.check()?;
    let is_open = arguments.is_open();
    let address = SocketAddr::new(arguments.host, arguments.port);
    let setup = Setup { hosts: Hosts::new(arguments.allow_host.clone()), key: arguments.key.clone() };
    let seed = setup.first_seed(arguments.seed.as_deref())?;
    let tls = prepare_tls(&arguments, &setup.hosts)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|problem| format!("can't start: {problem}"))?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|problem| format!("can't listen on {address}: {problem}"))?;
        let address = listener.local_addr().map_err(|problem| format!("can't read the port: {problem}"))?;
        let mut terminated = signals(SignalKind::terminate())?;
        let mut interrupted = signals(SignalKind::interrupt())?;
        let input_closed = input_closed(arguments.exit_with_stdin);
        if is_open {
            eprintln!("esa-emulator: warning: others can reach {address}, control the emulator there, and get keys of its roles");
        }
        let name = setup.hosts.first().filter(|_| is_open);
        let endpoint = name.map_or_else(|| address.to_string(), |name| format!("{name}:{}", address.port()));
        announce(&ready_line(&endpoint, &seed, tls.as_ref()))?;

        let acceptor = tls.as_ref().map(|tls| tls.acceptor.clone());
        tokio::select! {
            () = accept(listener, acceptor, Arc::new(Shared::new(World::new(seed, setup)))) => {}
            () = input_closed => {}
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        Ok(())
    })
}

fn prepare_tls(arguments: &Arguments, hosts: &Hosts) -> Result<Option<Tls>, String> {
    if !arguments.tls {
        return Ok(None);
    }
    let names = || hosts.bare_names().collect();
    let tls = match (&arguments.cert, &arguments.key_file, &arguments.tls_dir) {
        (Some(certificate), Some(key), _) => tls::of_files(certificate, key),
        (_, _, Some(directory)) => tls::of_directory(directory, names()),
        _ => tls::of_this_run(names()),
    };
    tls.map(Some)
}

fn signals(kind: SignalKind) -> Result<tokio::signal::unix::Signal, String> {
    signal(kind).map_err(|problem| format!("can't listen for signals: {problem}"))
}

/// Ends when standard input does. If that isn't requested, it isn't read, because a shell would stop a background job.
fn input_closed(asked_for: bool) -> impl Future<Output = ()> {
    let watch = asked_for.then(watch_input);
    async {
        match watch {
            Some(closed) => drop(closed.await),
            None => std::future::pending().await,
        }
    }
}

/// A plain thread. In the runtime, a blocked read would delay its end.
fn watch_input() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0; 1024];
        let mut input = std::io::stdin().lock();
        loop {
            match input.read(&mut ignored) {
                Ok(0) => break,
                Err(problem) if problem.kind() != std::io::ErrorKind::Interrupted => break,
                _ => {}
            }
        }
        let _ = sender.send(()); // nobody listens any more where a signal came first
    });
    receiver
}

/// The data that a test needs at its start: the first key, site and routine of the seed.
fn ready_line(endpoint: &str, seed: &Seed, tls: Option<&Tls>) -> Value {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let account = seed.accounts.first();
    let key = account.and_then(|account| account.users.iter().find_map(|user| user.keys.first()));
    let site = account.and_then(|account| account.sites.first());
    json!({
        "url": format!("{scheme}://{endpoint}"),
        "endpoint": endpoint,
        "access_key_id": key.map(|key| &key.access_key_id),
        "access_key_secret": key.map(|key| &key.access_key_secret),
        "account_id": account.map(|account| &account.id),
        "site_id": site.map(|site| site.site_id),
        "site_name": site.map(|site| &site.site_name),
        "routine": account.and_then(|account| account.routines.first()).map(|routine| &routine.name),
        "ca_file": tls.map(|tls| &tls.ca_file),
    })
}

fn announce(line: &Value) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    let written = writeln!(output, "{line}").and_then(|()| output.flush());
    written.map_err(|problem| format!("can't write to standard output: {problem}"))
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, world: Arc<Shared>) {
    let mut connection = 0;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connection += 1;
                tokio::spawn(serve(stream, acceptor.clone(), Arc::clone(&world), connection));
            }
            // Usually no file descriptors are left. Connections that end free some.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn serve(stream: TcpStream, acceptor: Option<TlsAcceptor>, world: Arc<Shared>, connection: u64) {
    let _ = stream.set_nodelay(true); // only a matter of speed
    let secure = acceptor.is_some();
    let socket = match acceptor {
        None => Socket::Plain(stream),
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => Socket::Tls(Box::new(stream)),
            // The client's error. The alert was sent to it.
            Err(_) => return,
        },
    };
    let trigger = Trigger::default();
    let stream = TokioIo::new(FaultyStream::new(socket, trigger.clone()));
    let handler = Handler { world, connection, trigger, secure };
    let service = service_fn(move |request| handler.clone().handle(request));
    // The emulator sends its own clock's date. An error means that the client has closed the connection, or that a rule
    // requested a fault.
    let _ = http1::Builder::new().auto_date_header(false).half_close(true).serve_connection(stream, service).await;
}
