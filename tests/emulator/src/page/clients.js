// How each official client is pointed at the emulator.

/** The clients, each with what to give it for an emulator at this address. */
export function clients({ protocol, host }) {
  const scheme = protocol.replace(":", "");
  const region = "cn-hangzhou";
  return {
    "Python: alibabacloud_esa20240910": `Config(endpoint="${host}", protocol="${scheme}", …)`,
    "Python: aliyun-python-sdk-core": `request.set_domain("${host}"); request.set_protocol_type("${scheme}")`,
    "Go: esa-20240910": `openapi.Config{Endpoint: tea.String("${host}"), Protocol: tea.String("${scheme}"), …}`,
    "Go: alibaba-cloud-sdk-go": `request.Domain = "${host}"; request.Scheme = "${scheme}"`,
    "Node.js: @alicloud/esa20240910": `new Config({ endpoint: "${host}", protocol: "${scheme}", … })`,
    "Node.js: @alicloud/pop-core": `new RPCClient({ endpoint: "${scheme}://${host}", apiVersion: "2024-09-10", … })`,
    "Java: com.aliyun:esa20240910": `new Config().setEndpoint("${host}").setProtocol("${scheme}")`,
    "Java: com.aliyun:alibabacloud-esa20240910":
      `ClientOverrideConfiguration.create().setEndpointOverride("${host}").setProtocol("${scheme.toUpperCase()}")`,
    "aliyun-cli": `aliyun esa ListSites --region ${region} --endpoint ${host}${scheme === "http" ? " --insecure" : ""}`,
    "esa-cli": scheme === "http"
      ? "speaks https alone: start the emulator with --tls"
      : `CUSTOM_ENDPOINT=${host} NODE_EXTRA_CA_CERTS=ca.pem esa-cli site list`,
    Terraform: [
      'provider "alicloud" {',
      `  region       = "${region}"`,
      '  account_type = "Domestic"',
      `  protocol     = "${scheme.toUpperCase()}"`,
      `  endpoints { esa = "${host}" }`,
      "}",
    ].join("\n"),
  };
}
