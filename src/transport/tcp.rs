//! Making a TCP connection that never blocks.

use std::io;
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use crate::error::{Error, Outcome, Status};
use crate::wait::{Limits, Ready, Stop, wait};

/// A connection to the first of `addresses` that accepts one. Each gets its share of the time that is left.
pub(super) fn connect(addresses: &[SocketAddr], limits: &Limits) -> Result<TcpStream, Error> {
    let mut failure = None;
    for (index, &address) in addresses.iter().enumerate() {
        let addresses_left = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = match limits.deadline.left() {
            Some(left) => limits.within(left / addresses_left),
            None => limits.clone(),
        };
        match connect_to(address, &share) {
            Ok(stream) => return Ok(stream),
            Err(Stop::Cancelled) => return Err(failed(address, Stop::Cancelled)),
            Err(stop) => failure = Some(failed(address, stop)),
        }
    }
    Err(failure.unwrap_or_else(|| Error::new(Status::Dns, "the endpoint has no address")))
}

fn failed(address: SocketAddr, stop: Stop) -> Error {
    stop.while_doing(&format!("connecting to {address}"), Status::Connect, Outcome::NotSent)
}

fn connect_to(address: SocketAddr, limits: &Limits) -> Result<TcpStream, Stop> {
    limits.check()?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).map_err(Stop::Failed)?;
    socket.set_nonblocking(true).map_err(Stop::Failed)?;
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if is_in_progress(&error) => {
            wait(&socket, Ready::Write, limits)?;
            if let Some(error) = socket.take_error().map_err(Stop::Failed)? {
                return Err(Stop::Failed(error));
            }
        }
        Err(error) => return Err(Stop::Failed(error)),
    }
    // A request is sent in one piece; nothing is gained by waiting for more.
    socket.set_tcp_nodelay(true).map_err(Stop::Failed)?;
    Ok(socket.into())
}

/// A connect that a signal interrupts goes on as well.
fn is_in_progress(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;
    use crate::wait::Deadline;

    fn limits() -> Limits {
        Limits { deadline: Deadline::after(Duration::from_secs(20)), cancel: None, interrupt: None }
    }

    fn refusing() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    #[test]
    fn the_next_address_is_tried_where_one_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let accepting = listener.local_addr().unwrap();

        let stream = connect(&[refusing(), accepting], &limits()).unwrap();

        assert_eq!(stream.peer_addr().unwrap(), accepting);
    }

    #[test]
    fn an_address_that_refuses_is_an_error_that_names_it() {
        let address = refusing();

        let error = connect(&[address], &limits()).unwrap_err();

        assert_eq!((error.status(), error.outcome(), error.retryable()), (Status::Connect, Outcome::NotSent, true));
        assert!(error.message().starts_with(&format!("connecting to {address} failed")), "{error}");
    }
}
