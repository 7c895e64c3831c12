//! A second reader of the same bytes. ureq reads what this library reads, and each difference must be listed here. For
//! tests only.
//!
//! The replies are those of [`replies`], the fuzzer's seeds, and variants of both: truncated, or with one byte changed.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener};
use std::time::Duration;

use super::reading::{Unreadable, read_pieces};

/// Instead of a reason: the reply is read.
const READ: &str = "";

/// This library's reason, the start of ureq's error, and why they may differ. Sections are those of RFC 9112.
const DIFFERENCES: [(&str, &str, &str); 14] = [
    (
        READ,
        READ,
        "6.1: chunks in HTTP/1.0 are faulty framing. They are read, and the connection is closed; ureq takes them for the body.",
    ),
    (
        READ,
        "protocol: http parse fail: invalid header name",
        "5.1 and 5.2 let a client read blanks before a colon and folded lines, as some gateways write them.",
    ),
    (
        READ,
        "protocol: http parse fail: invalid status code",
        "4 and RFC 9110, 15: a status below 100 is treated as a server's error, so a write's outcome is unknown.",
    ),
    (
        READ,
        "protocol: http parse resulted in too many headers",
        "3.2 of RFC 9110 sets no limit: 256 headers are read, ureq reads 128.",
    ),
    (
        READ,
        "protocol: received headers with 100-continue response",
        "RFC 9110, 15.2: interim replies may have headers; none of them counts.",
    ),
    (
        READ,
        "protocol: chunk expected crlf as next character",
        "7.1.1: a chunk's extension is ignored, whatever its length; ureq reads lines of 20 bytes.",
    ),
    (
        READ,
        "body data reading stalled",
        "2.2: a carriage return alone makes a line invalid; in a trailer, which nobody reads, it does no harm.",
    ),
    (
        "cut off",
        READ,
        "7.1: a chunked body ends with an empty line. If that is lost, the reply counts as lost, and the record is read back.",
    ),
    ("a body of more than 1 MiB", READ, "No reply of the service is so large."),
    ("a chunk that doesn't end", READ, "6.1: ureq doesn't read chunks in HTTP/1.0."),
    ("a chunk whose size is invalid", READ, "7.1: a size is hexadecimal digits, without a sign."),
    (
        "a line without a carriage return",
        READ,
        "7.1: lines of chunks end with both characters; 2.2 lets a client accept less in the head alone.",
    ),
    (
        "a transfer coding other than chunks",
        READ,
        "7: a client that asks for no coding understands chunks alone, once; ureq takes the coded bytes for the body.",
    ),
    (
        "both a length and chunks",
        READ,
        "6.3: such a reply may be an attempt to smuggle another one, and ought to be handled as an error.",
    ),
];

/// The status and the body of a reply, or why it can't be read.
type Reading = Result<(u16, Vec<u8>), String>;

fn ours(reply: &[u8]) -> Reading {
    match read_pieces(usize::MAX, reply) {
        Ok((reply, ..)) => Ok((reply.status(), reply.body().to_vec())),
        Err(Unreadable::CutOff) => Err("cut off".to_owned()),
        Err(Unreadable::Garbled(reason)) => Err(reason.to_owned()),
    }
}

fn ureqs(agent: &ureq::Agent, server: SocketAddr) -> Reading {
    let read = || {
        let reply = agent.get(format!("http://{server}/")).call()?;
        Ok((reply.status().as_u16(), reply.into_body().read_to_vec()?))
    };
    read().map_err(|error: ureq::Error| error.to_string())
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(0)
        .proxy(None);
    config.build().into()
}

/// Sends one of `replies` to each client that connects, and closes.
fn serve(listener: &TcpListener, replies: &[Vec<u8>]) -> io::Result<()> {
    for reply in replies {
        let (mut stream, _) = listener.accept()?;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut piece = [0; 1024];
            let count = stream.read(&mut piece)?;
            request.extend_from_slice(&piece[..count]);
            assert_ne!(count, 0, "a request ends with an empty line");
        }
        // A client closes when it has read enough.
        let _ = stream.write_all(reply);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = io::copy(&mut stream, &mut io::sink());
    }
    Ok(())
}

fn replies() -> Vec<Vec<u8>> {
    let mut texts: Vec<String> = Vec::new();
    for headers in [
        "",
        "A: b\r\n",
        "A: \u{e9}\r\nContent-Length: 4\r\n",
        " a: b\r\n",
        ": b\r\n",
        "A: b\0\r\n",
        "no header\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 4\r\n",
        "Content-Length: 5\r\n",
        "content-length:  4 \r\nContent-Length: 4\r\n",
        "Content-Length: 4, 4\r\n",
        "Content-Length: 4\n",
        "Content-Length : 4\r\n",
        "Content-Length:\r\n 4\r\n",
        "Content Length: 4\r\n",
        "Content-Length: 04\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4, 5\r\n",
        "Content-Length: 4,\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: -4\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "A: b\rContent-Length: 4\r\n",
        "A: b\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Connection: close\r\nContent-Length: 4\r\n",
    ] {
        texts.push(format!("HTTP/1.1 200 OK\r\n{headers}\r\ntext"));
    }
    for body in [
        "",
        "0\r\n\r\n",
        "4\r\ntext\r\n0\r\n\r\n",
        "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
        "5\r\ntex",
        "1\r\n\n\r\n0\r\nDate: now\r\nX: y\r\n\r\n",
        "ZZ\r\n",
        "\r\n",
        "-1\r\n",
        "+4\r\ntext\r\n0\r\n\r\n",
        "4\r\ntextx\r\n",
        "4\r\ntext\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFFF\r\n",
        "4 \r\ntext\r\n0\r\n\r\n",
        "4\ntext\r\n0\r\n\r\n",
        "04\r\ntext\r\n0\r\n\r\n",
        "0x4\r\ntext\r\n0\r\n\r\n",
        "4\r\ntext\r\n0;x\r\n\r\n",
        "4;\"a\nb\"\r\ntext\r\n0\r\n\r\n",
        "0\r\nno header\r\n\r\n",
        "4;a=0123456789abcdefghij\r\ntext\r\n0\r\n\r\n",
        "0\r\nA\rB: c\r\n\r\n",
        "4\r\ntext\r\n0\r\n\r\nmore",
    ] {
        texts.push(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));
    }
    for coding in [": Chunked", " : chunked", ":\r\n chunked", ": chun\r\n ked", ": chunked, chunked", ": xchunked"] {
        texts.push(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding{coding}\r\n\r\n4\r\ntext\r\n0\r\n\r\n"));
    }
    for start in [
        "HTTP/1.0 200 OK",
        "HTTP/1.1 200",
        "HTTP/1.1 200 ",
        "HTTP/1.1  200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/2 200 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 999 OK",
        "HTTP/1.1 204 No",
        "HTTP/1.1 304 No",
        "SSH-2.0-x",
        "HTTP/1.1 302 Found\r\nLocation: /x",
        "HTTP/1.1 408 Late",
        "HTTP/1.1 200 \u{e9}",
        "http/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        "HTTP/1.1 101 No\r\nUpgrade: x",
        "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 200 OK",
    ] {
        texts.push(format!("{start}\r\nContent-Length: 1\r\n\r\na"));
    }
    texts.push("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n".to_owned());
    texts.push("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntextx\r\n".to_owned());
    texts.push(format!("HTTP/1.1 200 OK\r\n{}\r\ntext", "A: b\r\n".repeat(150)));
    texts.push(format!("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n{}", "a".repeat(1_048_577)));
    let seeds = std::fs::read_dir("fuzz/seeds/http_reply").expect("the fuzzer has seeds");
    let seeds = seeds.map(|seed| std::fs::read(seed.unwrap().path()).unwrap()[1..].to_vec());
    texts.into_iter().map(String::into_bytes).chain(seeds).collect()
}

/// Returns `reply`, truncated or changed at each byte.
fn variants(reply: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let other = b"\0\t\n\r ,:;0+-aZ\x80";
    (0..reply.len().min(200)).map(|at| {
        let mut variant = reply.to_vec();
        match at % 2 {
            0 => variant.truncate(at),
            _ => variant[at] = other[at / 2 % other.len()],
        }
        variant
    })
}

#[test]
fn a_second_reader_reads_the_same_or_the_difference_is_judged() {
    let mut replies = replies();
    let more: Vec<_> = replies.iter().flat_map(|reply| variants(reply)).collect();
    replies.extend(more);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (server, agent) = (listener.local_addr().unwrap(), agent());
    let (mut seen, mut unjudged) = (BTreeSet::new(), Vec::new());
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| serve(&listener, &replies));
        for reply in &replies {
            let (ours, ureqs) = (ours(reply), ureqs(&agent, server));
            if ours.as_ref().ok() == ureqs.as_ref().ok() {
                continue;
            }
            let (our_error, their_error) = (ours.err().unwrap_or_default(), ureqs.err().unwrap_or_default());
            let judged = DIFFERENCES.iter().position(|(ours, ureqs, _)| {
                *ours == our_error && if *ureqs == READ { their_error == READ } else { their_error.starts_with(ureqs) }
            });
            match judged {
                Some(at) => drop(seen.insert(at)),
                None => unjudged.push(format!("{:?}: {our_error:?}, {their_error:?}", String::from_utf8_lossy(reply))),
            }
        }
        serving.join().unwrap().unwrap();
    });
    assert!(unjudged.is_empty(), "differences from ureq that nobody has judged: {unjudged:#?}");
    let unseen: Vec<_> = (0..DIFFERENCES.len()).filter(|at| !seen.contains(at)).map(|at| DIFFERENCES[at]).collect();
    assert!(unseen.is_empty(), "no reply shows these differences any more: {unseen:?}");
}
