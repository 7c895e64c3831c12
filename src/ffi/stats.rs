//! The counts of what a client has done so far.

use std::mem::size_of;

use super::client::esa_client;
use super::guard::guarded;
use super::status::esa_status;
use super::struct_size::{CallerStruct, fields, write_struct};
use crate::log::NOWHERE;
use crate::stats::Stats;

/// The counts of what a client has done since it was made, by all threads together. Begin with `ESA_STATS_INIT`.
///
/// In a child of fork(), they include what the parent had done before.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct esa_stats {
    /// `sizeof(esa_stats)`.
    pub struct_size: usize,
    /// Calls of the program. Each record of `esa_ensure_routine_related_records()` is one.
    pub calls: u64,
    /// Requests to the service, including read-backs.
    pub attempts: u64,
    /// Requests that were made again after one that failed.
    pub retries: u64,
    /// Records whose answer was lost, and that a read-back found.
    pub recoveries: u64,
    /// Waits because the service was busy with another call of the account.
    pub busy_waits: u64,
    /// Waits because another write of the client was under way.
    pub write_limit_waits: u64,
    /// Connections made, including those to servers that provide credentials.
    pub connections_opened: u64,
    /// Requests over a connection that was open already.
    pub connections_reused: u64,
    /// How often the client got credentials from a provider.
    pub credentials_refreshed: u64,
    /// Waits because somebody else had the shared lock.
    pub lock_waits: u64,
    /// How often the client acquired the shared lock.
    pub lock_grants: u64,
    /// Writes that the service refused as busy although the client held the lock. Its lease was over, or somebody
    /// writes without the lock.
    pub lock_losses: u64,
}

// SAFETY: `repr(C)`, `struct_size` first, then integers.
unsafe impl CallerStruct for esa_stats {
    const ARGUMENT: &'static str = "stats";
    const FIELDS: &'static [usize] = fields!(
        esa_stats: calls, attempts, retries, recoveries, busy_waits, write_limit_waits, connections_opened,
        connections_reused, credentials_refreshed, lock_waits, lock_grants, lock_losses
    );
}

impl From<Stats> for esa_stats {
    fn from(stats: Stats) -> esa_stats {
        esa_stats {
            struct_size: size_of::<esa_stats>(),
            calls: stats.calls,
            attempts: stats.attempts,
            retries: stats.retries,
            recoveries: stats.recoveries,
            busy_waits: stats.busy_waits,
            write_limit_waits: stats.write_limit_waits,
            connections_opened: stats.connections_opened,
            connections_reused: stats.connections_reused,
            credentials_refreshed: stats.credentials_refreshed,
            lock_waits: stats.lock_waits,
            lock_grants: stats.lock_grants,
            lock_losses: stats.lock_losses,
        }
    }
}

/// Gets the counts of what a client has done so far.
///
/// The function fills the fields that both the caller's struct (`stats->struct_size`) and the library have. The other
/// fields of the caller become 0. The counts only grow. Any thread may call this, at any time.
///
/// Returns `ESA_OK`, or `ESA_ERR_INVALID_ARGUMENT` if a pointer is NULL or `struct_size` was never set.
///
/// # Safety
/// `client` is NULL or a live object. `stats` is NULL or points to a struct whose first field says how many bytes of it
/// can be written.
/// cbindgen:postfix=ESA_NONNULL(client) ESA_NONNULL(stats)
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn esa_client_stats(client: *const esa_client, stats: *mut esa_stats) -> esa_status {
    // SAFETY: NULL or a live object (this function's promise).
    let client = unsafe { client.as_ref() };
    let panicked = esa_status::ESA_ERR_INTERNAL;
    guarded(&NOWHERE, panicked, || match client {
        // SAFETY: `stats` is as `write_struct` wants it (this function's promise).
        Some(client) => match unsafe { write_struct(&esa_stats::from(client.client.stats()), stats) } {
            Ok(()) => esa_status::ESA_OK,
            Err(error) => error.kind().into(),
        },
        None => esa_status::ESA_ERR_INVALID_ARGUMENT,
    })
}
