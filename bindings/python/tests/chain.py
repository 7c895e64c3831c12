from __future__ import annotations


def chain_of(error: BaseException | None, *before: BaseException) -> list[BaseException]:
    """The exception, what it was raised from and what was handled meanwhile, on every way; none twice on one."""
    if error is None:
        return []
    assert not any(error is earlier for earlier in before), f"in a circle: {error!r}"
    way = (*before, error)
    return [error, *chain_of(error.__cause__, *way), *chain_of(error.__context__, *way)]
