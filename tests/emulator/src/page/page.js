// The page of the emulator. Names and texts come from requests: they get into the page as text only, never as markup.

import { clients } from "./clients.js";

const SHOWN_REQUESTS = 500; // as many as have details
const SHOWN_RECORDS = 100; // of a routine
const HIDDEN = "(hidden)"; // in the place of a token

const PRESETS = {
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

const LIST_LAG = 3; // seconds
const LATE_COMMIT = 2;

const RULE_DEFAULTS = { action: "*", nth: 1, times: 1, probability: 1, delay_ms: 0, repeat: 1 };

const EXAMPLE_SEED = {
  accounts: [{
    users: [{
      name: "root",
      keys: [{ access_key_id: "EsaEmulatorKeyId", access_key_secret: "EsaEmulatorKeySecret" }],
    }],
    sites: [{ site_id: 54362329990032, site_name: "example.com" }],
    routines: [{
      name: "test-routine1",
      related_records: [{ record_name: "www.example.com", site_id: 54362329990032 }],
    }],
  }],
};

const byId = (id) => document.getElementById(id);

/** Makes an element. Children that are no elements become text. */
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// --- the emulator's interface ---------------------------------------------------------------------------------------

/** Asks the emulator, and throws its own words where it refuses. */
async function ask(method, resource, body) {
  const reply = await fetch(resource, { method, body, cache: "no-store" });
  const answer = await reply.json();
  if (!reply.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

/** Does what a person asked for, says in `output` what came of it, and shows the change. */
async function act(output, done, method, resource, body) {
  try {
    await ask(method, resource, body);
    output.textContent = done;
    output.className = "good";
    await refresh();
  } catch (problem) {
    output.textContent = problem.message;
    output.className = "bad";
  }
}

// --- requests -------------------------------------------------------------------------------------------------------

const rows = new Map(); // by number, oldest first
let log; // which log the rows are of
let mark = 0; // how far it has been read
let chosen; // the number of the request whose details are shown
let details; // the answer about it

async function refreshRequests() {
  let listed = await ask("GET", `requests?after=${mark}&limit=${SHOWN_REQUESTS}`);
  if (listed.log !== log) {
    forgetRows();
    listed = mark === 0 ? listed : await ask("GET", `requests?limit=${SHOWN_REQUESTS}`);
  }
  ({ log, mark } = listed);
  listed.requests.forEach(showRow);
  byId("no-requests").hidden = rows.size > 0;
  byId("requests-frame").hidden = rows.size === 0;
  if (listed.requests.some((entry) => entry.number === chosen)) {
    await showDetails(chosen);
  }
}

function forgetRows() {
  rows.clear();
  byId("requests").tBodies[0].replaceChildren();
  closeDetails();
}

function showRow(entry) {
  const { number } = entry;
  let row = rows.get(number);
  if (!row) {
    const button = element("button", { type: "button", ariaExpanded: false }, number);
    button.setAttribute("aria-controls", "details");
    row = element("tr", { onclick: () => choose(number) }, element("td", {}, button));
    rows.set(number, row);
    byId("requests").tBodies[0].prepend(row);
    if (rows.size > SHOWN_REQUESTS) {
      const [oldest, oldRow] = rows.entries().next().value;
      oldRow.remove();
      rows.delete(oldest);
    }
  }
  const verdict = element("td", { className: entry.verdict === "OK" ? "good" : "refused" }, entry.verdict ?? "…");
  if (entry.fault) {
    verdict.append(" ", element("span", { className: "badge", title: "A fault rule applied" }, "fault"));
  }
  while (row.cells.length > 1) {
    row.deleteCell(1);
  }
  row.append(
    verdict,
    element("td", {}, entry.status ?? "–"),
    element("td", {}, entry.action ?? "–"),
    element("td", {}, about(entry)),
    element("td", { title: entry.time }, entry.time.slice(11, 23)),
  );
}

/** What the call is about, without tokens. */
function about({ parameters }) {
  const shown = Object.entries(parameters).filter(([name]) => !/token/i.test(name));
  return parameters.RecordName ?? shown.map(([name, value]) => `${name}=${value}`).join(" ").slice(0, 200);
}

// --- one request ----------------------------------------------------------------------------------------------------

async function choose(number) {
  closeDetails();
  chosen = number;
  byId("own").value = "";
  try {
    await showDetails(number);
    byId("details").scrollIntoView({ block: "nearest" });
  } catch (problem) {
    showConnection(problem);
  }
}

function closeDetails() {
  markRow(chosen, false);
  chosen = details = undefined;
  byId("details").hidden = true;
}

function markRow(number, isChosen) {
  const row = rows.get(number);
  row?.classList.toggle("chosen", isChosen);
  row?.querySelector("button").setAttribute("aria-expanded", isChosen);
}

async function showDetails(number) {
  const entry = await ask("GET", `requests/${number}`);
  if (number !== chosen) {
    return; // another one was chosen meanwhile
  }
  details = entry;
  markRow(number, true);
  byId("details").hidden = false;
  byId("details-title").textContent = `Request ${number}: ${entry.action ?? "no action"}`;
  const { sent, signed, computed } = entry.details ?? {};
  byId("comparison").hidden = byId("to-sign").hidden = !computed;
  byId("string-to-sign").textContent = computed?.string_to_sign ?? "";
  byId("sent").textContent = sent ? asText(entry.method, sent) : "No longer kept: only the last 500 requests are.";
  byId("signatures").replaceChildren(
    ...term("access key", entry.access_key_id),
    ...term("client's signature", signed?.signature),
    ...term("server's signature", computed && (computed.signature ?? "not computed: the request was refused before")),
  );
  compare();
}

function term(name, value) {
  return value == null ? [] : [element("dt", {}, name), element("dd", {}, value)];
}

function asText(method, { path, query, headers, body }) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path}${query && "?"}${query}`, ...lines, "", body].join("\n");
}

/** Shows what the client signed, or without that what it sent, beside what the server computed. */
function compare() {
  const { computed, message } = details.details ?? {};
  const own = byId("own").value;
  const matches = computed && computed.signature === details.details.signed.signature;
  let marked = 0;
  if (computed) {
    const isV3 = computed.canonical_request !== null;
    const [kind, server] = isV3
      ? ["canonical request", computed.canonical_request.split("\n")]
      : ["string to sign", splitV1(computed.string_to_sign)];
    const client = own ? (isV3 ? own.trimEnd().split(/\r?\n/) : splitV1(own.trim())) : asSent(details, isV3);
    byId("own-kind").textContent = kind;
    byId("left").textContent = own ? `Your client's ${kind}` : "As sent, in the order of what is signed";
    byId("right").textContent = `The server's ${kind}`;
    const pairs = align(client, server);
    marked = pairs.filter(([left, right]) => !same(left, right)).length;
    byId("lines").tBodies[0].replaceChildren(...pairs.map(([left, right]) => lineRow(left, right, own || !matches)));
  }
  const isMismatch = details.verdict === "SignatureDoesNotMatch";
  byId("judgement").className = details.verdict === "OK" ? "good" : "bad";
  byId("judgement").textContent = isMismatch ? explain(own, marked) : inWords(details, message);
}

function explain(own, marked) {
  const lines = marked === 1 ? "1 line" : `${marked} lines`;
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

function inWords({ verdict, executed, fault }, message) {
  if (verdict === null) {
    return "It is under way.";
  }
  const effect = executed ? "It took effect." : "It had no effect.";
  const byRule = fault ? " A fault rule changed the answer." : "";
  return verdict === "OK" ? `Nothing was refused. ${effect}${byRule}` : `${verdict}: ${message ?? ""} ${effect}${byRule}`;
}

/** The request's parts as they came, in the lines of what the server computed. */
function asSent({ method, details: { sent, signed } }, isV3) {
  if (!isV3) {
    const isForm = /urlencoded/.test(headerOf(sent, "content-type"));
    const pairs = [sent.query, isForm ? sent.body : ""].join("&").split("&");
    const signedPairs = pairs.filter((pair) => pair && !pair.startsWith("Signature=")).sort();
    return [method, "%2F", ...signedPairs.map((pair) => encode(pair.includes("=") ? pair : `${pair}=`))];
  }
  const headers = signed.headers.map((name) => `${name}:${headerOf(sent, name)}`);
  const hash = headerOf(sent, "x-acs-content-sha256");
  return [method, sent.path, sent.query, ...headers, "", signed.headers.join(";"), hash];
}

function headerOf({ headers }, wanted) {
  return headers.find(([name]) => name === wanted)?.[1] ?? "";
}

/** Percent-encoding as the signature of V1 wants it. */
function encode(text) {
  const escaped = (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, escaped).replace("%28hidden%29", HIDDEN);
}

/** One line for the method, the path and each parameter. */
function splitV1(text) {
  return text.split(/&|%26/);
}

/** A token's place fits any token. */
function same(left, right) {
  if (left === right || left === undefined || right === undefined || !right.includes(HIDDEN)) {
    return left === right;
  }
  const [start, end] = right.split(HIDDEN);
  return left.startsWith(start) && left.endsWith(end);
}

/** Pairs of lines: those of a longest common sequence beside each other, what lies between them as it comes. */
function align(left, right) {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array(right.length + 1).fill(0));
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i][j] = same(left[i], right[j])
        ? lengths[i + 1][j + 1] + 1
        : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs = [];
  let [i, j, gapStart] = [0, 0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && same(left[i], right[j])) {
      pairs.push([left[i++], right[j++]]);
      gapStart = pairs.length;
    } else if (j === right.length || (i < left.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      putInto(pairs, gapStart, 0, left[i++]);
    } else {
      putInto(pairs, gapStart, 1, right[j++]);
    }
  }
  return pairs;
}

/** Fills the first place that is free on that side since the lines were last the same. */
function putInto(pairs, gapStart, side, line) {
  const free = pairs.slice(gapStart).find((pair) => pair[side] === undefined);
  if (free) {
    free[side] = line;
  } else {
    pairs.push(side === 0 ? [line, undefined] : [undefined, line]);
  }
}

function lineRow(left, right, marking) {
  if (!marking || same(left, right)) {
    return element("tr", {}, element("td"), element("td", {}, left ?? ""), element("td", {}, right ?? ""));
  }
  const row = element("tr", { className: "differs" }, element("td", { title: "these differ" }, "≠"));
  row.append(markedCell(left, right), markedCell(right, left));
  return row;
}

/** The line, with what lies between the common start and the common end marked. */
function markedCell(line = "", other = "") {
  const most = Math.min(line.length, other.length);
  let start = 0;
  while (start < most && line[start] === other[start]) {
    start++;
  }
  let end = 0;
  while (end < most - start && line[line.length - 1 - end] === other[other.length - 1 - end]) {
    end++;
  }
  const middle = line.length - end;
  return element("td", {}, line.slice(0, start), element("mark", {}, line.slice(start, middle)), line.slice(middle));
}

// --- state and faults -----------------------------------------------------------------------------------------------

const shown = new Map(); // what was last shown at a place

/** Shows elements made from a value at a place if the value is a new one; the button in focus stays in focus. */
function show(id, value, make) {
  const text = JSON.stringify(value);
  if (shown.get(id) === text) {
    return;
  }
  shown.set(id, text);
  const focused = document.activeElement?.id;
  byId(id).replaceChildren(...make(value));
  if (focused && focused !== document.activeElement?.id) {
    byId(focused)?.focus();
  }
}

function accountParts(account) {
  const { id, list_lag_seconds: lag, late_commit_seconds: late } = account;
  const badges = [
    [account.locked, "locked"], [account.overdue, "overdue"], [!account.activated, "not activated"],
    [lag > 0, `list lags ${lag} s`], [late > 0, `writes commit ${late} s late`],
  ].filter(([applies]) => applies)
    .map(([, word]) => element("span", { className: "badge bad" }, word));
  const button = (name, text, resource, wanted) => {
    const onclick = () => act(byId("state-answer"), "", "POST", resource, JSON.stringify({ account: id, ...wanted }));
    return element("button", { type: "button", id: `${name}-${id}`, onclick }, text);
  };
  const buttons = [
    button("lock", account.locked ? "Unlock it" : "Lock it", "lock", { locked: !account.locked }),
    button("lag", lag > 0 ? "No lag" : `Lag its list ${LIST_LAG} s`, "delays", { list_lag_seconds: lag > 0 ? 0 : LIST_LAG }),
    button("late", late > 0 ? "Commit at once" : `Commit ${LATE_COMMIT} s late`, "delays",
      { late_commit_seconds: late > 0 ? 0 : LATE_COMMIT }),
  ];
  const siteName = (id) => account.sites.find((site) => site.site_id === id)?.site_name ?? id;
  return [
    element("h3", {}, `Account ${id}`, ...badges, ...buttons),
    table("Sites", ["Name", "Id", "State"], account.sites.map((site) =>
      [site.site_name, site.site_id, [site.status, site.backend].filter((word) => word !== "up").join(", ")])),
    ...account.routines.map((routine) => {
      const records = routine.related_records;
      const first = records.slice(0, SHOWN_RECORDS);
      const caption = `Routine ${routine.name}, ${routine.state}: ` +
        (records.length > first.length ? `${first.length} of ${records.length} records` : `${records.length} records`);
      return table(caption, ["Record", "Site", "Id"], first.map((record) =>
        [record.record_name, siteName(record.site_id), record.record_id]));
    }),
  ];
}

function table(caption, names, lines) {
  const made = element("table", {}, element("caption", {}, caption));
  if (lines.length > 0) {
    const head = names.map((name) => element("th", { scope: "col" }, name));
    const body = lines.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
    made.append(element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  }
  return made;
}

/** What a rule says, without what it leaves at its default. */
function faultParts({ rule, matched, applied }) {
  const isSaid = ([name, value]) => value !== null && value !== RULE_DEFAULTS[name] && JSON.stringify(value) !== "{}";
  const short = (name, value) => name === "headers" || typeof value !== "object" || !value
    ? value
    : Object.fromEntries(Object.entries(value).filter(isSaid));
  const said = JSON.stringify(rule, short, 1).replace(/\n */g, " ");
  const counts = `matched ${matched}, applied ${applied}`;
  return element("li", {}, element("pre", {}, said), element("span", { className: "soft" }, counts));
}

async function refreshState() {
  const [state, { faults }] = await Promise.all([ask("GET", "state"), ask("GET", "faults")]);
  show("accounts", state.accounts, (accounts) => accounts.flatMap(accountParts));
  show("faults", faults, (rules) => rules.map(faultParts));
  byId("no-faults").hidden = faults.length > 0;
  const isWellKnown = (key) => key.access_key_secret === "EsaEmulatorKeySecret";
  const keys = state.accounts.flatMap((account) => account.users).flatMap((user) => user.keys);
  showHint(keys.find(isWellKnown) ?? { access_key_id: keys[0]?.access_key_id, access_key_secret: "…" });
}

/** Shows no secret but the one that everybody knows. */
function showHint(key) {
  byId("hint").textContent = [
    `ESA_ENDPOINT=${location.origin}`,
    // Terraform's too, which wants no scheme there. It reads this one first.
    `ALIBABA_CLOUD_ENDPOINT_ESA=${location.host}`,
    `ALIBABA_CLOUD_ACCESS_KEY_ID=${key.access_key_id ?? "…"}`,
    `ALIBABA_CLOUD_ACCESS_KEY_SECRET=${key.access_key_secret}`,
  ].join("\n");
}

// --- the page -------------------------------------------------------------------------------------------------------

async function refresh() {
  await Promise.all([refreshRequests(), refreshState()]);
}

function showConnection(problem) {
  const words = problem ? `no answer: ${problem.message}` : "live";
  if (byId("connection").textContent !== words) { // or it would be read out each second
    byId("connection").textContent = words;
    byId("connection").className = problem ? "bad" : "good";
  }
}

/** Once a second, and where an answer takes long (a large state), for a tenth of the time at most. */
async function poll() {
  const start = performance.now();
  if (!document.hidden) {
    await refresh().then(() => showConnection(), showConnection);
  }
  setTimeout(poll, Math.max(1000, 9 * (performance.now() - start)));
}

function pretty(value) {
  return JSON.stringify(value, null, 2);
}

function start() {
  byId("address").textContent = location.origin;
  byId("clients").querySelector("dl").append(...Object.entries(clients(location)).flatMap(([client, given]) => [
    element("dt", {}, client),
    element("dd", {}, element("pre", {}, given)),
  ]));
  byId("preset").append(...Object.keys(PRESETS).map((name) => element("option", {}, name)));
  const usePreset = () => { byId("rule").value = pretty(PRESETS[byId("preset").value]); };
  byId("preset").onchange = usePreset;
  usePreset();

  byId("own").oninput = compare;
  byId("close-details").onclick = () => {
    const button = rows.get(chosen)?.querySelector("button");
    closeDetails();
    button?.focus();
  };
  byId("forget-requests").onclick = () => act(byId("state-answer"), "", "DELETE", "requests");
  byId("forget-faults").onclick = () => act(byId("fault-answer"), "Forgotten.", "DELETE", "faults");
  byId("reset").onclick = () => {
    if (confirm("Back to how the emulator started: state, faults, clock and requests?")) {
      act(byId("state-answer"), "Everything is as it was at the start.", "POST", "reset");
    }
  };
  byId("example").onclick = () => { byId("seed").value = pretty(EXAMPLE_SEED); };
  onSubmit("fault-form", () => act(byId("fault-answer"), "Set.", "POST", "faults", byId("rule").value));
  onSubmit("seed-form", () => act(byId("seed-answer"), "Seeded.", "POST", "seed", byId("seed").value));
  poll();
}

function onSubmit(id, action) {
  byId(id).onsubmit = (event) => {
    event.preventDefault();
    action();
  };
}

start();
