// The accounts: how they behave, and their sites, routines and records.

import { arrange, ask, byId, dotted, element, plural, show, span } from "./dom.js";
import { stringify } from "./json.js";

const SHOWN_RECORDS = 1000; // of an account, of those that fit the filter

/** Each sets a field of an account by a resource of the interface. Those with a unit have a number. */
const SWITCHES = [
  { name: "lock", field: "locked", resource: "lock", words: "Locked",
    help: "Every write is refused" },
  { name: "hold", field: "lock_hold_ms", resource: "delays", words: "Writes take time", unit: "ms", usual: 500,
    help: "Meanwhile others are refused: contention" },
  { name: "lag", field: "list_lag_seconds", resource: "delays", words: "The list lags", unit: "s", usual: 3,
    help: "Records are listed as they were" },
  { name: "late", field: "late_commit_seconds", resource: "delays", words: "Writes commit late", unit: "s", usual: 2,
    help: "They are answered InternalException first" },
];

/** What a write is answered while the account is locked or written to. */
const CONTENTION = ["UserOperationStatusIsLocked", "LockFailed", "Site.ServiceBusy", "TooManyRequests"];

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

const parts = new Map(); // what is shown of an account, by its id
let act;

export async function refresh() {
  const state = await ask("GET", "state");
  const known = new Set(state.accounts.map(({ id }) => id));
  [...parts.keys()].filter((id) => !known.has(id)).forEach((id) => parts.delete(id));
  arrange(byId("accounts"), state.accounts.map((account) => {
    const part = parts.get(account.id) ?? accountPart(account.id);
    parts.set(account.id, part);
    part.update(account);
    return part.place;
  }));
  return state;
}

function accountPart(id) {
  const switches = [...SWITCHES.map((what) => makeSwitch(id, what)), makeContention(id)];
  const title = element("h3", {});
  const sites = element("div", { className: "sites" });
  const table = element("table", { className: "records" });
  const filter = element("input", { type: "search", placeholder: "Filter", oninput: () => showRecords() });
  filter.setAttribute("aria-label", "Filter the records");
  const count = element("h4", {});
  const frame = element("div", { className: "frame fill", tabIndex: 0, role: "region", ariaLabel: "Records" }, table);
  const place = element("div", { className: "account" }, title,
    element("div", { className: "switches" }, ...switches.map((one) => one.place)),
    sites, element("div", { className: "title" }, count, filter), frame);
  let account;
  const showRecords = () => show(table, [account.routines, account.sites, filter.value], () => recordParts(account, filter.value));
  const update = (now) => {
    account = now;
    show(title, [now.overdue, now.activated], () => accountTitle(now));
    switches.forEach((one) => one.update(now));
    show(sites, now.sites, siteParts);
    count.textContent = plural(now.routines.flatMap((routine) => routine.related_records).length, "record");
    showRecords();
  };
  return { place, update };
}

function accountTitle({ id, overdue, activated }) {
  const badges = [[overdue, "overdue"], [!activated, "not activated"]].filter(([applies]) => applies);
  return [`Account ${id} `, ...badges.map(([, word]) => span("badge bad", word))];
}

// --- switches -------------------------------------------------------------------------------------------------------

function makeSwitch(account, { name, field, resource, words, help, unit, usual }) {
  const box = element("input", { type: "checkbox", id: `${name}-${account}` });
  box.setAttribute("role", "switch");
  const number = unit && element("input", { type: "number", id: `${name}-${account}-number`, min: 0, step: "any", value: usual });
  const set = (value) => act(byId("state-answer"), "", "POST", resource, stringify({ account, [field]: value }));
  box.onchange = () => set(unit ? (box.checked ? Number(number.value) || usual : 0) : box.checked);
  if (number) {
    number.setAttribute("aria-label", `${words}: ${unit}`);
    number.onchange = () => box.checked && number.value && set(Number(number.value));
  }
  const label = element("label", {}, box, span("words", words, element("small", {}, help)));
  const place = element("div", { className: "switch" }, label, number && span("amount", number, unit));
  const update = ({ [field]: value }) => {
    box.checked = Boolean(value);
    if (number && value && document.activeElement !== number) {
      number.value = value;
    }
  };
  return { place, update };
}

function makeContention(account) {
  const select = element("select", { id: `contention-${account}` }, ...CONTENTION.map((code) => element("option", {}, code)));
  select.onchange = () =>
    act(byId("state-answer"), "", "POST", "contention", stringify({ account, contention: select.value }));
  const words = span("words", "Refused with", element("small", {}, "What those writes are answered"));
  const place = element("div", { className: "switch" }, element("label", { htmlFor: select.id }, words), select);
  const update = ({ contention }) => { select.value = contention; };
  return { place, update };
}

// --- sites, routines, records ---------------------------------------------------------------------------------------

function siteParts(sites) {
  const line = ({ site_id: id, site_name: name, status, backend }) => element("li", {}, dotted(name), " ",
    span("soft id", id), ...[status, backend].filter((word) => !["active", "up"].includes(word))
      .flatMap((word) => [" ", span("badge bad", word)]));
  return [element("h4", {}, plural(sites.length, "site")), element("ul", { className: "frame" }, ...sites.map(line))];
}

function recordParts({ routines, sites }, filter) {
  const names = new Map(sites.map((site) => [site.site_id, site.site_name]));
  const wanted = filter.toLowerCase();
  let left = SHOWN_RECORDS;
  const bodies = routines.map((routine) => {
    const all = routine.related_records;
    const found = all.filter((record) => `${record.record_name} ${record.record_id}`.toLowerCase().includes(wanted));
    const shown = found.slice(0, left);
    left -= shown.length;
    const more = found.length - shown.length;
    return element("tbody", {}, routineRow(routine, found.length), ...shown.map((record) => recordRow(record, names)),
      more > 0 && element("tr", {}, element("td", { colSpan: 2, className: "soft" }, `and ${plural(more, "record")} more: use the filter`)));
  });
  const head = ["Record", "Id"].map((name) => element("th", { scope: "col" }, name));
  return [element("thead", {}, element("tr", {}, ...head)), ...bodies];
}

function routineRow({ name, state, related_records: all }, found) {
  const words = plural(all.length, "record");
  return element("tr", { className: "routine" }, element("th", { colSpan: 2, scope: "rowgroup" },
    span("name", name), " ", span("soft", found < all.length ? `${found} of ${words}` : words),
    state !== "ready" && " ", state !== "ready" && span("badge bad", state)));
}

/** The site is the end of the record's name. */
function recordRow({ record_name: name, site_id: site, record_id: id }, names) {
  const siteName = names.get(site);
  const isBelow = siteName && name.toLowerCase().endsWith(siteName.toLowerCase());
  const start = isBelow ? name.slice(0, name.length - siteName.length) : name;
  const end = isBelow ? dotted(name.slice(start.length)) : `site ${site}`;
  const shown = element("td", { className: "name" }, dotted(start), element("wbr"), !isBelow && " ", span("soft", end));
  return element("tr", {}, shown, element("td", { className: "id" }, id));
}

// --- seed -----------------------------------------------------------------------------------------------------------

export function start(action) {
  act = action;
  byId("example").onclick = () => { byId("seed").value = stringify(EXAMPLE_SEED, 2); };
  byId("seed-form").onsubmit = (event) => {
    event.preventDefault();
    act(byId("seed-answer"), "Seeded.", "POST", "seed", byId("seed").value);
  };
  byId("reset").onclick = () => {
    if (confirm("Back to how the emulator started: state, faults, canned replies, clock and requests?")) {
      act(byId("state-answer"), "Everything is as it was at the start.", "POST", "reset");
    }
  };
}
