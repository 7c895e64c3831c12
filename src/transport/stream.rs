//! A connection's bytes, plain or in TLS. Nothing here blocks: the code waits within the call's limits.

use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::tls::failure;
use crate::error::{Error, ErrorKind, Outcome};
use crate::wait::{Limits, Ready, WaitError, Watched};

/// A TCP connection that never blocks.
pub(super) type Socket = Watched<TcpStream>;

#[derive(Debug)]
pub(super) enum Stream {
    Plain(Socket),
    Tls(Box<ClientConnection>, Socket),
}

impl Stream {
    /// Does the TLS handshake over `socket`. Its last message is sent with the first request.
    pub(super) async fn secured(
        socket: Socket,
        config: &Arc<ClientConfig>,
        server_name: &ServerName<'static>,
        limits: &Limits<'_>,
    ) -> Result<Stream, Error> {
        let failed = |stop: WaitError| stop.while_doing("doing the TLS handshake", ErrorKind::Tls, Outcome::NotSent);
        let refused = |error: rustls::Error| failure::of_handshake(&error);
        let tls = ClientConnection::new(Arc::clone(config), server_name.clone()).map_err(refused)?;
        let mut tls = Box::new(tls);
        while tls.is_handshaking() {
            if tls.wants_write() {
                flush(&mut tls, &socket, limits, &mut false).await.map_err(failed)?;
            } else {
                let read = retried(&socket, Ready::Read, limits, &mut || tls.read_tls(&mut &*socket)).await;
                if read.map_err(failed)? == 0 {
                    return Err(failed(WaitError::Failed(io::ErrorKind::UnexpectedEof.into())));
                }
                if let Err(error) = tls.process_new_packets() {
                    // Sends the alert to the server. A failure doesn't matter.
                    let _ = tls.write_tls(&mut Quiet(&socket));
                    return Err(refused(error));
                }
            }
        }
        Ok(Stream::Tls(tls, socket))
    }

    pub(super) fn socket(&self) -> &Socket {
        let (Stream::Plain(socket) | Stream::Tls(_, socket)) = self;
        socket
    }

    /// Reads some bytes. Returns 0 at the end.
    pub(super) async fn read(&mut self, buffer: &mut [u8], limits: &Limits<'_>) -> Result<usize, WaitError> {
        match self {
            Stream::Plain(socket) => retried(socket, Ready::Read, limits, &mut || (&**socket).read(buffer)).await,
            Stream::Tls(tls, socket) => loop {
                match tls.reader().read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return result.map_err(WaitError::Failed),
                }
                retried(socket, Ready::Read, limits, &mut || tls.read_tls(&mut &**socket)).await?;
                tls.process_new_packets()
                    .map_err(|error| WaitError::Failed(io::Error::other(failure::reason(&error))))?;
            },
        }
    }

    /// Writes all of `bytes`. Sets `sent` as soon as one byte has been sent.
    pub(super) async fn write(&mut self, bytes: &[u8], limits: &Limits<'_>, sent: &mut bool) -> Result<(), WaitError> {
        match self {
            Stream::Plain(socket) => write_plain(socket, bytes, limits, sent).await,
            Stream::Tls(tls, socket) => {
                let mut bytes = bytes;
                // TLS takes only as much as its buffer holds.
                while !bytes.is_empty() {
                    let taken = tls.writer().write(bytes).map_err(WaitError::Failed)?;
                    bytes = bytes.get(taken..).unwrap_or_default();
                    flush(tls, socket, limits, sent).await?;
                }
                Ok(())
            }
        }
    }

    /// Whether the connection can be used for another request: it is open, and holds no unexpected data.
    pub(super) fn is_idle(&mut self) -> bool {
        match self {
            Stream::Plain(socket) => is_would_block(&socket.peek(&mut [0])),
            Stream::Tls(tls, socket) => {
                // Session tickets may come at any time. If more come than servers usually send, the connection isn't
                // used.
                for _ in 0..MOST_READS_OF_TICKETS {
                    match tls.read_tls(&mut &**socket) {
                        Ok(1..) => {}
                        result => return is_would_block(&result),
                    }
                    match tls.process_new_packets() {
                        Ok(state) if state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed() => {}
                        _ => return false,
                    }
                }
                false
            }
        }
    }
}

/// Each read takes up to 4 KiB. A server sends about 0.5 KiB.
const MOST_READS_OF_TICKETS: usize = 8;

/// A socket whose vectored writes don't raise SIGPIPE if the peer has closed the connection. Those of the standard
/// library do, and end the host program.
struct Quiet<'a>(&'a TcpStream);

impl Write for Quiet<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        if let [piece] = pieces {
            return self.0.write(piece);
        }
        // The end of the handshake, and a request. In one packet they arrive sooner.
        let mut bytes = Vec::new();
        pieces.iter().for_each(|piece| bytes.extend_from_slice(piece));
        self.0.write(&bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn is_would_block(result: &io::Result<usize>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Sends what TLS has to send. Sets `sent` as soon as one byte has been sent.
async fn flush(
    tls: &mut ClientConnection,
    socket: &Socket,
    limits: &Limits<'_>,
    sent: &mut bool,
) -> Result<(), WaitError> {
    while tls.wants_write() {
        if retried(socket, Ready::Write, limits, &mut || tls.write_tls(&mut Quiet(socket))).await? == 0 {
            return Err(WaitError::Failed(io::ErrorKind::WriteZero.into()));
        }
        *sent = true;
    }
    Ok(())
}

/// Reads what has arrived without removing it. Returns 0 at the end.
pub(super) async fn peek(socket: &Socket, buffer: &mut [u8], limits: &Limits<'_>) -> Result<usize, WaitError> {
    retried(socket, Ready::Read, limits, &mut || socket.peek(buffer)).await
}

/// Reads until `buffer` is full.
pub(super) async fn read_exact(socket: &Socket, mut buffer: &mut [u8], limits: &Limits<'_>) -> Result<(), WaitError> {
    while !buffer.is_empty() {
        match retried(socket, Ready::Read, limits, &mut || (&**socket).read(buffer)).await? {
            0 => return Err(WaitError::Failed(io::ErrorKind::UnexpectedEof.into())),
            count => buffer = buffer.get_mut(count..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// Writes all of `bytes`.
pub(super) async fn write_all(socket: &Socket, bytes: &[u8], limits: &Limits<'_>) -> Result<(), WaitError> {
    write_plain(socket, bytes, limits, &mut false).await
}

/// Writes all of `bytes`. Sets `sent` as soon as one byte has been sent.
async fn write_plain(socket: &Socket, mut bytes: &[u8], limits: &Limits<'_>, sent: &mut bool) -> Result<(), WaitError> {
    while !bytes.is_empty() {
        match retried(socket, Ready::Write, limits, &mut || (&**socket).write(bytes)).await? {
            0 => return Err(WaitError::Failed(io::ErrorKind::WriteZero.into())),
            count => bytes = bytes.get(count..).unwrap_or_default(),
        }
        *sent = true;
    }
    Ok(())
}

/// A socket operation that is repeated until it succeeds. All operations share the code that waits.
type Work<'a> = &'a mut dyn FnMut() -> io::Result<usize>;

/// Does `work` on the socket as soon as the socket is ready.
async fn retried(socket: &Socket, ready: Ready, limits: &Limits<'_>, work: Work<'_>) -> Result<usize, WaitError> {
    limits.check()?;
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => limits.ready(socket, ready).await?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map_err(WaitError::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsRawFd;
    use std::thread;
    use std::time::Duration;

    use rustls::{ServerConnection, StreamOwned};

    use super::super::tls;
    use super::super::tls::Trust;
    use super::*;
    use crate::environment::Environment;
    use crate::wait::{Deadline, Task, drive};

    fn within<T>(seconds: f64, work: impl AsyncFnOnce(&Limits<'_>) -> T) -> T {
        let task = Task::default();
        let limits = task.limits(Deadline::after(Duration::from_secs_f64(seconds)));
        drive(&task, work(&limits))
    }

    /// Returns a connection, and a thread that runs `serve` on its other end. The server sends this number of tickets.
    fn connected<T: Send + 'static>(
        tickets: usize,
        serve: impl FnOnce(&mut StreamOwned<ServerConnection, TcpStream>) -> T + Send + 'static,
    ) -> (Stream, thread::JoinHandle<T>) {
        let (mut config, pem) = tls::server_of_tests();
        config.send_tls13_tickets = tickets;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let server = thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            serve(&mut StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), socket))
        });
        socket.set_nonblocking(true).unwrap();
        let config =
            tls::client_config(&Trust { ca_pem: Some(pem), ca_file: None }, &Environment::of([("", ""); 0])).unwrap();
        let name = tls::server_name("localhost").unwrap();
        let secured = within(60.0, async |limits| {
            Stream::secured(limits.watch(socket).unwrap(), &Arc::new(config), &name, limits).await
        });
        (secured.unwrap(), server)
    }

    fn read_all(server: &mut StreamOwned<ServerConnection, TcpStream>, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        server.read_exact(&mut bytes).unwrap();
        server.flush().unwrap();
        bytes
    }

    #[test]
    fn a_request_may_be_larger_than_the_buffer_of_tls() {
        let request: Vec<u8> = (0..1_000_000_u32).map(|number| (number % 251) as u8).collect();
        let length = request.len();
        let (mut stream, server) = connected(2, move |server| read_all(server, length));

        let mut sent = false;
        within(60.0, async |limits| stream.write(&request, limits, &mut sent).await).unwrap();

        assert!(sent);
        assert!(server.join().unwrap() == request);
    }

    #[test]
    fn a_request_of_which_a_part_has_left_is_sent() {
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let (mut stream, server) = connected(2, move |server| {
            read_all(server, 1);
            // The server reads nothing more until the client has given up.
            wait.recv().unwrap_err();
        });

        let mut sent = false;
        let stopped = within(0.2, async |limits| stream.write(&vec![0; 64 << 20], limits, &mut sent).await);

        assert!(matches!(stopped, Err(WaitError::TimedOut)));
        assert!(sent);
        drop(done);
        server.join().unwrap();
    }

    #[test]
    fn a_connection_with_a_few_tickets_is_idle_and_one_with_a_thousand_is_not() {
        for (tickets, is_idle) in [(0, true), (2, true), (1000, false)] {
            let (mut stream, server) = connected(tickets, |server| {
                read_all(server, 1);
                server.sock.try_clone().unwrap()
            });
            within(60.0, async |limits| stream.write(b"x", limits, &mut false).await).unwrap();
            // All tickets have been sent and have arrived.
            let _open = server.join().unwrap();
            let Stream::Tls(_, socket) = &stream else { unreachable!() };
            let wanted = if tickets == 1000 { 64 * 1024 } else { 50 * tickets };
            while arrived(socket) < wanted {
                thread::yield_now();
            }

            assert_eq!(stream.is_idle(), is_idle, "{tickets}");
        }
    }

    /// Returns how many bytes can be read.
    #[allow(unsafe_code)]
    fn arrived(socket: &TcpStream) -> usize {
        let mut count = 0;
        // SAFETY: `count` is an int, which FIONREAD writes.
        assert_eq!(unsafe { libc::ioctl(socket.as_raw_fd(), libc::FIONREAD, &mut count) }, 0);
        usize::try_from(count).unwrap()
    }
}
