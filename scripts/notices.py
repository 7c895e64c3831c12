"""Writes THIRD-PARTY-NOTICES: the licences of all that is linked into the library, and into the emulator, from the
crates' own sources.

Usage: notices.py write|check
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The packages that are shipped as binaries, and where the notices of each are.
NOTICES = {
    "libesa": ROOT / "THIRD-PARTY-NOTICES",
    "esa-emulator": ROOT / "tests" / "emulator" / "THIRD-PARTY-NOTICES",
}
FEATURES = {"libesa": "libesa/capi", "esa-emulator": ""}
CARGO = os.environ.get("CARGO", "cargo")
TARGET = "x86_64-unknown-linux-gnu"
# Code under these licences may be linked into any program that ships the notices. Another licence has to be reviewed.
ACCEPTED = {"Apache-2.0", "BSD-3-Clause", "CDLA-Permissive-2.0", "ISC", "MIT", "Unlicense"}
# If a crate offers several licences, the first of these counts. Also how crates name its file.
CHOSEN = {"Apache-2.0": "apache", "MIT": "mit"}
# How crates name the files with their licence, or with the licence of a part that they took from others.
LICENCE_FILE = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
HEAD = """{name} links the Rust standard library and the crates below. Each is named with its version and licence; the
texts that came with them follow, of licences that one may choose from the first, and a text that several crates share
once, under all of their names.

The Rust standard library: MIT OR Apache-2.0, https://www.rust-lang.org; share/doc/rust/COPYRIGHT-library.html of the
toolchain that it is built with tells what is in it.
"""


def linked(name: str) -> list[tuple[str, str]]:
    """Names and versions of the crates that are linked into a package, without those that only run while building."""
    command = [CARGO, "tree", "--locked", "--package", name, "--features", FEATURES[name], "--target", TARGET]
    command += ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    crates = {tuple(line.split()[:2]) for line in output.splitlines() if line}
    return sorted((crate, version.removeprefix("v")) for crate, version in crates if crate != name)


def packages() -> dict[tuple[str, str], dict[str, str]]:
    """The metadata of every crate that could be linked."""
    command = [CARGO, "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {(package["name"], package["version"]): package for package in json.loads(output)["packages"]}


def texts(package: dict[str, str]) -> list[str]:
    name, licence = f"{package['name']} {package['version']}", (package["license"] or "").replace("/", " OR ")
    # An exception only permits more.
    licence = licence.replace(" WITH LLVM-exception", "")
    if not licence or set(re.findall(r"[\w.-]+", licence)) - {"AND", "OR"} - ACCEPTED:
        sys.exit(f"{name}: its licence {licence!r} has to be looked at; scripts/notices.py has those that were")
    directory = Path(package["manifest_path"]).parent
    files = sorted(file for file in directory.rglob("*") if file.is_file() and LICENCE_FILE.match(file.name))
    if "AND" not in licence:
        for identifier, word in CHOSEN.items():
            chosen = [file for file in files if file.parent == directory and word in file.name.lower()]
            if identifier in licence.split() and chosen:
                files = chosen + [file for file in files if file.name.lower().startswith("notice")]
                break
    if not files and "Apache-2.0" in licence.split():
        # The licence of this repository is the same text.
        files = [ROOT / "LICENSE"]
    if not files:
        sys.exit(f"{name}: there is no text of its licence in {directory}")
    return [
        "\n".join(line.rstrip() for line in file.read_text("utf-8", "replace").splitlines()).strip("\n")
        for file in files
    ]


def notices(package_name: str) -> str:
    known = packages()
    table: list[str] = []
    users: dict[str, list[str]] = {}
    shown: dict[str, str] = {}
    for name, version in linked(package_name):
        package = known[name, version]
        table.append(
            f"{name} {version}: {package['license'] or 'see its text'}, {package['repository'] or ''}".rstrip(", ")
        )
        for text in texts(package):
            # Copies of a text differ in white space, and in whether they explain how to apply it.
            words = " ".join(text.partition("APPENDIX: How to apply")[0].split())
            shown.setdefault(words, text)
            users.setdefault(words, []).append(f"{name} {version}")
    parts = [HEAD.format(name=package_name), "\n".join(table) + "\n"]
    for words, names in users.items():
        parts.append("-" * 80 + "\n" + "\n".join(dict.fromkeys(names)) + "\n\n" + shown[words] + "\n")
    return "\n".join(parts)


def main() -> None:
    if sys.argv[1:] not in (["write"], ["check"]):
        sys.exit(__doc__)
    for name, file in NOTICES.items():
        if sys.argv[1:] == ["write"]:
            file.write_text(notices(name))
        elif not file.exists() or file.read_text() != notices(name):
            sys.exit(f"{file.relative_to(ROOT)} isn't that of Cargo.lock: `make notices` writes it")


if __name__ == "__main__":
    main()
