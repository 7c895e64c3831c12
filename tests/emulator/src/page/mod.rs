//! The page at `/_emulator/`, by which a person watches and steers. Its script uses the interface beside it.

use jiff::Timestamp;

use crate::reply::Reply;

/// Nothing from elsewhere, nothing inline; the icon is the one `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One file of the page, as the program carries it.
#[derive(Debug)]
pub(crate) struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const FILES: &[File] = &[
    File { name: "", content_type: "text/html;charset=utf-8", text: include_str!("page.html") },
    File { name: "page.css", content_type: "text/css;charset=utf-8", text: include_str!("page.css") },
    File { name: "page.js", content_type: "text/javascript;charset=utf-8", text: include_str!("page.js") },
    File { name: "clients.js", content_type: "text/javascript;charset=utf-8", text: include_str!("clients.js") },
];

/// By the name below `/_emulator/`.
pub(crate) fn find(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

impl File {
    pub(crate) fn reply(&self, now: Timestamp) -> Reply {
        let mut reply = Reply::new(200, self.content_type, self.text, now);
        reply.set("content-security-policy", POLICY);
        reply.set("x-content-type-options", "nosniff");
        reply.set("referrer-policy", "no-referrer");
        // The next build on this port may have another page.
        reply.set("cache-control", "no-store");
        reply
    }
}
