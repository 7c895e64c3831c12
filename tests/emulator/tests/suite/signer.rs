//! Makes signed requests as text, so that tests can also spoil them.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A call of the service. By default, a POST whose parameters are in the form.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) host: String,
    pub(crate) action: String,
    pub(crate) version: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    pub(crate) nonce: String,
    pub(crate) date: String,
}

pub(crate) fn pairs(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

impl Call {
    pub(crate) fn new(action: &str, form: &[(&str, &str)]) -> Self {
        static NONCE: AtomicU64 = AtomicU64::new(1);
        Self {
            method: "POST",
            host: "127.0.0.1".into(),
            action: action.into(),
            version: "2024-09-10".into(),
            query: Vec::new(),
            form: pairs(form),
            key_id: "EsaEmulatorKeyId".into(),
            secret: "EsaEmulatorKeySecret".into(),
            token: None,
            nonce: format!("nonce-{}", NONCE.fetch_add(1, Ordering::Relaxed)),
            date: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }

    /// A call of STS.
    pub(crate) fn sts(action: &str, form: &[(&str, &str)]) -> Self {
        Self { version: "2015-04-01".into(), ..Self::new(action, form) }
    }

    pub(crate) fn assume_role(role: &str) -> Self {
        let arn = format!("acs:ram::1000000000000001:role/{role}");
        Self::sts("AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "a-session")])
    }

    pub(crate) fn create(record_name: &str) -> Self {
        let site_id = ("SiteId", "54362329990032");
        Self::new("CreateRoutineRelatedRecord", &[("Name", "test-routine1"), site_id, ("RecordName", record_name)])
    }

    pub(crate) fn list() -> Self {
        Self::new("ListRoutineRelatedRecords", &[("Name", "test-routine1")])
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.form.retain(|(known, _)| known != name);
        self.form.extend(pairs(&[(name, value)]));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.form.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn key(mut self, key_id: &str, secret: &str) -> Self {
        (self.key_id, self.secret) = (key_id.into(), secret.into());
        self
    }

    /// Signed with a temporary key, given as STS gives it.
    pub(crate) fn temporary(self, credentials: &Value) -> Self {
        let member = |name: &str| credentials[name].as_str().unwrap_or_else(|| panic!("{name} in {credentials}"));
        let token = Some(member("SecurityToken").to_owned());
        Self { token, ..self.key(member("AccessKeyId"), member("AccessKeySecret")) }
    }

    /// The request without a signature, its parameters in the form.
    pub(crate) fn unsigned(&self) -> String {
        let common = pairs(&[("Action", &self.action), ("Version", &self.version), ("Format", "JSON")]);
        let headers = [("host", self.host.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        request(self.method, &join(&common), &headers, &join(&self.form))
    }

    /// The request signed with ACS3-HMAC-SHA256.
    pub(crate) fn v3(&self) -> String {
        let body = join(&self.form);
        let hash = hex(&Sha256::digest(&body));
        let mut headers = vec![
            ("host", self.host.as_str()),
            ("x-acs-action", &self.action),
            ("x-acs-content-sha256", &hash),
            ("x-acs-date", &self.date),
            ("x-acs-signature-nonce", &self.nonce),
            ("x-acs-version", &self.version),
        ];
        if !body.is_empty() {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        if let Some(token) = &self.token {
            headers.push(("x-acs-security-token", token));
        }
        headers.sort();
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut query = self.query.clone();
        query.sort();
        let query = join(&query);
        let canonical = format!("{}\n/\n{query}\n{lines}\n{names}\n{hash}", self.method);
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical)));
        let hmac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        let signature = hex(&hmac.chain_update(to_sign).finalize().into_bytes());
        let key_id = &self.key_id;
        let authorization = format!("ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}");
        headers.push(("authorization", &authorization));
        request(self.method, &join(&self.query), &headers, &body)
    }

    /// The request signed with HMAC-SHA1.
    pub(crate) fn v1(&self) -> String {
        let common = [
            ("AccessKeyId", self.key_id.as_str()),
            ("Action", &self.action),
            ("Format", "JSON"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", &self.nonce),
            ("SignatureVersion", "1.0"),
            ("Timestamp", &self.date),
            ("Version", &self.version),
        ];
        let mut query = pairs(&common);
        query.extend(self.query.clone());
        query.extend(self.token.iter().map(|token| ("SecurityToken".into(), token.clone())));
        let mut all: Vec<_> = query.iter().chain(&self.form).cloned().collect();
        all.sort();
        let to_sign = format!("{}&%2F&{}", self.method, encode(&join(&all)));
        let hmac = Hmac::<Sha1>::new_from_slice(format!("{}&", self.secret).as_bytes()).unwrap();
        query.push(("Signature".into(), STANDARD.encode(hmac.chain_update(to_sign).finalize().into_bytes())));
        let body = join(&self.form);
        let mut headers = vec![("host", self.host.as_str())];
        if !body.is_empty() {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        request(self.method, &join(&query), &headers, &body)
    }
}

/// The text of a request that asks for the connection to be closed after the reply.
pub(crate) fn request(method: &str, query: &str, headers: &[(&str, &str)], body: &str) -> String {
    let target = if query.is_empty() { "/".to_owned() } else { format!("/?{query}") };
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!("{method} {target} HTTP/1.1\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

pub(crate) fn join(parameters: &[(String, String)]) -> String {
    let encoded: Vec<_> =
        parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    encoded.join("&")
}

pub(crate) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") }).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
