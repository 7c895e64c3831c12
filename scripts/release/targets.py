"""The targets that a release has, and what each is built and packed as."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from versions import ROOT


@dataclass(frozen=True)
class Target:
    """A target, by Rust's name for it."""

    triple: str
    go: str
    # What auditwheel has to agree with; none: the wheel's own tag stays.
    policy: str = ""

    @property
    def stage(self) -> Path:
        """The installed prefix, which `make stage` lays out."""
        return ROOT / "target" / f"stage-{self.triple}"

    @property
    def emulator(self) -> Path:
        """The emulator's directory, which `make stage-emulator` lays out."""
        return ROOT / "target" / f"emulator-{self.triple}"


TARGETS = (
    Target("x86_64-unknown-linux-gnu", "linux_amd64", "manylinux2014_x86_64"),
    Target("aarch64-unknown-linux-gnu", "linux_arm64", "manylinux2014_aarch64"),
    Target("x86_64-unknown-linux-musl", "linux_amd64_musl"),
    Target("aarch64-unknown-linux-musl", "linux_arm64_musl"),
    Target("x86_64-apple-darwin", "darwin_amd64"),
    Target("aarch64-apple-darwin", "darwin_arm64"),
)
