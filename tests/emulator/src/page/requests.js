// The list of calls, newest first, and its filter.

import { end, group, hasFailed, milliseconds, outcome, parametersOf, tookEffectUnseen } from "./calls.js";
import { arrange, ask, byId, dotted, element, span } from "./dom.js";

const SHOWN = 500; // as many as have details

const entries = new Map(); // by number, oldest first
const rows = new Map(); // by the number of a call's first attempt: its element, and what it shows
let calls = [];
let log; // which log the entries are of
let mark = 0; // how far it has been read
let chosen; // the number of the request whose details are shown
let open; // shows a request's details

export function start(showDetails) {
  open = showDetails;
  byId("filter").oninput = render;
  byId("kinds").onchange = render;
  byId("requests").onkeydown = moveFocus;
  byId("requests").addEventListener("focusin", (event) => makeReachable(event.target.closest(".call")));
}

/** Reads what is new, and gives the numbers of what has changed; undefined where the log is another one. */
export async function refresh() {
  let listed = await ask("GET", `requests?after=${mark}&limit=${SHOWN}`);
  const isAnother = listed.log !== log;
  if (isAnother) {
    entries.clear();
    rows.clear();
    listed = mark === 0 ? listed : await ask("GET", `requests?limit=${SHOWN}`);
  }
  ({ log, mark } = listed);
  if (isAnother || listed.requests.length > 0) {
    take(listed.requests);
    render();
  }
  return isAnother ? undefined : listed.requests.map((entry) => entry.number);
}

function take(changed) {
  changed.forEach((entry) => entries.set(entry.number, entry));
  const tooMany = entries.size - SHOWN;
  if (tooMany > 0) {
    [...entries.keys()].slice(0, tooMany).forEach((number) => entries.delete(number));
  }
  calls = group([...entries.values()].sort((one, other) => one.number - other.number));
}

/** All attempts of the call that a request belongs to. */
export const attemptsOf = (number) => calls.find((call) => call.some((entry) => entry.number === number)) ?? [];

export function markChosen(number) {
  chosen = number;
  render();
}

export function focusOn(number) {
  const first = attemptsOf(number)[0]?.number;
  rows.get(first)?.button.focus();
}

const KINDS = {
  all: () => true,
  failed: (call) => call.some(hasFailed),
  ruled: (call) => call.some((entry) => entry.fault || entry.canned),
};

function render() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = calls.filter((call) => words.every((word) => searched(call).includes(word)));
  for (const [kind, fits] of Object.entries(KINDS)) {
    byId(`${kind}-count`).textContent = found.filter(fits).length;
  }
  const kind = byId("kinds").querySelector(":checked").value;
  const shown = found.filter(KINDS[kind]).reverse();
  arrange(byId("requests"), shown.map(rowOf));
  [...rows.keys()].filter((number) => !entries.has(number)).forEach((number) => rows.delete(number));
  keepReachable();
  byId("no-requests").hidden = calls.length > 0;
  byId("no-match").hidden = calls.length === 0 || shown.length > 0;
  byId("cut").hidden = entries.size < SHOWN;
  byId("forget-requests").disabled = entries.size === 0;
}

function searched(call) {
  const texts = call.map((entry) => {
    const { number, action, status, access_key_id: key, method } = entry;
    const rule = [entry.fault && "fault", entry.canned && "canned"];
    return [number, action, status, key, method, outcome(entry).words, ...rule, ...parametersOf(entry).flat()].join(" ");
  });
  return texts.join(" ").toLowerCase();
}

// --- rows -----------------------------------------------------------------------------------------------------------

function rowOf(call) {
  const { number } = call[0];
  let row = rows.get(number);
  if (!row) {
    const button = element("button", { type: "button", className: "call", tabIndex: -1 });
    button.onclick = () => open(rows.get(number).last);
    row = { button, item: element("li", {}, button) };
    rows.set(number, row);
  }
  row.last = call.at(-1).number;
  const text = JSON.stringify(call);
  if (row.text !== text) {
    row.text = text;
    row.button.replaceChildren(...cells(call));
  }
  const isChosen = call.some((entry) => entry.number === chosen);
  row.button.setAttribute("aria-pressed", isChosen);
  return row.item;
}

function cells(call) {
  const entry = call.at(-1);
  const { className, words } = outcome(entry);
  const took = call.length === 1 ? entry.duration_ms : end(entry) - Date.parse(call[0].time);
  return [
    span(`status ${className}`, entry.status ?? (className === "waiting" ? "…" : "✕")),
    span("action", entry.action ?? entry.method),
    span("about", about(entry)),
    span("outcome", className !== "good" && span(`code ${className}`, words), ...badges(call)),
    span("took", entry.duration_ms === null ? "…" : milliseconds(took)),
    element("time", { title: entry.time }, call[0].time.slice(11, 23)),
  ];
}

function badges(call) {
  const applies = [
    [call.length > 1, "attempts", `${call.length} attempts`],
    [call.some((entry) => entry.fault), "rule", "fault"],
    [call.some(tookEffectUnseen), "effect", "took effect"],
  ];
  return applies.filter(([is]) => is).map(([, className, words]) => span(`badge ${className}`, words));
}

/** What a request is about. */
function about(entry) {
  const { RecordName: record, SiteName: site, Name: name } = entry.parameters;
  const subject = record ?? site ?? name;
  if (subject) {
    return dotted(subject.slice(0, 300));
  }
  return parametersOf(entry).map(([name, value]) => `${name}=${value}`).join(" ").slice(0, 200);
}

// --- keyboard -------------------------------------------------------------------------------------------------------

/** One of the rows can be reached by Tab: the last in focus, else the first. Arrows go from there to the others. */
function keepReachable() {
  if (!byId("requests").querySelector('.call[tabindex="0"]')) {
    makeReachable(byId("requests").firstElementChild?.firstChild);
  }
}

function makeReachable(button) {
  const before = byId("requests").querySelector('.call[tabindex="0"]');
  if (button && button !== before) {
    before?.setAttribute("tabindex", -1);
    button.tabIndex = 0;
  }
}

function moveFocus(event) {
  const item = event.target.closest("#requests > li");
  const target = {
    ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling,
    Home: item?.parentElement.firstElementChild, End: item?.parentElement.lastElementChild,
  }[event.key];
  if (target) {
    event.preventDefault();
    target.firstChild.focus();
  }
}
