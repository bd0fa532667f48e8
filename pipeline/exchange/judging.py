"""Keeps `instruction` and `suspense` as what the bank said so far makes them: functions of the set of tellings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from processors.exchange.answers import Direction, Movement, Status, Verdict
from processors.exchange.standing import ENDED, judge

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from pipeline.exchange.database import ExchangeConnection
    from processors.exchange.banks import Banks

Key = tuple[str, str, str]
"""A movement: bank, reference, direction."""

_COUNTED: Final = """
    select distinct on (bank, bank_ref, direction) bank, bank_ref, entry_ref, direction, amount_minor, currency,
        value_date, told_us, message_id, account, instruction_id, reason
    from told_movement where {where} order by bank, bank_ref, direction, told_us desc, digest desc"""
_BY_KEY: Final = _COUNTED.format(
    where="(bank, bank_ref, direction) in (select * from unnest(%s::text[], %s::text[], %s::text[]))"
)
_BY_INSTRUCTION: Final = _COUNTED.format(
    where="(bank, bank_ref, direction) in"
    " (select bank, bank_ref, direction from told_movement where instruction_id = any(%s))"
)
_BY_ENTRY: Final = _COUNTED.format(
    where="(bank, entry_ref, direction) in (select * from unnest(%s::text[], %s::text[], %s::text[]))"
)
NOBODY: Final = "unassigned"


class Instruction(NamedTuple):
    """What is compared with the bank's answers."""

    instruction_id: bytes
    bank: str
    currency: str
    amount_minor: int
    asked: bool


def read_counted(connection: ExchangeConnection, keys: Collection[Key]) -> dict[Key, Movement]:
    """Of these movements the telling that counts: the latest, then the greater digest."""
    return _counted(connection, _BY_KEY, tuple(map(list, zip(*keys, strict=True))) if keys else ([], [], []))


def _counted(connection: ExchangeConnection, statement: str, values: Iterable[object]) -> dict[Key, Movement]:
    return {(row[0], row[1], row[3]): _movement(row) for row in connection.execute(statement, tuple(values))}


def _movement(row: TupleRow) -> Movement:
    _, bank_ref, entry_ref, direction, amount, currency, day, told_us, message_id, account, instruction, reason = row
    named = None if instruction is None else bytes(instruction).hex()
    return Movement(
        bank_ref, entry_ref, Direction(direction), amount, currency, day, told_us, message_id, account, named, reason
    )


def refresh(
    connection: ExchangeConnection, banks: Banks, instructions: Collection[bytes], keys: Collection[Key]
) -> None:
    """Judge these instructions anew, and what stands in suspense of them and of these movements."""
    told = _counted(connection, _BY_INSTRUCTION, (list(instructions),)) | read_counted(connection, keys)
    named = set(instructions)
    concerned = named | {bytes.fromhex(one.instruction_id) for one in told.values() if one.instruction_id}
    known = _instructions(connection, concerned)
    of: defaultdict[bytes, list[Movement]] = defaultdict(list)
    astray: dict[Key, tuple[Movement, str]] = {}
    for key, movement in told.items():
        name = bytes.fromhex(movement.instruction_id) if movement.instruction_id else None
        found = known.get(name) if name is not None else None
        if found is not None and (found.bank, found.currency) == (key[0], movement.currency):
            of[found.instruction_id].append(movement)
        else:
            why = "no_instruction" if name is None else "unknown_instruction" if found is None else "another_bank"
            astray[key] = movement, why
    _judge(connection, banks, [one for name, one in known.items() if name in named], of)
    _astray(connection, banks, told, astray)


def _instructions(connection: ExchangeConnection, names: Collection[bytes]) -> dict[bytes, Instruction]:
    rows = connection.execute(
        "select i.instruction_id, i.bank, i.currency, i.amount_minor, a.instruction_id is not null from instruction i"
        " left join asked a using (instruction_id) where i.instruction_id = any(%s)",
        (list(names),),
    )
    return {bytes(row[0]): Instruction(bytes(row[0]), *row[1:]) for row in rows}


def _statuses(connection: ExchangeConnection, names: list[bytes]) -> dict[tuple[bytes, str], list[Status]]:
    found: defaultdict[tuple[bytes, str], list[Status]] = defaultdict(list)
    for name, bank, verdict, reason, told_us, message_id in connection.execute(
        "select instruction_id, bank, verdict, reason, told_us, message_id from told_status"
        " where instruction_id = any(%s)",
        (names,),
    ):
        found[(bytes(name), bank)].append(Status(Verdict(verdict), reason, told_us, message_id, bytes(name).hex()))
    return found


def _judge(
    connection: ExchangeConnection, banks: Banks, instructions: list[Instruction], of: dict[bytes, list[Movement]]
) -> None:
    statuses = _statuses(connection, [one.instruction_id for one in instructions])
    states, excesses = [], []
    for one in instructions:
        said = statuses.get((one.instruction_id, one.bank), [])
        standing = judge(one.amount_minor, of.get(one.instruction_id, []), said, asked=one.asked)
        ended = standing.state in ENDED
        name = one.instruction_id
        states.append((standing.state.value, standing.final, ended, standing.out_minor, standing.back_minor, name))
        excess = standing.excess_minor(one.amount_minor)
        why = "paid_in_excess" if excess > 0 else "returned_in_excess"
        since = max((movement.told_us for movement in of.get(name, [])), default=0)
        excesses.append((f"instruction/{name.hex()}", one.bank, why, excess, one.currency, since))
    with connection.cursor() as cursor:
        cursor.executemany(
            "update instruction set state = %s, final = %s, live = live and not %s, out_minor = %s, back_minor = %s"
            " where instruction_id = %s",
            states,
        )
    _suspend(connection, banks, excesses)


def _astray(
    connection: ExchangeConnection,
    banks: Banks,
    told: dict[Key, Movement],
    astray: dict[Key, tuple[Movement, str]],
) -> None:
    """Movements of no instruction stand in suspense, less what is told of them in detail under another reference."""
    entries = {(key[0], movement.entry_ref, key[2]) for key, movement in told.items()}
    sums: defaultdict[Key, int] = defaultdict(int)
    columns = tuple(map(list, zip(*entries, strict=True))) if entries else ([], [], [])
    for key, part in _counted(connection, _BY_ENTRY, columns).items():
        if part.bank_ref != part.entry_ref:
            sums[(key[0], part.entry_ref, key[2])] += part.amount_minor
    whole = {key: (movement, "no_instruction") for key, movement in read_counted(connection, entries).items()}
    rows = []
    for key, (movement, why) in {**{k: v for k, v in whole.items() if v[0].instruction_id is None}, **astray}.items():
        left = movement.amount_minor - sums[key]
        signed = left if movement.direction is Direction.DEBIT else -left
        rows.append(("/".join(key), key[0], why, signed, movement.currency, movement.told_us))
    settled = [
        ("/".join(key), key[0], "", 0, movement.currency, 0) for key, movement in told.items() if key not in astray
    ]
    _suspend(connection, banks, [*settled, *rows])


def _suspend(
    connection: ExchangeConnection, banks: Banks, rows: Collection[tuple[str, str, str, int, str, int]]
) -> None:
    """Set what stands under each item; an item of nothing is gone. Each has the bank's owner."""
    with connection.cursor() as cursor:
        cursor.executemany("delete from suspense where item = %s", [(row[0],) for row in rows if not row[3]])
        standing = []
        for item, bank, why, amount, currency, since in rows:
            if amount:
                owner = banks.by_code[bank].owner if bank in banks.by_code else NOBODY
                standing.append((item, bank, why, amount, currency, owner, since))
        cursor.executemany(
            "insert into suspense values (%s, %s, %s, %s, %s, %s, %s) on conflict (item) do update set"
            " why = excluded.why, amount_minor = excluded.amount_minor, currency = excluded.currency,"
            " since_us = excluded.since_us",
            standing,
        )
