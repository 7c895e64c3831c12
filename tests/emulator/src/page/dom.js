// Elements, and the emulator's interface. Names and texts come from requests: they get into the page as text only, never
// as markup.

import { parse } from "./json.js";

export const byId = (id) => document.getElementById(id);

/** Makes an element. Children that are no elements become text; what is false or null is left out. */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== false && child !== null && child !== undefined));
  return made;
}

export const span = (className, ...children) => element("span", { className }, ...children);

const LONG = 30; // characters of a label that some line may not have room for

/** A name that may go on in the next line behind a dot, and behind a hyphen of a long label. */
export function dotted(name) {
  const labels = String(name).split(/(?<=\.)/);
  const part = (label) => span(label.length > LONG ? "long" : "whole", label);
  return span("name", ...labels.flatMap((label, at) => at > 0 ? [element("wbr"), part(label)] : [part(label)]));
}

export const plural = (count, thing) => `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;

/** Makes the children of a parent the wanted ones, and touches only those that move: focus and scrolling stay. */
export function arrange(parent, wanted) {
  let place = parent.firstChild;
  for (const child of wanted) {
    if (child === place) {
      place = place.nextSibling;
    } else {
      parent.insertBefore(child, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

const shown = new WeakMap(); // what was last shown in an element

/** Shows in an element what is made of a value, if the value is a new one. */
export function show(place, value, make) {
  const text = JSON.stringify(value, (_, part) => typeof part === "bigint" ? String(part) : part);
  if (shown.get(place) !== text) {
    shown.set(place, text);
    place.replaceChildren(...make(value));
  }
}

/** Asks the emulator, and throws its own words where it refuses. */
export async function ask(method, resource, body) {
  const reply = await fetch(resource, { method, body, cache: "no-store" });
  const answer = parse(await reply.text());
  if (!reply.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

export function say(output, words, className) {
  output.textContent = words;
  output.className = className;
}

/** A button that copies the text of an element. */
export function copyButton(source, what) {
  // There is no clipboard where the page comes over plain http from another machine.
  const button = element("button", { type: "button", className: "copy", hidden: !navigator.clipboard }, "Copy");
  button.setAttribute("aria-label", `Copy ${what}`);
  button.onclick = async () => {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  };
  return button;
}
