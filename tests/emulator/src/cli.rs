//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Parser;

use crate::setup::{OwnKey, parse_key};
use crate::web_page::parse_host;

/// A local stand-in for Alibaba Cloud ESA: it checks every signature, keeps records in memory, and fails on demand.
///
/// When it is ready it prints one JSON line with its URL and a key pair. It serves until SIGTERM or SIGINT.
#[derive(Debug, Parser)]
#[command(name = "esa-emulator", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,

    /// Address to listen on; one that others can reach, such as 0.0.0.0, takes --allow-host and --key
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,

    /// Name or address by which it may be asked, beside those of loopback; may be given again
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub(crate) allow_host: Vec<String>,

    /// Key to take the place of the well-known one
    #[arg(long, value_name = "ID:SECRET", value_parser = parse_key)]
    pub(crate) key: Option<OwnKey>,

    /// JSON file with the accounts, sites, routines and faults to start with
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,

    /// End when standard input closes as well, and so with the program that holds its other end
    #[arg(long)]
    pub(crate) exit_with_stdin: bool,

    /// Speak HTTPS, with a certificate for its names from a CA made for this run
    #[arg(long)]
    pub(crate) tls: bool,

    /// Directory of a CA to keep, ca.pem and ca-key.pem; made where they aren't there
    #[arg(long, value_name = "DIR", requires = "tls")]
    pub(crate) tls_dir: Option<PathBuf>,

    /// Certificate of your own in PEM, followed by those that vouch for it
    #[arg(long, value_name = "FILE", requires_all = ["tls", "key_file"], conflicts_with = "tls_dir")]
    pub(crate) cert: Option<PathBuf>,

    /// Its key, in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key_file: Option<PathBuf>,
}

pub(crate) fn parse() -> Arguments {
    Arguments::parse()
}

impl Arguments {
    /// Whether it listens on other addresses than loopback.
    pub(crate) fn is_open(&self) -> bool {
        !self.host.to_canonical().is_loopback()
    }

    /// Opening it must be intended, and the well-known key must not be used then.
    pub(crate) fn check(&self) -> Result<(), String> {
        let host = self.host;
        if self.is_open() && self.allow_host.is_empty() {
            return Err(format!("others can reach {host}: say by which name they may, with --allow-host"));
        }
        if self.is_open() && self.key.is_none() {
            return Err(format!("others can reach {host}: give a key of your own, with --key"));
        }
        Ok(())
    }
}
