"""What README.md shows is compiled and run, and what it tells is what the library says."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "target" / "stage"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def snippet(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with Emulator() as emulator:
        yield {
            **os.environ,
            "ESA_ENDPOINT": emulator.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
        }


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compiled(compiler: list[str], source: Path, libraries: list[str], environment: dict[str, str]) -> str:
    program = source.with_suffix("")
    run([*compiler, str(source), f"-I{STAGE}/include", "-o", str(program), *libraries], environment)
    return str(program)


SHARED = [f"-L{STAGE}/lib", f"-Wl,-rpath,{STAGE}/lib", "-lesa"]
STATIC = [f"{STAGE}/lib/libesa.a", "-lgcc_s", "-lm"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


@pytest.mark.parametrize("libraries", [SHARED, STATIC], ids=["shared", "static"])
def test_c(libraries: list[str], tmp_path: Path, environment: dict[str, str]) -> None:
    source = tmp_path / "program.c"
    source.write_text(snippet("c"))

    program = compiled([os.environ.get("CC", "cc"), "-std=c99", *STRICT], source, libraries, environment)

    assert run([program], environment).startswith("created record ")


def test_cpp(tmp_path: Path, environment: dict[str, str]) -> None:
    source = tmp_path / "program.cpp"
    source.write_text(snippet("cpp"))

    program = compiled([os.environ.get("CXX", "c++"), "-std=c++17", *STRICT], source, SHARED, environment)

    assert run([program], environment).startswith("created record ")


def test_python(environment: dict[str, str]) -> None:
    assert run([sys.executable, "-c", snippet("python")], environment).startswith("created record ")


def test_go(environment: dict[str, str]) -> None:
    # Beside the examples, whose module knows where the package is.
    folder = ROOT / "examples" / "go" / "readme_snippet"
    folder.mkdir()
    try:
        (folder / "main.go").write_text(snippet("go"))
        done = subprocess.run(
            [os.environ.get("GO", "go"), "run", "./readme_snippet"],
            cwd=folder.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("created record ")


def test_pkg_config(tmp_path: Path, environment: dict[str, str]) -> None:
    if not shutil.which("pkg-config"):
        pytest.skip("pkg-config is not installed")
    source = tmp_path / "program.c"
    source.write_text(snippet("c"))
    environment["PKG_CONFIG_PATH"] = f"{STAGE}/lib/pkgconfig"
    flags = run(["pkg-config", "--cflags", "--libs", "libesa"], environment).split()

    program = compiled([os.environ.get("CC", "cc")], source, flags, environment)

    assert run([program], {**environment, "LD_LIBRARY_PATH": f"{STAGE}/lib"}).startswith("created record ")


def test_the_table_of_codes_is_what_the_library_says() -> None:
    library = ctypes.CDLL(os.environ["LIBESA_LIBRARY"])
    for name in ("esa_service_code_name", "esa_service_code_advice"):
        getattr(library, name).restype = ctypes.c_char_p
    documented = {
        library.esa_service_code_name(code).decode(): library.esa_service_code_advice(code).decode()
        for code in range(10, 20)
    }

    shown = dict(re.findall(r"^\| `(\w+)` \| `ESA_ERR_\w+` \| (.*) \|$", README, re.MULTILINE))

    assert shown == documented
