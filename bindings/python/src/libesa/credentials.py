"""The credentials that a program's own provider returns."""

from __future__ import annotations

from datetime import datetime

from ._arguments import optional_text, text, wrong_type
from ._frozen import Frozen


class Credentials(Frozen):
    """An access key. Can't be changed; compares and pickles by its fields; its repr shows the id only."""

    access_key_id: str
    """The key's id."""
    access_key_secret: str
    """The key's secret."""
    security_token: str | None = None
    """The token, for temporary credentials of STS."""
    expires_at: datetime | None = None
    """When they expire, with a time zone. None: they are used until the service refuses them."""

    def __post_init__(self) -> None:
        """Raises TypeError for a value of the wrong type, ValueError for a NUL character or a naive expires_at."""
        text("access_key_id", self.access_key_id)
        text("access_key_secret", self.access_key_secret)
        optional_text("security_token", self.security_token)
        if self.expires_at is not None:
            if not isinstance(self.expires_at, datetime):
                raise wrong_type("expires_at", "a datetime", self.expires_at)
            if self.expires_at.utcoffset() is None:
                raise ValueError("expires_at has no time zone; datetime.now(timezone.utc) has one")

    def __repr__(self) -> str:
        """Shows the id only."""
        return f"Credentials(access_key_id={self.access_key_id!r})"


def key_of(given: Credentials) -> tuple[bytes, bytes, bytes | None]:
    """Returns id, secret and token for the shared library."""
    token = given.security_token
    return given.access_key_id.encode(), given.access_key_secret.encode(), token if token is None else token.encode()
