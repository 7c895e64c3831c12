//! HTTP/1.1 as bytes: requests as they go out, replies as they are read. No socket is in here.

#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod message;
mod reading;
#[cfg(test)]
mod witness;

pub(crate) use self::message::{HttpRequest, Reply};
pub(crate) use self::reading::{Headers, LARGEST_HEAD, LargestBody, MOST_HEADERS, ReplyReader, Unreadable, parse_head};
