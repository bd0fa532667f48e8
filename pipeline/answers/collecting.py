"""Collecting a case: by keys from the states, decisions and events the decider itself works on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from events.enrolment import HouseholdIdentified, HouseholdRevoked
from events.envelope import format_time
from events.payment import PaymentRequested
from ledger.statements.waiting import waiting_on
from ledger.store import books
from pipeline.answers.casefile import CaseFile, FactRow, MemberRow, RequestRow, StayRow
from pipeline.answers.finding import read_states
from pipeline.answers.lines import decisions_told, payments_told
from pipeline.answers.telling import asked_for, day_of, told_of
from processors import entities, households
from processors.case import assemble, request_cycle
from processors.facts import EntityState
from processors.policy.terms import Language
from processors.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.envelope import Event
    from ledger.store.connection import LedgerCursor
    from processors.households import Home
    from processors.policy.model import Commons

PERSON, HOUSEHOLD = b"P", b"H"


class _Loaded(NamedTuple):
    """The states of a case and its surroundings; `members` are the component, `readers` cases it is named in."""

    states: dict[bytes, EntityState]
    members: frozenset[bytes]
    readers: frozenset[bytes]


def collect(cursor: LedgerCursor, commons: Commons, key: bytes) -> CaseFile:
    """The file of a person or household (`P` or `H` and its id), from one snapshot."""
    loaded = _load(cursor, key)
    view = View(loaded.states, commons, None)
    root = view.root(key) if key[:1] == PERSON else key
    own = view.aliases(root) if key[:1] == PERSON else sorted(loaded.members)
    requests = _requests(loaded, own)
    lines = [entities.line(event.source, request.request_id) for event, request in requests]
    waiting = waiting_on(cursor, {*own, *loaded.members, *lines})
    return CaseFile(
        kind="person" if key[:1] == PERSON else "household",
        looked_at=_name(key),
        ids=[_name(alias) for alias in own],
        known=any(loaded.states[alias].facts or loaded.states[alias].links for alias in own) or bool(requests),
        related=sorted(_name(member) for member in loaded.members if member not in own),
        households=_stays(view, root, own) if key[:1] == PERSON else [],
        members=[] if key[:1] == PERSON else [row for alias in own for row in _members(view, alias)],
        facts=_all_facts(view, root, own),
        requests=[_request(event, request) for event, request in requests],
        decisions=decisions_told(cursor, lines),
        payments=payments_told(cursor, lines),
        elsewhere=_elsewhere(loaded, own),
        undecided=waiting.open,
        parked=waiting.parked,
    )


def _name(key: bytes) -> str:
    return key[1:].decode()


def _load(cursor: LedgerCursor, key: bytes) -> _Loaded:
    """The whole case, the households its persons are linked to, and cases of others that name them."""
    states: dict[bytes, EntityState] = {}

    def load(keys: Iterable[bytes]) -> None:
        wanted = [each for each in keys if each not in states]
        states.update({each: EntityState() for each in wanted} | read_states(cursor, wanted))

    load([key])
    while (case := assemble(key, states)).missing:
        load(case.missing)
    load({link for member in case.members for link in states[member].links})
    readers = {reader for _, reader in books.read_readers(cursor, list(case.members))} - case.members
    load(readers)
    return _Loaded(states, case.members, frozenset(readers))


def _requests(loaded: _Loaded, own: Iterable[bytes]) -> list[tuple[Event, PaymentRequested]]:
    """The requests of the case, and those elsewhere that one of its ids makes for somebody else; by time."""
    names = {_name(alias) for alias in own}
    found = {
        (event.source, event.id): (event, event.data)
        for key in (*loaded.members, *loaded.readers)
        for event in loaded.states[key].requests
        if isinstance(event.data, PaymentRequested) and (key in loaded.members or event.data.sp_id in names)
    }
    return sorted(found.values(), key=lambda item: (item[0].time_us, item[0].source, item[0].id))


def _elsewhere(loaded: _Loaded, own: Iterable[bytes]) -> list[str]:
    """Households of a person that have requests of their own: their case is another one."""
    linked = {link for alias in own for link in loaded.states[alias].links if link[:1] == HOUSEHOLD}
    return sorted(_name(key) for key in linked - loaded.members if loaded.states[key].requests)


# -- what is known -----------------------------------------------------------------------------------------------------


def _all_facts(view: View, root: bytes, own: Iterable[bytes]) -> list[FactRow]:
    """The facts of all ids; one that belongs to several, such as a merge, is told once."""
    rows = {(row.source, row.id): row for alias in reversed(list(own)) for row in _facts(view, root, alias)}
    return sorted(rows.values(), key=lambda row: (row.type, row.on, row.recorded_at, row.id))


def _members(view: View, household: bytes) -> Iterable[MemberRow]:
    """Who each version of the household's card names, of those versions that count."""
    for event in view.effective(household):
        card = event.data
        if isinstance(card, HouseholdIdentified):
            for member in card.members:
                yield MemberRow(
                    household_id=card.household_id,
                    card_from=card.valid_from,
                    card_until=card.valid_until,
                    member_no=member.member_no,
                    sp_id=member.sp_id,
                    birth_date=member.birth_date,
                    sex=member.sex,
                    head=member.head,
                    traits=list(member.traits),
                    event_id=event.id,
                )


def _facts(view: View, root: bytes, alias: bytes) -> list[FactRow]:
    state = view.states[alias]
    counting = {(event.source, event.id) for event in _counting(view, root, alias)}
    rows = []
    for identity, event in state.facts.items():
        if isinstance(event.data, PaymentRequested):
            continue
        retracted = state.retracted.get(identity)
        stands = "retracted" if retracted is not None else "counts" if identity in counting else "replaced"
        rows.append(
            FactRow(
                about=_name(alias),
                type=event.type,
                on=day_of(event),
                told=told_of(event),
                source=event.source,
                id=event.id,
                recorded_at=format_time(event.time_us),
                stands=stands,
                retracted_at=None if retracted is None else format_time(retracted),
            )
        )
    return rows


def _counting(view: View, root: bytes, alias: bytes) -> Iterable[Event]:
    if alias[:1] != PERSON:
        yield from view.effective(alias)
        return
    for kind in view.states[alias].kinds:
        yield from (event for event, _ in view.facts(root, kind))


def _stays(view: View, root: bytes, own: Iterable[bytes]) -> list[StayRow]:
    """In which household a person counted, day by day, told once for each run of days without a change."""
    linked = {link for alias in own for link in view.states[alias].links if link[:1] == HOUSEHOLD}
    linked |= {heir for household in linked if household in view.states for heir in view.states[household].links}
    changes = sorted({day for household in linked for day in _changes(view, household)})
    rows: list[StayRow] = []
    for day, following in zip(changes, [*changes[1:], None], strict=False):
        found = households.home_of(view, root, day)
        if found is None:
            continue
        until = None if following is None else following - timedelta(days=1)
        row = _stay(view, root, found, day, until)
        last = rows[-1] if rows else None
        if last is not None and last.until == day - timedelta(days=1) and _same(last, row):
            rows[-1] = msgspec.structs.replace(last, until=until)
        else:
            rows.append(row)
    return rows


def _changes(view: View, household: bytes) -> Iterable[date]:
    for event in view.effective(household):
        if isinstance(event.data, HouseholdIdentified):
            yield event.data.valid_from
            yield event.data.valid_until + timedelta(days=1)
        elif isinstance(event.data, HouseholdRevoked):
            yield event.data.revoked_on


def _stay(view: View, root: bytes, found: Home, since: date, until: date | None) -> StayRow:
    household = found.household
    own = (member for member in household.members if member.sp_id is not None)
    return StayRow(
        household_id=household.household_id,
        since=since,
        until=until,
        level=household.level,
        area=household.area,
        commune=household.commune,
        card_valid=found.card_valid,
        head=any(member.head for member in own if view.root(entities.person(member.sp_id or "")) == root),
        event_id=found.event.id,
    )


def _same(one: StayRow, other: StayRow) -> bool:
    return (one.event_id, one.card_valid) == (other.event_id, other.card_valid)


# -- what was asked ----------------------------------------------------------------------------------------------------


def _request(event: Event, request: PaymentRequested) -> RequestRow:
    payee = request.payee
    return RequestRow(
        source=event.source,
        request_id=request.request_id,
        line_id=entities.line(event.source, request.request_id)[1:].hex(),
        event_id=event.id,
        benefit=request.benefit,
        asked_for=asked_for(request, Language.ENGLISH).removeprefix("for "),
        recipient=request.sp_id or request.household_id or "",
        in_respect_of=request.in_respect_of,
        cycle=request_cycle(event, request),
        batch_id=request.batch_id,
        amount=None if request.amount is None else msgspec.to_builtins(request.amount),
        payee=f"{payee.channel} {payee.provider}, {payee.role}",
        recorded_at=format_time(event.time_us),
    )
