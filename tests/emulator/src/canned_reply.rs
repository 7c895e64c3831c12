//! Canned replies: fixed answers to an action, which isn't carried out then. They work for any action.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::known_action;
use crate::reply_headers::ReplyHeaders;
use crate::request::Parameters;
use crate::wanted_parameters::WantedParameters;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CannedReply {
    action: String,
    #[serde(default)]
    parameters: WantedParameters,
    /// How many calls it answers. 0 means all.
    #[serde(default)]
    times: u64,
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: ReplyHeaders,
    /// A string is sent unchanged, anything else as JSON.
    #[serde(default = "empty_object")]
    body: Value,
}

fn ok() -> u16 {
    200
}

fn empty_object() -> Value {
    json!({})
}

impl CannedReply {
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.action.is_empty() {
            return Err("the action is empty".into());
        }
        if !(200..=599).contains(&self.status) {
            return Err("the status must lie between 200 and 599".into());
        }
        self.parameters.check()?;
        self.headers.check()
    }

    /// Returns the body. An object without a `RequestId` gets the call's, because every reply of the service has one.
    pub(crate) fn text(&self, request_id: &str) -> String {
        match &self.body {
            Value::String(text) => text.clone(),
            Value::Object(members) if !members.contains_key("RequestId") => {
                let mut body = self.body.clone();
                body["RequestId"] = request_id.into();
                body.to_string()
            }
            other => other.to_string(),
        }
    }
}

/// The active canned replies, and how many calls each has answered.
#[derive(Debug, Default)]
pub(crate) struct CannedReplies(Vec<Progress>);

#[derive(Debug)]
struct Progress {
    reply: Arc<CannedReply>,
    answered: u64,
}

impl Progress {
    fn answers(&self, action: &str, parameters: &Parameters) -> bool {
        let is_left = self.reply.times == 0 || self.answered < self.reply.times;
        is_left && self.reply.action == action && self.reply.parameters.are_in(parameters)
    }
}

impl CannedReplies {
    pub(crate) fn new(replies: Vec<CannedReply>) -> Self {
        let mut table = Self::default();
        table.add(replies);
        table
    }

    pub(crate) fn add(&mut self, replies: Vec<CannedReply>) {
        self.0.extend(replies.into_iter().map(|reply| Progress { reply: Arc::new(reply), answered: 0 }));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn replies(&self) -> Vec<&CannedReply> {
        self.0.iter().map(|progress| &*progress.reply).collect()
    }

    pub(crate) fn has(&self, action: &str, parameters: &Parameters) -> bool {
        self.0.iter().any(|progress| progress.answers(action, parameters))
    }

    /// Returns the first that answers this call and isn't used up.
    pub(crate) fn take(&mut self, action: &str, parameters: &Parameters) -> Option<Arc<CannedReply>> {
        let progress = self.0.iter_mut().find(|progress| progress.answers(action, parameters))?;
        progress.answered += 1;
        Some(Arc::clone(&progress.reply))
    }

    pub(crate) fn to_json(&self) -> Value {
        let shown = self.0.iter().map(|progress| {
            let action = progress.reply.action.as_str();
            let nearest = if known_action::find(action).is_none() { known_action::nearest(action) } else { None };
            json!({"reply": *progress.reply, "answered": progress.answered, "nearest_action": nearest})
        });
        shown.collect()
    }
}
