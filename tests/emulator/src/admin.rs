//! The unsigned JSON interface under `/_emulator/` by which tests watch and steer.

use hyper::Method;
use hyper::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::encoding::decode_pairs;
use crate::fault::Rule;
use crate::page;
use crate::reply::Reply;
use crate::seed::Seed;
use crate::service_error::ServiceError;
use crate::world::{Shared, World};
use crate::{clock, web_page};

pub(crate) const PREFIX: &str = "/_emulator/";

/// What went wrong: an HTTP status and a text.
type Problem = (u16, String);

pub(crate) fn answer(world: &Shared, parts: &Parts, body: Result<Vec<u8>, ServiceError>) -> Reply {
    let mut world = world.lock();
    let body = body.map_err(|problem| (400, problem.message));
    let resource = parts.uri.path().strip_prefix(PREFIX).unwrap_or_default();
    let result = check_origin(parts).and(body).and_then(|body| match (page::find(resource), &parts.method) {
        (Some(file), &(Method::GET | Method::HEAD)) => Ok(file.reply(world.clock.now())),
        (Some(_), method) => Err((400, format!("{PREFIX}{resource} doesn't take {method}"))),
        (None, _) => route(&mut world, resource, parts, &body).map(|body| Reply::json(200, &body, world.clock.now())),
    });
    result.unwrap_or_else(|(status, problem)| Reply::json(status, &json!({"error": problem}), world.clock.now()))
}

/// No web page may watch or steer.
fn check_origin(parts: &Parts) -> Result<(), Problem> {
    if !web_page::host_is_loopback(&parts.headers) {
        return Err((403, "the Host header must name the loopback address".into()));
    }
    if web_page::origin_is_foreign(&parts.headers) {
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
            let seed = Seed::parse(body).map_err(|problem| (400, problem))?;
            world.plant(seed);
            Ok(json!({"status": "ok"}))
        }
        ("state", &Method::GET) => Ok(world.to_seed_json()),
        ("lock", &Method::POST) => {
            let wanted: WantedLock = parse(body)?;
            let account = match &wanted.account {
                Some(id) => world.accounts.iter_mut().find(|account| account.id == *id),
                None => world.accounts.first_mut(),
            };
            account.ok_or((400, "there is no such account".into()))?.locked = wanted.locked;
            Ok(json!({"status": "ok"}))
        }
        ("clock", &Method::GET) => Ok(clock_json(world)),
        ("clock", &Method::POST) => {
            let wanted: WantedClock = parse(body)?;
            world.clock.set_offset_ms(wanted.offset_ms).map_err(|problem| (400, problem))?;
            Ok(clock_json(world))
        }
        ("requests", &Method::GET) => {
            let Excerpt { after, limit } = Excerpt::parse(parts.uri.query().unwrap_or_default())?;
            Ok(world.log.to_json(after, limit))
        }
        ("requests", &Method::DELETE) => {
            world.log.clear();
            Ok(json!({"status": "ok"}))
        }
        ("faults", &Method::GET) => Ok(json!({"faults": world.faults.to_json()})),
        ("faults", &Method::POST) => {
            let rules = parse_rules(body)?;
            world.faults.add(rules);
            Ok(json!({"faults": world.faults.to_json()}))
        }
        ("faults", &Method::DELETE) => {
            world.faults.clear();
            Ok(json!({"status": "ok"}))
        }
        ("health" | "reset" | "seed" | "state" | "lock" | "clock" | "requests" | "faults", method) => {
            Err((400, format!("{resource} doesn't take {method}")))
        }
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
    /// Without it, the first.
    account: Option<String>,
    locked: bool,
}

/// Which entries of the log are wanted.
struct Excerpt {
    after: u64,
    limit: usize,
}

impl Excerpt {
    fn parse(query: &str) -> Result<Self, Problem> {
        let mut excerpt = Self { after: 0, limit: usize::MAX };
        for (name, value) in decode_pairs(query).map_err(|problem| (400, problem))? {
            let number: u64 = value.parse().map_err(|_| (400, format!("{name} must be a number of 0 or more")))?;
            match name.as_str() {
                "after" => excerpt.after = number,
                "limit" => excerpt.limit = usize::try_from(number).unwrap_or(usize::MAX),
                _ => return Err((400, format!("requests doesn't take {name}"))),
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

/// One rule or a list of them, each of them sound.
fn parse_rules(body: &[u8]) -> Result<Vec<Rule>, Problem> {
    let is_list = body.trim_ascii_start().starts_with(b"[");
    let rules: Vec<Rule> = if is_list { parse(body)? } else { vec![parse(body)?] };
    for rule in &rules {
        rule.check().map_err(|problem| (400, problem))?;
    }
    Ok(rules)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|problem| (400, problem.to_string()))
}
