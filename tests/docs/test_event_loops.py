"""What docs/event-loops.md shows is compiled and run. The programs around the snippets are in event_loops/."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from programs import SHARED, STAGE, STRICT

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent / "event_loops"
DOCUMENT = (ROOT / "docs" / "event-loops.md").read_text(encoding="utf-8")
PRINTED = {
    "a.example.com: ESA_ORIGIN_CREATED",
    "b.elsewhere.org: The website does not exist.",
    "c.example.com: ESA_ORIGIN_CREATED",
}


def snippets(heading: str, language: str = "c") -> str:
    """The code below a heading."""
    _, _, after = DOCUMENT.partition(f"# {heading}\n")
    section = re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert found, f"no {language} below {heading}"
    return "\n".join(found)


def flags_of(package: str) -> list[str]:
    """What the compiler needs to find a library; none without a package."""
    if not package:
        return []
    done = subprocess.run(["pkg-config", "--cflags", "--libs", package], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"LEFT OUT: there is no {package} for pkg-config")
    return done.stdout.split()


def run(command: list[str], **options: object) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout).splitlines()


@pytest.mark.parametrize(
    ("loop", "package", "header"),
    [
        ("poll", "", "poll.h"),
        ("epoll", "", "sys/epoll.h"),
        ("libevent", "libevent", "event2/event.h"),
        ("libuv", "libuv", "uv.h"),
        ("GLib", "glib-2.0", "glib-unix.h"),
    ],
)
def test_in_c(loop: str, package: str, header: str, tmp_path: Path, environment: dict[str, str]) -> None:
    libraries = flags_of(package)
    (tmp_path / "snippets.h").write_text(snippets("Start, step, take") + snippets(loop), encoding="utf-8")
    compiler = [os.environ.get("CC", "cc"), "-std=c99", "-D_DEFAULT_SOURCE", *STRICT]
    program = [str(HERE / f"{loop.lower()}.c"), "-o", str(tmp_path / "program")]
    run([*compiler, f"-DLOOP_HEADER=<{header}>", f"-I{STAGE}/include", f"-I{tmp_path}", *program, *SHARED, *libraries])

    printed = run([str(tmp_path / "program")], env=environment)

    assert len(printed) == len(PRINTED)
    assert set(printed) == PRINTED


def test_in_cpp_with_qt(tmp_path: Path, environment: dict[str, str]) -> None:
    libraries = flags_of("Qt6Core")
    (tmp_path / "snippets.h").write_text(snippets("Qt", "cpp"), encoding="utf-8")
    compiler = [os.environ.get("CXX", "c++"), "-std=c++17", "-fPIC", *STRICT]
    program = [str(HERE / "qt.cpp"), "-o", str(tmp_path / "program")]
    run([*compiler, f"-I{STAGE}/include", f"-I{tmp_path}", *program, *SHARED, *libraries])

    assert set(run([str(tmp_path / "program")], env=environment)) == PRINTED


def test_in_python(tmp_path: Path, environment: dict[str, str]) -> None:
    snippet = snippets("asyncio", "python")
    (tmp_path / "snippets.py").write_text(f"import asyncio\n\nimport libesa\n\n\n{snippet}", encoding="utf-8")
    path = f"{tmp_path}:{environment['PYTHONPATH']}"

    assert (
        run([sys.executable, str(HERE / "bind_domains.py")], env={**environment, "PYTHONPATH": path}) == ["CREATED"] * 2
    )
