"""Frozen dataclasses without the dataclasses module.

Importing that would double the time of a program until its first record; typing, for NamedTuple, would add a half.
"""

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
    """Has the fields that a subclass annotates, with their defaults, and compares, hashes and shows itself by them.

    `dataclasses.asdict()`, `fields()`, `replace()` and the like take it for a dataclass.
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
        """Adds the fields and their defaults to those that are inherited."""
        cls._fields = {**cls._fields, **cls.__annotations__}
        defaults = {name: vars(cls)[name] for name in cls.__annotations__ if name in vars(cls)}
        cls._defaults = {**cls._defaults, **defaults}

    def __init__(self, **fields: Any) -> None:
        """Takes every field that has no default, and any that has."""
        fields = {**self._defaults, **fields}
        if fields.keys() != self._fields.keys():
            wrong = ", ".join(sorted(fields.keys() ^ self._fields.keys()))
            raise TypeError(f"{type(self).__name__}(): missing or unknown fields: {wrong}")
        vars(self).update(fields)
        self.__post_init__()

    def __post_init__(self) -> None:
        """Checks the fields."""

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
        """By the fields."""
        return hash(frozenset(vars(self).items()))

    def __repr__(self) -> str:
        """The class with every field."""
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"

    def __replace__(self, **changes: Any) -> Self:
        """For copy.replace()."""
        return type(self)(**{**vars(self), **changes})
