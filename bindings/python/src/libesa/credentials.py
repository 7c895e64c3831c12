"""What a program's own provider of credentials gives."""

from __future__ import annotations

from ._arguments import text, wrong_type
from ._frozen import Frozen

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from datetime import datetime


class Credentials(Frozen):
    """An access key. Can't be changed; compares and pickles by its fields; its repr shows the id only."""

    access_key_id: str
    """The key's id."""
    access_key_secret: str
    """The key's secret."""
    security_token: str | None
    """The token, where they are temporary ones of STS."""
    expires_at: datetime | None
    """Until when they are good; None: until the service doesn't take them any more."""

    def __init__(
        self,
        *,
        access_key_id: str,
        access_key_secret: str,
        security_token: str | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        """Takes every field; expires_at must be aware of its time zone.

        Raises TypeError for a value of the wrong type, InvalidArgumentError for text with a NUL character, and
        ValueError for a naive expires_at.
        """
        text("access_key_id", access_key_id)
        text("access_key_secret", access_key_secret)
        if security_token is not None:
            text("security_token", security_token)
        if expires_at is not None:
            _check_time(expires_at)
        super().__init__(
            access_key_id=access_key_id,
            access_key_secret=access_key_secret,
            security_token=security_token,
            expires_at=expires_at,
        )

    def __repr__(self) -> str:
        """The id only."""
        return f"Credentials(access_key_id={self.access_key_id!r})"


def _check_time(expires_at: datetime) -> None:
    from datetime import datetime

    if not isinstance(expires_at, datetime):
        raise wrong_type("expires_at", "a datetime", expires_at)
    if expires_at.utcoffset() is None:
        raise ValueError("expires_at has no time zone; datetime.now(timezone.utc) has one")
