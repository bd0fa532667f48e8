"""What the database's catalogue says of the ledger: a digest, so that a changed trigger, function or right is told."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.model.entry import EntryKind

if TYPE_CHECKING:
    from ledger.store.connection import LedgerConnection

_OURS = "n.nspname = 'public'"

# A section each: one text for each object, without numbers that differ from server to server.
_SECTIONS: Final[dict[str, str]] = {
    "tables": f"""
        select concat_ws('|', relname, relkind, relpersistence, relrowsecurity, relforcerowsecurity, relispartition,
            pg_get_userbyid(relowner), array_to_string(reloptions, ','), array_to_string(relacl, ','))
        from pg_class c join pg_namespace n on n.oid = relnamespace where {_OURS}""",
    "columns": f"""
        select concat_ws('|', relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
            attgenerated, pg_get_expr(adbin, adrelid), array_to_string(attacl, ','))
        from pg_attribute a join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
        where {_OURS} and attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v', 'm', 'f')""",
    "constraints": """
        select concat_ws('|', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid)) from pg_constraint
        where connamespace = 'public'::regnamespace and contype <> 'n'""",
    "indexes": "select indexdef from pg_indexes where schemaname = 'public'",
    "views": "select concat_ws('|', viewname, definition) from pg_views where schemaname = 'public'",
    "inheritance": "select concat_ws('|', inhrelid::regclass, inhparent::regclass) from pg_inherits",
    "triggers": f"""
        select concat_ws('|', tgname, tgenabled, pg_get_triggerdef(t.oid))
        from pg_trigger t join pg_class c on c.oid = tgrelid join pg_namespace n on n.oid = relnamespace
        where {_OURS} and not tgisinternal""",
    "event triggers": """
        select concat_ws('|', evtname, evtevent, evtenabled, array_to_string(evttags, ','), evtfoid::regproc,
            pg_get_userbyid(evtowner)) from pg_event_trigger""",
    "rules": f"""
        select concat_ws('|', relname, rulename, ev_enabled, pg_get_ruledef(r.oid))
        from pg_rewrite r join pg_class c on c.oid = ev_class join pg_namespace n on n.oid = relnamespace
        where {_OURS}""",
    "policies": "select concat_ws('|', tablename, policyname, permissive, roles, cmd, qual, with_check)"
    " from pg_policies where schemaname = 'public'",
    "functions": f"""
        select concat_ws('|', pg_get_userbyid(proowner), array_to_string(proacl, ','), pg_get_functiondef(p.oid))
        from pg_proc p join pg_namespace n on n.oid = pronamespace
        where {_OURS} and prokind <> 'a' and not exists (
            select from pg_depend where objid = p.oid and deptype = 'e')""",
    "roles": """
        select concat_ws('|', rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole) from pg_roles
        where rolname in ('spp_owner', 'spp_writer', 'spp_reader')""",
    "settings": """
        select concat_ws('|', coalesce(pg_get_userbyid(nullif(setrole, 0)), ''), array_to_string(setconfig, ','))
        from pg_db_role_setting
        where setdatabase in (0, (select oid from pg_database where datname = current_database()))""",
}


_LAST_TOLD: Final = """
select digest, summary from schema_digest
where exists (select from log_entry where kind = %(kind)s and ref = digest_no)
    or exists (select from awaiting_leaf where kind = %(kind)s and ref = digest_no)
order by digest_no desc limit 1
"""


class Catalogue(NamedTuple):
    """The digest over all sections, how many objects they have, and what each section says, as JSON."""

    digest: bytes
    objects: int
    summary: str


def read_catalogue(conn: LedgerConnection) -> Catalogue:
    """What the catalogue says now, as any role sees it."""
    told: dict[str, list[object]] = {}
    objects = 0
    with conn.transaction():
        conn.execute("set local search_path = pg_catalog")
        for name, query in _SECTIONS.items():
            texts = sorted(text for (text,) in conn.execute(query))
            packed = b"".join(len(text.encode()).to_bytes(4) + text.encode() for text in texts)
            told[name] = [len(texts), sha256(packed).hexdigest()]
            objects += len(texts)
    summary = json.dumps(told, separators=(",", ":"))
    return Catalogue(sha256(summary.encode()).digest(), objects, summary)


def note_catalogue(conn: LedgerConnection) -> list[str]:
    """Keep the catalogue's digest if it is another than the last that is a leaf or waits; it then becomes a leaf.

    A row that somebody keeps from becoming a leaf does not count: the digest is kept again.

    Returns the sections that differ, all of them the first time, none when nothing changed.
    """
    found = read_catalogue(conn)
    with conn.transaction():
        row = conn.execute(_LAST_TOLD, {"kind": int(EntryKind.SCHEMA_DIGEST)}).fetchone()
        if row is not None and row[0] == found.digest:
            return []
        conn.execute("insert into schema_digest (digest, objects, summary) values (%s, %s, %s)", found)
    before = {} if row is None else json.loads(row[1])
    return [name for name, said in json.loads(found.summary).items() if before.get(name) != said]
