// Which requests are attempts of one call, and how they went.

const PASSING = /Lock|Busy|Throttling|TooMany|Internal|Unavailable|Expired|NonceUsed/;
const LONGEST_WAIT = 30_000; // milliseconds between two attempts

/**
 * Puts entries, oldest first, together to calls: lists of attempts. No client says which requests belong together: a request is
 * taken for another attempt if it asks for the same soon after a failure that may pass.
 */
export function group(entries) {
  const calls = [];
  const latest = new Map(); // the last call that asks for this
  for (const entry of entries) {
    const asked = `${entry.action} ${JSON.stringify(entry.parameters)}`;
    const call = latest.get(asked);
    if (call && isFollowedBy(call.at(-1), entry)) {
      call.push(entry);
    } else {
      const begun = [entry];
      latest.set(asked, begun);
      calls.push(begun);
    }
  }
  return calls;
}

function isFollowedBy(entry, next) {
  return mayPass(entry) && Date.parse(next.time) - end(entry) < LONGEST_WAIT;
}

function mayPass({ status, fault, code }) {
  if (status === null) {
    return fault; // lost, and not just under way
  }
  return status >= 500 || status === 429 || (status >= 400 && (fault || PASSING.test(code)));
}

/** When it was answered, in milliseconds. */
export const end = (entry) => Date.parse(entry.time) + (entry.duration_ms ?? 0);

/** What became of a request as its client sees it, with a class for the colour. */
export function outcome({ verdict, status, code, fault, canned, duration_ms: duration }) {
  if (canned) {
    return { className: status >= 400 ? "bad" : "rule", words: code ?? "canned reply" };
  }
  if (status >= 400) {
    return { className: "bad", words: code ?? `HTTP ${status}` };
  }
  if (verdict && verdict !== "OK") {
    return { className: "bad", words: verdict };
  }
  if (status === null) {
    const words = fault && (duration !== null || verdict) ? "no answer" : "under way";
    return { className: words === "no answer" ? "bad" : "waiting", words };
  }
  if (verdict === null) {
    return { className: "waiting", words: "not judged yet" };
  }
  return { className: "good", words: "OK" };
}

export const hasFailed = (entry) => outcome(entry).className === "bad";

/** Whether its client can't know that it took effect. */
export const tookEffectUnseen = ({ executed, status }) => executed && (status === null || status >= 400);

/** The parameters, with nothing that gives access. */
export function parametersOf({ parameters }) {
  const hide = ([name, value]) => [name, /token|secret|cookie/i.test(name) ? "(hidden)" : value];
  return Object.entries(parameters).map(hide);
}

export function milliseconds(duration) {
  if (duration === null) {
    return "…";
  }
  if (duration >= 1000) {
    return `${(duration / 1000).toFixed(duration >= 10_000 ? 1 : 2)} s`;
  }
  return `${duration >= 100 ? duration.toFixed(0) : duration.toPrecision(2)} ms`;
}
