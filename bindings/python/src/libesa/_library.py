"""Finding and loading the shared library.

The first of these that there is, and no other: the file that the environment variable LIBESA_LIBRARY names, the one
packaged beside this module, the system's.
"""

from __future__ import annotations

import os
from ctypes import CDLL, c_char_p, c_uint32

from ._frozen import Frozen

ABI_VERSION = 1
"""The ESA_ABI_VERSION that this layer is written for."""

SYSTEM_LIBRARY = "libesa.so.0"


class NativeInfo(Frozen):
    """Which shared library is in use."""

    __slots__ = ("abi_version", "path", "version")

    path: str
    """The library's file, or just its name where the system's loader found it."""
    version: str
    """The library's version, such as "0.1.0"."""
    abi_version: int
    """The revision of its binary interface."""

    def __init__(self, *, path: str, version: str, abi_version: int) -> None:
        """Takes every field."""
        self._set(path=path, version=version, abi_version=abi_version)


def find() -> str:
    """The library to load. An empty LIBESA_LIBRARY counts as none."""
    chosen = os.environ.get("LIBESA_LIBRARY")
    if chosen:
        return os.path.abspath(chosen)
    packaged = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libesa.so")
    return packaged if os.path.exists(packaged) else SYSTEM_LIBRARY


def load(path: str) -> CDLL:
    """Loads the library at `path`; an ImportError says why it can't be used."""
    try:
        loaded = CDLL(path)
    except OSError as error:
        raise ImportError(
            f"libesa: can't load the shared library, which LIBESA_LIBRARY may name: {error}", name="libesa", path=path
        ) from None
    try:
        abi_version = loaded.esa_abi_version
        version = loaded.esa_version
    except AttributeError:
        raise ImportError(f"libesa: {path} is another library", name="libesa", path=path) from None
    abi_version.argtypes = version.argtypes = []
    abi_version.restype = c_uint32
    version.restype = c_char_p
    check_abi_version(abi_version(), path)
    return loaded


def check_abi_version(found: int, path: str) -> None:
    """Raises ImportError where the library is older than this layer needs."""
    if found < ABI_VERSION:
        raise ImportError(
            f"libesa: {path} is too old: its ABI version is {found}, and this package needs {ABI_VERSION} or later",
            name="libesa",
            path=path,
        )


_path = find()
library = load(_path)


def native_info() -> NativeInfo:
    """Which shared library was loaded, and its versions."""
    return NativeInfo(path=_path, version=library.esa_version().decode(), abi_version=library.esa_abi_version())
