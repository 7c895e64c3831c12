"""Frozen dataclasses, made without the dataclasses module, whose import costs more than that of the whole package."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from dataclasses import Field
    from typing import Any, ClassVar

    from typing_extensions import Self


class _OfDataclass:
    """What the dataclasses module keeps in a class of its own, made of the class's annotations when it is wanted."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        from dataclasses import make_dataclass

        return getattr(make_dataclass(owner.__name__, owner.__annotations__.items(), frozen=True), self._name)


class Frozen:
    """Equality, hash, repr, copy and pickle by the fields that a subclass names in `__slots__`.

    A dataclass for all who ask: `dataclasses.asdict()`, `fields()`, `replace()`, ...
    """

    __slots__: tuple[str, ...] = ()

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    else:
        __dataclass_fields__ = _OfDataclass()
        __dataclass_params__ = _OfDataclass()

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _values(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in type(self).__slots__}

    def __setattr__(self, name: str, value: object) -> None:
        """Refuses every change."""
        raise AttributeError(f"{type(self).__name__}.{name} can't be changed")

    def __delattr__(self, name: str) -> None:
        """Refuses every change."""
        raise AttributeError(f"{type(self).__name__}.{name} can't be deleted")

    def __eq__(self, other: object) -> bool:
        """Equal when of one class and equal in every field."""
        if not isinstance(other, Frozen) or type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        """Goes by the fields."""
        return hash(tuple(self._values().values()))

    def __repr__(self) -> str:
        """The class with every field."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._values().items())})"

    def __replace__(self, **changes: Any) -> Self:
        """For copy.replace()."""
        return type(self)(**{**self._values(), **changes})

    def __reduce__(self) -> tuple[object, ...]:
        """Makes it anew from its fields."""
        return _restore, (type(self), self._values())


def _restore(kind: type[Frozen], values: dict[str, object]) -> Frozen:
    restored = kind.__new__(kind)
    restored._set(**values)
    return restored
