//! Opens TCP connections without blocking.

use std::io;
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use crate::error::{Error, ErrorKind, Outcome};
use crate::wait::{Limits, Ready, WaitError, Watched};

/// Connects to `address`.
pub(super) async fn connect(address: SocketAddr, limits: &Limits<'_>) -> Result<Watched<TcpStream>, Error> {
    try_to_connect(address, limits)
        .await
        .map_err(|stop| stop.while_doing(&format!("connecting to {address}"), ErrorKind::Connect, Outcome::NotSent))
}

async fn try_to_connect(address: SocketAddr, limits: &Limits<'_>) -> Result<Watched<TcpStream>, WaitError> {
    limits.check()?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).map_err(WaitError::Failed)?;
    socket.set_nonblocking(true).map_err(WaitError::Failed)?;
    let begun = socket.connect(&address.into());
    // A request is sent in one piece. To wait for more data gains nothing.
    socket.set_tcp_nodelay(true).map_err(WaitError::Failed)?;
    let socket = limits.watch(TcpStream::from(socket)).map_err(WaitError::Failed)?;
    match begun {
        Ok(()) => return Ok(socket),
        Err(error) if is_in_progress(&error) => {}
        Err(error) => return Err(WaitError::Failed(error)),
    }
    loop {
        limits.ready(&socket, Ready::Write).await?;
        if let Some(error) = socket.take_error().map_err(WaitError::Failed)? {
            return Err(WaitError::Failed(error));
        }
        match socket.peer_addr() {
            Ok(_) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            Err(error) => return Err(WaitError::Failed(error)),
        }
    }
}

/// Whether the connect goes on. It also goes on after a signal.
fn is_in_progress(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR))
}
