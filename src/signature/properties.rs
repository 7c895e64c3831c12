//! Properties of every request: the encoding's properties, and both signatures, implemented again from their formulas
//! alone.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::percent_encoding::{encode, encoded_pairs};
use super::*;

fn naive_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").unwrap(),
        }
    }
    encoded
}

fn naive_decode(text: &str) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, others @ ..] = rest {
        if *first == b'%' {
            decoded.push(u8::from_str_radix(std::str::from_utf8(&others[..2]).unwrap(), 16).unwrap());
            rest = &others[2..];
        } else {
            decoded.push(*first);
            rest = others;
        }
    }
    decoded
}

fn naive_pairs<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let sorted: BTreeMap<_, _> = parameters.into_iter().collect();
    let pairs: Vec<_> =
        sorted.iter().map(|(name, value)| format!("{}={}", naive_encode(name), naive_encode(value))).collect();
    pairs.join("&")
}

/// H((K ^ opad) + H((K ^ ipad) + text)), for hashes with blocks of 64 bytes.
fn naive_hmac<H: Digest>(key: &str, text: &str) -> Vec<u8> {
    let mut block = [0; 64];
    if key.len() > block.len() {
        let hash = H::digest(key);
        block[..hash.len()].copy_from_slice(&hash);
    } else {
        block[..key.len()].copy_from_slice(key.as_bytes());
    }
    let inner = H::digest([&block.map(|byte| byte ^ 0x36)[..], text.as_bytes()].concat());
    H::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner[..]].concat()).to_vec()
}

fn naive_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn naive_base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(*three.get(at).unwrap_or(&0)));
        for at in 0..4 {
            text.push(if at > three.len() { '=' } else { alphabet[bits >> (18 - 6 * at) & 63] });
        }
    }
    text
}

/// A request's parameters, in random order. Query and form have different names.
#[derive(Clone, Debug)]
struct Sample {
    query: Vec<(String, String)>,
    form: Vec<(String, String)>,
    id: String,
    secret: String,
    token: Option<String>,
    nonce: String,
}

impl Sample {
    fn request(&self) -> Request<'_> {
        let borrowed = |parameters: &'_ [(String, String)]| -> Vec<Parameter<'_>> {
            parameters.iter().map(|(name, value)| (leak(name), value.clone().into())).collect()
        };
        Request { query: borrowed(&self.query), form: borrowed(&self.form), ..tests::create() }
    }

    fn credentials(&self) -> Credentials {
        Credentials::of(&self.id, &self.secret, self.token.as_deref()).unwrap()
    }

    fn signed(&self, version: SignatureVersion) -> tests::Sent {
        tests::sent(version, self.request(), &self.credentials(), &tests::stamp(tests::DATE, &self.nonce))
    }
}

/// Leaks a few hundred short names until the tests end.
fn leak(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

fn texts(parameters: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn parameters(prefix: &'static str) -> impl Strategy<Value = Vec<(String, String)>> {
    let names = proptest::collection::btree_map("[A-Za-z0-9.]{0,8}", any::<String>(), 0..6);
    let prefixed = names.prop_map(move |map| {
        map.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)).collect::<Vec<_>>()
    });
    prefixed.prop_shuffle()
}

prop_compose! {
    fn sample()(
        query in parameters("q"),
        form in parameters("f"),
        id in "[!-~]{1,40}",
        secret in "[!-~]{1,100}",
        token in proptest::option::of("[!-~]{1,200}"),
        nonce in "[0-9a-f]{32}",
    ) -> Sample {
        Sample { query, form, id, secret, token, nonce }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn what_is_encoded_decodes_back_and_has_safe_bytes_only(text in any::<String>()) {
        let encoded = encode(&text).to_string();

        prop_assert_eq!(&encoded, &naive_encode(&text));
        prop_assert_eq!(naive_decode(&encoded), text.as_bytes());
        prop_assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)));
    }

    #[test]
    fn encoding_changes_nothing_if_and_only_if_nothing_is_reserved(text in "[A-Za-z0-9._~%/ *+-]{0,12}") {
        let once = encode(&text).to_string();

        prop_assert_eq!(once == text, text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)));
        prop_assert_eq!(encode(&once).to_string(), once.replace('%', "%25"));
    }

    #[test]
    fn pairs_are_sorted_whatever_their_order(pairs in parameters("")) {
        let mut parameters: Vec<Parameter<'_>> = texts(&pairs).map(|(name, value)| (leak(name), value.into())).collect();
        sort(&mut parameters);

        prop_assert_eq!(encoded_pairs(&parameters), naive_pairs(texts(&pairs)));
    }

    #[test]
    fn v1_is_what_its_formula_says(sample in sample()) {
        let signed = sample.signed(SignatureVersion::V1);

        let mut query: Vec<_> = texts(&sample.query).collect();
        query.extend([
            ("AccessKeyId", sample.id.as_str()),
            ("Action", "CreateRoutineRelatedRecord"),
            ("Format", "JSON"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", sample.nonce.as_str()),
            ("SignatureVersion", "1.0"),
            ("Timestamp", tests::DATE),
            ("Version", "2024-09-10"),
        ]);
        query.extend(sample.token.as_deref().map(|token| ("SecurityToken", token)));
        let pairs = naive_pairs(query.iter().copied().chain(texts(&sample.form)));
        let string_to_sign = format!("POST&%2F&{}", naive_encode(&pairs));
        let signature = naive_base64(&naive_hmac::<Sha1>(&format!("{}&", sample.secret), &string_to_sign));
        query.push(("Signature", &signature));

        let in_order = |pairs: &str| {
            let mut pairs: Vec<_> = pairs.split('&').map(str::to_owned).collect();
            pairs.sort();
            pairs
        };
        prop_assert_eq!(in_order(&signed.query), in_order(&naive_pairs(query)));
        prop_assert_eq!(signed.body, naive_pairs(texts(&sample.form)));
    }

    #[test]
    fn v3_is_what_its_formula_says(sample in sample()) {
        let signed = sample.signed(SignatureVersion::V3);

        let body = naive_pairs(texts(&sample.form));
        let body_hash = naive_hex(&Sha256::digest(&body));
        let mut headers = BTreeMap::from([
            ("host", "esa.cn-hangzhou.aliyuncs.com"),
            ("x-acs-action", "CreateRoutineRelatedRecord"),
            ("x-acs-content-sha256", &body_hash),
            ("x-acs-date", tests::DATE),
            ("x-acs-signature-nonce", &sample.nonce),
            ("x-acs-version", "2024-09-10"),
        ]);
        if !sample.form.is_empty() {
            headers.insert("content-type", "application/x-www-form-urlencoded");
        }
        if let Some(token) = &sample.token {
            headers.insert("x-acs-security-token", token);
        }
        let names = headers.keys().copied().collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let query = naive_pairs(texts(&sample.query));
        let canonical_request = format!("POST\n/\n{query}\n{lines}\n{names}\n{body_hash}");
        let string_to_sign = format!("ACS3-HMAC-SHA256\n{}", naive_hex(&Sha256::digest(canonical_request)));
        let signature = naive_hex(&naive_hmac::<Sha256>(&sample.secret, &string_to_sign));
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", sample.id);

        prop_assert_eq!(signed.header("authorization"), Some(authorization.as_str()));
        prop_assert_eq!(signed.headers.len(), headers.len() + 1);
        for (name, value) in headers {
            prop_assert_eq!(signed.header(name), Some(value));
        }
        prop_assert_eq!((signed.query, signed.body), (query, body));
    }
}
