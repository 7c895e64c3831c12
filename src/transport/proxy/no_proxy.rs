//! The hosts that are reached without a proxy, from NO_PROXY.

use std::net::IpAddr;

/// A list such as `localhost,.example.com,10.0.0.0/8,host:8080,*`.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug)]
enum Entry {
    Everything,
    /// A name and all names below it, on any port or on one.
    Name(String, Option<u16>),
    Address(IpAddr, Option<u16>),
    /// The addresses that share this number of bits with this one.
    Network(IpAddr, u8),
}

impl NoProxy {
    /// Parses a list. Invalid entries match nothing, as in other programs.
    pub(super) fn parse(list: &str) -> NoProxy {
        NoProxy(list.split([',', ' ', '\t']).filter(|text| !text.is_empty()).filter_map(Entry::parse).collect())
    }

    /// Whether `host` (without brackets) on `port` is reached without a proxy.
    pub(super) fn matches(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.0.iter().any(|entry| entry.matches(&host, port))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Entry> {
        if text == "*" {
            return Some(Entry::Everything);
        }
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let bits: u8 = bits.parse().ok()?;
            return (bits <= width(address)).then_some(Entry::Network(address, bits));
        }
        if let Ok(address) = text.trim_start_matches('[').trim_end_matches(']').parse() {
            return Some(Entry::Address(address, None));
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (text, None),
        };
        if let Ok(address) = name.trim_start_matches('[').trim_end_matches(']').parse() {
            return Some(Entry::Address(address, port));
        }
        let name = name.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
        (!name.is_empty()).then_some(Entry::Name(name, port))
    }

    fn matches(&self, host: &str, port: u16) -> bool {
        let of_port = |wanted: &Option<u16>| wanted.is_none_or(|wanted| wanted == port);
        let address = || host.parse::<IpAddr>().ok();
        match self {
            Entry::Everything => true,
            Entry::Name(name, wanted) => {
                let below = host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                below && of_port(wanted)
            }
            Entry::Address(entry, wanted) => address() == Some(*entry) && of_port(wanted),
            Entry::Network(network, bits) => address().is_some_and(|address| is_within(address, *network, *bits)),
        }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let shift = u32::from(width(network).saturating_sub(bits));
    let prefix = |address| number(address).checked_shr(shift).unwrap_or(0);
    address.is_ipv4() == network.is_ipv4() && prefix(address) == prefix(network)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_match_what_they_name() {
        for (list, host, port, matches) in [
            ("", "a.example.com", 443, false),
            ("*", "a.example.com", 443, true),
            ("example.com", "example.com", 443, true),
            ("example.com", "A.Example.COM.", 443, true),
            ("example.com", "badexample.com", 443, false),
            (".example.com", "a.example.com", 443, true),
            ("*.example.com", "a.b.example.com", 443, true),
            ("b.org, Example.com", "a.example.com", 443, true),
            ("b.org example.com", "a.example.com", 443, true),
            ("example.com:8443", "a.example.com", 8443, true),
            ("example.com:8443", "a.example.com", 443, false),
            ("10.1.2.3", "10.1.2.3", 443, true),
            ("10.1.2.3:80", "10.1.2.3", 443, false),
            ("10.1.0.0/16", "10.1.2.3", 443, true),
            ("10.1.0.0/16", "10.2.2.3", 443, false),
            ("0.0.0.0/0", "10.2.2.3", 443, true),
            ("0.0.0.0/0", "::1", 443, false),
            ("10.1.2.3/32", "10.1.2.3", 443, true),
            ("10.1.2.3/33", "10.1.2.3", 443, false),
            ("2001:db8::/32", "2001:db8::1", 443, true),
            ("2001:db8::/32", "2001:db9::1", 443, false),
            ("::/0", "2001:db9::1", 443, true),
            ("[::1]", "::1", 443, true),
            ("::1", "::1", 443, true),
            ("[::1]:80", "::1", 443, false),
            ("10.1.0.0/16", "a.example.com", 443, false),
            (",,.,:80", "a.example.com", 80, false),
        ] {
            assert_eq!(NoProxy::parse(list).matches(host, port), matches, "{list:?} {host} {port}");
        }
    }

    proptest! {
        #[test]
        fn any_list_can_be_asked(list in any::<String>(), host in any::<String>(), port in any::<u16>()) {
            NoProxy::parse(&list).matches(&host, port);
        }
    }
}
