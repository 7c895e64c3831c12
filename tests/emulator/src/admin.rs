//! The unsigned JSON interface under `/_emulator/`. Tests use it to read and control the emulator.

use hyper::Method;
use hyper::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::canned_reply::CannedReply;
use crate::contention::Contention;
use crate::encoding::decode_pairs;
use crate::fault::Rule;
use crate::page;
use crate::reply::Reply;
use crate::seconds::Seconds;
use crate::seed::Seed;
use crate::service_error::ServiceError;
use crate::state::Account;
use crate::web_page::Hosts;
use crate::world::{Shared, World};
use crate::{clock, spelling};

pub(crate) const PREFIX: &str = "/_emulator/";

/// An error: an HTTP status and a text.
type Problem = (u16, String);

pub(crate) fn answer(world: &Shared, parts: &Parts, body: Result<Vec<u8>, ServiceError>) -> Reply {
    let mut world = world.lock();
    let body = body.map_err(|problem| (400, problem.message));
    let resource = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let result = check_origin(&world.setup.hosts, parts).and(body).and_then(|body| {
        match (page::find(resource), &parts.method) {
            (Some(file), &(Method::GET | Method::HEAD)) => Ok(file.reply(world.clock.now())),
            (Some(_), method) => Err((400, format!("{PREFIX}{resource} doesn't take {method}"))),
            (None, _) => {
                route(&mut world, resource, parts, &body).map(|body| Reply::json(200, &body, world.clock.now()))
            }
        }
    });
    result.unwrap_or_else(|(status, problem)| Reply::json(status, &json!({"error": problem}), world.clock.now()))
}

/// Refuses requests of web pages.
fn check_origin(hosts: &Hosts, parts: &Parts) -> Result<(), Problem> {
    if !hosts.is_named_by(&parts.headers) {
        return Err((403, "the Host header must name the loopback address, or what --allow-host lets in".into()));
    }
    if hosts.is_foreign_origin(&parts.headers) {
        return Err((403, "the Origin header names another site".into()));
    }
    Ok(())
}

fn route(world: &mut World, resource: &str, parts: &Parts, body: &[u8]) -> Result<Value, Problem> {
    match (resource, &parts.method) {
        ("health", &Method::GET) => {
            let version = env!("CARGO_PKG_VERSION");
            Ok(json!({"status": "ok", "version": version, "clock": clock_json(world)}))
        }
        ("reset", &Method::POST) => {
            world.reset();
            Ok(json!({"status": "ok"}))
        }
        ("seed", &Method::POST) => {
            let seed = Seed::parse(body, world.setup.key.as_ref()).map_err(|problem| (400, problem))?;
            world.plant(seed);
            Ok(json!({"status": "ok"}))
        }
        ("state", &Method::GET) => Ok(world.to_seed_json()),
        ("lock", &Method::POST) => {
            let wanted: WantedLock = parse(body)?;
            account(world, wanted.account.as_deref())?.locked = wanted.locked;
            Ok(json!({"status": "ok"}))
        }
        ("contention", &Method::POST) => {
            let wanted: WantedContention = parse(body)?;
            account(world, wanted.account.as_deref())?.contention = wanted.contention;
            Ok(json!({"status": "ok"}))
        }
        ("delays", &Method::POST) => {
            let wanted: WantedDelays = parse(body)?;
            let account = account(world, wanted.account.as_deref())?;
            account.list_lag_seconds = wanted.list_lag_seconds.unwrap_or(account.list_lag_seconds);
            account.late_commit_seconds = wanted.late_commit_seconds.unwrap_or(account.late_commit_seconds);
            account.lock_hold_ms = wanted.lock_hold_ms.unwrap_or(account.lock_hold_ms);
            Ok(json!({"status": "ok"}))
        }
        ("clock", &Method::GET) => Ok(clock_json(world)),
        ("clock", &Method::POST) => {
            let wanted: WantedClock = parse(body)?;
            world.clock.set_offset_ms(wanted.offset_ms).map_err(|problem| (400, problem))?;
            Ok(clock_json(world))
        }
        ("requests", &Method::GET) => {
            let Excerpt { after, limit } = Excerpt::parse(parts.uri.query().unwrap_or_default(), &["after", "limit"])?;
            Ok(world.log.to_json(after, limit))
        }
        ("journal", &Method::GET) => {
            let Excerpt { after, .. } = Excerpt::parse(parts.uri.query().unwrap_or_default(), &["after"])?;
            Ok(world.journal.to_json(after))
        }
        ("requests", &Method::DELETE) => {
            world.log.clear();
            Ok(json!({"status": "ok"}))
        }
        ("faults", &Method::GET) => Ok(json!({"faults": world.faults.to_json()})),
        ("faults", &Method::POST) => {
            let rules = parse_rules(body, Rule::check)?;
            world.faults.add(rules);
            Ok(json!({"faults": world.faults.to_json()}))
        }
        ("faults", &Method::DELETE) => {
            world.faults.clear();
            Ok(json!({"status": "ok"}))
        }
        ("replies", &Method::GET) => Ok(json!({"replies": world.replies.to_json()})),
        ("replies", &Method::POST) => {
            let replies = parse_rules(body, CannedReply::check)?;
            world.replies.add(replies);
            Ok(json!({"replies": world.replies.to_json()}))
        }
        ("replies", &Method::DELETE) => {
            world.replies.clear();
            Ok(json!({"status": "ok"}))
        }
        (
            "health" | "reset" | "seed" | "state" | "lock" | "contention" | "delays" | "clock" | "requests" | "journal"
            | "faults" | "replies",
            method,
        ) => Err((400, format!("{resource} doesn't take {method}"))),
        _ => {
            let number = resource.strip_prefix("requests/").and_then(|number| number.parse().ok());
            let entry = number.filter(|_| parts.method == Method::GET).and_then(|number| world.log.entry_json(number));
            entry.ok_or_else(|| (400, format!("there is no {PREFIX}{resource}")))
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedLock {
    /// Default: the first.
    account: Option<String>,
    locked: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedContention {
    /// Default: the first.
    account: Option<String>,
    contention: Contention,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedDelays {
    /// Default: the first.
    account: Option<String>,
    /// A missing field stays unchanged.
    list_lag_seconds: Option<Seconds>,
    late_commit_seconds: Option<Seconds>,
    lock_hold_ms: Option<u64>,
}

/// Returns the account of that id. Without an id, the first.
fn account<'a>(world: &'a mut World, id: Option<&str>) -> Result<&'a mut Account, Problem> {
    let account = world.accounts.iter_mut().find(|account| id.is_none_or(|id| account.id == id));
    account.ok_or((400, "there is no such account".into()))
}

/// The requested entries.
struct Excerpt {
    after: u64,
    limit: usize,
}

impl Excerpt {
    fn parse(query: &str, taken: &[&str]) -> Result<Self, Problem> {
        let mut excerpt = Self { after: 0, limit: usize::MAX };
        for (name, value) in decode_pairs(query).map_err(|problem| (400, problem))? {
            if !taken.contains(&name.as_str()) {
                return Err((400, format!("{name} isn't taken; {} is", taken.join(" or "))));
            }
            let number: u64 = value.parse().map_err(|_| (400, format!("{name} must be a number of 0 or more")))?;
            match name.as_str() {
                "after" => excerpt.after = number,
                _ => excerpt.limit = usize::try_from(number).unwrap_or(usize::MAX),
            }
        }
        Ok(excerpt)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedClock {
    offset_ms: i64,
}

fn clock_json(world: &World) -> Value {
    json!({"offset_ms": world.clock.offset_ms(), "now": clock::format(world.clock.now())})
}

/// Parses one rule or a list of rules, and checks each.
fn parse_rules<R: DeserializeOwned>(body: &[u8], check: fn(&R) -> Result<(), String>) -> Result<Vec<R>, Problem> {
    let is_list = body.trim_ascii_start().starts_with(b"[");
    let rules: Vec<R> = if is_list { parse(body)? } else { vec![parse(body)?] };
    for rule in &rules {
        check(rule).map_err(|problem| (400, problem))?;
    }
    Ok(rules)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|problem| (400, spelling::explain(&problem)))
}
