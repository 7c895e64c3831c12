//! Fuzzes replies of servers.

use super::reading::{MOST_HEADERS, read_pieces};

/// The first byte is the size of the pieces in which the rest arrives. It must not change what is read. What remains of
/// a head must have one line for each header.
pub fn http_reply(data: &[u8]) {
    let Some((&size, bytes)) = data.split_first() else { return };
    let whole = read_pieces(usize::MAX, bytes).ok();
    let pieces = read_pieces(usize::from(size).max(1), bytes).ok();
    assert_eq!(whole.is_some(), pieces.is_some());
    if let (Some((whole, ..)), Some((pieces, ..))) = (&whole, &pieces) {
        assert_eq!((whole.status(), whole.body()), (pieces.status(), pieces.body()));
        assert_eq!(whole.header("date"), pieces.header("date"));
        let (mut headers, mut parser) = ([httparse::EMPTY_HEADER; MOST_HEADERS], httparse::ParserConfig::default());
        parser.allow_spaces_after_header_name_in_responses(true);
        let mut head = httparse::Response::new(&mut headers);
        let parsed = parser.parse_response(&mut head, &whole.bytes[..whole.head_length]);
        assert_eq!(parsed, Ok(httparse::Status::Complete(whole.head_length)));
    }
}
