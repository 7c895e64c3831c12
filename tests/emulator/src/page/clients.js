// How each official client is pointed at the emulator.

/** The clients, each with what to give it for an emulator at this address, in lines. */
export function clients({ protocol, host }, { id, secret }) {
  const scheme = protocol.replace(":", "");
  const isPlain = scheme === "http";
  return {
    "Python: alibabacloud_esa20240910": [
      `Config(endpoint="${host}", protocol="${scheme}",`,
      `       access_key_id="${id}",`,
      `       access_key_secret="${secret}")`,
    ],
    "Python: aliyun-python-sdk-core": [`request.set_domain("${host}")`, `request.set_protocol_type("${scheme}")`],
    "Go: esa-20240910": [
      "openapi.Config{",
      `    Endpoint: tea.String("${host}"),`,
      `    Protocol: tea.String("${scheme}"),`,
      `    AccessKeyId: tea.String("${id}"),`,
      `    AccessKeySecret: tea.String("${secret}"),`,
      "}",
    ],
    "Go: alibaba-cloud-sdk-go": [`request.Domain = "${host}"`, `request.Scheme = "${scheme}"`],
    "Node.js: @alicloud/esa20240910": [
      "new Config({",
      `  endpoint: "${host}", protocol: "${scheme}",`,
      `  accessKeyId: "${id}",`,
      `  accessKeySecret: "${secret}",`,
      "})",
    ],
    "Node.js: @alicloud/pop-core": [
      "new RPCClient({",
      `  endpoint: "${scheme}://${host}", apiVersion: "2024-09-10",`,
      `  accessKeyId: "${id}",`,
      `  accessKeySecret: "${secret}",`,
      "})",
    ],
    "Java: com.aliyun:esa20240910": [
      "new Config()",
      `    .setEndpoint("${host}").setProtocol("${scheme}")`,
      `    .setAccessKeyId("${id}")`,
      `    .setAccessKeySecret("${secret}")`,
    ],
    "Java: com.aliyun:alibabacloud-esa20240910": [
      "ClientOverrideConfiguration.create()",
      `    .setEndpointOverride("${host}")`,
      `    .setProtocol("${scheme.toUpperCase()}")`,
    ],
    "aliyun-cli": [
      `aliyun esa ListSites --region cn-hangzhou \\`,
      `    --endpoint ${host}${isPlain ? " --insecure" : ""} \\`,
      `    --access-key-id ${id} --access-key-secret ${secret}`,
    ],
    "esa-cli": isPlain
      ? [`# It speaks https alone: start the emulator with --tls --tls-dir DIR.`]
      : [`export CUSTOM_ENDPOINT=${host}`, "export NODE_EXTRA_CA_CERTS=ca.pem", "esa-cli login"],
    Terraform: [
      'provider "alicloud" {',
      '  region       = "cn-hangzhou"',
      '  account_type = "Domestic"',
      `  protocol     = "${scheme.toUpperCase()}"`,
      `  access_key   = "${id}"`,
      `  secret_key   = "${secret}"`,
      `  endpoints { esa = "${host}" }`,
      "}",
    ],
  };
}
