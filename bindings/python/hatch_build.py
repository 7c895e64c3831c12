"""Builds what of a distribution is in Rust, as a hook of hatchling's.

`[tool.hatch.build.hooks.custom]` in pyproject.toml tells what that is. The Rust sources are those of the repository, or
in a source distribution those that it brings along.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What pip calls the targets, by cargo's names for them: Linux's own tag is for `auditwheel repair` to widen.
PLATFORMS = {
    "aarch64-apple-darwin": "macosx_11_0_arm64",
    "aarch64-unknown-linux-gnu": "linux_aarch64",
    "aarch64-unknown-linux-musl": "musllinux_1_2_aarch64",
    "x86_64-apple-darwin": "macosx_10_12_x86_64",
    "x86_64-unknown-linux-gnu": "linux_x86_64",
    "x86_64-unknown-linux-musl": "musllinux_1_2_x86_64",
}

# What cargo needs. All members of the workspace are part of it for both distributions: the lock file covers them.
SOURCES = (
    "Cargo.lock",
    "Cargo.toml",
    "benches/Cargo.toml",
    "benches/src",
    "build.rs",
    "cbindgen.toml",
    "data",
    "include",
    "src",
    "tests/emulator/Cargo.toml",
    "tests/emulator/src",
)


class RustHook(BuildHookInterface):  # type: ignore[type-arg]
    """The hook, which hatchling finds by its base class."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the sources to a source distribution, and to a wheel what is built of them."""
        brought = Path(self.root, "rust")
        sources = brought if brought.exists() else Path(self.root).parents[1]
        if self.target_name == "sdist":
            self._add_sources(sources, build_data)
            return
        built = self._prebuilt() or self._build(sources)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{self._platform()}"
        if version == "editable" and "editable" in self.config:
            shutil.copy(built, Path(self.root, self.config["editable"]))
        else:
            build_data[self.config["into"]][str(built)] = self.config["as"]

    def _add_sources(self, sources: Path, build_data: dict[str, Any]) -> None:
        files = {**build_data["force_include"], **{str(sources / name): f"rust/{name}" for name in SOURCES}}
        # Files that are links in the repository would be links to nowhere.
        build_data["force_include"] = {os.path.realpath(file): name for file, name in files.items()}

    def _platform(self) -> str:
        """The target's name in the wheel's: of another machine where cargo's variable says so."""
        target = os.environ.get("CARGO_BUILD_TARGET")
        if not target:
            return sysconfig.get_platform().replace("-", "_").replace(".", "_")
        if target not in PLATFORMS:
            self.app.abort(
                f"{self.metadata.name}: CARGO_BUILD_TARGET is {target}; wheels are for {', '.join(PLATFORMS)}"
            )
        return PLATFORMS[target]

    def _prebuilt(self) -> Path | None:
        """The file that the environment names in place of building one."""
        variable = self.config["prebuilt"]
        named = os.environ.get(variable)
        if not named:
            return None
        prebuilt = Path(named).absolute()
        if not prebuilt.is_file():
            self.app.abort(f"{self.metadata.name}: {variable} names {prebuilt}, which is no file")
        return prebuilt

    def _build(self, sources: Path) -> Path:
        command = [os.environ.get("CARGO") or "cargo", "rustc", "--release", "--locked", *self.config["cargo"]]
        command += ["--message-format", "json-render-diagnostics", "--", *self.config["rustc"]]
        try:
            done = subprocess.run(command, cwd=sources, stdout=subprocess.PIPE, check=False)
        except FileNotFoundError:
            self.app.abort(
                f"{self.metadata.name}: there is no {command[0]}, which builds it: install Rust 1.85 or newer, "
                f"or let {self.config['prebuilt']} name a {self.config['file']} that is built"
            )
        if done.returncode:
            self.app.abort(f"{self.metadata.name}: cargo failed, see above")
        messages = map(json.loads, done.stdout.splitlines())
        files = [Path(file) for message in messages for file in message.get("filenames", ())]
        # macOS calls it by another ending.
        names = (self.config["file"], Path(self.config["file"]).with_suffix(".dylib").name)
        return next(file for file in files if file.name in names)
