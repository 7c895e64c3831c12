"""`make emulate`, and the container's recipe."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import libesa

ROOT = Path(__file__).resolve().parents[2]
MANUAL = (ROOT / "tests" / "emulator" / "README.md").read_text(encoding="utf-8")
CONTAINERFILE = (ROOT / "tests" / "emulator" / "Containerfile").read_text(encoding="utf-8")


def test_a_person_gets_an_emulator_with_data_and_what_to_export() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "emulate.py"), "0"]
    # Its group is what Ctrl-C in a terminal reaches.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as emulate:
        assert emulate.stdout
        told = "".join(itertools.takewhile(lambda line: not line.startswith("Then"), emulate.stdout))
        exported = dict(re.findall("^export ([A-Z_]+)=(.+)$", told, re.MULTILINE))
        with libesa.Client(
            endpoint=exported["ESA_ENDPOINT"],
            access_key_id=exported["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=exported["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        ) as client:
            records = [record.record_name for record in client.related_records(name="test-routine1")]
        os.killpg(emulate.pid, signal.SIGINT)
        status = emulate.wait(timeout=30)

    assert len(records) == 3
    assert status == 0


def test_a_port_that_is_taken_is_said() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "emulate.py"), "no-port"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
    assert "--port" in done.stderr
    assert done.stdout == ""


def test_the_container_has_what_the_build_needs(tmp_path: Path) -> None:
    for line in re.findall("^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, tmp_path / (source if target == "./" else target))
    cargo = os.environ.get("CARGO", "cargo").split()
    read = [*cargo, "metadata", "--locked", "--no-deps", "--offline", "--format-version=1"]
    metadata = json.loads(subprocess.run(read, cwd=tmp_path, capture_output=True, check=True, timeout=60).stdout)
    (package,) = [package for package in metadata["packages"] if package["name"] == "esa-emulator"]
    for source in Path(package["manifest_path"]).parent.glob("src/**/*.rs"):
        for included in re.findall(r'include_str!\("(.+)"\)', source.read_text(encoding="utf-8")):
            assert (source.parent / included).exists(), f"{source.name} includes {included}"


def test_the_recipes_for_containers_start_the_program_as_it_can_be(tmp_path: Path) -> None:
    (entry,) = re.findall("^ENTRYPOINT (.+)$", CONTAINERFILE, re.MULTILINE)
    commands = [json.loads(command) for command in re.findall(r"^ +command: (\[.+\])$", MANUAL, re.MULTILINE)]
    commands += [line.split() for line in re.findall(r"^\$ docker run .* esa-emulator (.+)$", MANUAL, re.MULTILINE)]
    assert len(commands) == 2
    for command in [[], *commands]:
        program, *arguments = [*json.loads(entry), *command]
        arguments = [argument.replace("/certs", str(tmp_path)).replace("8080", "0") for argument in arguments]
        assert program == "esa-emulator"
        # Its input is closed already: it ends as soon as it is ready.
        start = [os.environ["ESA_EMULATOR"], *arguments, "--exit-with-stdin"]
        done = subprocess.run(start, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=30)
        assert json.loads(done.stdout)["access_key_id"] == ("mine" if command else "EsaEmulatorKeyId")
