"""Closed lists of small numbers that the store keeps. Numbers are stable for ever."""

from __future__ import annotations

from enum import IntEnum


class Cause(IntEnum):
    """Why an entity is marked to be decided again."""

    FACT = 1
    NEIGHBOUR = 2
    FREEZE = 3
    POLICY = 5


class OutboxKind(IntEnum):
    """What an outbox row refers to, and so what the relay sends for it."""

    BLOCK = 1
    QUARANTINE = 2
    SUBMISSION = 3
