"""Which faults pass by themselves. Decided by SQLSTATE class and exception type, never by a message's text."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from threading import Event
from time import monotonic
from typing import TypeVar

import aiokafka.errors
import kafka.errors
import psycopg
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    wait_random_exponential,
)

T = TypeVar("T")

RETRY_SECONDS = 300.0
"""How long a transient fault is waited for before the process exits and its supervisor starts it anew."""


WORKED_SECONDS = 30.0
"""A call that ran for so long was at work, so its failure is a new one."""


class Fault(StrEnum):
    """What is to be done about an exception; the values label metrics."""

    DATABASE = "database"
    """The database is away, busy or restarting: connect anew and repeat the transaction."""
    BROKER = "broker"
    """A broker is away, busy or electing: repeat with a fresh client."""
    FATAL = "fatal"
    """Repeating would fail again: a bug, a wrong configuration or a refused login. The process exits."""


class PipelineError(Exception):
    """A fault of ours with a message for a person: what, where, why, what to do. Always fatal."""


class HoleError(PipelineError):
    """Records between the stored offset and the batch's start were never seen. A restart seeks to the stored offset."""


class TopicChangedError(PipelineError):
    """The topic is not the one whose offsets are stored, or records not yet recorded are gone from it."""


class OwnFaultError(PipelineError):
    """Records of many sources fail and none is accepted: the fault is on our side, so recording stops."""


# https://www.postgresql.org/docs/current/errcodes-appendix.html
_TRANSIENT_CLASSES = frozenset(
    {
        "08",  # connection exception
        "40",  # transaction rollback: serialization, deadlock
        "53",  # insufficient resources
        "57",  # operator intervention: shutdown, crash, cancelled, cannot connect now
        "58",  # system error outside PostgreSQL
    }
)
_TRANSIENT_STATES = frozenset(
    {
        "25006",  # read-only: the primary has just become a standby
        "55P03",  # lock not available
    }
)
_TRANSIENT_BROKER = (
    aiokafka.errors.KafkaTimeoutError,
    aiokafka.errors.ProducerClosed,
    aiokafka.errors.OutOfOrderSequenceNumber,
    aiokafka.errors.ConsumerStoppedError,
    kafka.errors.KafkaTimeoutError,
)


def classify(error: BaseException) -> Fault:
    """The fault `error` stands for; everything not known to pass by itself is fatal."""
    if isinstance(error, psycopg.Error):
        return _classify_database(error)
    if isinstance(error, (aiokafka.errors.KafkaError, kafka.errors.KafkaError)):
        retriable = bool(error.retriable) or isinstance(error, _TRANSIENT_BROKER)
        return Fault.BROKER if retriable else Fault.FATAL
    if isinstance(error, (ConnectionError, TimeoutError)):
        return Fault.BROKER
    return Fault.FATAL


def _classify_database(error: psycopg.Error) -> Fault:
    state = error.sqlstate
    if state is None:
        # No answer came from the server: the connection broke (OperationalError) or was closed before (InterfaceError).
        gone = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
        return Fault.DATABASE if gone else Fault.FATAL
    transient = state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES
    return Fault.DATABASE if transient else Fault.FATAL


def is_transient(error: BaseException) -> bool:
    """True when repeating may succeed."""
    return classify(error) is not Fault.FATAL


def retry_transient(
    call: Callable[[], T],
    stop: Event,
    before_retry: Callable[[BaseException, int], None],
    limit_seconds: float = RETRY_SECONDS,
) -> T:
    """Call until it succeeds, waiting longer each time after transient faults.

    Ends with the last exception when the fault is fatal, when `stop` is set, or when nothing worked for
    `limit_seconds`; a call that worked for longer than `WORKED_SECONDS` before it failed begins a new count.
    `before_retry(error, attempt)` reports each failure and drops whatever connection the attempt used.
    """
    failing_since = began = monotonic()

    def attempt() -> T:
        nonlocal began
        began = monotonic()
        return call()

    def report(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if error is not None:
            before_retry(error, state.attempt_number)

    def given_up(_state: RetryCallState) -> bool:
        nonlocal failing_since
        now = monotonic()
        if now - began > WORKED_SECONDS:
            failing_since = now
        return stop.is_set() or now - failing_since > limit_seconds

    retrying = Retrying(
        retry=retry_if_exception(is_transient),
        wait=wait_random_exponential(multiplier=0.1, max=5.0),
        stop=given_up,
        sleep=sleep_using_event(stop),
        before_sleep=report,
        reraise=True,
    )
    return retrying(attempt)
