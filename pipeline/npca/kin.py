"""Facts found by the entities they relate, as the agency keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from events.envelope import Event, restore

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pipeline.npca.tables import NpcaCursor


class StoredKin:
    """Facts that relate entities, as the agency keeps them; each key is read once for a chunk."""

    def __init__(self, cursor: NpcaCursor) -> None:
        self._cursor = cursor
        self._known: dict[bytes, list[Event]] = {}

    def of(self, keys: Collection[bytes]) -> Iterable[Event]:
        """The facts of these entities, each once."""
        fresh = [key for key in keys if key not in self._known]
        if fresh:
            self._known.update((key, []) for key in fresh)
            rows = self._cursor.execute(
                "select k.entity, f.source, f.event_id, f.type_no, f.time_us, f.value from kin k"
                " join fact f using (source, event_id) where k.entity = any(%s)",
                (fresh,),
            )
            for key, source, event_id, type_no, time_us, value in rows.fetchall():
                self._known[bytes(key)].append(restore(source, event_id, type_no, time_us, bytes(value)))
        found = {(event.source, event.id): event for key in keys for event in self._known[key]}
        return [found[identity] for identity in sorted(found)]
