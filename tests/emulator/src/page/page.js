// The page of the emulator: which parts of it are seen, and the polling that keeps them up to date.

import * as connect from "./connect.js";
import { ask, byId, copyButton, say } from "./dom.js";
import * as request from "./request.js";
import * as requests from "./requests.js";
import * as rules from "./rules.js";
import * as state from "./state.js";

// --- which panels are seen ------------------------------------------------------------------------------------------

const PANELS = ["calls", "details", "state", "rules", "connect"];
const BROAD = matchMedia("(min-width: 60rem)"); // the calls stay beside another panel
const BROADER = matchMedia("(min-width: 106rem)"); // and so do the details

let view = "calls"; // the panel that was last asked for
let tool = "state"; // the last of those that never stay by themselves

function look(panel) {
  view = panel;
  if (PANELS.indexOf(panel) > 1) {
    tool = panel;
  }
  arrangePanels();
}

function arrangePanels() {
  const staying = PANELS.slice(0, BROADER.matches ? 2 : BROAD.matches ? 1 : 0);
  const current = staying.includes(view) ? tool : view;
  for (const panel of PANELS) {
    const stays = staying.includes(panel);
    byId(panel).hidden = !stays && panel !== current;
    const tab = byId(`show-${panel}`);
    tab.hidden = stays;
    tab.setAttribute("aria-current", panel === current);
  }
}

// --- keeping up -----------------------------------------------------------------------------------------------------

async function refresh() {
  await Promise.all([refreshRequests(), rules.refresh(), state.refresh().then(connect.update)]);
}

async function refreshRequests() {
  const changed = await requests.refresh();
  if (changed) {
    await request.refresh(changed);
  } else {
    request.close(); // the log is another one
  }
}

/** Does what a person asked for, says in `output` what came of it, and shows the change. */
async function act(output, done, method, resource, body) {
  try {
    await ask(method, resource, body);
    say(output, done, "good");
  } catch (problem) {
    say(output, problem.message, "bad");
  }
  await refresh().catch(showConnection);
}

function showConnection(problem) {
  const words = problem ? `no answer: ${problem.message}` : "live";
  if (byId("connection").textContent !== words) { // or it would be read out each second
    say(byId("connection"), words, problem ? "bad" : "good");
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

async function open(number) {
  look("details");
  await request.choose(number).catch(showConnection);
}

function start() {
  byId("address").textContent = location.origin;
  byId("address").after(copyButton(byId("address"), "the address"));
  byId("more-clients").before(copyButton(byId("hint"), "the variables"));
  PANELS.forEach((panel) => { byId(`show-${panel}`).onclick = () => look(panel); });
  byId("more-clients").onclick = () => look("connect");
  BROAD.onchange = BROADER.onchange = arrangePanels;
  onkeydown = (event) => {
    if (event.key === "Escape" && !byId("details-content").hidden) {
      byId("close-details").click();
    }
  };
  requests.start(open);
  request.start(() => look(BROAD.matches ? tool : "calls"));
  rules.start(act);
  state.start(act);
  byId("forget-requests").onclick = () => act(byId("state-answer"), "", "DELETE", "requests");
  arrangePanels();
  poll();
}

start();
