"""What README.md and docs/install.md say on installing works as it stands there, below another prefix."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest
from libesa.emulator import Emulator
from links import dead_links

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.split("\n## Install\n")[1].split("\n## ")[0]
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
(PROGRAM,) = [block for block in re.findall(r"^```c\n(.*?)^```$", README, re.DOTALL | re.MULTILINE) if "main" in block]
(COMMANDS,) = re.findall(r"^```console\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
(RUST,) = re.findall(r"^```rust\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
(DEPENDENCY,) = re.findall(r"^  ```toml\n(.*?)^  ```$", PAGE, re.DOTALL | re.MULTILINE)
(CMAKE,) = re.findall(r"^```cmake\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def run(*command: str | Path, cwd: Path, **environment: str) -> None:
    # The flags of the make that runs the tests are not for the one that is run here.
    given = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        [str(part) for part in command],
        env={**given, **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def creates_a_record(program: Path, library: Path = Path()) -> bool:
    with Emulator() as emulator:
        environment = {
            "ESA_ENDPOINT": emulator.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
            "ALIBABA_CLOUD_SECURITY_TOKEN": "",
            "LD_LIBRARY_PATH": str(library),
        }
        done = subprocess.run(
            [program], env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
        )
    return done.returncode == 0 and done.stdout.startswith("created record ")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.c").write_text(PROGRAM, encoding="utf-8")
    return tmp_path


def test_the_commands(folder: Path) -> None:
    if not shutil.which("pkg-config"):
        pytest.skip("LEFT OUT: there is no pkg-config")
    prefix = folder / "prefix"
    lines = COMMANDS.replace("/usr/local", str(prefix)).splitlines()
    install, *builds = [line.removeprefix("$ ").partition(" #")[0].strip() for line in lines]

    run(*install.split(), cwd=ROOT)
    for command in builds:
        run("sh", "-c", command, cwd=folder, PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
        assert creates_a_record(folder / "a.out", prefix / "lib")


def test_the_documents_and_examples(folder: Path) -> None:
    prefix = folder / "prefix"
    documents = prefix / "share" / "doc" / "libesa"

    run("make", "install", f"PREFIX={prefix}", cwd=ROOT)
    assert (documents / "docs" / "recipes.md").exists()
    assert (documents / "examples" / "python" / "bind_domains.py").exists()
    assert [(str(page), dead_links(page)) for page in documents.rglob("*.md") if dead_links(page)] == []
    flags = [f"-I{prefix}/include", f"-L{prefix}/lib", f"-Wl,-rpath,{prefix}/lib", "-lesa"]
    run("cc", documents / "examples" / "c" / "create_record.c", "-o", folder / "create", *flags, cwd=folder)

    run("make", "uninstall", f"PREFIX={prefix}", cwd=ROOT)
    assert [path for path in prefix.rglob("*") if path.is_file()] == []
    assert not documents.exists()


def test_the_rust_crate(tmp_path: Path) -> None:
    package = '[package]\nname = "program"\nedition = "2024"\n\n'
    (tmp_path / "Cargo.toml").write_text(package + dedent(DEPENDENCY).replace("PATH/TO/libesa", str(ROOT)))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text(RUST, encoding="utf-8")
    # The versions that are here.
    shutil.copy(ROOT / "Cargo.lock", tmp_path)
    cargo = os.environ.get("CARGO", "cargo").split()

    run(*cargo, "build", "--offline", "--target-dir", ROOT / "target", cwd=tmp_path)

    assert creates_a_record(ROOT / "target" / "debug" / "program")


def test_the_cmake_project(folder: Path) -> None:
    if not shutil.which("cmake"):
        pytest.skip("LEFT OUT: there is no cmake")
    stage = ROOT / "target" / "stage"
    project = "cmake_minimum_required(VERSION 3.16)\nproject(program LANGUAGES C)\nadd_executable(program program.c)\n"
    (folder / "CMakeLists.txt").write_text(project + CMAKE, encoding="utf-8")

    run("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={stage}", cwd=folder)
    run("cmake", "--build", folder / "build", cwd=folder)

    assert creates_a_record(folder / "build" / "program", stage / "lib")
