"""Builds what is native in a wheel with cargo, or takes what was built before.

The table of this hook in pyproject.toml says what: `arguments` for cargo, the `artifact` below cargo's target
directory, `prebuilt`, the environment variable that names a file to take instead, and where in the wheel it goes:
`package_file` or `script`. The Rust sources are two directories up in the repository, and in rust/ in a source
distribution.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLATFORM = "LIBESA_WHEEL_PLATFORM"


class NativeHook(BuildHookInterface[Any]):
    """Puts the native file into the wheel, which is then one for this platform and for any Python 3."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel is built."""
        if version == "editable":
            sys.exit(
                f"{self.metadata.name} can't be installed as editable, since nothing would put the native file there: "
                "set PYTHONPATH to its sources and LIBESA_LIBRARY to a built libesa.so instead"
            )
        file = str(self.prebuilt() or self.built())
        if "script" in self.config:
            build_data["shared_scripts"][file] = self.config["script"]
        else:
            build_data["force_include"][file] = self.config["package_file"]
        for name in self.config["licences"]:
            build_data["shared_data"][str(self.sources() / name)] = f"share/doc/{self.metadata.name}/{name}"
        # A wheel for an index has to say which systems it was checked on; who does that sets the variable.
        platform = os.environ.get(PLATFORM) or sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"

    def prebuilt(self) -> Path | None:
        """The file that the environment names, where it does."""
        variable = self.config["prebuilt"]
        given = os.environ.get(variable)
        if not given:
            return None
        if not Path(given).is_file():
            sys.exit(f"{variable} names no file: {given}")
        return Path(given).resolve()

    def built(self) -> Path:
        """The file that cargo builds."""
        cargo = shutil.which(os.environ.get("CARGO") or "cargo")
        if cargo is None:
            instead = f"see https://rustup.rs, or set {self.config['prebuilt']}"
            sys.exit(f"cargo is missing, which builds {self.metadata.name}: {instead}")
        root = self.sources()
        target = Path(os.environ.get("CARGO_TARGET_DIR") or root / "target").resolve()
        command = [cargo, *self.config["arguments"]]
        done = subprocess.run(command, cwd=root, env={**os.environ, "CARGO_TARGET_DIR": str(target)}, check=False)
        if done.returncode != 0:
            sys.exit(f"cargo could not build {self.metadata.name}: its messages are above")
        return target / self.config["artifact"]

    def sources(self) -> Path:
        """Where the Rust sources are."""
        distributed = Path(self.root, "rust")
        return distributed if distributed.exists() else Path(self.root, "..", "..").resolve()
