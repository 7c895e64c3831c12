//! The page at `/_emulator/`, which shows and controls the emulator. Its script uses the admin interface.

use jiff::Timestamp;

use crate::reply::Reply;

/// Allows nothing from other sites and nothing inline. The icon is the only `data:` URL.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page, compiled into the program.
#[derive(Debug)]
pub(crate) struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html;charset=utf-8";
const CSS: &str = "text/css;charset=utf-8";
const SCRIPT: &str = "text/javascript;charset=utf-8";

const FILES: &[File] = &[
    File { name: "", content_type: HTML, text: include_str!("page.html") },
    File { name: "page.css", content_type: CSS, text: include_str!("page.css") },
    File { name: "layout.css", content_type: CSS, text: include_str!("layout.css") },
    File { name: "requests.css", content_type: CSS, text: include_str!("requests.css") },
    File { name: "panels.css", content_type: CSS, text: include_str!("panels.css") },
    File { name: "calls.js", content_type: SCRIPT, text: include_str!("calls.js") },
    File { name: "clients.js", content_type: SCRIPT, text: include_str!("clients.js") },
    File { name: "comparison.js", content_type: SCRIPT, text: include_str!("comparison.js") },
    File { name: "connect.js", content_type: SCRIPT, text: include_str!("connect.js") },
    File { name: "dom.js", content_type: SCRIPT, text: include_str!("dom.js") },
    File { name: "json.js", content_type: SCRIPT, text: include_str!("json.js") },
    File { name: "page.js", content_type: SCRIPT, text: include_str!("page.js") },
    File { name: "reasons.js", content_type: SCRIPT, text: include_str!("reasons.js") },
    File { name: "request.js", content_type: SCRIPT, text: include_str!("request.js") },
    File { name: "requests.js", content_type: SCRIPT, text: include_str!("requests.js") },
    File { name: "rules.js", content_type: SCRIPT, text: include_str!("rules.js") },
    File { name: "state.js", content_type: SCRIPT, text: include_str!("state.js") },
];

/// Finds a file by its name below `/_emulator/`.
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
