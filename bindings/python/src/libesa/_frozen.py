"""Frozen dataclasses without the dataclasses module.

Importing dataclasses would double the time until a program's first record. Importing typing, for NamedTuple, would add
half of that time.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from dataclasses import Field
    from typing import Any, ClassVar

    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: bool) -> object:
        """Tells type checkers that subclasses have the constructor of a dataclass. Does nothing here."""
        return lambda kind: kind


class _OfDataclass:
    """An attribute that the dataclasses module sets on its classes, made from the fields when it is read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type[Frozen]) -> Any:
        from dataclasses import make_dataclass

        return getattr(make_dataclass(owner.__name__, owner._fields.items(), frozen=True), self._name)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Frozen:
    """Base of classes whose annotations are fields. Compares, hashes and prints by them.

    `dataclasses.asdict()`, `fields()`, `replace()` and the like accept it as a dataclass.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
        _fields: ClassVar[dict[str, Any]]
        _defaults: ClassVar[dict[str, Any]]
    else:
        __dataclass_fields__ = _OfDataclass()
        __dataclass_params__ = _OfDataclass()
        _fields = _defaults = {}

    def __init_subclass__(cls) -> None:
        """Adds the class's fields and defaults to the inherited ones."""
        cls._fields = {**cls._fields, **cls.__annotations__}
        defaults = {name: vars(cls)[name] for name in cls.__annotations__ if name in vars(cls)}
        cls._defaults = {**cls._defaults, **defaults}

    def __init__(self, **fields: Any) -> None:
        """Takes the fields by name. Those without a default are required."""
        fields = {**self._defaults, **fields}
        if fields.keys() != self._fields.keys():
            wrong = ", ".join(sorted(fields.keys() ^ self._fields.keys()))
            raise TypeError(f"{type(self).__name__}(): missing or unknown fields: {wrong}")
        vars(self).update(fields)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Checks the fields. A subclass can override it."""

    def __setattr__(self, name: str, value: object) -> None:
        """Refuses every change."""
        raise AttributeError(f"{type(self).__name__}.{name} can't be changed")

    def __delattr__(self, name: str) -> None:
        """Refuses every change."""
        raise AttributeError(f"{type(self).__name__}.{name} can't be deleted")

    def __eq__(self, other: object) -> bool:
        """Equal if of one class and equal in every field."""
        return vars(self) == vars(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        """Hashes the fields."""
        return hash(frozenset(vars(self).items()))

    def __repr__(self) -> str:
        """Shows the class and every field."""
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"

    def __replace__(self, **changes: Any) -> Self:
        """Supports copy.replace()."""
        return type(self)(**{**vars(self), **changes})
