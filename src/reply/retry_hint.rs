//! Reads how long a reply asks to wait.

use std::time::{Duration, SystemTime};

use crate::http::Reply;

/// Returns the longest wait that the reply's headers ask for. Ignores invalid ones.
pub(super) fn read(reply: &Reply, now: SystemTime) -> Option<Duration> {
    let acs = reply.header("x-acs-retry-after").and_then(milliseconds);
    let http = reply.header("retry-after").and_then(|value| seconds_or_date(value, now));
    let limits = ["x-ratelimit-user-api", "x-ratelimit-user"].map(|name| reply.header(name).and_then(time_left));
    [acs, http].into_iter().chain(limits).flatten().max()
}

fn milliseconds(value: &str) -> Option<Duration> {
    value.trim().parse().ok().map(Duration::from_millis)
}

fn seconds_or_date(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    value.parse().ok().map(Duration::from_secs).or_else(|| {
        let date = httpdate::parse_http_date(value).ok()?;
        date.duration_since(now).ok()
    })
}

/// Parses `Limit:1,Remain:0,TimeLeft:2000,Reset:1234`. The unit is milliseconds.
fn time_left(value: &str) -> Option<Duration> {
    value.split(',').find_map(|part| part.trim().strip_prefix("TimeLeft:")).and_then(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(headers: &[(&'static str, &str)]) -> Option<u128> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        read(&Reply::new(429, headers, ""), now).map(|wait| wait.as_millis())
    }

    #[test]
    fn each_header_is_read_in_its_own_unit() {
        assert_eq!(hint(&[("x-acs-retry-after", "1500")]), Some(1500));
        assert_eq!(hint(&[("retry-after", "2")]), Some(2000));
        assert_eq!(hint(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(7000));
        assert_eq!(hint(&[("x-ratelimit-user", "Limit:1,Remain:0,TimeLeft:2000,Reset:1234")]), Some(2000));
    }

    #[test]
    fn the_longest_wait_counts() {
        let limits = [("x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:700"), ("x-ratelimit-user", "TimeLeft:900")];
        assert_eq!(hint(&limits), Some(900));
        assert_eq!(hint(&[("x-acs-retry-after", "1500"), ("retry-after", "1")]), Some(1500));
    }

    #[test]
    fn what_cannot_be_read_asks_for_nothing() {
        for value in ["", "soon", "-1", "1.5", "99999999999999999999", "Sun, 06 Nov 1994 08:49:00 GMT", "Sun, 99 Foo"] {
            assert_eq!(hint(&[("retry-after", value)]), None, "{value}");
        }
        assert_eq!(hint(&[("x-ratelimit-user", "Limit:1,Remain:0")]), None);
        assert_eq!(hint(&[]), None);
    }
}
