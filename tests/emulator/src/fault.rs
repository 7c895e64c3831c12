//! Fault rules: which call fails, and how.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::identifier::SeededRandom;
use crate::reply_headers::ReplyHeaders;
use crate::request::Parameters;
use crate::seconds::Seconds;
use crate::wanted_parameters::WantedParameters;
use crate::wire_fault::WireFault;
use crate::{endpoint, known_action, operation, spelling, sts};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    #[serde(default = "any_action")]
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) parameters: WantedParameters,
    /// The first matching call that the rule applies to.
    #[serde(default = "one")]
    pub(crate) nth: u64,
    /// The number of calls from there on. 0 means all.
    #[serde(default = "one")]
    pub(crate) times: u64,
    #[serde(default = "certain")]
    pub(crate) probability: f64,
    #[serde(default)]
    when: Option<When>,
    /// How long after its request a write is carried out, even if it is answered earlier.
    #[serde(default)]
    pub(crate) late_seconds: Option<Seconds>,
    #[serde(default)]
    pub(crate) reply: Option<FaultReply>,
    #[serde(default)]
    pub(crate) delay_ms: u64,
    #[serde(default)]
    pub(crate) wire: Option<WireFault>,
}

fn any_action() -> String {
    "*".into()
}

fn one() -> u64 {
    1
}

fn certain() -> f64 {
    1.0
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    /// The operation is not executed.
    Before,
    /// The operation is executed, then the delay passes.
    After,
    /// The delay passes, then the operation is executed, even if the client has gone.
    Late,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultReply {
    #[serde(default)]
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) headers: ReplyHeaders,
    #[serde(default)]
    pub(crate) body: Option<String>,
    #[serde(default, with = "crate::base64_text::option")]
    pub(crate) body_base64: Option<Vec<u8>>,
    /// Makes the body a service error with this code.
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// How often the body is sent, one copy after the other.
    #[serde(default = "one")]
    pub(crate) repeat: u64,
}

impl Rule {
    /// Unless it is set, a rule with its own answer keeps the operation from running. Other rules don't.
    pub(crate) fn when(&self) -> When {
        let is_kept = self.answers_itself() && self.late_seconds.is_none();
        self.when.unwrap_or(if is_kept { When::Before } else { When::After })
    }

    fn answers_itself(&self) -> bool {
        self.reply.is_some() || self.wire.as_ref().is_some_and(WireFault::replaces_reply)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        self.check_action()?;
        if self.nth == 0 {
            return Err("nth counts from 1".into());
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err("probability must lie between 0 and 1".into());
        }
        self.parameters.check()?;
        if self.reply.is_some() && self.wire.as_ref().is_some_and(WireFault::replaces_reply) {
            return Err("a reply would never be seen beside a wire kind of drop, reset, raw or hang".into());
        }
        if self.when == Some(When::Before) && !self.answers_itself() {
            return Err("when 'before' needs a reply or a wire kind of drop, reset, raw or hang: the operation isn't executed, so nothing else would answer".into());
        }
        if self.late_seconds.is_some() {
            if self.when.is_some() {
                return Err("late_seconds says when the operation is executed, so 'when' can't".into());
            }
            if operation::find(&self.action).is_some_and(|operation| !operation.is_routine_write) {
                return Err(format!("{} writes nothing of a routine, so that nothing of it can be late", self.action));
            }
        }
        if self.reply.is_none() && self.wire.is_none() && self.delay_ms == 0 && self.late_seconds.is_none() {
            return Err("the rule does nothing: give it a reply, a wire, a delay_ms or late_seconds".into());
        }
        self.reply.as_ref().map_or(Ok(()), FaultReply::check)
    }

    /// A rule for a misspelt action would never apply.
    fn check_action(&self) -> Result<(), String> {
        let action = self.action.as_str();
        let known = || known_action::names().chain(sts::actions()).chain(endpoint::actions());
        if action == "*" || known().any(|known| known == action) {
            return Ok(());
        }
        match spelling::nearest(action, known()) {
            Some(meant) => Err(format!("did you mean `{meant}`? There is no action {action}")),
            // The service may have added it since.
            None => Ok(()),
        }
    }

    fn matches(&self, action: &str, parameters: &Parameters) -> bool {
        (self.action == "*" || self.action == action) && self.parameters.are_in(parameters)
    }
}

impl FaultReply {
    fn check(&self) -> Result<(), String> {
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err("the reply's status must lie between 200 and 599".into());
        }
        let bodies = [self.body.is_some(), self.body_base64.is_some(), self.code.is_some()];
        if bodies.into_iter().filter(|given| *given).count() > 1 {
            return Err("a reply takes one of body, body_base64 and code".into());
        }
        if self.message.is_some() && self.code.is_none() {
            return Err("a reply's message needs a code".into());
        }
        self.headers.check()
    }
}

/// The active rules, and how far each one is.
#[derive(Debug)]
pub(crate) struct FaultTable {
    rules: Vec<Progress>,
    random: SeededRandom,
}

#[derive(Debug)]
struct Progress {
    rule: Arc<Rule>,
    matched: u64,
    applied: u64,
}

impl FaultTable {
    pub(crate) fn new(rules: Vec<Rule>, random_seed: u64) -> Self {
        let mut table = Self { rules: Vec::new(), random: SeededRandom::new(random_seed) };
        table.add(rules);
        table
    }

    pub(crate) fn add(&mut self, rules: Vec<Rule>) {
        self.rules.extend(rules.into_iter().map(|rule| Progress { rule: Arc::new(rule), matched: 0, applied: 0 }));
    }

    pub(crate) fn rules(&self) -> Vec<&Rule> {
        self.rules.iter().map(|progress| &*progress.rule).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Counts the call for every rule that matches it. The first rule that is due applies.
    pub(crate) fn take(&mut self, action: &str, parameters: &Parameters) -> Option<Arc<Rule>> {
        let mut taken = None;
        for progress in &mut self.rules {
            let rule = &progress.rule;
            if !rule.matches(action, parameters) {
                continue;
            }
            progress.matched += 1;
            let past = progress.matched.checked_sub(rule.nth);
            let its_turn = past.is_some_and(|past| rule.times == 0 || past < rule.times);
            if taken.is_none() && its_turn && self.random.next_fraction() < rule.probability {
                progress.applied += 1;
                taken = Some(Arc::clone(rule));
            }
        }
        taken
    }

    pub(crate) fn to_json(&self) -> Value {
        let shown = self
            .rules
            .iter()
            .map(|progress| json!({"rule": *progress.rule, "matched": progress.matched, "applied": progress.applied}));
        shown.collect()
    }
}
