// How each client is pointed at this emulator.

import { byId, copyButton, element, show } from "./dom.js";

const WELL_KNOWN = "EsaEmulatorKeySecret";

/** The client, where its words go, and the words. */
const clients = ({ host, protocol, id, secret }) => [
  ["libesa", "environment", [
    `ESA_ENDPOINT=${protocol}://${host}`,
    `ALIBABA_CLOUD_ACCESS_KEY_ID=${id}`,
    `ALIBABA_CLOUD_ACCESS_KEY_SECRET=${secret}`,
  ]],
  ["Python", "alibabacloud_esa20240910", [`Config(endpoint="${host}", protocol="${protocol}",`,
    `       access_key_id="${id}",`, `       access_key_secret="${secret}")`]],
  ["Python", "aliyun-python-sdk-core", [`request.set_domain("${host}")`, `request.set_protocol_type("${protocol}")`]],
  ["Go", "esa-20240910", ["openapi.Config{", `    Endpoint: tea.String("${host}"),`, `    Protocol: tea.String("${protocol}"),`,
    `    AccessKeyId: tea.String("${id}"),`, `    AccessKeySecret: tea.String("${secret}"),`, "}"]],
  ["Go", "alibaba-cloud-sdk-go", [`request.Domain = "${host}"`, `request.Scheme = "${protocol}"`]],
  ["Node.js", "@alicloud/esa20240910", [`new Config({ endpoint: "${host}", protocol: "${protocol}",`,
    `             accessKeyId: "${id}",`, `             accessKeySecret: "${secret}" })`]],
  ["Node.js", "@alicloud/pop-core", [`new RPCClient({ endpoint: "${protocol}://${host}", apiVersion: "2024-09-10",`,
    `                accessKeyId: "${id}",`, `                accessKeySecret: "${secret}" })`]],
  ["Java", "com.aliyun:esa20240910", ["new Config()", `    .setEndpoint("${host}").setProtocol("${protocol}")`,
    `    .setAccessKeyId("${id}")`, `    .setAccessKeySecret("${secret}")`]],
  ["Java", "com.aliyun:alibabacloud-esa20240910", ["ClientOverrideConfiguration.create()",
    `    .setEndpointOverride("${host}")`, `    .setProtocol("${protocol.toUpperCase()}")`]],
  ["aliyun-cli", "command line", [`aliyun esa ListSites --region cn-hangzhou \\`,
    `    --endpoint ${host} ${protocol === "http" ? "--insecure" : ""} \\`,
    `    --access-key-id ${id} \\`, `    --access-key-secret ${secret}`]],
  ["esa-cli", "environment; it speaks https alone: start the emulator with --tls --tls-dir DIR", [
    `CUSTOM_ENDPOINT=${host}`, "NODE_EXTRA_CA_CERTS=DIR/ca.pem"]],
  ["Terraform", "provider alicloud; without account_type it asks another service", [
    'provider "alicloud" {', `  endpoints { esa = "${host}" }`, `  protocol     = "${protocol.toUpperCase()}"`,
    '  account_type = "Domestic"', '  region       = "cn-hangzhou"', `  access_key   = "${id}"`, `  secret_key   = "${secret}"`, "}"]],
];

/** Shows no secret but the one that everybody knows. */
export function update(state) {
  const keys = state.accounts.flatMap((account) => account.users).flatMap((user) => user.keys);
  const known = keys.find((key) => key.access_key_secret === WELL_KNOWN);
  const id = (known ?? keys[0])?.access_key_id ?? "…";
  const secret = known ? WELL_KNOWN : "…";
  const protocol = location.protocol.slice(0, -1);
  const words = clients({ host: location.host, protocol, id, secret });
  byId("hint").textContent = words[0][2].join("\n");
  show(byId("clients"), words, () => words.map(clientPart));
}

function clientPart([client, where, lines]) {
  const text = element("pre", { tabIndex: 0 }, lines.join("\n"));
  text.setAttribute("aria-label", `${client}: ${where}`);
  return element("li", {}, element("p", { className: "title" },
    element("span", {}, element("strong", {}, client), " ", element("span", { className: "soft" }, where)),
    copyButton(text, `what ${client} needs`)), text);
}
