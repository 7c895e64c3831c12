"""Finds and loads the shared library, and declares its functions.

Loads the file that the environment variable LIBESA_LIBRARY names; if it isn't set, the file packaged beside this
module; if there is none, the system's library. If the chosen one can't be loaded, no other is tried.
"""

from __future__ import annotations

import os
import sys
from ctypes import CDLL, PYFUNCTYPE, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

from ._abi import ABI_VERSION, FUNCTIONS, STRUCTS
from ._frozen import Frozen

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

SYSTEM_LIBRARY = "libesa.0.dylib" if sys.platform == "darwin" else "libesa.so.0"

# The types for the letters in _abi.
_TYPES: dict[str, Any] = {"v": None, "z": c_char_p, "P": c_void_p, "i": c_int32, "I": c_uint32, "q": c_int64}
_TYPES.update(Q=c_uint64, N=c_size_t)

_signatures = {name: letters for name, _, letters in (entry.partition(":") for entry in FUNCTIONS.split())}


class Library(CDLL):
    """The shared library. Looks each function up when it is first used."""

    def __getattr__(self, name: str) -> Any:
        """Returns a function that releases the GIL while it runs."""
        function = super().__getattr__(name)  # CDLL keeps it: this runs once for a name
        function.restype, *function.argtypes = _signature(name)
        return function

    def quick(self, name: str) -> Any:
        """Returns a function that keeps the GIL while it runs, for functions that return at once."""
        return PYFUNCTYPE(*_signature(name))((name, self))


def _signature(name: str) -> list[Any]:
    return [_TYPES[letter] for letter in _signatures[name]]


_structs: dict[str, Any] = {}


def struct(name: str) -> Any:
    """Returns the struct of this name."""
    if name not in _structs:
        fields = [(field[:-2], _TYPES[field[-1]]) for field in STRUCTS[name].split()]
        _structs[name] = type(name, (Structure,), {"_fields_": fields})
    return _structs[name]


class NativeInfo(Frozen):
    """The shared library in use."""

    path: str
    """The library's file; only its name if the system's loader found it."""
    version: str
    """The library's version, such as "0.1.0"."""
    abi_version: int
    """The revision of its binary interface."""


def find() -> str:
    """Returns the library to load. An empty LIBESA_LIBRARY counts as not set."""
    chosen = os.environ.get("LIBESA_LIBRARY")
    if chosen:
        return os.path.abspath(chosen)
    packaged = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libesa.so")
    return packaged if os.path.exists(packaged) else SYSTEM_LIBRARY


def load(path: str) -> Library:
    """Loads the library at `path`. Raises ImportError if it can't be used."""
    try:
        loaded = Library(path)
        check_abi_version(loaded.esa_abi_version(), path)
    except OSError as error:
        raise _unusable(path, f"can't load the shared library, which LIBESA_LIBRARY may name: {error}") from None
    except AttributeError:
        raise _unusable(path, f"{path} is another library") from None
    return loaded


def check_abi_version(found: int, path: str) -> None:
    """Raises ImportError if the library is older than this package needs."""
    if found < ABI_VERSION:
        raise _unusable(path, f"{path} is too old: its ABI version is {found}, and {ABI_VERSION} or later is needed")


def _unusable(path: str, why: str) -> ImportError:
    return ImportError(f"libesa: {why}", name="libesa", path=path)


_path = find()
library = load(_path)


def native_info() -> NativeInfo:
    """Returns which shared library was loaded, and its versions."""
    return NativeInfo(path=_path, version=library.esa_version().decode(), abi_version=library.esa_abi_version())
