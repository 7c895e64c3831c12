"""Programs that the page shows."""

from __future__ import annotations

from libesa import Client
from libesa.emulator import Emulator


def client_of(emulator: Emulator, secret: str | None = None, signature_version: int = 3) -> Client:
    return Client(
        endpoint=emulator.url,
        access_key_id=emulator.access_key_id,
        access_key_secret=secret or emulator.access_key_secret,
        signature_version=signature_version,
        max_attempts=1,
    )


def create(emulator: Emulator, client: Client, name: str = "a") -> None:
    client.create_routine_related_record(
        name=emulator.routine, site_id=emulator.site_id, record_name=f"{name}.{emulator.site_name}", timeout=2
    )
