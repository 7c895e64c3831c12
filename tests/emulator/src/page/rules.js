// What is to happen otherwise than by the service's own rules: faults and canned replies.

import { ask, byId, element, plural, say, show, span } from "./dom.js";
import { stringify } from "./json.js";

const FAULTS = {
  "The account is busy, once": { action: "CreateRoutineRelatedRecord", reply: { code: "UserOperationStatusIsLocked" } },
  "Throttled, once, for two seconds": {
    reply: { status: 429, code: "Throttling.User", headers: { "Retry-After": "2" } },
  },
  "A server error, once": { reply: { status: 500, code: "InternalError" } },
  "The record is made, the answer is lost": {
    action: "CreateRoutineRelatedRecord", when: "after", wire: { kind: "drop" },
  },
  "The answer is lost, the record is made two seconds later": {
    action: "CreateRoutineRelatedRecord", late_seconds: 2, wire: { kind: "drop" },
  },
  "The connection is reset before anything happens": { wire: { kind: "reset" } },
  "No answer at all": { wire: { kind: "hang" } },
  "The answer breaks off in the middle": { wire: { kind: "cut", after_bytes: 200 } },
  "Every answer three seconds late": { times: 0, delay_ms: 3000 },
};

const REPLIES = {
  "An action that the emulator doesn't model": {
    action: "ListRecords", body: { TotalCount: 1, Records: [{ RecordName: "www.example.com", RecordType: "CNAME" }] },
  },
  "A refusal, once": {
    action: "GetRoutine", times: 1, status: 404, body: { Code: "RoutineNotExist", Message: "The routine does not exist." },
  },
};

const DEFAULTS = { nth: 1, times: 1, probability: 1, delay_ms: 0, repeat: 1 };

/** What was set, without what it leaves at its default. */
export function rulePart(rule) {
  const says = (name, value) =>
    value !== null && value !== DEFAULTS[name] && stringify(value) !== "{}" && name !== "action";
  return stringify(rule, 1, says).replace(/\n */g, " ");
}

const isFaultUsedUp = ({ rule, matched }) => rule.times > 0 && matched >= rule.nth + rule.times - 1;
const isReplyUsedUp = ({ reply, answered }) => reply.times > 0 && answered >= reply.times;

function faultItem({ rule, matched, applied }) {
  return item(rule.action === "*" ? "any action" : rule.action, isFaultUsedUp({ rule, matched }), rulePart(rule),
    `matched ${matched}, applied ${applied}`);
}

function replyItem({ reply, answered, nearest_action: nearest }) {
  const says = (name, value) => value !== null && !(name === "times" && value === 0) && name !== "action" &&
    !(name === "status" && value === 200) && stringify(value) !== "{}";
  const rule = stringify(reply, 1, says).replace(/\n */g, " ");
  const isUnknown = nearest && element("p", { className: "bad" }, `ESA has no action of this name. Did you mean ${nearest}?`);
  return item(reply.action, isReplyUsedUp({ reply, answered }), rule, `answered ${plural(answered, "call")}`, isUnknown);
}

function item(action, isUsedUp, rule, counts, note) {
  const line = element("p", { className: "rule-line" }, element("strong", {}, action),
    span("soft counts", counts), isUsedUp && span("badge", "used up"));
  return element("li", { className: isUsedUp ? "used-up" : "" }, line, element("pre", {}, rule), note);
}

export async function refresh() {
  const [{ faults }, { replies }] = await Promise.all([ask("GET", "faults"), ask("GET", "replies")]);
  show(byId("faults"), faults, (rules) => rules.map(faultItem));
  show(byId("replies"), replies, (rules) => rules.map(replyItem));
  byId("no-faults").hidden = faults.length > 0;
  byId("forget-faults").disabled = faults.length === 0;
  byId("no-replies").hidden = replies.length > 0;
  byId("forget-replies").disabled = replies.length === 0;
  const left = [...faults.filter((one) => !isFaultUsedUp(one)), ...replies.filter((one) => !isReplyUsedUp(one))];
  byId("rules-count").textContent = left.length || "";
}

const PRESETS = [
  ...Object.entries(FAULTS).map(([name, rule]) => ({ name, rule, resource: "faults", done: "The fault is set." })),
  ...Object.entries(REPLIES).map(([name, rule]) => ({ name, rule, resource: "replies", done: "The reply is set." })),
];

export function start(act) {
  const options = (wanted) => PRESETS.filter(({ resource }) => resource === wanted)
    .map(({ name }) => element("option", {}, name));
  byId("preset").append(
    element("optgroup", { label: "Faults" }, ...options("faults")),
    element("optgroup", { label: "Canned replies" }, ...options("replies")));
  const preset = () => PRESETS[byId("preset").selectedIndex];
  const usePreset = () => {
    byId("rule").value = stringify(preset().rule, 2);
    byId("set-rule").textContent = preset().resource === "faults" ? "Set the fault" : "Set the canned reply";
    say(byId("rule-answer"), "", "");
  };
  byId("preset").onchange = usePreset;
  usePreset();
  byId("rule-form").onsubmit = (event) => {
    event.preventDefault();
    act(byId("rule-answer"), preset().done, "POST", preset().resource, byId("rule").value);
  };
  byId("forget-faults").onclick = () => act(byId("rule-answer"), "The faults are forgotten.", "DELETE", "faults");
  byId("forget-replies").onclick = () => act(byId("rule-answer"), "The canned replies are forgotten.", "DELETE", "replies");
}
