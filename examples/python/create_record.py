"""Creates a record on a site and ties it to a routine.

Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN for temporary ones, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 created; 2 a wrong argument; 3 the service refused, nothing has changed; 4 the outcome is unknown, look
whether the record is there before you try again; 5 nothing was sent (network, credentials, configuration); 130 ended
by Ctrl-C, where the last line tells the outcome.
"""

import argparse
import sys

from libesa import Client, EsaError, Outcome, Status

OUTCOMES = {
    Outcome.NOT_SENT: "nothing was sent",
    Outcome.REFUSED: "the service refused",
    Outcome.UNKNOWN: "unknown: the record may exist",
}


def main() -> int:
    arguments = parse_arguments()
    try:
        with Client(timeout=arguments.timeout) as client:
            record = client.create_routine_related_record(
                name=arguments.routine, site_id=arguments.site_id, record_name=arguments.record_name
            )
    except EsaError as error:
        report(error)
        return exit_status(error)
    except KeyboardInterrupt as interrupt:
        if isinstance(interrupt.__cause__, EsaError):  # what the call did, where one was under way
            report(interrupt.__cause__)
        else:
            print("error: interrupted\n  outcome: unknown: the record may exist", file=sys.stderr)
        return 130
    print(f"created record {record.record_id or 0} for {arguments.record_name} (request {record.request_id})")
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("routine", metavar="ROUTINE", help="the routine's name")
    parser.add_argument("site_id", metavar="SITE_ID", type=int, help="the site's id")
    parser.add_argument("record_name", metavar="RECORD_NAME", help="the record's name, a domain name on the site")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, help="how long it may take; 30 by default")
    return parser.parse_args()


def report(error: EsaError) -> None:
    print(f"error: {error.code or f'ESA_ERR_{error.status.name}'}: {error.message}", file=sys.stderr)
    print(f"  advice: {error.advice}", file=sys.stderr)
    if error.request_id:
        print(f"  request id: {error.request_id}", file=sys.stderr)
    print(f"  outcome: {OUTCOMES.get(error.outcome, error.outcome.name)}", file=sys.stderr)


def exit_status(error: EsaError) -> int:
    if error.status is Status.INVALID_ARGUMENT:
        return 2
    return {Outcome.NOT_SENT: 5, Outcome.REFUSED: 3}.get(error.outcome, 4)


if __name__ == "__main__":
    sys.exit(main())
