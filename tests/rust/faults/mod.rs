//! The fault suite: the faults that the client must survive. A server on the loopback address plays each one.
//!
//! `service` behaves like the service, and checks every request with its own verifier. A script (`step`) says what goes
//! wrong with which create or list. `row` plays one call and compares its result with what was promised.
//!
//! Every row checks this:
//!
//! - The call ends within 250 ms of its limit.
//! - There is at most one record, and exactly one after a success.
//! - Every request has a valid signature and a nonce of its own.
//! - No error and no log line holds a secret, a token or a signature in any form, and each text is one line (`texts`).
//!
//! # Rows
//!
//! | rows | file |
//! | --- | --- |
//! | 1, 4–9, 16, 17: nothing was sent | `not_sent` |
//! | 10–15: TLS and certificates | `tls` |
//! | 18–20: proxies | tests/rust/proxies.rs |
//! | 22–38: the answer is lost | `lost` |
//! | 39–54: the answer says nothing; 79 | `garbled` |
//! | 55–62: the service asks for time | `waits` |
//! | 63–73, 78, 80–82: definite answers | `definite` |
//! | 74–76: clocks | `clock` |
//! | 83–88, 91, 124, 126: credentials; 89, 90, 125, 127 and 128 are in src/credentials/tests.rs, 144 in tests/rust/credentials.rs | `credentials`, through `giver` |
//! | 109, 115, 116, 130, 140, 143: lists that lag | `lagging`, against the emulator |
//! | 110–112, 123 | `definite`, `garbled`, `waits` |
//! | 113: deletions | `deletions`, `lagging` |
//! | 116: bulks of records that no list shows yet | `bulks`, `lagging` |
//! | 114: a clock that is off, and many threads | `crowd` |
//! | 102: cancelling | `cancelled` |
//! | any action by its name: lost, refused, busy, expired, large | `called` |
//! | 103–105: many threads | `crowd` |
//! | 134: an authority of one's own | `tls` |
//! | 120, 135: secrets and ends of lines in what is answered | `echo` |
//! | 106: one I/O operation after the other fails | `torture`, through `breaker` |
//!
//! # Rows that aren't played here
//!
//! | row | reason |
//! | --- | --- |
//! | 1, names that don't resolve; 2, a resolver that hangs | a query would leave this machine, or the system's resolver would have to be replaced; src/transport/resolver.rs tests a name that needs no resolver |
//! | 3, no thread for the resolver; 21, no descriptors | the limits are the whole process's: the C tests have programs of their own |
//! | 77, the clock jumps | setting this machine's clock needs root, and harms others |
//! | 44, the size of the process | the server counts what was taken from it instead |

mod breaker;
mod bulks;
mod called;
mod cancelled;
mod clock;
mod credentials;
mod crowd;
mod definite;
mod deletions;
mod echo;
mod garbled;
mod giver;
mod lagging;
mod lost;
mod not_sent;
mod request;
mod row;
mod service;
mod step;
mod texts;
mod tls;
mod torture;
mod waits;
