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
    """A text of the library's."""
    return string.decode("utf-8", "replace")


def fields_of(native: Structure, names: Iterable[str]) -> dict[str, Any]:
    """The fields of these names, as they are, but for texts."""
    values = {name: getattr(native, name) for name in names}
    return {name: decoded(value) if isinstance(value, bytes) else value for name, value in values.items()}


def error_in(pointer: c_void_p) -> Exception | None:
    """Why a call failed, if it did. The classes are loaded for the first one, since it takes longer than a call."""
    if not pointer.value:
        return None
    fields = _fields_of_error(esa_error.from_address(pointer.value))
    try:
        from ._failure import error
    except (ImportError, OSError) as broken:  # there may be no file descriptors left, or no file system
        text = ", ".join(f"{name} {value}" for name, value in fields.items() if value not in (None, ""))
        return RuntimeError(f"libesa's exceptions can't be loaded ({broken}) for a call that failed: {text}")
    return error(**fields)


def _fields_of_error(error: Structure) -> dict[str, Any]:
    # Those of EsaError, whose enumerations' members are numbers here.
    names = [name for name, *_ in error._fields_ if name not in ("retry_after_ms", "reserved")]
    return {
        **fields_of(error, names),
        "http_status": error.http_status or None,
        "retry_after": error.retry_after_ms / 1000 if error.retry_after_ms else None,
        "retryable": bool(error.retryable),
    }


class Owned:
    """A native object, released when the last reference to this goes.

    Whoever uses it holds a reference meanwhile, so that closing it in one thread leaves the calls of others alone
    without a lock, which a fork or a signal handler could find taken.
    """

    __slots__ = ("_release", "callbacks", "pointer")

    def __init__(self, release: Callable[[c_void_p], object], pointer: int | None = None) -> None:
        """Its calls call nothing back."""
        self.pointer = c_void_p(pointer)
        self.callbacks: Callbacks | None = None
        self._release = release

    def calls_back(self, callbacks: Callbacks) -> None:
        """Its calls call these back, and so does its release."""
        self.callbacks = callbacks
        self._release = callbacks.releasing(self._release)

    def __del__(self) -> None:
        """Releases the object."""
        self._release(self.pointer)
        self.pointer.value = None  # what is collected together with it may close it as well


def make(kind: str, *arguments: Any) -> Owned:
    """An object of that kind; raises why there is none."""
    owned, error = Owned(getattr(library, f"{kind}_free")), c_void_p()
    try:
        getattr(library, f"{kind}_new")(*arguments, byref(owned.pointer), byref(error))
        return given((owned, error_in(error)))
    finally:
        free_error(error)


def given(answer: tuple[T, BaseException | None]) -> T:
    """The result, or what is raised in its place."""
    result, raised = answer
    del answer  # which holds the exception
    if raised is None:
        return result
    try:
        raise raised
    finally:
        del raised  # whose traceback holds this frame


class Handle:
    """What a program holds of a native object, until it closes it."""

    _owned: Owned | None

    def _open(self) -> Owned:
        owned = self._owned  # read once: another thread may close this now
        if owned is None:
            raise RuntimeError(f"this {type(self).__name__} is closed")
        return owned

    def __repr__(self) -> str:
        """Says whether it is closed, and nothing else."""
        return f"<libesa.{type(self).__name__}, {'open' if self._owned else 'closed'}>"


class Config(Owned):
    """An esa_config."""

    __slots__ = ()

    def __init__(self) -> None:
        """All defaults."""
        super().__init__(library.esa_config_free, library.esa_config_new())
        if not self.pointer:  # which esa_client_new() would take for all defaults
            raise RuntimeError("esa_config_new() failed, which is a bug in the library")

    def user_data(self, function: Callable[..., Any]) -> int:
        """For a callback that is to call the function."""
        from ._callbacks import Callbacks

        self.callbacks = self.callbacks or Callbacks()
        return self.callbacks.user_data(function)

    def set(self, setting: str, *values: Any) -> None:
        """Calls the setter. esa_client_new() reports what it refuses."""
        getattr(library, f"esa_config_set_{setting}")(self.pointer, *values)
