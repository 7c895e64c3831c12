//! What a server may send, for the fuzzer.

use super::Reply;
pub use super::proxy::fuzz::{proxy, proxy_reply};
use super::reading::read_reply;

/// The first byte is the size of the pieces in which the rest arrives. That makes no difference to what is read.
pub fn http_reply(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else { return };
    let whole = read_in(usize::MAX, bytes);
    let pieces = read_in(usize::from(size).max(1), bytes);
    assert_eq!(whole.is_some(), pieces.is_some());
    if let (Some((whole, _)), Some((pieces, _))) = (&whole, &pieces) {
        assert_eq!((whole.status(), whole.body()), (pieces.status(), pieces.body()));
        assert_eq!(whole.header("date"), pieces.header("date"));
    }
}

fn read_in(size: usize, mut bytes: &[u8]) -> Option<(Reply, bool)> {
    let read = read_reply(|buffer| {
        let (piece, rest) = bytes.split_at(size.min(bytes.len()).min(buffer.len()));
        buffer[..piece.len()].copy_from_slice(piece);
        bytes = rest;
        Ok(piece.len())
    });
    read.ok()
}
