// What to give a program so that it talks to this emulator.

import { clients } from "./clients.js";
import { byId, copyButton, element, show, span } from "./dom.js";

const WELL_KNOWN = "EsaEmulatorKeySecret";

const variables = ({ id, secret }) => [
  `ESA_ENDPOINT=${location.origin}`,
  // Terraform's too, which wants no scheme there. It reads this one first.
  `ALIBABA_CLOUD_ENDPOINT_ESA=${location.host}`,
  `ALIBABA_CLOUD_ACCESS_KEY_ID=${id}`,
  `ALIBABA_CLOUD_ACCESS_KEY_SECRET=${secret}`,
];

/** Shows no secret but the one that everybody knows. */
export function update(state) {
  const keys = state.accounts.flatMap((account) => account.users).flatMap((user) => user.keys);
  const known = keys.find((key) => key.access_key_secret === WELL_KNOWN);
  const key = { id: (known ?? keys[0])?.access_key_id ?? "…", secret: known ? WELL_KNOWN : "…" };
  byId("hint").textContent = variables(key).join("\n");
  show(byId("clients"), key, () => Object.entries({ "libesa: environment": variables(key), ...clients(location, key) })
    .map(clientPart));
}

function clientPart([name, lines]) {
  const text = element("pre", { tabIndex: 0, ariaLabel: name }, lines.join("\n"));
  const [language, product] = name.split(": ");
  return element("li", {}, element("p", { className: "title" },
    element("span", {}, element("strong", {}, language), " ", span("soft", product ?? "")),
    copyButton(text, `what is given to ${name}`)), text);
}
