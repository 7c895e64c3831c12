//! HTTP requests and replies.

use std::fmt::Write;
use std::time::Duration;

use super::LargestBody;

/// Names and values.
type Headers<'a> = Vec<(&'a str, &'a str)>;

/// A request, as it is sent.
#[derive(Clone)]
pub(crate) struct HttpRequest {
    /// The request line and the headers.
    head: String,
    body: String,
    /// How many lines the head has, if no header holds a line break. A line break would make two lines of one.
    lines: usize,
    has_sound_path: bool,
    largest_reply: LargestBody,
}

impl HttpRequest {
    /// Creates a request for `path` with the query that `write_query` writes. Both must be encoded.
    pub(crate) fn new(method: &str, path: &str, write_query: impl FnOnce(&mut String)) -> HttpRequest {
        // Large enough for most requests, so that neither has to grow.
        let (mut head, body) = (String::with_capacity(1024), String::with_capacity(256));
        [method, " ", path, "?"].iter().for_each(|piece| head.push_str(piece));
        write_query(&mut head);
        if head.ends_with('?') {
            head.pop();
        }
        head.push_str(" HTTP/1.1\r\n");
        let has_sound_path = path.bytes().all(|byte| byte.is_ascii_graphic());
        HttpRequest { head, body, lines: 1, has_sound_path, largest_reply: LargestBody::default() }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) -> &mut HttpRequest {
        self.line(|line| [name, ": ", value].iter().for_each(|piece| line.push_str(piece)))
    }

    /// Adds a header, whose line `write` writes.
    pub(crate) fn line(&mut self, write: impl FnOnce(&mut String)) -> &mut HttpRequest {
        write(&mut self.head);
        self.head.push_str("\r\n");
        self.lines += 1;
        self
    }

    /// Sets the body, which `write` writes. Returns it.
    pub(crate) fn set_body(&mut self, write: impl FnOnce(&mut String)) -> &str {
        write(&mut self.body);
        &self.body
    }

    /// Returns the result of `read` for the text that `write` writes. The text isn't sent. It uses the head's memory
    /// temporarily, which saves one of the allocations that `signature::tests` counts.
    pub(crate) fn aside<T>(&mut self, write: impl FnOnce(&mut String), read: impl FnOnce(&str) -> T) -> T {
        let length = self.head.len();
        write(&mut self.head);
        let made = read(self.head.get(length..).unwrap_or_default());
        self.head.truncate(length);
        made
    }

    pub(crate) fn set_largest_reply(&mut self, largest: LargestBody) {
        self.largest_reply = largest;
    }

    /// Returns how large the body of the reply may be.
    pub(crate) fn largest_reply(&self) -> LargestBody {
        self.largest_reply
    }

    /// Returns the whole request as bytes, with the User-Agent header. `None` if it can't be sent.
    pub(crate) fn into_bytes(mut self, user_agent: &str) -> Option<Vec<u8>> {
        self.header("user-agent", user_agent);
        if !self.head.starts_with("GET ") || !self.body.is_empty() {
            let length = self.body.len();
            self.line(|line| {
                // Writing to a String can't fail.
                let _ = write!(line, "content-length: {length}");
            });
        }
        self.line(|_| ());
        let is_sound = self.is_sound();
        self.head.push_str(&self.body);
        is_sound.then_some(self.head.into_bytes())
    }

    /// Whether a server reads the head as it is meant.
    fn is_sound(&self) -> bool {
        let ends_as_many = |end: char| self.head.matches(end).count() == self.lines;
        self.has_sound_path && ends_as_many('\r') && ends_as_many('\n')
    }

    /// Returns the path and query, the headers, and the body. `None` if the request can't be sent.
    pub(crate) fn taken_apart(&self) -> Option<(&str, Headers<'_>, &str)> {
        let mut lines = self.head.lines();
        let target = lines.next()?.split(' ').nth(1)?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        self.is_sound().then(|| (target, headers.collect(), self.body.as_str()))
    }

    /// Returns the head and the body.
    #[cfg(test)]
    pub(crate) fn parts(&self) -> (&str, &str) {
        (&self.head, &self.body)
    }
}

/// A reply.
pub(crate) struct Reply {
    pub(super) status: u16,
    /// The head and the body.
    pub(super) bytes: Vec<u8>,
    pub(super) head_length: usize,
}

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Returns a header's value. `None` if it is missing or isn't text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = self.bytes.get(..self.head_length)?;
        head.split(|&byte| byte == b'\n').skip(1).find_map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let (found, value) = line.split_at(colon);
            found
                .trim_ascii_end()
                .eq_ignore_ascii_case(name.as_bytes())
                .then(|| std::str::from_utf8(&value[1..]).ok().map(str::trim))?
        })
    }

    /// Returns the gateway's id of the request. Empty if there is none.
    pub(crate) fn request_id(&self) -> &str {
        self.header("x-acs-request-id").unwrap_or_default()
    }

    /// Returns the body without the byte order mark that some gateways put before it.
    pub(crate) fn body(&self) -> &[u8] {
        let body = self.bytes.get(self.head_length..).unwrap_or_default();
        body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
    }

    /// Returns how long the server keeps the connection open, if it says so (RFC 2068, section 19.7.1).
    pub(crate) fn keep_alive_timeout(&self) -> Option<Duration> {
        let mut parameters = self.header("keep-alive")?.split(',').filter_map(|parameter| parameter.split_once('='));
        let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))?;
        value.trim().trim_matches('"').parse().ok().map(Duration::from_secs)
    }

    /// Returns a reply of these parts. No header may hold a line break.
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Reply {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("HTTP/1.1 {status}\r\n{lines}\r\n");
        Reply { status, bytes: [head.as_bytes(), body.as_ref()].concat(), head_length: head.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(request: HttpRequest) -> Option<String> {
        request.into_bytes("me/1").map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_request_is_written_as_it_goes_out() {
        let mut request = HttpRequest::new("POST", "/a", |query| query.push_str("b=c"));
        request.header("host", "h").set_body(|body| body.push_str("text"));

        let expected = "POST /a?b=c HTTP/1.1\r\nhost: h\r\nuser-agent: me/1\r\ncontent-length: 4\r\n\r\ntext";
        assert_eq!(text(request).unwrap(), expected);
        assert_eq!(text(HttpRequest::new("GET", "/", |_| ())).unwrap(), "GET / HTTP/1.1\r\nuser-agent: me/1\r\n\r\n");
    }

    #[test]
    fn a_get_has_a_length_if_it_has_a_body() {
        let mut request = HttpRequest::new("GET", "/", |_| ());
        request.set_body(|body| body.push_str("a=b"));

        assert_eq!(text(request).unwrap(), "GET / HTTP/1.1\r\nuser-agent: me/1\r\ncontent-length: 3\r\n\r\na=b");
    }

    #[test]
    fn a_request_can_be_taken_apart() {
        let mut request = HttpRequest::new("POST", "/", |query| query.push_str("a=b"));
        request.header("x", "y: z").header("empty", "").set_body(|body| body.push_str("c=d"));
        assert_eq!(request.taken_apart(), Some(("/?a=b", vec![("x", "y: z"), ("empty", "")], "c=d")));

        request.header("x", "y\nz");
        assert_eq!(request.taken_apart(), None);
    }

    #[test]
    fn a_text_aside_is_not_sent() {
        let mut request = HttpRequest::new("GET", "/", |_| ());
        let length = request.aside(|text| text.push_str("aside"), str::len);

        assert_eq!(length, 5);
        assert_eq!(text(request).unwrap(), "GET / HTTP/1.1\r\nuser-agent: me/1\r\n\r\n");
    }

    #[test]
    fn what_would_be_read_as_something_else_is_not_sent() {
        for value in ["a\r\nb: c", "a\n", "\ra"] {
            let mut request = HttpRequest::new("GET", "/", |_| ());
            request.header("a", value);
            assert_eq!(text(request), None, "{value:?}");
        }
        for path in ["/a b", "/\r\n", "/é"] {
            assert_eq!(text(HttpRequest::new("GET", path, |_| ())), None, "{path:?}");
        }
    }

    #[test]
    fn a_reply_s_headers_are_found_in_either_case() {
        let reply = Reply::new(200, &[("Date", " now "), ("X", "a:b"), ("x", "2")], "X: body");

        let header = |name| reply.header(name);
        assert_eq!(
            [header("date"), header("X"), header("HTTP/1.1 200"), header("y")],
            [Some("now"), Some("a:b"), None, None]
        );
        assert_eq!(reply.body(), b"X: body");
    }

    #[test]
    fn a_mark_of_the_byte_order_is_not_part_of_the_body() {
        assert_eq!(Reply::new(200, &[], "\u{feff}{}").body(), b"{}");
        assert_eq!(Reply::new(200, &[], "{}\u{feff}").body(), "{}\u{feff}".as_bytes());
    }

    #[test]
    fn what_a_peer_says_of_how_long_it_keeps_the_connection() {
        let announced = |value| Reply::new(200, &[("Keep-Alive", value)], "").keep_alive_timeout();

        for (value, seconds) in [("timeout=5", 5), ("max=100, Timeout = 60", 60), ("timeout=\"1\", max", 1)] {
            assert_eq!(announced(value), Some(Duration::from_secs(seconds)), "{value}");
        }
        for value in ["", "timeout", "timeout=", "timeout=-1", "timeout=1s", "max=100"] {
            assert_eq!(announced(value), None, "{value}");
        }
    }
}
