"""The packs the agency holds itself: those it was started with, now and before. None is taken from the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from processors.policy.loader import parse

if TYPE_CHECKING:
    from pipeline.npca.tables import NpcaConnection
    from processors.policy.model import Policy


def held_policies(connection: NpcaConnection, policy: Policy) -> dict[bytes, Policy]:
    """Keep the policy at hand; every policy ever held, by the digest of each of its packs."""
    with connection.transaction():
        connection.execute(
            "insert into policy values (%s, %s) on conflict do nothing", (policy.digest, json.dumps(dict(policy.files)))
        )
        rows = connection.execute("select digest, files from policy").fetchall()
    held = {bytes(digest): policy if bytes(digest) == policy.digest else parse(files) for digest, files in rows}
    return {pack.digest: one for one in held.values() for pack in one.packs.values()}
