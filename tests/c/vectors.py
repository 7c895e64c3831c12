"""Writes the JSON table of cases as a C header: vectors.py CASES.json HEADER.h"""

import json
import sys
from pathlib import Path

FAILURE = {
    "status",
    "outcome",
    "service_code",
    "code",
    "http_status",
    "retryable",
    "attempts",
    "retry_after_ms",
    "message",
    "request_id",
    "recommend",
    "access_denied_detail",
}
SUCCESS = {"status", "record_id", "origin", "service_status", "request_id", "attempts"}
CASE = {"case", "credentials", "operation", "signature_version", "timeout_ms", "max_attempts", "request", "expect"}
OPERATIONS = ("create", "ensure")

HEAD = """\
/* Made by vectors.py. "*" stands for anything that isn't empty; a record_id of -1 for 1 or more. */
#include <esa.h>

typedef struct vector {
    const char *name, *access_key_id, *access_key_secret, *token;
    int ensures;                                          /* or else creates */
    uint32_t signature_version, timeout_ms, max_attempts; /* 0: the default */
    int64_t site_id;
    const char *routine, *record_name;
    esa_status status;
    uint32_t attempts;
    const char *request_id;
    int64_t record_id;
    int32_t origin;
    const char *service_status;
    int32_t outcome, service_code, http_status, retryable;
    uint32_t retry_after_ms;
    const char *code, *message, *recommend, *access_denied_detail;
} vector;

"""

ARRAY = "static const vector VECTORS[] = {\n"


def c_string(text):
    if text is None:
        return "NULL"

    def plain(byte):
        return 0x20 <= byte < 0x7F and chr(byte) not in '"\\?'

    return '"' + "".join(chr(byte) if plain(byte) else f"\\{byte:03o}" for byte in text.encode()) + '"'


def c_int64(number):
    return "INT64_MIN" if number == -(2**63) else f"INT64_C({number})"


def row(case, credentials):
    expect = case["expect"]
    succeeds = expect["status"] == "ESA_OK"
    problems = set(expect) ^ (SUCCESS if succeeds else FAILURE)
    problems |= set(case) - CASE
    problems |= {case.get("operation", "create")} - set(OPERATIONS)
    problems |= set(case["request"]) ^ {"site_id", "name", "record_name"}
    if problems:
        sys.exit(f"{case['case']}: missing or unknown: {', '.join(sorted(problems))}")
    key = credentials[case["credentials"]]
    fields = {
        "name": c_string(case["case"]),
        "access_key_id": c_string(key[0]),
        "access_key_secret": c_string(key[1]),
        "token": c_string(key[2]),
        "ensures": int(case.get("operation") == "ensure"),
        "signature_version": case.get("signature_version", 0),
        "timeout_ms": case.get("timeout_ms", 0),
        "max_attempts": case.get("max_attempts", 0),
        "site_id": c_int64(case["request"]["site_id"]),
        "routine": c_string(case["request"]["name"]),
        "record_name": c_string(case["request"]["record_name"]),
        "status": expect["status"],
        "attempts": expect["attempts"],
        "request_id": c_string(expect["request_id"]),
    }
    if succeeds:
        fields["record_id"] = c_int64(-1 if expect["record_id"] == "*" else expect["record_id"])
        fields["origin"] = expect["origin"]
        fields["service_status"] = c_string(expect["service_status"])
    else:
        for name in ("outcome", "service_code", "http_status", "retry_after_ms"):
            fields[name] = expect[name]
        fields["retryable"] = int(expect["retryable"])
        for name in ("code", "message", "recommend", "access_denied_detail"):
            fields[name] = c_string(expect[name])
    return "    {" + ", ".join(f".{name} = {value}" for name, value in fields.items()) + "},\n"


def main(table_path, header_path):
    table = json.loads(Path(table_path).read_text(encoding="utf-8"))
    rows = [row(case, table["credentials"]) for case in table["cases"]]
    horizon = f"enum {{ RECONCILE_HORIZON_MS = {table['reconcile_horizon_ms']} }};\n\n"
    Path(header_path).write_text("".join([HEAD, horizon, ARRAY, *rows, "};\n"]), encoding="ascii")


main(*sys.argv[1:])
