//! Fuzzes the URLs and the replies of proxies.

use super::no_proxy::NoProxy;
use super::{Proxy, tunnel};

/// Input lines: a proxy, a list of hosts that are reached without it, and a host.
pub fn proxy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    if let Ok(proxy) = Proxy::parse(line()) {
        // A proxy without its credentials is still a proxy, at the same address.
        let alike = Proxy::parse(&proxy.to_string()).expect("its own address");
        assert_eq!((alike.host, alike.port), (proxy.host, proxy.port));
    }
    let (list, host) = (NoProxy::parse(line()), line());
    let _ = (list.matches(host, 443), list.matches(host, 8443));
}

/// The head of a reply doesn't depend on what follows it, and no shorter text is a head.
pub fn proxy_reply(data: &[u8]) {
    let Ok(Some(head)) = tunnel::parse(data) else { return };
    let only_head = &data[..head.length()];
    assert_eq!(tunnel::parse(only_head).ok(), Some(Some(head)));
    assert!(!matches!(tunnel::parse(&only_head[..only_head.len() - 1]), Ok(Some(_))));
}
