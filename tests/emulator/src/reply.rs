//! Replies: status, headers and a body that may be repeated.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Response, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use crate::canned_reply::CannedReply;
use crate::clock::http_date;
use crate::fault::FaultReply;
use crate::service_error::{ServiceError, known_message};

const JSON: &str = "application/json;charset=utf-8";

/// The content of a successful answer.
#[derive(Debug)]
pub(crate) enum Content {
    /// Complete except for its `RequestId`.
    Json(Value),
    Text(String),
    Nothing,
    Canned(Arc<CannedReply>),
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    repeat: u64,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value, now: Timestamp) -> Self {
        Self::new(status, JSON, body.to_string(), now)
    }

    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>, now: Timestamp) -> Self {
        let mut reply = Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            body: body.into(),
            repeat: 1,
        };
        reply.set("date", &http_date(now));
        reply.set("content-type", content_type);
        reply
    }

    /// A reply of the service, which always carries its request id in a header too.
    pub(crate) fn service(status: u16, body: &Value, request_id: &str, now: Timestamp) -> Self {
        Self::json(status, body, now).identified(request_id)
    }

    pub(crate) fn canned(canned: &CannedReply, request_id: &str, now: Timestamp) -> Self {
        let mut reply = Self::new(canned.status, JSON, canned.text(request_id), now).identified(request_id);
        canned.headers.apply(&mut reply.headers);
        reply
    }

    fn identified(mut self, request_id: &str) -> Self {
        self.set("x-acs-request-id", request_id);
        self
    }

    /// Returns the answer of a fault rule instead of `self`.
    pub(crate) fn replaced_by(mut self, fault: &FaultReply, request_id: &str, host: &str) -> Self {
        let default_status = if fault.code.is_some() { 400 } else { 200 };
        let status = fault.status.unwrap_or(default_status);
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.body = match (&fault.body, &fault.body_base64, &fault.code) {
            (Some(text), ..) => text.clone().into(),
            (_, Some(bytes), _) => bytes.clone().into(),
            (_, _, Some(code)) => {
                let message =
                    fault.message.as_deref().or_else(|| known_message(code)).unwrap_or("Made by a fault rule.");
                ServiceError::new(status, code, message).body(request_id, host).to_string().into()
            }
            (None, None, None) => Bytes::new(),
        };
        self.repeat = fault.repeat;
        fault.headers.apply(&mut self.headers);
        self
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body. If it is repeated, returns it once.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the code of a refusal.
    pub(crate) fn error_code(&self) -> Option<String> {
        let is_refusal = self.status.is_client_error() || self.status.is_server_error();
        let body: Value = is_refusal.then(|| serde_json::from_slice(&self.body).ok())??;
        Some(body["Code"].as_str()?.to_owned())
    }

    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    pub(crate) fn into_response(self) -> Response<RepeatedBody> {
        let mut response = Response::new(RepeatedBody::new(self.body, self.repeat));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A text that is sent many times but stored once.
#[derive(Debug)]
pub(crate) struct RepeatedBody {
    block: Bytes,
    blocks_left: u64,
    tail: Bytes,
}

impl RepeatedBody {
    fn new(text: Bytes, repeat: u64) -> Self {
        const BLOCK: u64 = 64 * 1024;
        // Many short copies are joined to one block. A frame for each would be slow.
        let copies = (BLOCK / (text.len() as u64).max(1)).clamp(1, repeat.max(1));
        let block: Bytes = if copies == 1 { text.clone() } else { text.repeat(copies as usize).into() };
        let tail = block.slice(..text.len() * (repeat % copies) as usize);
        let blocks_left = if text.is_empty() { 0 } else { repeat / copies };
        Self { block, blocks_left, tail }
    }
}

impl Body for RepeatedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let next = match this.blocks_left {
            0 => std::mem::take(&mut this.tail),
            _ => {
                this.blocks_left -= 1;
                this.block.clone()
            }
        };
        Poll::Ready((!next.is_empty()).then(|| Ok(Frame::data(next))))
    }

    fn is_end_stream(&self) -> bool {
        self.blocks_left == 0 && self.tail.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(
            (self.block.len() as u64).saturating_mul(self.blocks_left).saturating_add(self.tail.len() as u64),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_body_has_exactly_the_asked_length() {
        for (length, repeat) in [(0, 5), (1, 1), (1, 0), (3, 100_000), (70_000, 3), (65_536, 2)] {
            let mut body = RepeatedBody::new(vec![b'x'; length].into(), repeat);
            let expected = length as u64 * repeat;
            assert_eq!(body.size_hint().exact(), Some(expected));
            let mut sum = 0;
            let mut context = Context::from_waker(std::task::Waker::noop());
            while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(&mut context) {
                sum += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
            assert_eq!(sum, expected, "{length} {repeat}");
        }
    }
}
