//! The body of an error reply: the service's JSON, in either case of the keys' first letter, or the gateway's XML.

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
    // Of bytes, as replies are read: another parser would be linked for texts.
    let body: JsonBody<'_> = serde_json::from_slice(body.as_bytes()).ok()?;
    Some(ServiceWords {
        code: body.code,
        message: body.message.unwrap_or_default(),
        request_id: body.request_id.unwrap_or_default(),
        recommend: body.recommend.unwrap_or_default(),
        access_denied_detail: body.access_denied_detail.map(|json| json.get().to_owned()).unwrap_or_default(),
    })
}

/// The words of an `Error` element and of those in it: all the XML that a gateway sends. What HTML has is none.
fn from_xml(body: &str) -> Option<ServiceWords> {
    // A gateway defines no entities of its own.
    let body = Some(body).filter(|body| !body.contains("<!DOCTYPE"))?;
    let error = element(body, |name| name == "Error")?;
    let text = |wanted: &str| element(error, |name| name.eq_ignore_ascii_case(wanted)).map(text_of).unwrap_or_default();
    Some(ServiceWords {
        code: text("Code"),
        message: text("Message"),
        request_id: text("RequestId"),
        recommend: text("Recommend"),
        access_denied_detail: String::new(),
    })
}

/// What is between the tags of the first element whose name `is_wanted`. Nothing in an element of an error has its name.
fn element(xml: &str, is_wanted: impl Fn(&str) -> bool) -> Option<&str> {
    let mut rest = xml;
    loop {
        let (tag, content) = rest.split_once('<')?.1.split_once('>')?;
        let name = tag.split_ascii_whitespace().next().unwrap_or_default();
        if is_wanted(name) && !tag.ends_with('/') {
            return content.split_once(&format!("</{name}>")).map(|(inside, _)| inside);
        }
        rest = content;
    }
}

/// The text of an element without others in it.
fn text_of(inside: &str) -> String {
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
            "<Error a='b'>\n<Detail><X/></Detail><Code><![CDATA[Throttling]]></Code><Message><![CDATA[a < b]]></Message><RequestId>R</RequestId></Error>",
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
            "<Error><Code>X</Error>",
            "<Error><Code><b>X</b></Code></Error>",
            "<Error><Code>X</Code>",
            "<html><code>Error</code></html>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><Error><Code>&b;</Code></Error>",
        ] {
            assert!(parse(body.as_bytes()).is_none(), "{body}");
        }
        assert!(parse(b"{\"Code\":\"\xff\"}").is_none());
        assert!(parse("[".repeat(100_000).as_bytes()).is_none());
        assert!(parse("<a>".repeat(100_000).as_bytes()).is_none());
    }
}
