//! HTTP/1.1 as bytes: writes requests and reads replies, without sockets.

#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod message;
mod reading;
#[cfg(test)]
mod witness;

pub(crate) use self::message::{HttpRequest, Reply};
pub(crate) use self::reading::{Headers, LARGEST_HEAD, LargestBody, MOST_HEADERS, ReplyReader, Unreadable, parse_head};
