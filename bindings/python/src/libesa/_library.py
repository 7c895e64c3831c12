"""Finding and loading the shared library, and what its functions take.

The first of these that there is, and no other: the file that the environment variable LIBESA_LIBRARY names, the one
packaged beside this module, the system's.
"""

from __future__ import annotations

import os
from ctypes import CDLL, PYFUNCTYPE, c_char_p, c_int32, c_int64, c_uint32, c_void_p

from ._frozen import Frozen

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from typing import Any

ABI_VERSION = 1
"""The ESA_ABI_VERSION that this layer is written for."""

SYSTEM_LIBRARY = "libesa.so.0"

_CALL = (c_int32, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p])

# By name: what it returns, what it takes. All pointers but those to text are c_void_p: there are fewer types to make.
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "esa_abi_version": (c_uint32, []),
    "esa_version": (c_char_p, []),
    "esa_error_free": (None, [c_void_p]),
    "esa_config_new": (c_void_p, []),
    "esa_config_free": (None, [c_void_p]),
    "esa_config_set_credentials": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p]),
    "esa_config_set_credentials_provider": (c_int32, [c_void_p, c_void_p, c_void_p]),
    "esa_config_set_region": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_endpoint": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_network": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_proxy": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_timeouts": (c_int32, [c_void_p, c_uint32, c_uint32, c_uint32]),
    "esa_config_set_signature_version": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_ca_file": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_ca_pem": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_user_agent": (c_int32, [c_void_p, c_char_p]),
    "esa_config_set_keep_alive": (c_int32, [c_void_p, c_uint32, c_uint32]),
    "esa_config_set_max_attempts": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_reconcile_horizon": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_max_concurrent_writes": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_log": (c_int32, [c_void_p, c_int32, c_void_p, c_void_p]),
    "esa_client_new": (c_int32, [c_void_p, c_void_p, c_void_p]),
    "esa_client_free": (None, [c_void_p]),
    "esa_client_credentials_source": (c_char_p, [c_void_p]),
    "esa_client_stats": (c_int32, [c_void_p, c_void_p]),
    "esa_credentials_set": (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p, c_int64]),
    "esa_credentials_fail": (None, [c_void_p, c_char_p]),
    "esa_cancel_new": (c_void_p, []),
    "esa_cancel_trigger": (None, [c_void_p]),
    "esa_cancel_free": (None, [c_void_p]),
    "esa_create_routine_related_record": _CALL,
    "esa_ensure_routine_related_record": _CALL,
    "esa_create_routine_related_record_result_free": (None, [c_void_p]),
    "esa_bulk_new": _CALL,
    "esa_bulk_next": (c_int32, [c_void_p, c_void_p, c_void_p]),
    "esa_bulk_free": (None, [c_void_p]),
    "esa_delete_routine_related_record": _CALL,
    "esa_delete_routine_related_record_result_free": (None, [c_void_p]),
    "esa_list_routine_related_records": _CALL,
    "esa_list_routine_related_records_result_free": (None, [c_void_p]),
    "esa_get_match_site": _CALL,
    "esa_get_match_site_result_free": (None, [c_void_p]),
}


class Library(CDLL):
    """The shared library, whose functions are looked up when they are first wanted."""

    def __getattr__(self, name: str) -> Any:
        """The function; the interpreter lets other threads run while it does."""
        function = super().__getattr__(name)  # which is asked for a name once
        function.restype, function.argtypes = FUNCTIONS[name]
        return function

    def quick(self, name: str) -> Any:
        """The function, for those that return at once: the interpreter doesn't let other threads run meanwhile."""
        restype, argtypes = FUNCTIONS[name]
        return PYFUNCTYPE(restype, *argtypes)((name, self))

    def prepared(self, name: str) -> Any:
        """The function, for arguments that are the C interface's already: neither checked nor converted."""
        return self[name]


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


def load(path: str) -> Library:
    """Loads the library at `path`; an ImportError says why it can't be used."""
    try:
        loaded = Library(path)
    except OSError as error:
        raise ImportError(
            f"libesa: can't load the shared library, which LIBESA_LIBRARY may name: {error}", name="libesa", path=path
        ) from None
    try:
        abi_version = loaded.esa_abi_version()
    except AttributeError:
        raise ImportError(f"libesa: {path} is another library", name="libesa", path=path) from None
    check_abi_version(abi_version, path)
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
