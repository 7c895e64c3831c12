"""Archives whose bytes depend on their files' names and contents alone."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

# What a stage has for itself: they say where it is.
STAGE_ALONE = (".done", "install_manifest.txt")


def write_tar(into: Path, directory: Path, prefix: str, time: int) -> None:
    """Everything below `directory`, as `prefix/…`; every file is of that time and of root."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(directory.rglob("*")):
            if path.name in STAGE_ALONE:
                continue
            entry = archive.gettarinfo(str(path), f"{prefix}/{path.relative_to(directory)}")
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mtime = time
            entry.mode = 0o755 if path.is_dir() or entry.mode & 0o100 else 0o644
            if entry.islnk():
                # The same file twice is written twice.
                entry.type, entry.size = tarfile.REGTYPE, path.stat().st_size
            with path.open("rb") if entry.isreg() else io.BytesIO() as content:
                archive.addfile(entry, content)
    with into.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(raw.getvalue())


def write_zip(into: Path, files: dict[str, Path]) -> None:
    """The files by their names in it, without a time."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name), files[name].read_bytes())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry
