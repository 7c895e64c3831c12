"""Frozen dataclasses without the dataclasses module, whose import takes 15 ms: twice as long as that of the package."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from dataclasses import Field
    from typing import Any, ClassVar

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: bool) -> object:
        """For type checkers only: subclasses have the constructor of a dataclass."""
        return lambda kind: kind


class _OfDataclass:
    """What the dataclasses module keeps in a class of its own, made of the class's fields when it is wanted."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type[Frozen]) -> Any:
        from dataclasses import make_dataclass

        return getattr(make_dataclass(owner.__name__, owner._fields.items(), frozen=True), self._name)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Frozen:
    """Made of the fields that a subclass annotates, which are its equality, hash and repr.

    A dataclass for all who ask: `dataclasses.asdict()`, `fields()`, `replace()`, ...
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
        _fields: ClassVar[dict[str, Any]]
    else:
        __dataclass_fields__ = _OfDataclass()
        __dataclass_params__ = _OfDataclass()
        _fields = {}

    def __init_subclass__(cls) -> None:
        """Adds the fields to those that are inherited."""
        cls._fields = {**cls._fields, **cls.__annotations__}

    def __init__(self, **values: Any) -> None:
        """Takes every field."""
        if values.keys() != self._fields.keys():
            wrong = ", ".join(sorted(values.keys() ^ self._fields.keys()))
            raise TypeError(f"{type(self).__name__}() takes each of its fields; missing or unknown: {wrong}")
        self.__dict__.update(values)

    def _values(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self._fields}

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
