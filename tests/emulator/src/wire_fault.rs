//! Faults below HTTP: a stream that cuts, resets, drips or replaces what the server writes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum WireFault {
    /// Close without a reply.
    Drop {},
    /// Close with a TCP reset.
    Reset {},
    /// Close after this number of bytes of the reply.
    Cut { after_bytes: u64 },
    /// Send the reply in small pieces.
    Drip {
        #[serde(default = "one_byte")]
        bytes: usize,
        #[serde(default = "tenth_of_a_second")]
        interval_ms: u64,
    },
    /// Send these bytes instead of a reply, then close.
    Raw {
        #[serde(with = "crate::base64_text")]
        base64: Vec<u8>,
    },
    /// Never answer.
    Hang {},
}

fn one_byte() -> usize {
    1
}

fn tenth_of_a_second() -> u64 {
    100
}

impl WireFault {
    /// Whether the emulator's HTTP reply is never sent.
    pub(crate) fn replaces_reply(&self) -> bool {
        matches!(self, Self::Drop {} | Self::Reset {} | Self::Raw { .. } | Self::Hang {})
    }
}

/// What happens to the next write.
#[derive(Debug, Default)]
enum Armed {
    #[default]
    Nothing,
    Reset,
    Cut {
        left: u64,
    },
    Drip {
        bytes: usize,
        interval: Duration,
    },
    Raw {
        left: Vec<u8>,
    },
    Hang,
}

/// Arms the stream of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trigger(Arc<Mutex<Armed>>);

impl Trigger {
    /// Arms it for the next reply. Without a fault, disarms it.
    pub(crate) fn arm(&self, fault: Option<&WireFault>) {
        let armed = match fault {
            None => Armed::Nothing,
            Some(WireFault::Hang {}) => Armed::Hang,
            Some(WireFault::Drop {}) => Armed::Cut { left: 0 },
            Some(WireFault::Reset {}) => Armed::Reset,
            Some(WireFault::Cut { after_bytes }) => Armed::Cut { left: *after_bytes },
            Some(WireFault::Drip { bytes, interval_ms }) => {
                Armed::Drip { bytes: (*bytes).max(1), interval: Duration::from_millis(*interval_ms) }
            }
            Some(WireFault::Raw { base64 }) => Armed::Raw { left: base64.clone() },
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = armed;
    }
}

/// A connection, in plain text or in TLS.
#[derive(Debug)]
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(context, buffer),
            Self::Tls(tls) => Pin::new(tls).poll_read(context, buffer),
        }
    }

    /// Waits until the other side closes.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut space = [0; 1024];
            let mut ignored = ReadBuf::new(&mut space);
            ready!(self.poll_read(context, &mut ignored))?;
            if ignored.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Self::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Self::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }
}

/// Ends the connection by failing the server's write: the server then drops the socket, which closes it.
fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "cut by a fault rule")
}

#[derive(Debug)]
pub(crate) struct FaultyStream {
    socket: Socket,
    trigger: Trigger,
    pause: Option<Pin<Box<Sleep>>>,
}

impl FaultyStream {
    pub(crate) fn new(socket: Socket, trigger: Trigger) -> Self {
        Self { socket, trigger, pause: None }
    }
}

impl AsyncRead for FaultyStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.get_mut().socket.poll_read(context, buffer)
    }
}

impl AsyncWrite for FaultyStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { socket, trigger, pause } = self.get_mut();
        let mut armed = trigger.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *armed {
            Armed::Nothing => socket.poll_write(context, bytes),
            Armed::Reset => {
                socket.tcp().set_zero_linger()?;
                Poll::Ready(Err(cut()))
            }
            Armed::Cut { left: 0 } => {
                ready!(socket.poll_flush(context))?;
                Poll::Ready(Err(cut()))
            }
            Armed::Cut { left } => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                let written = ready!(socket.poll_write(context, &bytes[..most]))?;
                *left -= written as u64;
                Poll::Ready(Ok(written))
            }
            Armed::Drip { bytes: most, interval } => {
                if let Some(running) = pause {
                    ready!(running.as_mut().poll(context));
                }
                let written = ready!(socket.poll_write(context, &bytes[..bytes.len().min(*most)]))?;
                // TLS holds a written piece back until it is flushed.
                let _ = socket.poll_flush(context)?;
                *pause = Some(Box::pin(sleep(*interval)));
                Poll::Ready(Ok(written))
            }
            Armed::Raw { left } => {
                while !left.is_empty() {
                    let written = ready!(socket.poll_write(context, left))?;
                    left.drain(..written);
                }
                ready!(socket.poll_flush(context))?;
                Poll::Ready(Err(cut()))
            }
            Armed::Hang => {
                ready!(socket.poll_end(context))?;
                Poll::Ready(Err(cut()))
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.socket.poll_flush(context))?;
        // If the cut is at the very end of the reply, no further write can fail.
        let armed = this.trigger.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = matches!(*armed, Armed::Cut { left: 0 });
        Poll::Ready(if done { Err(cut()) } else { Ok(()) })
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            Socket::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Socket::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}
