//! The kinds of failures, and what a failed call did.

use std::fmt;

/// The kind of a failure. The numbers are those of `esa_status` in the C interface and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {
    /// An argument is missing, malformed or out of range. The message names it.
    InvalidArgument = 100,
    /// The caller asked for something that this version doesn't know.
    Unsupported = 101,
    /// The configuration can't be used.
    Config = 102,
    /// No credentials were found, or they can't be used.
    Credentials = 103,
    /// The lock that the client shares with others can't be used.
    Lock = 104,
    /// The caller cancelled the call.
    Cancelled = 110,
    /// The call belongs to an event loop of the parent process. Calls of this crate don't fail so: clients work in a
    /// child of fork, with their own connections.
    Forked = 111,
    /// No file descriptors are left.
    Descriptors = 112,
    /// The endpoint's name could not be resolved.
    Dns = 200,
    /// No connection could be made.
    Connect = 201,
    /// The proxy refused or failed.
    Proxy = 202,
    /// The TLS handshake failed.
    Tls = 203,
    /// A time limit passed.
    Timeout = 204,
    /// The connection failed while it was in use.
    Io = 205,
    /// The answer isn't one of the service's.
    Response = 206,
    /// The service refused the request as it stands.
    Rejected = 300,
    /// The service doesn't accept the credentials or the signature.
    Auth = 301,
    /// The credentials are valid, but don't allow this.
    Forbidden = 302,
    /// What the request names doesn't exist.
    NotFound = 303,
    /// Something that exists already is in the way.
    Conflict = 304,
    /// A quota is used up.
    Quota = 305,
    /// Too many requests in a short time.
    Throttled = 306,
    /// The service is busy with another call of the same account.
    Busy = 307,
    /// The account has overdue payments.
    Overdue = 308,
    /// Edge Routine is not activated for the account.
    NotActivated = 309,
    /// The service failed.
    Server = 310,
    /// A bug in the library.
    Internal = 900,
}

/// What a failed call did at the service. The numbers are those of `esa_outcome` in the C interface.
///
/// The enum is exhaustive: a `match` of the three values handles every failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum Outcome {
    /// No write of the call was sent; nothing has changed.
    NotSent = 0,
    /// The service refused each write that was sent, or a read, with a code that says that nothing has changed.
    Refused = 1,
    /// A write was sent, and the call couldn't find out in time whether it was carried out or still will be. A later
    /// refusal doesn't change this.
    Unknown = 2,
}

/// The error of converting a number that is no value of the enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownNumber(pub(crate) i32);

impl fmt::Display for UnknownNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown number {}", self.0)
    }
}

impl std::error::Error for UnknownNumber {}
