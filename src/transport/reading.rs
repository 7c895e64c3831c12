//! Reading a reply: where its head ends, and where its body does.

use std::io::ErrorKind;
use std::mem::MaybeUninit;

use httparse::Status::{Complete, Partial};

use super::Reply;
use crate::call::Stop;

/// The most that is read of a head, and of a body: more than any reply that the service gives.
pub(super) const LARGEST_HEAD: usize = 64 * 1024;
const LARGEST_BODY: usize = 1024 * 1024;
/// More than any reply has headers.
pub(super) const MOST_HEADERS: usize = 256;

/// What is read at once; most replies fit in.
const PIECE: usize = 4 * 1024;

/// Why a reply can't be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// It came to no end.
    Stopped(Stop),
    /// It isn't HTTP, or more of it than anybody needs.
    Garbled(&'static str),
}

use Unreadable::{Garbled, Stopped};

/// How the end of a body is found.
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

pub(super) type Headers<'b> = [MaybeUninit<httparse::Header<'b>>; MOST_HEADERS];

/// Reads the head that `bytes` begin with; its length where it is whole.
///
/// It may be as some gateways write it, against the letter of RFC 9112: with lines that go on in the next one, and blanks
/// before a colon. Neither can be read in two ways.
#[inline(never)]
pub(super) fn parse_head<'h, 'b>(
    head: &mut httparse::Response<'h, 'b>,
    bytes: &'b [u8],
    headers: &'h mut Headers<'b>,
) -> httparse::Result<usize> {
    let mut parser = httparse::ParserConfig::default();
    parser.allow_obsolete_multiline_headers_in_responses(true).allow_spaces_after_header_name_in_responses(true);
    parser.parse_response_with_uninit_headers(head, bytes, headers)
}

/// Reads one reply with `read`, which gives 0 at the connection's end. True: another one may follow on the connection.
pub(super) fn read_reply(read: impl FnMut(&mut [u8]) -> Result<usize, Stop>) -> Result<(Reply, bool), Unreadable> {
    let mut input = Input { read, bytes: Vec::new(), filled: 0 };
    let Head { status, length, framing, may_go_on } = input.final_head()?;
    let (body_end, end) = match framing {
        Framing::Length(body) => {
            input.fill_to(length + body)?;
            (length + body, length + body)
        }
        Framing::Chunked => input.unchunk(length)?,
        Framing::UntilClose => {
            input.fill_until_closed(length)?;
            (input.filled, input.filled)
        }
    };
    // More than the reply is nothing that was asked for.
    let may_go_on = may_go_on && end == input.filled;
    input.bytes.truncate(body_end);
    Ok((Reply { status, bytes: input.bytes, head_length: length }, may_go_on))
}

struct Head {
    status: u16,
    /// In bytes.
    length: usize,
    framing: Framing,
    may_go_on: bool,
}

impl Head {
    fn of(head: &httparse::Response<'_, '_>, length: usize) -> Result<Head, Unreadable> {
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
            Some(length) if length > LARGEST_BODY => return Err(Garbled("a body of more than 1 MiB")),
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
        // What follows a 101 is in another protocol, and who says 408 has stopped to listen.
        let ends = closes || matches!(status, 101 | 408) || matches!(framing, Framing::UntilClose);
        let may_go_on = head.version == Some(1) && !ends;
        Ok(Head { status, length, framing, may_go_on })
    }
}

/// The length that all of `values` agree on, each of which may be a list.
fn content_length<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Option<usize>, Unreadable> {
    let mut length = None;
    for value in values.flat_map(|value| value.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii) {
        let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or(Garbled("a length that is none"))?;
        if length.replace(number).is_some_and(|other| other != number) {
            return Err(Garbled("two lengths"));
        }
    }
    Ok(length)
}

/// Makes blanks of the ends of lines that go on in the next one (RFC 9112, section 5.2), so that every header is a line.
fn unfold(head: &mut [u8]) {
    for at in 1..head.len() {
        if head[at - 1] == b'\n' && matches!(head[at], b' ' | b'\t') {
            head[at - 1] = b' ';
            if let Some(byte @ b'\r') = at.checked_sub(2).and_then(|before| head.get_mut(before)) {
                *byte = b' ';
            }
        }
    }
}

/// What was read so far, from the head on.
struct Input<R> {
    read: R,
    bytes: Vec<u8>,
    filled: usize,
}

impl<R: FnMut(&mut [u8]) -> Result<usize, Stop>> Input<R> {
    /// The head of the reply itself, which those of interim ones may come before.
    fn final_head(&mut self) -> Result<Head, Unreadable> {
        loop {
            let head = self.head()?;
            match head.status {
                100..=199 if head.status != 101 => {
                    self.bytes.copy_within(head.length..self.filled, 0);
                    self.filled -= head.length;
                }
                _ => return Ok(head),
            }
        }
    }

    fn head(&mut self) -> Result<Head, Unreadable> {
        let mut looked_at = 0;
        loop {
            // The head can't be whole without another end of a line.
            if self.bytes[looked_at..self.filled].contains(&b'\n') {
                let mut headers: Headers<'_> = [const { MaybeUninit::uninit() }; MOST_HEADERS];
                let mut head = httparse::Response::new(&mut []);
                match parse_head(&mut head, &self.bytes[..self.filled], &mut headers) {
                    Ok(Complete(length)) => {
                        let head = Head::of(&head, length)?;
                        unfold(&mut self.bytes[..length]);
                        return Ok(head);
                    }
                    Ok(Partial) => {}
                    Err(_) => return Err(Garbled("not the head of an HTTP reply")),
                }
            }
            looked_at = self.filled;
            if self.filled > LARGEST_HEAD {
                return Err(Garbled("a head of more than 64 KiB"));
            }
            self.fill_to(self.filled + 1)?;
        }
    }

    /// Takes the body that begins at `start` out of its chunks; where it then ends, and where the chunks did.
    fn unchunk(&mut self, start: usize) -> Result<(usize, usize), Unreadable> {
        let (mut body_end, mut at) = (start, start);
        loop {
            let size = self.chunk_size(&mut at)?;
            if size == 0 {
                break;
            }
            if body_end - start + size > LARGEST_BODY {
                return Err(Garbled("a body of more than 1 MiB"));
            }
            self.fill_to(at + size + 2)?;
            self.bytes.copy_within(at..at + size, body_end);
            (body_end, at) = (body_end + size, at + size);
            if self.line(&mut at)? != 0 {
                return Err(Garbled("a chunk that doesn't end"));
            }
        }
        // What follows the chunks, up to an empty line, are headers that came late.
        while self.line(&mut at)? != 0 {}
        Ok((body_end, at))
    }

    fn chunk_size(&mut self, at: &mut usize) -> Result<usize, Unreadable> {
        let line = *at;
        self.line(at)?;
        let line = self.bytes.get(line..*at).unwrap_or_default();
        match httparse::parse_chunk_size(line) {
            // No digit at all is a size of 0 to it.
            Ok(Complete((_, size))) if line.first().is_some_and(u8::is_ascii_hexdigit) => usize::try_from(size).ok(),
            _ => None,
        }
        .filter(|&size| size <= LARGEST_BODY)
        .ok_or(Garbled("a chunk whose size is none"))
    }

    /// Passes over a line; its length without its end.
    fn line(&mut self, at: &mut usize) -> Result<usize, Unreadable> {
        let start = *at;
        let mut looked_at = start;
        loop {
            if let Some(position) = self.bytes[looked_at..self.filled].iter().position(|&byte| byte == b'\n') {
                *at = looked_at + position + 1;
                return match self.bytes[start..*at] {
                    [.., b'\r', b'\n'] => Ok(*at - start - 2),
                    _ => Err(Garbled("a line without a carriage return")),
                };
            }
            looked_at = self.filled;
            if self.filled - start > PIECE {
                return Err(Garbled("a chunk with a long line"));
            }
            self.fill_to(self.filled + 1)?;
        }
    }

    fn fill_to(&mut self, end: usize) -> Result<(), Unreadable> {
        while self.filled < end {
            if !self.fill(end)? {
                return Err(Stopped(Stop::Failed(ErrorKind::UnexpectedEof.into())));
            }
        }
        Ok(())
    }

    fn fill_until_closed(&mut self, start: usize) -> Result<(), Unreadable> {
        while self.fill(self.filled + 1)? {
            if self.filled - start > LARGEST_BODY {
                return Err(Garbled("a body of more than 1 MiB"));
            }
        }
        Ok(())
    }

    /// Reads what there is, with room for what ends at `end`; false at the connection's end.
    fn fill(&mut self, end: usize) -> Result<bool, Unreadable> {
        // Chunks may be small, and have more to tell than to carry.
        if end > LARGEST_HEAD + 2 * LARGEST_BODY {
            return Err(Garbled("chunks of more than 2 MiB"));
        }
        if self.bytes.len() < end {
            self.bytes.resize(end.next_multiple_of(PIECE), 0);
        }
        let count = (self.read)(&mut self.bytes[self.filled..]).map_err(Stopped)?;
        self.filled += count;
        Ok(count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a reply that arrives in pieces of `size` bytes, after which the connection is closed.
    fn read_in(size: usize, bytes: &[u8]) -> Result<(u16, String, bool), Unreadable> {
        let mut left = bytes;
        let read = read_reply(|buffer| {
            let count = size.min(left.len()).min(buffer.len());
            let (piece, rest) = left.split_at(count);
            buffer[..count].copy_from_slice(piece);
            left = rest;
            Ok(count)
        });
        read.map(|(reply, may_go_on)| {
            (reply.status(), String::from_utf8(reply.body().to_vec()).unwrap(), may_go_on && left.is_empty())
        })
    }

    /// The same for pieces of every size, which must make no difference.
    fn read(text: &str) -> Result<(u16, String, bool), String> {
        let described = |read: Result<_, Unreadable>| {
            read.map_err(|unreadable| match unreadable {
                Garbled(reason) => reason.to_owned(),
                Stopped(Stop::Failed(error)) => error.to_string(),
                Stopped(stop) => format!("{stop:?}"),
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
        let mut head = &b"HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\td: e\r\nDate \t: now\r\nContent-Length: 0\r\n\r\n"[..];
        let (reply, _) = read_reply(|buffer| std::io::Read::read(&mut head, buffer).map_err(Stop::Failed)).unwrap();

        assert_eq!(reply.header("a"), Some("b    c  \td: e"));
        assert_eq!((reply.header("date"), reply.header("d")), (Some("now"), None));
    }

    #[test]
    fn a_reply_that_breaks_off_is_none() {
        let eof = Err("unexpected end of file".to_owned());
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
            ("Content-Length: 4,", "a length that is none"),
            ("Content-Length: 4\r\n 4", "a length that is none"),
            ("Content-Length: 4\r\n\t, 5", "two lengths"),
            ("Content-Length : 4\r\nContent-Length: 5", "two lengths"),
            ("Content-Length : 4\r\nTransfer-Encoding\t: chunked", "both a length and chunks"),
            ("Transfer-Encoding: chun\r\n ked", "a transfer coding other than chunks"),
            ("Content-Length: +4", "a length that is none"),
            ("Content-Length: -4", "a length that is none"),
            ("Content-Length:", "a length that is none"),
            ("Content-Length: 99999999999999999999", "a length that is none"),
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
        let megabyte = "a".repeat(LARGEST_BODY);
        let head = |headers: &str| format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n");
        let chunked = head("Transfer-Encoding: chunked");

        assert_eq!(garbled(head(&format!("A: {megabyte}")).as_bytes()), "a head of more than 64 KiB");
        assert_eq!(garbled(head(&"A: b\r\n".repeat(300)).as_bytes()), "not the head of an HTTP reply");
        assert_eq!(garbled(head("Content-Length: 1048577").as_bytes()), "a body of more than 1 MiB");
        assert_eq!(garbled(format!("{}{megabyte}a", head("A: b")).as_bytes()), "a body of more than 1 MiB");
        let two = format!("{chunked}1\r\na\r\n100000\r\n{megabyte}\r\n0\r\n\r\n");
        assert_eq!(garbled(two.as_bytes()), "a body of more than 1 MiB");
        let small = format!("{chunked}{}", "1\r\na\r\n".repeat(LARGEST_BODY));
        assert_eq!(garbled(small.as_bytes()), "chunks of more than 2 MiB");
        assert_eq!(garbled(format!("{chunked}1;{megabyte}").as_bytes()), "a chunk with a long line");
        let whole = format!("{}{megabyte}", head("Content-Length: 1048576"));
        assert!(read_in(usize::MAX, whole.as_bytes()).is_ok_and(|(_, body, _)| body == megabyte));
    }
}
