//! The setters of numbers. 0 is the default of each.

use std::time::Duration;

use super::config::{Setting, esa_config, set};
use super::status::esa_status;
use crate::config::Config;
use crate::error::Error;

/// No limit. Every number that says how many or how long can be this.
pub const ESA_UNLIMITED: u32 = u32::MAX;

/// None, or no time at all. 0 doesn't mean this: it stands for the default. A number can be this if its comment says
/// so.
pub const ESA_NONE: u32 = u32::MAX - 1;

/// Reads a number that isn't `ESA_NONE`; `None` for 0, which is the default.
pub(super) fn read_limit(name: &str, value: u32) -> Result<Option<u32>, Error> {
    match value {
        ESA_NONE => Err(Error::invalid_argument(name, "is ESA_NONE; it can be 1 or more, 0 or ESA_UNLIMITED")),
        value => Ok(read_limit_or_none(value)),
    }
}

/// Reads a number that can be `ESA_NONE`; `None` for 0, which is the default.
pub(super) fn read_limit_or_none(value: u32) -> Option<u32> {
    match value {
        0 => None,
        ESA_NONE => Some(0),
        value => Some(value),
    }
}

/// Converts milliseconds to a time.
pub(super) fn to_time(ms: u32) -> Duration {
    match ms {
        ESA_UNLIMITED => Duration::MAX,
        ms => Duration::from_millis(ms.into()),
    }
}

/// Converts a time to milliseconds.
pub(super) fn to_milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).ok().filter(|&ms| ms < ESA_NONE).unwrap_or(ESA_UNLIMITED)
}

/// Converts a number of connections or writes; `ESA_UNLIMITED` becomes the largest.
fn to_count(number: u32) -> usize {
    match number {
        ESA_UNLIMITED => usize::MAX,
        number => number.try_into().unwrap_or(usize::MAX),
    }
}

/// Sets how long it may take to make one connection, in milliseconds: name look-up, TCP and TLS together. Default
/// (0): 5,000.
///
/// `ESA_UNLIMITED`: as long as the attempt may take.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_connect_timeout(
    config: *mut esa_config,
    connect_timeout_ms: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::ConnectTimeout, &mut |config| {
            let given = read_limit("connect_timeout", connect_timeout_ms)?.map(to_time);
            config.connections.connect_timeout = given.unwrap_or(Config::default().connections.connect_timeout);
            Ok(())
        })
    }
}

/// Sets how long one request may take, in milliseconds, including the connection. Default (0): 10,000.
///
/// `ESA_UNLIMITED`: as long as the call may take.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_attempt_timeout(
    config: *mut esa_config,
    attempt_timeout_ms: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::AttemptTimeout, &mut |config| {
            let given = read_limit("attempt_timeout", attempt_timeout_ms)?.map(to_time);
            config.timeouts.attempt = given.unwrap_or(Config::default().timeouts.attempt);
            Ok(())
        })
    }
}

/// Sets how long a whole call may take, in milliseconds, whatever it does. Default (0): 30,000.
///
/// `ESA_UNLIMITED`: as long as it takes. A busy service can then keep a call waiting for ever, so give the call an
/// `esa_cancel`.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_timeout(config: *mut esa_config, timeout_ms: u32) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::Timeout, &mut |config| {
            let given = read_limit("timeout", timeout_ms)?.map(to_time);
            config.timeouts.total = given.unwrap_or(Config::default().timeouts.total);
            Ok(())
        })
    }
}

/// Sets how many attempts of a call may fail in a row. Default (0): 3.
///
/// If the service refuses an attempt because it is busy with another call of the account, the attempt doesn't count.
/// The call repeats it until its time limit.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_max_attempts(config: *mut esa_config, max_attempts: u32) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::MaxAttempts, &mut |config| {
            let given = read_limit("max_attempts", max_attempts)?;
            config.max_attempts = given.unwrap_or(Config::default().max_attempts);
            Ok(())
        })
    }
}

/// Sets how long a call reads back to find out what a lost request did, in milliseconds. Default (0): 10,000.
///
/// When no further attempt is made, the call reads back at once, and then after 0.25, 0.5, 1, 2, 4 s ... It never
/// passes its deadline. Lists lag, and requests can be carried out late. If the horizon passes and the outcome is
/// still unknown, the call fails with `ESA_OUTCOME_UNKNOWN`.
///
/// `ESA_NONE`: the call reads back at once and doesn't wait. `ESA_UNLIMITED`: until its deadline.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_reconcile_horizon(
    config: *mut esa_config,
    reconcile_horizon_ms: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::ReconcileHorizon, &mut |config| {
            let given = read_limit_or_none(reconcile_horizon_ms).map(to_time);
            config.reconcile_horizon = given.unwrap_or(Config::default().reconcile_horizon);
            Ok(())
        })
    }
}

/// Sets how many of a client's writes may be under way at once. Default (0): 1.
///
/// Writes are creates, deletes, and the actions that share this write limit (see `esa_call_action()`). The service
/// refuses a routine call of an account while another one runs. So the client's own calls wait for each other, in the
/// order in which they came, within their time limits.
///
/// `ESA_UNLIMITED`: they don't wait.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_max_concurrent_writes(
    config: *mut esa_config,
    max_concurrent_writes: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::MaxConcurrentWrites, &mut |config| {
            let given = read_limit("max_concurrent_writes", max_concurrent_writes)?.map(to_count);
            config.writes.at_once = given.unwrap_or(Config::default().writes.at_once);
            Ok(())
        })
    }
}

/// Sets how many idle connections a client keeps for later calls. Default (0): 64.
///
/// The number holds for all blocking calls together, and again for each multi. `ESA_NONE`: it keeps none.
///
/// HTTP/1.1 has no mark that ties a reply to its request. A server can send a second or a late reply over a pooled
/// connection, just as the next request goes out. The library then takes it for the reply to that request. If a
/// server or a proxy on the way does so, set `ESA_NONE`. Each request then has a connection of its own, at the price
/// of a handshake.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_max_idle_connections(
    config: *mut esa_config,
    max_idle_connections: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::MaxIdleConnections, &mut |config| {
            let given = read_limit_or_none(max_idle_connections).map(to_count);
            config.connections.keep_alive.max_idle = given.unwrap_or(Config::default().connections.keep_alive.max_idle);
            Ok(())
        })
    }
}

/// Sets how long an idle connection is kept, in milliseconds. Default (0): 5,000.
///
/// If a server announces a shorter time (`Keep-Alive: timeout=...`), the connection gets no request after that time.
///
/// Returns `ESA_OK` or `ESA_ERR_INVALID_ARGUMENT`.
///
/// # Safety
/// `config` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_config_set_idle_timeout(
    config: *mut esa_config,
    idle_timeout_ms: u32,
) -> esa_status {
    // SAFETY: this function's promise.
    unsafe {
        set(config, Setting::IdleTimeout, &mut |config| {
            let given = read_limit("idle_timeout", idle_timeout_ms)?.map(to_time);
            config.connections.keep_alive.idle = given.unwrap_or(Config::default().connections.keep_alive.idle);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{esa_config_free, esa_config_new, read_config};
    use super::super::write_lock::esa_config_set_write_lock_hold;
    use super::*;

    type Setter = unsafe extern "C-unwind" fn(*mut esa_config, u32) -> esa_status;

    const INVALID: esa_status = esa_status::ESA_ERR_INVALID_ARGUMENT;

    /// What a setter is given, and how it looks in the configuration, by the setter and the other numbers.
    fn set_to(setter: Setter, values: &[u32]) -> (esa_status, Config) {
        let config = esa_config_new();
        let mut status = esa_status::ESA_OK;
        // SAFETY: the configuration is live until it is released, once.
        unsafe {
            for &value in values {
                status = setter(config, value);
            }
            let read = read_config(config.as_ref()).unwrap_or_default();
            esa_config_free(config);
            (status, read)
        }
    }

    #[test]
    fn zero_is_the_default_in_every_setter_whatever_was_set_before() {
        let numbers = |config: Config| {
            let keep_alive = config.connections.keep_alive;
            let times = (config.connections.connect_timeout, config.timeouts.attempt, config.timeouts.total);
            let counts = (config.max_attempts, config.writes.at_once, keep_alive.max_idle);
            (times, counts, config.reconcile_horizon, keep_alive.idle, config.writes.hold)
        };
        let setters: [Setter; 9] = [
            esa_config_set_connect_timeout,
            esa_config_set_attempt_timeout,
            esa_config_set_timeout,
            esa_config_set_max_attempts,
            esa_config_set_reconcile_horizon,
            esa_config_set_max_concurrent_writes,
            esa_config_set_max_idle_connections,
            esa_config_set_idle_timeout,
            esa_config_set_write_lock_hold,
        ];
        for setter in setters {
            let (_, seven) = set_to(setter, &[7]);
            let (status, zero) = set_to(setter, &[7, 0]);

            assert_eq!(status, esa_status::ESA_OK);
            assert_ne!(numbers(seven), numbers(Config::default()));
            assert_eq!(numbers(zero), numbers(Config::default()));
        }
    }

    #[test]
    fn there_is_a_number_for_no_limit() {
        let of = |setter| set_to(setter, &[ESA_UNLIMITED]).1;

        assert_eq!(of(esa_config_set_connect_timeout).connections.connect_timeout, Duration::MAX);
        assert_eq!(of(esa_config_set_attempt_timeout).timeouts.attempt, Duration::MAX);
        assert_eq!(of(esa_config_set_timeout).timeouts.total, Duration::MAX);
        assert_eq!(of(esa_config_set_max_attempts).max_attempts, u32::MAX);
        assert_eq!(of(esa_config_set_reconcile_horizon).reconcile_horizon, Duration::MAX);
        assert_eq!(of(esa_config_set_max_concurrent_writes).writes.at_once, usize::MAX);
        assert_eq!(of(esa_config_set_max_idle_connections).connections.keep_alive.max_idle, usize::MAX);
        assert_eq!(of(esa_config_set_idle_timeout).connections.keep_alive.idle, Duration::MAX);
        assert_eq!(of(esa_config_set_write_lock_hold).writes.hold, Duration::MAX);
    }

    #[test]
    fn there_is_a_number_for_none_where_that_makes_sense() {
        let of = |setter| set_to(setter, &[ESA_NONE]).1;

        assert_eq!(of(esa_config_set_reconcile_horizon).reconcile_horizon, Duration::ZERO);
        assert_eq!(of(esa_config_set_max_idle_connections).connections.keep_alive.max_idle, 0);
        assert_eq!(of(esa_config_set_write_lock_hold).writes.hold, Duration::ZERO);
        for setter in [
            esa_config_set_connect_timeout as Setter,
            esa_config_set_attempt_timeout,
            esa_config_set_timeout,
            esa_config_set_max_attempts,
            esa_config_set_max_concurrent_writes,
            esa_config_set_idle_timeout,
        ] {
            assert_eq!(set_to(setter, &[ESA_NONE]).0, INVALID);
        }
    }

    #[test]
    fn a_time_that_milliseconds_cannot_tell_is_unlimited() {
        assert_eq!(to_milliseconds(Duration::from_millis(7)), 7);
        for time in [ESA_NONE.into(), u64::from(ESA_UNLIMITED) + 1] {
            assert_eq!(to_milliseconds(Duration::from_millis(time)), ESA_UNLIMITED);
        }
    }
}
