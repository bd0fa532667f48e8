"""The attacks of attacks.sql, each as the roles that try it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Who(StrEnum):
    """Whose connection it is. The owner may take the owner's role and is no superuser."""

    READER = "reader"
    WRITER = "writer"
    OWNER = "owner"
    SUPERUSER = "superuser"


@dataclass(frozen=True, slots=True)
class Attack:
    """SQL, one transaction each; `tells` says in a few words what it is."""

    tells: str
    who: Who
    statements: tuple[str, ...]


def _attacks() -> Iterator[Attack]:
    text = (Path(__file__).parent / "attacks.sql").read_text(encoding="utf-8")
    for part in text.split("\n\n")[1:]:
        head, _, body = part.partition("\n")
        who, _, tells = head.removeprefix("-- ").partition(": ")
        statements = tuple(statement.strip() for statement in body.split("\n-- then\n"))
        for role in Who if who == "anybody" else (Who(who),):
            yield Attack(tells, role, statements)


ATTACKS = tuple(sorted(_attacks(), key=lambda attack: list(Who).index(attack.who)))
