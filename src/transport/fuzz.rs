//! What a server may send, for the fuzzer.

use super::Reply;
pub use super::proxy::fuzz::{proxy, proxy_reply};
use super::reading::{MOST_HEADERS, read_reply};

/// The first byte is the size of the pieces in which the rest arrives. That makes no difference to what is read. Whatever
/// the head was like, what is left of it has a line for each header.
pub fn http_reply(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else { return };
    let whole = read_in(usize::MAX, bytes);
    let pieces = read_in(usize::from(size).max(1), bytes);
    assert_eq!(whole.is_some(), pieces.is_some());
    if let (Some((whole, _)), Some((pieces, _))) = (&whole, &pieces) {
        assert_eq!((whole.status(), whole.body()), (pieces.status(), pieces.body()));
        assert_eq!(whole.header("date"), pieces.header("date"));
        let (mut headers, mut parser) = ([httparse::EMPTY_HEADER; MOST_HEADERS], httparse::ParserConfig::default());
        parser.allow_spaces_after_header_name_in_responses(true);
        let mut head = httparse::Response::new(&mut headers);
        let parsed = parser.parse_response(&mut head, &whole.bytes[..whole.head_length]);
        assert_eq!(parsed, Ok(httparse::Status::Complete(whole.head_length)));
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
