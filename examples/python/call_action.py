"""call_action: creates an edge routine, uploads its code and publishes it, by actions without methods of their own.

Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN for temporary ones, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 published; 2 a wrong argument; 3 a step failed and has changed nothing; 4 unknown, the step may have been
carried out: read back before you try again; 130 ended by Ctrl-C.
"""

import argparse
import http.client
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from libesa import Client, EsaError, Outcome, Reply, Status


def main() -> int:
    arguments = parse_arguments()
    try:
        code = arguments.file.read_bytes()
    except OSError as error:
        print(f"call_action: {error}", file=sys.stderr)
        return 2
    try:
        with Client(user_agent="call_action/1.0") as client:
            publish(client, arguments.routine, code)
    except EsaError as error:
        return report("client", error)
    except (OSError, http.client.HTTPException) as error:
        print(f"error: the upload: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt as interrupt:
        if isinstance(interrupt.__cause__, EsaError):  # what the call did, where one was under way
            report("interrupted", interrupt.__cause__)
        return 130
    return 0


def publish(client: Client, routine: str, code: bytes) -> None:
    """Makes a routine that runs this code."""
    call(client, "CreateRoutine", {"Name": routine})
    print(f"created routine {routine}")
    upload(call(client, "GetRoutineStagingCodeUploadInfo", {"Name": routine})["OssPostConfig"], code)
    print(f"uploaded {len(code)} bytes of code")
    version = call(client, "CommitRoutineStagingCode", {"Name": routine})["CodeVersion"]
    call(client, "PublishRoutineCodeVersion", {"Name": routine, "Env": "production", "CodeVersion": version})
    print(f"published version {version}")


def call(client: Client, action: str, params: Mapping[str, object]) -> Reply:
    """Calls an action; ends the program where that fails."""
    try:
        return client.call(action, params)
    except EsaError as error:
        sys.exit(report(action, error))


def upload(form: Mapping[str, str], code: bytes) -> None:
    """Sends the code to Alibaba Cloud's object storage, by the form that the service has signed for it."""
    fields = {**form, "x-oss-security-token": form["XOssSecurityToken"]}
    del fields["XOssSecurityToken"], fields["Url"]
    boundary = uuid.uuid4().hex
    body = b""
    # The storage ignores what comes after the file.
    for name, value in [*fields.items(), ('file"; filename="index.js', code)]:
        content = value if isinstance(value, bytes) else value.encode()
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    with urlopen(Request(form["Url"], body, headers), timeout=60) as response:
        if response.status != 200:  # such as 203, where the service wasn't told of the upload
            raise URLError(f"HTTP {response.status}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("routine", metavar="ROUTINE", help="the name of the routine to create")
    parser.add_argument("file", metavar="FILE", type=Path, help="its code, in JavaScript")
    return parser.parse_args()


def report(what: str, error: EsaError) -> int:
    """Says what happened and what to do about it; the exit status for it."""
    code = error.code or f"ESA_ERR_{error.status.name}"
    print(f"error: {what}: {code}: {error.message}", file=sys.stderr)
    print(f"  advice: {error.advice}", file=sys.stderr)
    if error.outcome is Outcome.UNKNOWN:
        print("  outcome: unknown: it may have been carried out", file=sys.stderr)
        return 4
    return 2 if error.status is Status.INVALID_ARGUMENT else 3


if __name__ == "__main__":
    sys.exit(main())
