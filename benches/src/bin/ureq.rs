//! A Rust client without an SDK: ureq, with a time limit, sends the signed request of `request.txt`. It signs nothing
//! and reads no JSON. All threads share one agent, with a pooled connection for each.
//!
//! `ureq URL CA_FILE THREADS`, like every client of the benchmarks.

use std::time::Duration;

use esa_bench::{Arguments, Client, Failure};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

struct Ureq {
    agent: Agent,
    url: String,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
}

impl Client for Ureq {
    fn call(&mut self) -> Result<(), Failure> {
        let request =
            self.headers.iter().fold(self.agent.post(&self.url), |request, &(name, value)| request.header(name, value));
        let body = request.send(self.body)?.into_body().read_to_string()?;
        if body.ends_with('}') { Ok(()) } else { Err(body.into()) }
    }
}

fn main() -> Result<(), Failure> {
    let arguments = Arguments::read()?;
    let ca = Certificate::from_pem(&std::fs::read(&arguments.ca_file)?)?;
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .max_idle_connections_per_host(arguments.threads)
        .max_idle_connections(arguments.threads)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[ca])).build())
        .build()
        .into();
    let (head, body) = esa_bench::request();
    // ureq writes the length and the rest of what frames the body.
    let headers = head.skip(1).filter_map(|line| line.split_once(": ")).filter(|(name, _)| *name != "content-length");
    let client =
        Ureq { agent, url: format!("{}://{}/", arguments.scheme, arguments.address), headers: headers.collect(), body };
    let again = || Ureq { agent: client.agent.clone(), url: client.url.clone(), headers: client.headers.clone(), body };
    let mut clients: Vec<Ureq> = (0..arguments.threads).map(|_| again()).collect();
    esa_bench::serve(&mut clients)
}
