"""Makes the files of a release below target/release-files, and prints what is left to do by hand.

Usage: python scripts/release [--draft] [--into DIRECTORY] [TRIPLE ...]

Without a target: all of them. --draft: the changelog need not have the version's entry yet, and what is not committed
is packed as well. The same commit gives the same bytes, in whatever directory.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import versions
from archives import STAGE_ALONE, write_tar, write_zip
from sbom import write_sbom
from targets import TARGETS, Target
from versions import ROOT

# The compiler is a part of what is released.
RUST = "1.95.0"
TOOLS = ROOT / "target" / "tools"
PYTHON = TOOLS / "release" / "bin" / "python"
MODULE = "github.com/libesa/libesa/bindings/go"


def main() -> None:
    """Makes them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draft", action="store_true")
    parser.add_argument("--into", type=Path, default=ROOT / "target" / "release-files")
    parser.add_argument("triples", nargs="*")
    options = parser.parse_args()
    told = versions.differing() + ([] if options.draft else versions.unfinished() + not_committed())
    if told:
        sys.exit("\n".join(told))
    targets = [target for target in TARGETS if not options.triples or target.triple in options.triples]
    if len(targets) < len(options.triples):
        sys.exit(f"the targets are {', '.join(target.triple for target in TARGETS)}")
    install_rust(targets)
    files: Path = options.into.absolute()
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir(parents=True)
    version, environment = versions.version(), surroundings()
    for target in targets:
        # What was built by hand, with other variables, would stay.
        shutil.rmtree(target.stage, ignore_errors=True)
        run("make", "stage", "stage-emulator", f"TRIPLE={target.triple}", "ZIG=1", **environment)
        for package, directory in (("libesa", target.stage), ("esa-emulator", target.emulator)):
            name = f"{package}-{version}-{target.triple}"
            write_tar(files / f"{name}.tar.gz", directory, name, int(environment["SOURCE_DATE_EPOCH"]))
        make_wheels(target, files, environment)
    make_sources(files, environment)
    make_go_module(targets, files, version)
    write_sbom(files / f"libesa-{version}.cdx.json", "libesa", version)
    write_sbom(files / f"esa-emulator-{version}.cdx.json", "esa-emulator", version)
    refuse_paths(targets)
    write_sums(files)
    print(
        f"{files} has the release. The tags to make: v{version} and bindings/go/v{version}. The commit of the latter is"
    )
    print("on no branch, and has bindings/go/lib/*/esa.h and libesa.a as well: `git add --force` takes them.")


def not_committed() -> list[str]:
    """That files of the tree aren't those of the commit that a release is named after."""
    changed = output("git", "status", "--porcelain")
    if not changed:
        return []
    return [f"these files aren't committed; commit them, or try with `make release DRAFT=1`:\n{changed}"]


def surroundings() -> dict[str, str]:
    """The variables that builds have: no path of this machine gets into what is built, and its time is the commit's."""
    rust, cargo = TOOLS / "rustup", os.environ.get("CARGO_HOME", str(Path.home() / ".cargo"))
    renamed = {str(ROOT): "/libesa", cargo: "/cargo", str(rust): "/rustup"}
    return {
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        "RUSTUP_HOME": str(rust),
        "RUSTUP_TOOLCHAIN": RUST,
        # The prebuilt standard library prints backtraces: an eighth of the shared library, which has no names to print.
        # Only an unstable option of the compiler leaves them out.
        "RUSTC_BOOTSTRAP": "1",
        "CARGO_UNSTABLE_BUILD_STD": "std,panic_unwind",
        "CARGO_UNSTABLE_BUILD_STD_FEATURES": "",
        # Other checks don't see the warnings that one target alone has.
        "RUSTFLAGS": "-Dwarnings " + " ".join(f"--remap-path-prefix={path}={name}" for path, name in renamed.items()),
        "CFLAGS": " ".join(f"-ffile-prefix-map={path}={name}" for path, name in renamed.items()),
        "SOURCE_DATE_EPOCH": output("git", "log", "-1", "--format=%ct"),
    }


def install_rust(targets: list[Target]) -> None:
    """The compiler, and each target's standard library: scripts/can-build and static programs for musl want it."""
    run(str(ROOT / "scripts" / "toolchain"), RUST, *(target.triple for target in targets))


def make_wheels(target: Target, files: Path, environment: dict[str, str]) -> None:
    """Python's wheels: with the library, and with the emulator."""
    library = next(path for path in (target.stage / "lib").iterdir() if path.name in ("libesa.so", "libesa.dylib"))
    emulator = target.emulator / "esa-emulator"
    variables = {**environment, "CARGO_BUILD_TARGET": target.triple}
    make_wheel("python", target, files, {**variables, "LIBESA_PREBUILT": str(library)})
    make_wheel("python-emulator", target, files, {**variables, "ESA_EMULATOR_PREBUILT": str(emulator)})


def make_wheel(package: str, target: Target, files: Path, variables: dict[str, str]) -> None:
    """One of Python's wheels, which auditwheel has to call one for the target's policy."""
    built = ROOT / "target" / "wheels" / target.triple / package
    shutil.rmtree(built, ignore_errors=True)
    hatch("wheel", package, built, variables)
    wheel = next(built.glob("*.whl"))
    if target.policy:
        # It takes by name those policies alone that are this machine's.
        options = ("--plat", "auto", "--wheel-dir", str(built / "repaired"))
        run(str(PYTHON), "-m", "auditwheel", "repair", *options, str(wheel), **variables)
        wheel = next((built / "repaired").glob("*.whl"))
        if target.policy not in wheel.name:
            sys.exit(f"{wheel.name}: auditwheel doesn't call it {target.policy}")
    shutil.copy(wheel, files)


def make_sources(files: Path, environment: dict[str, str]) -> None:
    """Python's source distributions, and the crate."""
    for package in ("python", "python-emulator"):
        hatch("sdist", package, files, environment)
    built = ROOT / "target" / "crate"
    variables = {**environment, "CARGO_TARGET_DIR": str(built)}
    run("cargo", "package", "--locked", "--no-verify", "--allow-dirty", "--quiet", "--package", "libesa", **variables)
    shutil.copy(built / "package" / f"libesa-{versions.version()}.crate", files)


def hatch(kind: str, package: str, into: Path, variables: dict[str, str]) -> None:
    """Builds a distribution of one of Python's packages."""
    command = (str(PYTHON), "-m", "hatchling", "build", "-t", kind, "-d", str(into))
    run(*command, cwd=ROOT / "bindings" / package, **variables)


def make_go_module(targets: list[Target], files: Path, version: str) -> None:
    """Go's module with the archives inside, as a module proxy has it: `GOPROXY=file://…/go` serves it."""
    source, prefix = ROOT / "bindings" / "go", f"{MODULE}@v{version}"
    tracked = output("git", "ls-files", "--cached", "--others", "--exclude-standard", "bindings/go").splitlines()
    content = {f"{prefix}/{Path(name).relative_to('bindings/go')}": ROOT / name for name in tracked}
    content[f"{prefix}/LICENSE"] = ROOT / "LICENSE"
    for target in targets:
        for name in ("esa.h", "libesa.a"):
            built = target.stage / ("include" if name == "esa.h" else "lib") / name
            content[f"{prefix}/lib/{target.go}/{name}"] = built
    proxy = files / "go" / MODULE / "@v"
    proxy.mkdir(parents=True)
    write_zip(proxy / f"v{version}.zip", content)
    shutil.copy(source / "go.mod", proxy / f"v{version}.mod")
    (proxy / f"v{version}.info").write_text(f'{{"Version":"v{version}"}}\n')
    (proxy / "list").write_text(f"v{version}\n")


def refuse_paths(targets: list[Target]) -> None:
    """Fails where what was built names a directory of this machine."""
    packed = [directory for target in targets for directory in (target.stage, target.emulator)]
    names = [str(ROOT).encode(), str(Path.home()).encode() + b"/"]
    built = [path for directory in packed for path in directory.rglob("*") if path.is_file()]
    for path in sorted(path for path in built if path.name not in STAGE_ALONE):
        named = [name.decode() for name in names if name in path.read_bytes()]
        if named:
            sys.exit(f"{path} names {named[0]}")


def write_sums(files: Path) -> None:
    """SHA256SUMS, which `sha256sum --check` reads."""
    listed = sorted(path for path in files.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(files)}\n" for path in listed]
    (files / "SHA256SUMS").write_text("".join(lines))


def run(*command: str, cwd: Path = ROOT, **variables: str) -> None:
    """Runs a command; one that fails ends the release."""
    print("$", " ".join(command), flush=True)
    if subprocess.run(command, cwd=cwd, env={**os.environ, **variables}, check=False).returncode:
        sys.exit(f"{command[0]} failed, see above")


def output(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
