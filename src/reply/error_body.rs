//! Reads the body of an error reply: the service's JSON, with keys in either case of the first letter, or the gateway's
//! XML.
//!
//! The code decides what a call did. So it is read if it is complete and at the top level, even if something beside it
//! is wrong: another encoding, a raw tab, another type, a truncated end.

use crate::error::ErrorBody;
use crate::json;

/// Returns the service's error in `body`. `None` if it holds no error code, as in HTML or an empty body.
pub(super) fn parse(body: &[u8]) -> Option<ErrorBody> {
    let body = String::from_utf8_lossy(body);
    let body = body.trim();
    let mut fields = if body.starts_with('{') { from_json(body) } else { from_xml(body) }?;
    fields.code = fields.code.trim().to_owned();
    Some(fields).filter(|fields| !fields.code.is_empty() && !fields.code.contains(char::REPLACEMENT_CHARACTER))
}

/// The members of an object at the top level that can be read.
#[derive(Default)]
struct Members {
    /// `None`: no code, or more than one.
    code: Option<String>,
    has_code: bool,
    fields: ErrorBody,
}

impl Members {
    fn add(&mut self, key: &str, value: &str) {
        let fields = &mut self.fields;
        match key {
            "Code" | "code" => {
                let is_first = !std::mem::replace(&mut self.has_code, true);
                self.code = text_of_json(value).filter(|_| is_first);
            }
            "Message" | "message" => fields.message = lenient_text_of_json(value),
            "RequestId" | "requestId" => fields.request_id = lenient_text_of_json(value),
            "Recommend" | "recommend" => fields.recommend = lenient_text_of_json(value),
            "AccessDeniedDetail" | "accessDeniedDetail" if value != "null" => {
                fields.access_denied_detail = value.to_owned();
            }
            _ => {}
        }
    }
}

fn from_json(body: &str) -> Option<ErrorBody> {
    // JSON allows no control characters in strings. Between tokens it allows only whitespace.
    let body: Vec<u8> = body.bytes().map(|byte| if byte < b' ' { b' ' } else { byte }).collect();
    let mut members = Members::default();
    // An error ends the reading. Complete members before it count.
    let _ = json::members(&body, &mut |name, value| members.add(&name, value.get()));
    Some(ErrorBody { code: members.code?, ..members.fields })
}

/// Returns the text of a JSON string. `None` if `value` is something else.
fn text_of_json(value: &str) -> Option<String> {
    // Parses bytes, as for replies. Parsing a `str` would link a second parser.
    serde_json::from_slice(value.as_bytes()).ok()
}

/// The same, but returns any other value as it is written, without quotes.
pub(super) fn lenient_text_of_json(value: &str) -> String {
    match text_of_json(value) {
        Some(text) => text,
        None if value == "null" => String::new(),
        None => value.trim_matches('"').to_owned(),
    }
}

/// Returns the error in an `Error` element at the root or directly below it. Gateways send no other XML. HTML has no
/// such element.
fn from_xml(body: &str) -> Option<ErrorBody> {
    // A gateway defines no entities of its own.
    let body = Some(body).filter(|body| !body.contains("<!DOCTYPE"))?;
    let (name, root) = Elements(body).next()?;
    let error = if name == "Error" { root } else { Elements(root).find(|&(name, _)| name == "Error")?.1 };
    let mut fields = ErrorBody::default();
    for (name, inside) in Elements(error) {
        match name.to_ascii_lowercase().as_str() {
            "code" if !fields.code.is_empty() => return None,
            "code" => fields.code = text_of_xml(inside),
            "message" => fields.message = text_of_xml(inside),
            "requestid" => fields.request_id = text_of_xml(inside),
            "recommend" => fields.recommend = text_of_xml(inside),
            _ => {}
        }
    }
    Some(fields)
}

/// The consecutive elements of a text: the name and the content of each. An element that contains another one of the
/// same name is cut short. The service's errors have none.
struct Elements<'a>(&'a str);

impl<'a> Iterator for Elements<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        loop {
            let (tag, content) = self.0.split_once('<')?.1.split_once('>')?;
            let name = tag.split_ascii_whitespace().next().unwrap_or_default();
            if tag.starts_with(['?', '!']) || tag.ends_with('/') {
                self.0 = content;
                continue;
            }
            // CDATA may hold anything, even a closing tag.
            let start = if content.trim_start().starts_with("<![CDATA[") { content.find("]]>")? } else { 0 };
            let end = start + content.get(start..)?.find(&format!("</{name}>"))?;
            let (inside, rest) = content.split_at(end);
            self.0 = rest;
            // Skips the closing tag of the element itself.
            self.0 = self.0.split_once('>')?.1;
            return Some((name, inside));
        }
    }
}

/// Returns the text of an element that has no child elements.
fn text_of_xml(inside: &str) -> String {
    let inside = inside.trim();
    if let Some(verbatim) = inside.strip_prefix("<![CDATA[").and_then(|inside| inside.strip_suffix("]]>")) {
        return verbatim.to_owned();
    }
    let references = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    let text = if inside.contains('<') { "" } else { inside };
    references.iter().fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_in_either_case() {
        for body in [
            r#"{"RequestId":"R","HostId":"h","Code":"NoPermission","Message":"m","Recommend":"u","AccessDeniedDetail":{"AuthAction":"a"}}"#,
            r#"{"requestId":"R","hostId":"h","code":"NoPermission","message":"m","recommend":"u","accessDeniedDetail":{"AuthAction":"a"}}"#,
        ] {
            let fields = parse(body.as_bytes()).unwrap();
            assert_eq!(
                (fields.code.as_str(), fields.message.as_str(), fields.request_id.as_str()),
                ("NoPermission", "m", "R")
            );
            assert_eq!(
                (fields.recommend.as_str(), fields.access_denied_detail.as_str()),
                ("u", r#"{"AuthAction":"a"}"#)
            );
        }
    }

    #[test]
    fn everything_but_the_code_may_be_missing_or_null() {
        let fields = parse(br#"{"Code":"X","Message":null}"#).unwrap();

        assert_eq!((fields.code.as_str(), fields.message.as_str(), fields.request_id.as_str()), ("X", "", ""));
    }

    #[test]
    fn the_code_is_read_whatever_is_wrong_with_its_siblings() {
        let bodies: [&[u8]; 12] = [
            b"{\"Code\":\"RoutineNotExist\",\"Message\":\"\xc2\xb7\xd3\xc9\xb2\xbb\xb4\xe6\xd4\xda\"}",
            b"{\"Message\":\"\xc2\xb7\xd3\xc9\",\"Code\":\"RoutineNotExist\"}",
            b"{\"Code\":\"RoutineNotExist\",}",
            b"\r\n {\"Code\":\"RoutineNotExist\",\"Mess",
            br#"{"Message":{"a":[1]},"RequestId":5,"Code":"RoutineNotExist"}"#,
            br#"{"RequestId":null,"Recommend":true,"Code":"RoutineNotExist","Message":["a"]}"#,
            br#"{"Message":"\ud800","Code":"RoutineNotExist"}"#,
            b"{\"Message\":\"a\tb\nc\",\"Code\":\"RoutineNotExist\"}",
            br#"{"Code":"RoutineNotExist "}"#,
            br#"{"Code":" RoutineNotExist","Message":"m"} trailing"#,
            br#"{"Code":"RoutineNotExist","Message":"m","Message":"n","X":1e999}"#,
            b"<Error><Code>RoutineNotExist </Code><Message>m",
        ];
        for body in &bodies[..11] {
            let fields = parse(body).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(body)));
            assert_eq!(fields.code, "RoutineNotExist", "{}", String::from_utf8_lossy(body));
        }
        assert!(parse(bodies[11]).is_none(), "an element that doesn't end has no fields");
        let fields = parse(br#"{"Message":"\ud800 x","RequestId":7,"Code":"X","AccessDeniedDetail":null}"#).unwrap();
        assert_eq!((fields.message.as_str(), fields.request_id.as_str()), (r"\ud800 x", "7"));
        assert_eq!(fields.access_denied_detail, "");
    }

    #[test]
    fn xml_is_read_with_the_error_at_the_root_or_below() {
        for body in [
            "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>R</RequestId><Code>Throttling</Code><Message> a &lt; b </Message></Error>",
            "<Response><Error><code>Throttling</code><message>a &lt; b</message><requestid>R</requestid></Error></Response>",
            "<Error a='b'>\n<Detail><X/></Detail><Code><![CDATA[Throttling]]></Code><Message><![CDATA[a < b]]></Message><RequestId>R</RequestId></Error>",
        ] {
            let fields = parse(body.as_bytes()).unwrap();
            assert_eq!(
                (fields.code.as_str(), fields.message.as_str(), fields.request_id.as_str()),
                ("Throttling", "a < b", "R")
            );
        }
    }

    #[test]
    fn what_holds_no_code_is_no_error_body() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"Code":""}"#,
            r#"{"Code":5}"#,
            "<html><body>502</body></html>",
            "<Error/>",
            "<Error><Code>X</Error>",
            "<Error><Code><b>X</b></Code></Error>",
            "<Error><Code>X</Code>",
            "<html><code>Error</code></html>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><Error><Code>&b;</Code></Error>",
        ] {
            assert!(parse(body.as_bytes()).is_none(), "{body}");
        }
        assert!(parse(b"{\"Code\":\"\xff\"}").is_none());
        assert!(parse(br#"{"Code":"\ud800"}"#).is_none());
        assert!(parse(br#"{"Code":"A","code":"B"}"#).is_none(), "two codes");
        assert!(parse(br#"{"Error":{"Code":"RoutineNotExist"}}"#).is_none(), "not at the top level");
        assert!(parse(br#"{"Message":"x","Code":"RoutineNot"#).is_none(), "not whole");
        assert!(parse(br#"{"Message":"\"Code\":\"RoutineNotExist\""}"#).is_none(), "in a message");
        assert!(parse(b"<html><body><p><Error><Code>X</Code></Error></p></body></html>").is_none(), "deep in HTML");
        assert!(parse(b"<Error><Message><![CDATA[</Message><Code>X</Code>]]></Message></Error>").is_none());
        assert!(parse("[".repeat(100_000).as_bytes()).is_none());
        assert!(parse("<a>".repeat(100_000).as_bytes()).is_none());
    }
}
