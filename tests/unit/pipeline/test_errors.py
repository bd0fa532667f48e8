"""Faults are told apart by type and SQLSTATE, so that a message's wording changes nothing."""

import aiokafka.errors
import kafka.errors
import psycopg
import pytest
from psycopg import errors as sql

from pipeline.errors import Fault, HoleError, classify, retry_transient
from tests.unit.pipeline.stopping import Stop

TRANSIENT_SQL = [
    sql.ConnectionFailure,
    sql.SerializationFailure,
    sql.DeadlockDetected,
    sql.DiskFull,
    sql.TooManyConnections,
    sql.AdminShutdown,
    sql.CrashShutdown,
    sql.CannotConnectNow,
    sql.QueryCanceled,
    sql.IoError,
    sql.ReadOnlySqlTransaction,
    sql.LockNotAvailable,
    psycopg.OperationalError,
    psycopg.InterfaceError,
]
FATAL = [
    sql.UniqueViolation,
    sql.CheckViolation,
    sql.UndefinedTable,
    sql.InsufficientPrivilege,
    sql.InvalidPassword,
    sql.InternalError_,
    psycopg.ProgrammingError,
    aiokafka.errors.TopicAuthorizationFailedError,
    aiokafka.errors.MessageSizeTooLargeError,
    aiokafka.errors.ProducerFenced,
    ValueError,
    HoleError,
    OSError,
]
TRANSIENT_BROKER = [
    aiokafka.errors.KafkaConnectionError,
    aiokafka.errors.KafkaTimeoutError,
    aiokafka.errors.NotLeaderForPartitionError,
    aiokafka.errors.NotEnoughReplicasError,
    aiokafka.errors.ProducerClosed,
    kafka.errors.KafkaConnectionError,
    kafka.errors.KafkaTimeoutError,
    ConnectionRefusedError,
    TimeoutError,
]


@pytest.mark.parametrize("kind", TRANSIENT_SQL)
def test_a_database_that_is_away_is_waited_for(kind: type[Exception]) -> None:
    assert classify(kind("disk is on fire, fatal")) is Fault.DATABASE


@pytest.mark.parametrize("kind", TRANSIENT_BROKER)
def test_a_broker_that_is_away_is_waited_for(kind: type[Exception]) -> None:
    assert classify(kind()) is Fault.BROKER


@pytest.mark.parametrize("kind", FATAL)
def test_everything_else_ends_the_process(kind: type[Exception]) -> None:
    assert classify(kind("connection timed out, try again")) is Fault.FATAL


def test_a_transient_fault_is_repeated_until_it_passes() -> None:
    left = [sql.DeadlockDetected(), ConnectionResetError()]
    told: list[tuple[str, int]] = []

    def call() -> str:
        if left:
            raise left.pop(0)
        return "done"

    assert retry_transient(call, Stop(), lambda error, attempt: told.append((type(error).__name__, attempt))) == "done"
    assert told == [("DeadlockDetected", 1), ("ConnectionResetError", 2)]


def test_a_fatal_fault_is_raised_at_once() -> None:
    with pytest.raises(HoleError):
        retry_transient(lambda: _raise(HoleError()), Stop(), lambda _error, _attempt: pytest.fail("repeated"))


def test_a_stop_ends_the_waiting() -> None:
    stop = Stop()
    with pytest.raises(TimeoutError):
        retry_transient(lambda: _raise(TimeoutError()), stop, lambda _error, _attempt: stop.set())


def test_the_waiting_has_an_end() -> None:
    with pytest.raises(TimeoutError):
        retry_transient(lambda: _raise(TimeoutError()), Stop(), lambda _error, _attempt: None, limit_seconds=-1)


def _raise(error: Exception) -> None:
    raise error
