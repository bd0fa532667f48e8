"""Only a superuser changes tables, triggers, functions, rules and rights of the ledger: held by event triggers.

They can be made by a superuser alone. Where an ordinary user migrates they are missing, the owner role can then undo
the append-only triggers, and the proof tells; the next migration by a superuser adds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_GUARD = """
create or replace function public.refuse_ddl() returns event_trigger language plpgsql as $$
declare command record;
begin
    if (select rolsuper from pg_catalog.pg_roles where rolname = session_user) then
        return;
    end if;
    if tg_event = 'sql_drop' then
        select object_identity as what into command from pg_catalog.pg_event_trigger_dropped_objects()
            where not is_temporary limit 1;
    else
        select object_identity as what into command from pg_catalog.pg_event_trigger_ddl_commands()
            where schema_name is distinct from 'pg_temp' limit 1;
    end if;
    if found then
        raise exception 'refused: % of % by %; the ledger is changed by migrations of a superuser only',
            tg_tag, coalesce(command.what, 'rights'), session_user using errcode = 'insufficient_privilege';
    end if;
end $$;
revoke all on function public.refuse_ddl() from public;
drop event trigger if exists refuse_ddl;
drop event trigger if exists refuse_drop;
create event trigger refuse_ddl on ddl_command_end execute function public.refuse_ddl();
create event trigger refuse_drop on sql_drop execute function public.refuse_ddl();
alter event trigger refuse_ddl enable always;
alter event trigger refuse_drop enable always;
"""


def guard(connection: Connection) -> bool:
    """Put the event triggers in place as the user who logged in; False, doing nothing, when that is no superuser."""
    connection.execute(text("set local role none"))
    if not connection.scalar(text("select rolsuper from pg_roles where rolname = session_user")):
        return False
    connection.execute(text(_GUARD))
    return True
