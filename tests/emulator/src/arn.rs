//! The names of resources in RAM: `acs:ram::<account>:<kind>/<name>`.

pub(crate) fn of(account_id: &str, kind: &str, name: &str) -> String {
    format!("acs:ram::{account_id}:{kind}/{name}")
}

/// Account and name, if it is one of that kind.
pub(crate) fn parse<'a>(arn: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let (account_id, rest) = arn.strip_prefix("acs:ram::")?.split_once(':')?;
    let name = rest.strip_prefix(kind)?.strip_prefix('/')?;
    let is_account = !account_id.is_empty() && account_id.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && is_name(name)).then_some((account_id, name))
}

/// Whether a user, a role or an identity provider may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_read_as_it_is_written() {
        assert_eq!(parse(&of("1", "role", "a-b"), "role"), Some(("1", "a-b")));
        for wrong in ["", "acs:ram::1:user/a", "acs:ram::1:role/", "acs:ram::1:role/a/b", "acs:ram:::role/a", "role/a"]
        {
            assert_eq!(parse(wrong, "role"), None, "{wrong}");
        }
    }
}
