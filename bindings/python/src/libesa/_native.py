"""The shared library's objects and errors."""

from __future__ import annotations

from ctypes import Structure, byref, c_void_p

from ._library import library, struct

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable, TypeVar

    from ._callbacks import Callbacks

    T = TypeVar("T")

esa_error = struct("esa_error")
free_error = library.quick("esa_error_free")


def decoded(string: bytes) -> str:
    """Decodes a string of the library."""
    return string.decode("utf-8", "replace")


def fields_of(native: Structure, names: Iterable[str]) -> dict[str, Any]:
    """Returns the fields of these names. Decodes strings, and changes no other value."""
    return {name: decoded(value) if isinstance(value := getattr(native, name), bytes) else value for name in names}


def read(kind: type[T], native: Structure, **others: Any) -> T:
    """Reads a Frozen class from the struct's fields of its names. `others` replace fields."""
    return kind(**{**fields_of(native, kind.__annotations__), **others})


def error_in(pointer: c_void_p) -> Exception | None:
    """Returns the exception for a failed call. Imports the classes for the first one: that takes longer than a call."""
    if not pointer.value:
        return None
    fields = _fields_of_error(esa_error.from_address(pointer.value))
    try:
        from ._failure import error
    except (ImportError, OSError) as broken:  # such as if no file descriptors are left
        text = ", ".join(f"{name} {value}" for name, value in fields.items() if value not in (None, ""))
        return RuntimeError(f"libesa's exceptions can't be loaded ({broken}) for a call that failed: {text}")
    return error(**fields)


def _fields_of_error(error: Structure) -> dict[str, Any]:
    # The fields of EsaError. Enumerations are numbers here.
    fields = fields_of(error, [name for name, *_ in error._fields_ if name not in ("retry_after_ms", "reserved")])
    fields.update(http_status=error.http_status or None, retryable=bool(error.retryable))
    return {**fields, "retry_after": error.retry_after_ms / 1000 or None}


class Owned:
    """A native object. It is released with the last reference to this.

    Each user of the object holds a reference. So one thread can close it while other threads call it. This takes no
    lock, which a fork or a signal handler could find taken.
    """

    def __init__(self, release: Callable[[c_void_p], object], pointer: int | None = None) -> None:
        """Starts without callbacks."""
        self.pointer = c_void_p(pointer)
        self.callbacks: Callbacks | None = None
        self._release = release

    def calls_back(self, callbacks: Callbacks) -> None:
        """Sets the callbacks of its calls and of its release."""
        self.callbacks = callbacks
        self._release = callbacks.releasing(self._release)

    def __del__(self) -> None:
        """Releases the object."""
        self._release(self.pointer)
        self.pointer.value = None  # an object that is collected together with this can close it too


def make(kind: str, *arguments: Any) -> Owned:
    """Creates an object of this kind. Raises EsaError if that fails."""
    owned, error = Owned(getattr(library, f"{kind}_free")), c_void_p()
    try:
        getattr(library, f"{kind}_new")(*arguments, byref(owned.pointer), byref(error))
        return given((owned, error_in(error)))
    finally:
        free_error(error)


def given(answer: tuple[T, BaseException | None]) -> T:
    """Returns the result, or raises what takes its place."""
    result, raised = answer
    del answer  # because it holds the exception
    if raised is None:
        return result
    try:
        raise raised
    finally:
        del raised  # because its traceback holds this frame


class Handle:
    """A program's handle of a native object, until the program closes it."""

    _owned: Owned | None

    def _open(self) -> Owned:
        owned = self._owned  # read once: another thread can close this now
        if owned is None:
            raise RuntimeError(f"this {type(self).__name__} is closed")
        return owned

    def __repr__(self) -> str:
        """Shows whether it is open, and no more."""
        return f"<libesa.{type(self).__name__}, {'open' if self._owned else 'closed'}>"


class Config(Owned):
    """An esa_config."""

    def __init__(self) -> None:
        """Starts with all defaults."""
        super().__init__(library.esa_config_free, library.esa_config_new())
        if not self.pointer:  # esa_client_new() takes NULL for all defaults
            raise RuntimeError("esa_config_new() failed, which is a bug in the library")

    def user_data(self, function: Callable[..., Any]) -> int:
        """Returns the user data for a callback that calls the function."""
        from ._callbacks import Callbacks

        self.callbacks = self.callbacks or Callbacks()
        return self.callbacks.user_data(function)

    def set(self, setting: str, *values: Any) -> None:
        """Calls the setter. If it refuses a value, esa_client_new() reports that."""
        getattr(library, f"esa_config_set_{setting}")(self.pointer, *values)
