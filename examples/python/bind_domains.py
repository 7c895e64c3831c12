"""Ties many domain names to a routine. Run again with the same names, it does what is left to do.

Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN for temporary ones, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 all names are tied; 2 a wrong argument; 3 some failed; 130 ended by Ctrl-C. Run it again for those that
are left.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from libesa import Client, Ensured, EsaError, Origin

BAR = 40
"""How wide the bar is on a terminal."""
LINE_EVERY = 100
"""After how many records there is a line elsewhere."""


def main() -> int:
    arguments = parse_arguments()
    try:
        names = read_names(arguments.file)
    except (OSError, UnicodeDecodeError) as error:
        print(f"bind_domains: {arguments.file}: {error}", file=sys.stderr)
        return 2
    ensured: list[Ensured] = []
    try:
        with Client() as client:
            for one in client.ensure_routine_related_records(
                name=arguments.routine, site_id=arguments.site_id, record_names=names
            ):
                ensured.append(one)
                show_progress(ensured, len(names))
    except EsaError as error:
        report("error", error)
        return 3
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            print(file=sys.stderr)
        report_failures(ensured)
        tied = len(ensured) - count_failed(ensured)
        print(f"interrupted: {tied} of {len(names)} are tied; run it again for the rest", file=sys.stderr)
        return 130
    report_failures(ensured)
    existing = sum(one.record.origin is Origin.EXISTING for one in ensured if one.record)
    failed = count_failed(ensured)
    created = len(ensured) - existing - failed
    print(f"{len(ensured)} names: {created} created, {existing} there already, {failed} failed")
    return 3 if failed else 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routine", metavar="NAME", required=True, help="the routine")
    parser.add_argument("--site-id", metavar="ID", type=int, help="the site; without it, each name's own site is found")
    parser.add_argument(
        "file", metavar="FILE", help="a name in each line; what follows a # is a comment; - for standard input"
    )
    return parser.parse_args()


def read_names(path: str) -> list[str]:
    """The names in a file, without comments and the blanks around."""
    if path == "-":
        return names_in(sys.stdin)
    return names_in(Path(path).read_text(encoding="utf-8").splitlines())


def names_in(lines: Iterable[str]) -> list[str]:
    names = (line.partition("#")[0].strip() for line in lines)
    return [name for name in names if name]


def count_failed(ensured: list[Ensured]) -> int:
    return sum(one.error is not None for one in ensured)


def show_progress(ensured: list[Ensured], count: int) -> None:
    done, failed = len(ensured), count_failed(ensured)
    if sys.stderr.isatty():
        bar = "#" * (done * BAR // count)
        end = "\n" if done == count else ""
        print(f"\r[{bar:.<{BAR}}] {done}/{count}, {failed} failed", end=end, file=sys.stderr, flush=True)
    elif done % LINE_EVERY == 0:
        print(f"{done} of {count}, {failed} failed", file=sys.stderr)


def report_failures(ensured: list[Ensured]) -> None:
    for one in ensured:
        if one.error:
            report(one.record_name, one.error)


def report(what: str, error: EsaError) -> None:
    """Says what went wrong with it."""
    code = error.code or f"ESA_ERR_{error.status.name}"
    print(f"{what}: {code}: {error.message}\n  advice: {error.advice}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
