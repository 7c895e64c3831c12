"""Programs for other targets are linked with a release's files by zig, and make records here or by emulation (qemu).

Programs for macOS don't run: those in C are linked, and Go's package is built.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from libesa.emulator import Emulator
from released import FILES, ROOT, TOOLS, need, released, run

CONSUMER = ROOT / "tests" / "consumers" / "consumer.c"
GO_PROGRAM = ROOT / "examples" / "go" / "create_record" / "main.go"
GO = os.environ.get("GO", "go")


@dataclass(frozen=True)
class Target:
    """A target by Rust's name, with zig's and Go's."""

    triple: str
    zig: str
    go: tuple[str, str]

    @property
    def machine(self) -> str:
        return self.triple.partition("-")[0]

    @property
    def musl(self) -> bool:
        return self.triple.endswith("musl")

    @property
    def runs(self) -> bool:
        """Whether a program for it runs here, maybe by emulation."""
        return "linux" in self.triple

    def zig_cc(self) -> list[str]:
        # With optimisation: zig's programs without it need symbols of the newest libc.
        return [str(TOOLS / "python"), "-m", "ziglang", "cc", "-target", self.zig, "-O2"]


TARGETS = (
    Target("aarch64-unknown-linux-gnu", "aarch64-linux-gnu.2.17", ("linux", "arm64")),
    Target("x86_64-unknown-linux-musl", "x86_64-linux-musl", ("linux", "amd64")),
    Target("aarch64-unknown-linux-musl", "aarch64-linux-musl", ("linux", "arm64")),
    Target("x86_64-apple-darwin", "x86_64-macos", ("darwin", "amd64")),
    Target("aarch64-apple-darwin", "aarch64-macos", ("darwin", "arm64")),
)


def c_shared(target: Target, prefix: Path) -> list[str | Path]:
    """A program in C with the shared library."""
    dynamic = ["-dynamic"] if target.musl else []
    return compiled(target, prefix, *dynamic, f"-L{prefix}/lib", "-lesa")


def c_archive(target: Target, prefix: Path) -> list[str | Path]:
    """A program in C with the static archive; for musl, it is static."""
    static = ["-static"] if target.musl else []
    return compiled(target, prefix, *static, f"{prefix}/lib/libesa.a", "-lunwind")


def compiled(target: Target, prefix: Path, *linked: str) -> list[str | Path]:
    program = prefix / "consumer"
    run(*target.zig_cc(), "-std=c99", f"-I{prefix}/include", CONSUMER, "-o", program, *linked)
    return [program]


def go(target: Target, prefix: Path) -> list[str | Path]:
    """A program in Go; for musl, it is static. `go get` takes the module, from a proxy made of files."""
    need(GO)
    module = prefix / "go"
    module.mkdir()
    shutil.copy(GO_PROGRAM, module)
    system, architecture = target.go
    environment = {
        "CC": shlex.join(target.zig_cc()),
        "CGO_ENABLED": "1",
        "CGO_LDFLAGS": "-O2 -g -lunwind",
        "GOARCH": architecture,
        "GOFLAGS": "-modcacherw",
        "GOMODCACHE": str(prefix / "modules"),
        "GONOSUMDB": "*",
        "GOOS": system,
        "GOPROXY": f"file://{FILES}/go",
        "GOTOOLCHAIN": "local",
    }
    run(GO, "mod", "init", "example.com/program", cwd=module, **environment)
    run(GO, "get", "github.com/libesa/libesa/bindings/go", cwd=module, **environment)
    # Linking a whole program for macOS takes Apple's own libraries, which Go's runtime has from their development kit.
    built = ["-o", "program", "."] if target.runs else ["github.com/libesa/libesa/bindings/go"]
    run(GO, "build", *["-tags=musl"] * target.musl, *built, cwd=module, **environment)
    return [module / "program", "test-routine1", "54362329990032", "go.example.com"]


@pytest.mark.parametrize("build", [c_shared, c_archive, go])
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.triple)
def test_a_program_makes_a_record(
    target: Target, build: Callable[[Target, Path], list[str | Path]], tmp_path: Path
) -> None:
    shutil.unpack_archive(released(f"libesa-*-{target.triple}.tar.gz"), tmp_path, filter="data")
    (prefix,) = tmp_path.iterdir()
    program, *arguments = build(target, prefix)
    if not target.runs:
        return

    start = runner(target, prefix, Path(program))
    with Emulator() as emulator:
        printed = run(
            *start,
            program,
            *arguments,
            ESA_ENDPOINT=emulator.url,
            ALIBABA_CLOUD_ACCESS_KEY_ID=emulator.access_key_id,
            ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator.access_key_secret,
            ALIBABA_CLOUD_SECURITY_TOKEN="",
        )

    assert re.search(r"^libesa [\d.]+: OK$|^created record \d+ for go\.example\.com ", printed)


def runner(target: Target, prefix: Path, program: Path) -> list[str | Path]:
    """What a program for the target is started with; leaves the test out where that isn't here."""
    emulation: list[str | Path] = []
    if target.machine != platform.machine():
        emulation = [f"qemu-{target.machine}"]
        need(f"qemu-{target.machine}")
    loader = interpreter(program)
    if not loader:
        return emulation
    root = Path("/usr", f"{target.machine}-linux-gnu") if emulation else Path("/")
    if target.musl:
        root = musl(target.machine)
    elif not (root / loader).exists():
        pytest.skip(f"LEFT OUT: there is no glibc of {target.machine} (libc6-arm64-cross)")
    return [*emulation, root / loader, "--library-path", f"{prefix}/lib:{root}/lib"]


def interpreter(program: Path) -> str:
    """The loader that a program asks for, without its first slash; none: it is static."""
    found = re.search(r"interpreter: /(.*)\]", run("readelf", "-lW", program))
    return found[1] if found else ""


def musl(machine: str) -> Path:
    """A directory with musl's loader for that machine."""
    done = subprocess.run(
        [ROOT / "tests/release/musl", machine], capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        pytest.skip(f"LEFT OUT: musl of {machine} can't be had")
    return Path(done.stdout.strip())
