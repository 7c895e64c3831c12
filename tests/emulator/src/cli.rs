//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Parser;

/// A local stand-in for Alibaba Cloud ESA: it checks every signature, keeps records in memory, and fails on demand.
///
/// When it is ready it prints one JSON line with its URL and a key pair. It serves until SIGTERM or SIGINT.
#[derive(Debug, Parser)]
#[command(name = "esa-emulator", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,

    /// Loopback address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = loopback)]
    pub(crate) host: IpAddr,

    /// JSON file with the accounts, sites, routines and faults to start with
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,

    /// End when standard input closes as well, and so with the program that holds its other end
    #[arg(long)]
    pub(crate) exit_with_stdin: bool,

    /// Speak HTTPS, with a certificate from a CA made for this run
    #[arg(long)]
    pub(crate) tls: bool,

    /// Directory for the CA's certificate, ca.pem, instead of a temporary one
    #[arg(long, value_name = "DIR", requires = "tls")]
    pub(crate) tls_dir: Option<PathBuf>,
}

pub(crate) fn parse() -> Arguments {
    Arguments::parse()
}

fn loopback(text: &str) -> Result<IpAddr, String> {
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => Ok(address),
        Ok(_) => Err("only a loopback address is allowed, such as 127.0.0.1 or ::1".into()),
        Err(_) => Err("not an IP address; try 127.0.0.1 or ::1".into()),
    }
}
