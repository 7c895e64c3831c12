//! Forms with a file, as `multipart/form-data` writes them.

use crate::request::Parameters;
use crate::service_error::ServiceError;

/// Read like OSS does: text after the file is ignored.
#[derive(Debug, Default)]
pub(crate) struct Form {
    pub(crate) fields: Parameters,
    pub(crate) file: Option<Vec<u8>>,
}

impl Form {
    pub(crate) fn read(content_type: &str, body: &[u8]) -> Result<Self, ServiceError> {
        Self::parse(content_type, body).ok_or_else(|| {
            let message = "The body of your POST request is not well-formed multipart/form-data.";
            ServiceError::new(400, "MalformedPOSTRequest", message)
        })
    }

    /// Returns what the log may show of it: the object's key, and the uploader's description.
    pub(crate) fn description(&self) -> Parameters {
        let mut shown = Parameters::default();
        for (name, value) in self.fields.iter().filter(|(name, _)| *name == "key" || name.starts_with("x:")) {
            shown.push(name, value);
        }
        shown
    }

    fn parse(content_type: &str, body: &[u8]) -> Option<Self> {
        let (media_type, parameters) = content_type.split_once(';')?;
        if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty())?;
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first delimiter may be the very first line.
        let whole = [b"\r\n", body].concat();
        let (_preamble, mut rest) = split(&whole, &delimiter)?;
        let mut form = Self::default();
        while !rest.starts_with(b"--") {
            let (part, after) = split(rest.strip_prefix(b"\r\n")?, &delimiter)?;
            let (headers, content) = split(part, b"\r\n\r\n")?;
            let name = field_name(std::str::from_utf8(headers).ok()?)?;
            if name == "file" {
                form.file = Some(content.to_vec());
                break;
            }
            if form.fields.get(&name).is_some() {
                return None;
            }
            form.fields.push(&name, std::str::from_utf8(content).ok()?);
            rest = after;
        }
        Some(form)
    }
}

fn field_name(headers: &str) -> Option<String> {
    let mut headers = headers.lines().filter_map(|line| line.split_once(':'));
    let (_, disposition) = headers.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))?;
    let (kind, parameters) = disposition.split_once(';')?;
    if kind.trim().eq_ignore_ascii_case("form-data") { parameter(parameters, "name") } else { None }
}

/// The value of one of `a=b; c="d"`.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => (after.split(';').next()?.trim(), after.split_once(';').map_or("", |(_, after)| after)),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.to_owned());
        }
        rest = after.trim_start().strip_prefix(';').unwrap_or(after);
    }
}

fn split<'b>(bytes: &'b [u8], delimiter: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = bytes.windows(delimiter.len()).position(|window| window == delimiter)?;
    Some((&bytes[..at], &bytes[at + delimiter.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; charset=utf-8; boundary=\"b 1\"";

    fn parse(body: &str) -> Option<Form> {
        Form::parse(TYPE, body.as_bytes())
    }

    #[test]
    fn fields_and_the_file_are_read_and_what_follows_it_is_not() {
        let form = parse(concat!(
            "--b 1\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na/b.js\r\n",
            "--b 1\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name=empty\r\n\r\n\r\n",
            "--b 1\r\nContent-Disposition: form-data; filename=\"name=x; y\"; name=\"file\"\r\n\r\nno --b 1\r\n\r\nline\r\n",
            "--b 1\r\nContent-Disposition: form-data; name=\"late\"\r\n\r\n1\r\n--b 1--\r\n",
        ));
        let form = form.unwrap();
        assert_eq!(form.fields.iter().collect::<Vec<_>>(), [("key", "a/b.js"), ("empty", "")]);
        assert_eq!(form.file.as_deref(), Some(&b"no --b 1\r\n\r\nline"[..]));
    }

    #[test]
    fn a_form_needs_no_file() {
        assert!(parse("--b 1--\r\n").unwrap().file.is_none());
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let field = "Content-Disposition: form-data; name=\"a\"";
        for wrong in [
            String::new(),
            "a=b".into(),
            format!("--b 1\r\n{field}\r\n\r\nno end"),
            format!("--b 1\r\n{field}\r\n\r\n1\r\n--b 1\r\n{field}\r\n\r\n2\r\n--b 1--"),
            "--b 1\r\n\r\n\r\nno name\r\n--b 1--".into(),
            format!("--b 1\n{field}\n\n1\n--b 1--"),
        ] {
            assert!(parse(&wrong).is_none(), "{wrong}");
        }
        for wrong in ["multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=b", ""] {
            assert!(Form::parse(wrong, b"--b--").is_none(), "{wrong}");
        }
    }
}
