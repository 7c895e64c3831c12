// What a client signed beside what the server computed, line by line, to see where signatures part.

import { element } from "./dom.js";

const HIDDEN = "(hidden)"; // in the place of a token

/** Both sides of a signature: of the client what it signed if that is given, else what it sent. */
export function sides(entry, own) {
  const { computed } = entry.details;
  if (computed.canonical_request !== null) {
    const client = own ? own.trimEnd().split(/\r?\n/) : asSent(entry, true);
    return { kind: "canonical request", client, server: computed.canonical_request.split("\n") };
  }
  const client = own ? splitV1(own.trim()) : asSent(entry, false);
  return { kind: "string to sign", client, server: splitV1(computed.string_to_sign) };
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
export function same(left, right) {
  if (left === right || left === undefined || right === undefined || !right.includes(HIDDEN)) {
    return left === right;
  }
  const [start, end] = right.split(HIDDEN);
  return left.startsWith(start) && left.endsWith(end);
}

/** Pairs of lines: those of a longest common sequence beside each other, what lies between them as it comes. */
export function align(left, right) {
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

export function lineRow(left, right, marking) {
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
