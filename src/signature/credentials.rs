//! The credentials that requests are signed with.

use std::fmt;

use zeroize::Zeroizing;

use super::SigningKeys;
use crate::error::Error;

/// An access key: the id, the secret, and the token of temporary credentials. The secret and the token are wiped from
/// memory on drop.
///
/// ```
/// use esa::Credentials;
///
/// let lasting = Credentials::new("LTAI.id", "secret")?;
/// let temporary = Credentials::temporary("STS.id", "secret", "token")?;
/// assert!(!format!("{temporary:?}").contains("secret"));
/// # Ok::<(), esa::Error>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    access_key_secret: Zeroizing<String>,
    security_token: Option<Zeroizing<String>>,
    /// Boxed, so that moving the credentials leaves no copy in memory.
    signing_keys: Box<SigningKeys>,
}

/// The signing keys follow from the other fields.
impl PartialEq for Credentials {
    fn eq(&self, other: &Credentials) -> bool {
        self.access_key_id == other.access_key_id
            && self.access_key_secret == other.access_key_secret
            && self.security_token == other.security_token
    }
}

impl Eq for Credentials {}

impl Credentials {
    /// Creates an access key of the account or of a RAM user. Both parts must be printable ASCII without blanks.
    pub fn new(access_key_id: &str, access_key_secret: &str) -> Result<Credentials, Error> {
        Credentials::of(access_key_id, access_key_secret, None)
    }

    /// Creates temporary credentials of STS. The three parts must be printable ASCII without blanks.
    pub fn temporary(access_key_id: &str, access_key_secret: &str, security_token: &str) -> Result<Credentials, Error> {
        Credentials::of(access_key_id, access_key_secret, Some(security_token))
    }

    pub(crate) fn of(
        access_key_id: &str,
        access_key_secret: &str,
        security_token: Option<&str>,
    ) -> Result<Credentials, Error> {
        check_credential("access_key_id", access_key_id)?;
        check_credential("access_key_secret", access_key_secret)?;
        if let Some(token) = security_token {
            check_credential("security_token", token)?;
        }
        Ok(Credentials {
            access_key_id: access_key_id.to_owned(),
            access_key_secret: Zeroizing::new(access_key_secret.to_owned()),
            security_token: security_token.map(|token| Zeroizing::new(token.to_owned())),
            signing_keys: Box::new(SigningKeys::of(access_key_secret)),
        })
    }

    pub(crate) fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    pub(crate) fn access_key_secret(&self) -> &str {
        &self.access_key_secret
    }

    /// Returns the secret and the token. A missing token is "".
    pub(crate) fn secrets(&self) -> [&str; 2] {
        [self.access_key_secret(), self.security_token().unwrap_or_default()]
    }

    pub(crate) fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }

    pub(crate) fn security_token(&self) -> Option<&str> {
        self.security_token.as_ref().map(|token| token.as_str())
    }
}

/// Checks a part. Parts go into headers and URLs, and all that were ever issued are printable ASCII.
pub(crate) fn check_credential(field: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::invalid_argument(field, "is empty"));
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid_argument(field, "has a blank, a control character or a byte that is not ASCII"));
    }
    Ok(())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_cannot_be_sent_is_refused_by_name_and_not_repeated() {
        let reason = |id, secret, token| Credentials::of(id, secret, token).unwrap_err().message().to_owned();

        assert_eq!(reason("", "secret", None), "access_key_id is empty");
        assert!(reason("id", "hunter2\n", None).starts_with("access_key_secret has a blank"));
        assert!(!reason("id", "hunter2\n", None).contains("hunter2"));
        assert!(reason("id", "secret", Some("tökén")).starts_with("security_token has"));
    }

    #[test]
    fn the_secret_parts_are_not_in_the_debug_text() {
        let credentials = Credentials::temporary("testid", "hunter2", "t0ken").unwrap();

        assert_eq!(format!("{credentials:?}"), r#"Credentials { access_key_id: "testid", .. }"#);
    }
}
