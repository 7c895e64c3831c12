//! The body of an error reply: the service's JSON, in either case of the keys' first letter, or the gateway's XML.

use roxmltree::{Document, Node, ParsingOptions};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::ServiceWords;

/// The service's words in `body`; `None` where it holds no error code (HTML, empty, something else altogether).
pub(super) fn parse(body: &[u8]) -> Option<ServiceWords> {
    let body = std::str::from_utf8(body).ok()?;
    from_json(body).or_else(|| from_xml(body)).filter(|words| !words.code.is_empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonBody<'a> {
    #[serde(alias = "code")]
    code: String,
    #[serde(alias = "message", default)]
    message: Option<String>,
    #[serde(alias = "requestId", default)]
    request_id: Option<String>,
    #[serde(alias = "recommend", default)]
    recommend: Option<String>,
    #[serde(alias = "accessDeniedDetail", default, borrow)]
    access_denied_detail: Option<&'a RawValue>,
}

fn from_json(body: &str) -> Option<ServiceWords> {
    let body: JsonBody<'_> = serde_json::from_str(body).ok()?;
    Some(ServiceWords {
        code: body.code,
        message: body.message.unwrap_or_default(),
        request_id: body.request_id.unwrap_or_default(),
        recommend: body.recommend.unwrap_or_default(),
        access_denied_detail: body.access_denied_detail.map(|json| json.get().to_owned()).unwrap_or_default(),
    })
}

/// An error has five elements; this is enough for any that a gateway may wrap around them.
const MOST_XML_NODES: u32 = 200;

fn from_xml(body: &str) -> Option<ServiceWords> {
    let options = ParsingOptions { nodes_limit: MOST_XML_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(body, options).ok()?;
    let root = document.root_element();
    let error = std::iter::once(root).chain(root.children()).find(|node| node.has_tag_name("Error"))?;
    let text = |name| child_text(error, name).unwrap_or_default().to_owned();
    Some(ServiceWords {
        code: text("Code"),
        message: text("Message"),
        request_id: text("RequestId"),
        recommend: text("Recommend"),
        access_denied_detail: String::new(),
    })
}

fn child_text<'a>(error: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let child = error.children().find(|node| node.tag_name().name().eq_ignore_ascii_case(name))?;
    child.text().map(str::trim)
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
            let words = parse(body.as_bytes()).unwrap();
            assert_eq!(
                (words.code.as_str(), words.message.as_str(), words.request_id.as_str()),
                ("NoPermission", "m", "R")
            );
            assert_eq!((words.recommend.as_str(), words.access_denied_detail.as_str()), ("u", r#"{"AuthAction":"a"}"#));
        }
    }

    #[test]
    fn everything_but_the_code_may_be_missing_or_null() {
        let words = parse(br#"{"Code":"X","Message":null}"#).unwrap();

        assert_eq!((words.code.as_str(), words.message.as_str(), words.request_id.as_str()), ("X", "", ""));
    }

    #[test]
    fn xml_is_read_with_the_error_at_the_root_or_below() {
        for body in [
            "<?xml version='1.0' encoding='UTF-8'?><Error><RequestId>R</RequestId><Code>Throttling</Code><Message> a &lt; b </Message></Error>",
            "<Response><Error><code>Throttling</code><message>a &lt; b</message><requestid>R</requestid></Error></Response>",
        ] {
            let words = parse(body.as_bytes()).unwrap();
            assert_eq!(
                (words.code.as_str(), words.message.as_str(), words.request_id.as_str()),
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
            "<!DOCTYPE a [<!ENTITY b 'c'>]><Error><Code>&b;</Code></Error>",
        ] {
            assert!(parse(body.as_bytes()).is_none(), "{body}");
        }
        assert!(parse(b"{\"Code\":\"\xff\"}").is_none());
        assert!(parse("[".repeat(100_000).as_bytes()).is_none());
        assert!(parse("<a>".repeat(100_000).as_bytes()).is_none());
    }

    #[test]
    fn xml_of_more_nodes_than_an_error_has_is_not_read() {
        let body = |nodes| format!("<Error><Code>X</Code>{}</Error>", "<a/>".repeat(nodes));

        assert!(parse(body(100).as_bytes()).is_some());
        assert!(parse(body(300).as_bytes()).is_none());
    }
}
