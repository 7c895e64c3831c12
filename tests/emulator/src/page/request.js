// One request: why it was refused, its call's other attempts, what it asked for, its signature, what was sent and answered.

import { end, milliseconds, outcome, parametersOf, tookEffectUnseen } from "./calls.js";
import { align, lineRow, same, sides } from "./comparison.js";
import { ask, byId, dotted, element, plural, say, show, span } from "./dom.js";
import { parse } from "./json.js";
import { reasonOf } from "./reasons.js";
import { attemptsOf, focusOn, markChosen } from "./requests.js";
import { rulePart } from "./rules.js";

let chosen; // the number of the request that is shown
let entry; // the answer about it

export function start(leave) {
  byId("own").oninput = compare;
  byId("close-details").onclick = () => {
    const number = chosen;
    close();
    leave();
    focusOn(number);
  };
}

export async function choose(number) {
  chosen = number;
  byId("own").value = "";
  byId("details").scrollTop = 0;
  await refresh();
  byId("signature").open = entry?.details?.computed && !signatureMatches();
}

export function close() {
  chosen = entry = undefined;
  byId("details-content").hidden = true;
  byId("no-details").hidden = false;
  markChosen(undefined);
}

/** Shows the chosen request as it is now; with numbers, only if one of its call's attempts is among them. */
export async function refresh(changed) {
  const number = chosen;
  if (number === undefined || (changed && !attemptsOf(number).some((attempt) => changed.includes(attempt.number)))) {
    return;
  }
  const answer = await ask("GET", `requests/${number}`);
  if (number !== chosen) {
    return; // another one was chosen meanwhile
  }
  entry = answer;
  markChosen(number);
  byId("no-details").hidden = true;
  byId("details-content").hidden = false;
  byId("details-title").textContent = `Request ${number}: ${entry.action ?? "no action"}`;
  showJudgement();
  showAttempts(attemptsOf(number));
  show(byId("facts"), entry, facts);
  show(byId("parameters"), parametersOf(entry), (pairs) => pairs.flatMap(([name, value]) =>
    term(name, name.endsWith("Name") ? dotted(value) : value)));
  byId("no-parameters").hidden = parametersOf(entry).length > 0;
  showTexts();
  compare();
}

// --- the judgement --------------------------------------------------------------------------------------------------

function showJudgement() {
  const { className, words } = outcome(entry);
  const message = entry.details?.message ?? answeredMessage();
  byId("judgement").className = `verdict ${className}`;
  show(byId("reason"), [entry, message], () => [
    element("p", { className: "headline" }, span(`status ${className}`, entry.status ?? "✕"), " ", element("strong", {}, words)),
    message && words !== "SignatureDoesNotMatch" && element("p", { className: "message" }, message),
    reasonOf(entry) && element("p", {}, reasonOf(entry)),
    element("p", { className: "soft" }, effect()),
  ].filter(Boolean));
}

/** What an answer says that a rule made. */
function answeredMessage() {
  try {
    return entry.status >= 400 ? parse(entry.details.answered.body).Message : undefined;
  } catch {
    return undefined; // it isn't JSON
  }
}

function effect() {
  if (entry.verdict === null) {
    return "The service has not judged it yet.";
  }
  const byRule = entry.fault ? " A fault rule changed the answer." : "";
  if (entry.canned) {
    return `A canned reply was the answer: nothing was carried out.${byRule}`;
  }
  const took = tookEffectUnseen(entry) ? "It took effect nevertheless." : "It took effect.";
  return `${entry.executed ? took : "It had no effect."}${byRule}`;
}

function showAttempts(attempts) {
  byId("attempts").hidden = attempts.length < 2;
  byId("attempts-title").textContent = `${plural(attempts.length, "attempt")} of one call`;
  show(byId("attempts-list"), [attempts, chosen], () => attempts.map((attempt, at) => {
    const { className, words } = outcome(attempt);
    const waited = at > 0 && Math.max(0, Date.parse(attempt.time) - end(attempts[at - 1]));
    const button = element("button", { type: "button", onclick: () => choose(attempt.number) },
      span(`status ${className}`, attempt.status ?? "✕"), span("words", words),
      span("soft", waited !== false && `after ${milliseconds(waited)}`), span("took", milliseconds(attempt.duration_ms)));
    button.setAttribute("aria-pressed", attempt.number === chosen);
    return element("li", {}, button);
  }));
}

function facts() {
  const version = entry.signature_version && `${entry.signature_version}${signatureWords()}`;
  return [
    ...term("Access key", entry.access_key_id), ...term("Signature", version), ...term("Time", entry.time),
    ...term("Took", entry.duration_ms !== null ? milliseconds(entry.duration_ms) : "no answer yet"),
    ...term("Connection", entry.connection),
    ...term("Did you mean", entry.nearest_action),
  ];
}

function term(name, value) {
  return value === null || value === undefined || value === ""
    ? []
    : [element("dt", {}, name), element("dd", {}, value)];
}

// --- texts ----------------------------------------------------------------------------------------------------------

function showTexts() {
  const { sent, answered, fault } = entry.details ?? {};
  byId("sent").textContent = sent ? sentText(sent) : "No longer kept: only the last 500 requests are.";
  byId("answered").textContent = answered ? answeredText(answered) : "No HTTP answer was sent.";
  byId("fault-part").hidden = !fault;
  byId("fault-rule").textContent = fault ? rulePart(fault) : "";
}

function sentText({ path, query, headers, body }) {
  return [`${entry.method} ${path}${query && "?"}${query}`, ...headerLines(headers), "", body].join("\n").trimEnd();
}

function answeredText({ headers, body }) {
  return [`HTTP/1.1 ${entry.status}`, ...headerLines(headers), "", body].join("\n").trimEnd();
}

const headerLines = (headers) => headers.map(([name, value]) => `${name}: ${value}`);

// --- the signature --------------------------------------------------------------------------------------------------

function signatureMatches() {
  const { computed, signed } = entry.details ?? {};
  return computed && computed.signature === signed.signature;
}

function signatureWords() {
  const { computed } = entry.details ?? {};
  if (!computed) {
    return "";
  }
  if (computed.signature === null) {
    return ", not checked: refused before";
  }
  return signatureMatches() ? ", matches" : ", doesn't match";
}

/** Shows what the client signed, or without that what it sent, beside what the server computed. */
function compare() {
  const { computed, signed } = entry.details ?? {};
  byId("signature").hidden = !computed;
  say(byId("explanation"), "", "");
  if (!computed) {
    return;
  }
  const own = byId("own").value;
  const { kind, client, server } = sides(entry, own);
  const pairs = align(client, server);
  const marked = pairs.filter(([left, right]) => !same(left, right)).length;
  byId("own-kind").textContent = kind;
  byId("left").textContent = own ? `Your client's ${kind}` : "As sent, in the order of what is signed";
  byId("right").textContent = `The server's ${kind}`;
  byId("lines").tBodies[0].replaceChildren(
    ...pairs.map(([left, right]) => lineRow(left, right, own || !signatureMatches())));
  byId("string-to-sign").textContent = computed.string_to_sign;
  byId("signatures").replaceChildren(
    ...term("client's signature", signed.signature),
    ...term("server's signature", computed.signature ?? "not computed: the request was refused before"));
  const isMismatch = entry.verdict === "SignatureDoesNotMatch";
  say(byId("explanation"), isMismatch ? explain(own, marked) : "", "");
}

function explain(own, marked) {
  const lines = plural(marked, "line");
  if (own) {
    return marked
      ? `What your client signed is not what the server computed: ${lines} marked below.`
      : "Your client signed the same text, so it did so with another secret, or in another way.";
  }
  return marked
    ? `The signatures differ. A client that signs what it sends, letter by letter, goes wrong in ${lines} marked below.`
    : "The signatures differ, and nothing that was sent is spelt otherwise than the server spells it: look at the " +
        "secret, or paste below what your client signed.";
}
