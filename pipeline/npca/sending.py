"""What the agency has to say goes out under its own key; repeated after a crash with the same ids and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from events.envelope import decode_recorded
from events.local_keys import local_signer
from events.outgoing import outgoing
from events.publisher import Publisher
from processors.npca.finding import AGENCY

if TYPE_CHECKING:
    from pipeline.npca.tables import NpcaConnection
    from pipeline.settings import Settings

_AT_ONCE: Final = 10_000


def send(connection: NpcaConnection, settings: Settings) -> int:
    """Publish what waits in the outbox and take out what the broker confirmed; returns how many."""
    with connection.transaction():
        rows = connection.execute(
            "select outbox_no, value from outbox order by outbox_no limit %s", (_AT_ONCE,)
        ).fetchall()
    if not rows:
        return 0
    with Publisher(settings.bootstrap, AGENCY, local_signer(settings.npca_keys_directory, AGENCY)) as publisher:
        publisher.send(outgoing(decode_recorded(bytes(value)), bytes(value), {}) for _, value in rows)
    with connection.transaction():
        connection.execute("delete from outbox where outbox_no = any(%s)", ([number for number, _ in rows],))
    return len(rows)
