//! Reads a reply: finds the end of its head and the end of its body.

use std::mem::MaybeUninit;

use httparse::Status::{Complete, Partial};

use super::Reply;

/// The longest head that is read. No reply of the service has a longer one.
pub(crate) const LARGEST_HEAD: usize = 64 * 1024;
/// The most headers. No reply of the service has more.
pub(crate) const MOST_HEADERS: usize = 256;

/// The size of one read. Most replies fit into it.
const PIECE: usize = 4 * 1024;

/// Why a reply can't be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// The connection ended before the reply did.
    CutOff,
    /// It isn't HTTP, or it is too large.
    Garbled(&'static str),
}

use Unreadable::Garbled;

/// The longest body that is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LargestBody {
    /// For replies that the library parses.
    #[default]
    OneMebibyte,
    /// For replies that are returned to the caller unchanged.
    EightMebibytes,
}

impl LargestBody {
    const fn bytes(self) -> usize {
        match self {
            LargestBody::OneMebibyte => 1024 * 1024,
            LargestBody::EightMebibytes => 8 * 1024 * 1024,
        }
    }

    /// Returns the error for a larger body.
    fn exceeded(self) -> Unreadable {
        Garbled(match self {
            LargestBody::OneMebibyte => "a body of more than 1 MiB",
            LargestBody::EightMebibytes => "a body of more than 8 MiB",
        })
    }
}

/// How the end of a body is found.
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

pub(crate) type Headers<'b> = [MaybeUninit<httparse::Header<'b>>; MOST_HEADERS];

/// Parses the head at the start of `bytes`, and returns its length if it is complete.
///
/// Accepts the heads of some gateways that violate RFC 9112: folded lines, and blanks before a colon. Both have only
/// one meaning.
#[inline(never)]
pub(crate) fn parse_head<'h, 'b>(
    head: &mut httparse::Response<'h, 'b>,
    bytes: &'b [u8],
    headers: &'h mut Headers<'b>,
) -> httparse::Result<usize> {
    let mut parser = httparse::ParserConfig::default();
    parser.allow_obsolete_multiline_headers_in_responses(true).allow_spaces_after_header_name_in_responses(true);
    parser.parse_response_with_uninit_headers(head, bytes, headers)
}

struct Head {
    status: u16,
    /// In bytes.
    length: usize,
    framing: Framing,
    may_go_on: bool,
}

impl Head {
    fn of(head: &httparse::Response<'_, '_>, length: usize, largest: LargestBody) -> Result<Head, Unreadable> {
        let status = head.code.unwrap_or_default();
        let values = |name: &'static str| {
            let named = head.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
            named.map(|header| header.value.trim_ascii())
        };
        let has_no_body = matches!(status, 100..=199 | 204 | 304);
        let is_chunked = values("transfer-encoding").next().is_some();
        let framing = match content_length(values("content-length"))? {
            _ if has_no_body => Framing::Length(0),
            Some(_) if is_chunked => return Err(Garbled("both a length and chunks")),
            Some(length) if length > largest.bytes() => return Err(largest.exceeded()),
            Some(length) => Framing::Length(length),
            None if is_chunked => {
                match values("transfer-encoding").all(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
                    true => Framing::Chunked,
                    false => return Err(Garbled("a transfer coding other than chunks")),
                }
            }
            None => Framing::UntilClose,
        };
        let closes = values("connection")
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"));
        // After a 101, another protocol follows. After a 408, the server reads no more.
        let ends = closes || matches!(status, 101 | 408) || matches!(framing, Framing::UntilClose);
        let may_go_on = head.version == Some(1) && !ends;
        Ok(Head { status, length, framing, may_go_on })
    }

    /// Returns the part that follows the head.
    fn body(self) -> Part {
        match self.framing {
            Framing::Chunked => {
                let chunks = Chunks { body_end: self.length, at: self.length, next: Next::Size };
                Part::Chunks(self, chunks)
            }
            Framing::Length(_) | Framing::UntilClose => Part::Body(self),
        }
    }
}

/// Returns the length that all `values` agree on. A value may be a list.
fn content_length<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Option<usize>, Unreadable> {
    let mut length = None;
    for value in values.flat_map(|value| value.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii) {
        let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or(Garbled("an invalid length"))?;
        if length.replace(number).is_some_and(|other| other != number) {
            return Err(Garbled("two lengths"));
        }
    }
    Ok(length)
}

/// Replaces the ends of folded lines by blanks (RFC 9112, section 5.2), so that every header is one line.
fn unfold(head: &mut [u8]) {
    let goes_on = |pair: &[u8]| matches!(pair, [b'\n', b' ' | b'\t']);
    let mut from = 0;
    while let Some(end) = head[from..].windows(2).position(goes_on).map(|end| from + end) {
        head[end] = b' ';
        from = end + 1;
        if let Some(byte @ b'\r') = end.checked_sub(1).and_then(|before| head.get_mut(before)) {
            *byte = b' ';
        }
    }
}

/// A reply while it arrives. The caller writes into its room and reports how many bytes came.
#[derive(Default)]
pub(crate) struct ReplyReader {
    /// The bytes so far, from the head on, and room for more.
    bytes: Vec<u8>,
    filled: usize,
    /// The end of what was scanned for the current part.
    looked_at: usize,
    part: Part,
    largest: LargestBody,
}

/// The part that comes next.
#[derive(Default)]
enum Part {
    #[default]
    Head,
    Body(Head),
    Chunks(Head, Chunks),
}

/// The progress of decoding chunks.
struct Chunks {
    body_end: usize,
    /// Where the next chunk begins.
    at: usize,
    next: Next,
}

/// The part of a chunk that comes next.
enum Next {
    Size,
    Data(usize),
    Trailer,
}

impl ReplyReader {
    pub(crate) fn up_to(largest: LargestBody) -> ReplyReader {
        ReplyReader { largest, ..ReplyReader::default() }
    }

    /// Returns room for the next bytes, at least one.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let wanted = match &self.part {
            Part::Body(Head { length, framing: Framing::Length(body), .. }) => length + body,
            Part::Chunks(_, Chunks { at, next: Next::Data(size), .. }) => at + size + 2,
            _ => self.filled + 1,
        };
        if self.bytes.len() < wanted {
            self.bytes.resize(wanted.next_multiple_of(PIECE), 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// Takes `count` bytes that have arrived in the room. 0 means that the connection has ended. If that completes the
    /// reply, returns it, and whether the connection can be used again.
    pub(crate) fn add(&mut self, count: usize) -> Result<Option<(Reply, bool)>, Unreadable> {
        self.filled += count;
        if count == 0 {
            return match &self.part {
                Part::Body(Head { framing: Framing::UntilClose, .. }) => Ok(self.end(self.filled, self.filled)),
                _ => Err(Unreadable::CutOff),
            };
        }
        loop {
            match &mut self.part {
                Part::Head => match self.head()? {
                    // Another head follows it.
                    Some(head) if matches!(head.status, 100..=199) && head.status != 101 => {
                        self.bytes.copy_within(head.length..self.filled, 0);
                        self.filled -= head.length;
                        self.looked_at = 0;
                    }
                    Some(head) => self.part = head.body(),
                    None => return Ok(None),
                },
                Part::Body(Head { length, framing: Framing::Length(body), .. }) => {
                    let end = *length + *body;
                    return Ok(if self.filled < end { None } else { self.end(end, end) });
                }
                Part::Body(Head { length, .. }) if self.filled - *length > self.largest.bytes() => {
                    return Err(self.largest.exceeded());
                }
                Part::Body(_) => return Ok(None),
                Part::Chunks(head, chunks) => {
                    let unchunked = unchunk(&mut self.bytes[..self.filled], head.length, chunks, self.largest)?;
                    let (body_end, at) = (chunks.body_end, chunks.at);
                    // Small chunks may have more overhead than content.
                    if at > LARGEST_HEAD + 2 * self.largest.bytes() {
                        return Err(Garbled("chunks that are mostly not the body"));
                    }
                    return Ok(if unchunked { self.end(body_end, at) } else { None });
                }
            }
        }
    }

    /// Returns the head, if it has arrived completely.
    fn head(&mut self) -> Result<Option<Head>, Unreadable> {
        let looked_at = std::mem::replace(&mut self.looked_at, self.filled);
        // Without another end of a line, the head can't be complete.
        if self.bytes[looked_at..self.filled].contains(&b'\n') {
            let mut headers: Headers<'_> = [const { MaybeUninit::uninit() }; MOST_HEADERS];
            let mut head = httparse::Response::new(&mut []);
            match parse_head(&mut head, &self.bytes[..self.filled], &mut headers) {
                Ok(Complete(length)) => {
                    let head = Head::of(&head, length, self.largest)?;
                    unfold(&mut self.bytes[..length]);
                    return Ok(Some(head));
                }
                Ok(Partial) => {}
                Err(_) => return Err(Garbled("not the head of an HTTP reply")),
            }
        }
        if self.filled > LARGEST_HEAD {
            return Err(Garbled("a head of more than 64 KiB"));
        }
        Ok(None)
    }

    /// Returns the reply. Its body ends at `body_end`, and the reply itself at `end`.
    fn end(&mut self, body_end: usize, end: usize) -> Option<(Reply, bool)> {
        let (Part::Body(head) | Part::Chunks(head, _)) = std::mem::take(&mut self.part) else { return None };
        // Bytes after the reply belong to no request.
        let may_go_on = head.may_go_on && end == self.filled;
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.truncate(body_end);
        Some((Reply { status: head.status, bytes, head_length: head.length }, may_go_on))
    }
}

/// Decodes the chunks of the body at `start` that have arrived. Returns true if the body is complete.
fn unchunk(bytes: &mut [u8], start: usize, chunks: &mut Chunks, largest: LargestBody) -> Result<bool, Unreadable> {
    loop {
        match chunks.next {
            Next::Size => {
                let Some(line) = line(bytes, chunks.at)? else { return Ok(false) };
                let size = chunk_size(&bytes[chunks.at..line.next], largest)?;
                if chunks.body_end - start + size > largest.bytes() {
                    return Err(largest.exceeded());
                }
                chunks.at = line.next;
                chunks.next = if size == 0 { Next::Trailer } else { Next::Data(size) };
            }
            Next::Data(size) => {
                let end = chunks.at + size;
                if bytes.len() < end + 2 {
                    return Ok(false);
                }
                if bytes[end..end + 2] != *b"\r\n" {
                    return Err(Garbled("a chunk that doesn't end"));
                }
                bytes.copy_within(chunks.at..end, chunks.body_end);
                chunks.body_end += size;
                chunks.at = end + 2;
                chunks.next = Next::Size;
            }
            // The trailer: headers after the chunks, up to an empty line.
            Next::Trailer => {
                let Some(line) = line(bytes, chunks.at)? else { return Ok(false) };
                chunks.at = line.next;
                if line.length == 0 {
                    return Ok(true);
                }
            }
        }
    }
}

/// The length of a line without its end, and the start of the next one.
struct Line {
    length: usize,
    next: usize,
}

/// Returns the line at `start`, if it is complete.
fn line(bytes: &[u8], start: usize) -> Result<Option<Line>, Unreadable> {
    let rest = &bytes[start..];
    match rest.iter().position(|&byte| byte == b'\n') {
        Some(end) if end > 0 && rest[end - 1] == b'\r' => Ok(Some(Line { length: end - 1, next: start + end + 1 })),
        Some(_) => Err(Garbled("a line without a carriage return")),
        None if rest.len() > PIECE => Err(Garbled("a chunk with a long line")),
        None => Ok(None),
    }
}

fn chunk_size(line: &[u8], largest: LargestBody) -> Result<usize, Unreadable> {
    match httparse::parse_chunk_size(line) {
        // The parser takes a missing number for 0.
        Ok(Complete((_, size))) if line.first().is_some_and(u8::is_ascii_hexdigit) => usize::try_from(size).ok(),
        _ => None,
    }
    .filter(|&size| size <= largest.bytes())
    .ok_or(Garbled("a chunk whose size is invalid"))
}

/// Reads a reply that arrives in pieces of `size` bytes, and then the end of the connection. Returns the reply, whether
/// the connection could be used again, and whether that were all bytes.
#[cfg(any(test, fuzzing))]
pub(super) fn read_pieces(size: usize, mut bytes: &[u8]) -> Result<(Reply, bool, bool), Unreadable> {
    let mut reader = ReplyReader::default();
    loop {
        let room = reader.room();
        let (piece, rest) = bytes.split_at(size.min(bytes.len()).min(room.len()));
        room[..piece.len()].copy_from_slice(piece);
        bytes = rest;
        let length = piece.len();
        if let Some((reply, may_go_on)) = reader.add(length)? {
            return Ok((reply, may_go_on, bytes.is_empty()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a reply that arrives in pieces of `size` bytes, and then the end of the connection.
    fn read_in(size: usize, bytes: &[u8]) -> Result<(u16, String, bool), Unreadable> {
        read_pieces(size, bytes).map(|(reply, may_go_on, is_all)| {
            (reply.status(), String::from_utf8(reply.body().to_vec()).unwrap(), may_go_on && is_all)
        })
    }

    /// The same for pieces of every size. The size must make no difference.
    fn read(text: &str) -> Result<(u16, String, bool), String> {
        let described = |read: Result<_, Unreadable>| {
            read.map_err(|unreadable| match unreadable {
                Garbled(reason) => reason.to_owned(),
                Unreadable::CutOff => "cut off".to_owned(),
            })
        };
        let whole = described(read_in(usize::MAX, text.as_bytes()));
        for size in 1..text.len().min(200) {
            assert_eq!(described(read_in(size, text.as_bytes())), whole, "{size}: {text}");
        }
        whole
    }

    fn body(body: &str, may_go_on: bool) -> Result<(u16, String, bool), String> {
        Ok((200, body.to_owned(), may_go_on))
    }

    #[test]
    fn a_body_ends_after_its_length() {
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext"), body("text", true));
        assert_eq!(read("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), body("", true));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length:  4 \r\nContent-Length: 4\r\n\r\ntext"), body("text", true));
    }

    #[test]
    fn a_body_is_taken_out_of_its_chunks() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n";

        assert_eq!(read(&format!("{head}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n")), body("abc0123456789", true));
        assert_eq!(read(&format!("{head}1\r\n\n\r\n0\r\nDate: now\r\nX: y\r\n\r\n")), body("\n", true));
        assert_eq!(read(&format!("{head}0\r\n\r\n")), body("", true));
    }

    #[test]
    fn a_body_without_either_ends_with_the_connection() {
        assert_eq!(read("HTTP/1.1 200 OK\r\n\r\ntext"), body("text", false));
        assert_eq!(read("HTTP/1.0 200 OK\r\nX: y\r\n\r\n"), body("", false));
    }

    #[test]
    fn interim_replies_are_passed_over_and_some_replies_have_no_body() {
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

        assert_eq!(read(&format!("{interim}HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na")), body("a", true));
        assert_eq!(read("HTTP/1.1 204 No\r\n\r\n"), Ok((204, String::new(), true)));
        assert_eq!(read("HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"), Ok((304, String::new(), true)));
    }

    #[test]
    fn a_connection_goes_on_unless_somebody_says_otherwise() {
        let may_go_on =
            |head: &str, rest: &str| read(&format!("{head}\r\nContent-Length: 1\r\n\r\na{rest}")).unwrap().2;

        assert!(may_go_on("HTTP/1.1 200 OK\r\nConnection: keep-alive", ""));
        assert!(!may_go_on("HTTP/1.1 200 OK\r\nConnection: x, Close", ""));
        assert!(!may_go_on("HTTP/1.0 200 OK\r\nConnection: keep-alive", ""));
        assert!(!may_go_on("HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n"));
        assert!(!may_go_on("HTTP/1.1 408 Request Timeout", ""));
        assert_eq!(read("HTTP/1.1 101 No\r\nUpgrade: x\r\n\r\n"), Ok((101, String::new(), false)));
    }

    #[test]
    fn heads_may_be_as_gateways_write_them() {
        let long: String = (0..150).map(|number| format!("X-{number}: a\r\n")).collect();
        for headers in [
            "Content-Length: 4, 4\r\n",
            "Content-Length : 4\r\n",
            "Content-Length\t:\r\n 4\r\n",
            "Content-Length: 4 ,\r\n\t4\r\nX: a\r\n b\r\n \r\n",
            &format!("{long}Content-Length: 4\r\n"),
            "Transfer-Encoding :\r\n chunked\r\n",
        ] {
            let text = if headers.starts_with('T') { "4\r\ntext\r\n0\r\n\r\n" } else { "text" };
            assert_eq!(read(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n{text}")), body("text", true), "{headers}");
        }
        assert_eq!(
            read("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: x,\r\n close\r\n\r\ntext"),
            body("text", false)
        );
    }

    #[test]
    fn the_headers_of_such_heads_are_found() {
        let head = b"HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\td: e\r\nDate \t: now\r\nContent-Length: 0\r\n\r\n";
        let (reply, ..) = read_pieces(usize::MAX, head).unwrap();

        assert_eq!(reply.header("a"), Some("b    c  \td: e"));
        assert_eq!((reply.header("date"), reply.header("d")), (Some("now"), None));
    }

    #[test]
    fn a_truncated_reply_is_refused() {
        let eof = Err("cut off".to_owned());
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

        for text in
            ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntext"]
        {
            assert_eq!(read(text), eof, "{text}");
        }
        for rest in ["", "5", "5\r\n", "5\r\ntex", "4\r\ntext", "4\r\ntext\r\n", "0\r\n", "0\r\nA: b\r\n"] {
            assert_eq!(read(&format!("{chunked}{rest}")), eof, "{rest}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for (headers, reason) in [
            ("Content-Length: 4\r\nContent-Length: 5", "two lengths"),
            ("Content-Length: 4, 5", "two lengths"),
            ("Content-Length: 4,", "an invalid length"),
            ("Content-Length: 4\r\n 4", "an invalid length"),
            ("Content-Length: 4\r\n\t, 5", "two lengths"),
            ("Content-Length : 4\r\nContent-Length: 5", "two lengths"),
            ("Content-Length : 4\r\nTransfer-Encoding\t: chunked", "both a length and chunks"),
            ("Transfer-Encoding: chun\r\n ked", "a transfer coding other than chunks"),
            ("Content-Length: +4", "an invalid length"),
            ("Content-Length: -4", "an invalid length"),
            ("Content-Length:", "an invalid length"),
            ("Content-Length: 99999999999999999999", "an invalid length"),
            ("Content-Length: 4\r\nTransfer-Encoding: chunked", "both a length and chunks"),
            ("Transfer-Encoding: gzip, chunked", "a transfer coding other than chunks"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "a transfer coding other than chunks"),
        ] {
            assert_eq!(read(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\ntext")), Err(reason.to_owned()), "{headers}");
        }
        for text in [
            "SSH-2.0-x\r\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent Length: 4\r\n\r\ntext",
            "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 4\r\n\r\ntext",
            "HTTP/1.1 200 OK\r\nA: b\r\r\nContent-Length: 4\r\n\r\ntext",
            "HTTP/1.1 200 OK\r\nA: b\0\r\nContent-Length: 4\r\n\r\ntext",
            "HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 4\r\n\r\ntext",
        ] {
            assert_eq!(read(text), Err("not the head of an HTTP reply".to_owned()), "{text}");
        }
        for chunks in ["ZZ\r\n", "\r\n", "-1\r\n", "4\r\ntextx\r\n", "4\r\ntext\n0\r\n\r\n", "FFFFFFFFFFFFFFFFFF\r\n"] {
            let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
            assert!(read(&text).is_err_and(|reason| reason.contains("chunk") || reason.contains("line")), "{chunks}");
        }
    }

    #[test]
    fn no_more_is_read_than_anybody_needs() {
        let garbled = |bytes: &[u8]| match read_in(usize::MAX, bytes) {
            Err(Garbled(reason)) => reason,
            other => panic!("{other:?}"),
        };
        let megabyte = "a".repeat(LargestBody::default().bytes());
        let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n");
        let chunked = head("Transfer-Encoding: chunked");

        assert_eq!(garbled(head(&format!("A: {megabyte}")).as_bytes()), "a head of more than 64 KiB");
        assert_eq!(garbled(head(&"A: b\r\n".repeat(300)).as_bytes()), "not the head of an HTTP reply");
        assert_eq!(garbled(head("Content-Length: 1048577").as_bytes()), "a body of more than 1 MiB");
        assert_eq!(garbled(format!("{}{megabyte}a", head("A: b")).as_bytes()), "a body of more than 1 MiB");
        let two = format!("{chunked}1\r\na\r\n100000\r\n{megabyte}\r\n0\r\n\r\n");
        assert_eq!(garbled(two.as_bytes()), "a body of more than 1 MiB");
        let small = format!("{chunked}{}", "1\r\na\r\n".repeat(LargestBody::default().bytes()));
        assert_eq!(garbled(small.as_bytes()), "chunks that are mostly not the body");
        assert_eq!(garbled(format!("{chunked}1;{megabyte}").as_bytes()), "a chunk with a long line");
        let whole = format!("{}{megabyte}", head("Content-Length: 1048576"));
        assert!(read_in(usize::MAX, whole.as_bytes()).is_ok_and(|(_, body, _)| body == megabyte));
    }

    #[test]
    fn more_is_read_where_the_caller_gets_all_of_it() {
        let largest = LargestBody::EightMebibytes;
        let read = |text: String| {
            let mut reader = ReplyReader::up_to(largest);
            let mut rest = text.as_bytes();
            loop {
                let room = reader.room();
                let (piece, left) = rest.split_at(rest.len().min(room.len()));
                room[..piece.len()].copy_from_slice(piece);
                rest = left;
                if let Some((reply, _)) = reader.add(piece.len())? {
                    return Ok(reply.body().len());
                }
            }
        };
        let body = "a".repeat(largest.bytes());
        for headers in ["Content-Length: 8388608", "A: b"] {
            assert_eq!(read(format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}")), Ok(largest.bytes()));
        }
        let too_large = Err(Garbled("a body of more than 8 MiB"));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n".to_owned()), too_large);
        assert_eq!(read(format!("HTTP/1.1 200 OK\r\n\r\n{body}a")), too_large);
        let chunks = format!("800000\r\n{body}\r\n1\r\na\r\n0\r\n\r\n");
        assert_eq!(read(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")), too_large);
    }
}
