"""Every metric of the program, in one place: type, unit, bounded labels, what it says and what to do about it.

Names are `spp_*` with base units last. Labels are closed sets: never a person, a household, a line or an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS = (1.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_000.0, 5_000.0)

TOPIC = "topics of the contract"
REASON = "the closed list of reasons"
ROLE = "record, decide, relay, seal, npca"
FOUND = ("waiting", "certified", "refused", "queried", "left")


class Kind(StrEnum):
    """Prometheus types."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what it counts, what to do about it, and which closed set bounds each label."""

    name: str
    kind: Kind
    unit: str
    says: str
    action: str
    labels: Mapping[str, str] = field(default_factory=dict)
    buckets: tuple[float, ...] = _SECONDS
    zero: bool = False
    """Must read zero at rest; an alert belongs to it."""


RECORDS = Metric(
    "spp_records_total",
    Kind.COUNTER,
    "records",
    "Records taken from the input topics, by outcome.",
    "accepted + replayed + quarantined must equal what was read; a rising share of quarantined asks for a look at "
    "`spp quarantine list`.",
    {"outcome": "accepted, replayed, quarantined", "topic": TOPIC},
)
REFUSED = Metric(
    "spp_records_refused_total",
    Kind.COUNTER,
    "records",
    "Records sent to quarantine, by reason.",
    "Look at them with `spp quarantine list --reason REASON`; tell the source, or add the missing code and replay.",
    {"reason": REASON, "topic": TOPIC},
)
POISON = Metric(
    "spp_source_poison_total",
    Kind.COUNTER,
    "records",
    "Records refused after their signature was good, so that the source itself is at fault.",
    "Tell the source; above its limit it is muted.",
    {"source": "sources of the key registry"},
)
MUTED = Metric(
    "spp_source_muted",
    Kind.GAUGE,
    "1 or 0",
    "1 while all records of the source go to quarantine because it passed its limit.",
    "Repair the source with its operator, then `spp quarantine replay` what was held.",
    {"source": "sources of the key registry"},
    zero=True,
)
INTERNAL = Metric(
    "spp_record_internal_faults_total",
    Kind.COUNTER,
    "records",
    "Records our own code could not judge; they wait in quarantine.",
    "A bug of ours: read the log entry `admission_failed`, repair, then replay.",
    zero=True,
)
RECORD_SECONDS = Metric(
    "spp_record_batch_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time of one recorded batch, by phase.",
    "A slow `commit` points to the disk or the network of the database, a slow `admit` to the processor.",
    {"phase": "admit, commit"},
)
RECORD_ROWS = Metric(
    "spp_record_batch_records",
    Kind.HISTOGRAM,
    "records",
    "Records in one batch.",
    "Batches at the upper end mean that recording is behind: add a worker.",
    buckets=_ROWS,
)
NEXT_OFFSET = Metric(
    "spp_record_next_offset",
    Kind.GAUGE,
    "offset",
    "First offset not yet recorded, as this process committed it.",
    "It must rise while lag is above zero; else the worker is stuck: restart it.",
    {"topic": TOPIC, "partition": "partitions of the topic"},
)
FENCED = Metric(
    "spp_record_fenced_total",
    Kind.COUNTER,
    "batches",
    "Batches that met an offset moved on by another worker; their rest was recorded or dropped as replayed.",
    "A few at each rebalance are normal; many without one mean that two groups record the same topics.",
    {"topic": TOPIC},
)
LAG_RECORDS = Metric(
    "spp_consumer_lag_records",
    Kind.GAUGE,
    "records",
    "Records published and not yet recorded.",
    "Steadily rising: add a worker (up to the number of partitions).",
    {"topic": TOPIC, "partition": "partitions of the topic"},
)
LAG_SECONDS = Metric(
    "spp_consumer_lag_seconds",
    Kind.GAUGE,
    "seconds",
    "Age of the oldest record not yet recorded, as far as this process has watched.",
    "Above a minute: look at spp_record_next_offset and at the log of the workers.",
    {"topic": TOPIC, "partition": "partitions of the topic"},
)
DECIDE_SECONDS = Metric(
    "spp_decide_batch_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time of one decided set of cases, by phase.",
    "Compare the phases with infra/bench; a slow `commit` points to the database's disk.",
    {"phase": "take, adjudicate, write, commit"},
)
DECIDE_CASES = Metric(
    "spp_decide_batch_cases",
    Kind.HISTOGRAM,
    "cases",
    "Cases in one decided set.",
    "Sets at the upper end mean that deciding is behind.",
    buckets=_ROWS,
)
DECISIONS = Metric(
    "spp_decisions_total",
    Kind.COUNTER,
    "decisions",
    "Decisions written, by the state they give a line.",
    "None for a long time while marks are waiting: look for a parked case and at spp_leader.",
    {"state": "states of a line"},
)
TRANSFERS = Metric(
    "spp_transfers_total",
    Kind.COUNTER,
    "transfers",
    "Transfers posted, by currency.",
    "For the record.",
    {"currency": "KHR, USD"},
)
BLOCK_NO = Metric(
    "spp_ledger_block_no",
    Kind.GAUGE,
    "block",
    "Number of the newest block.",
    "It must rise while marks are waiting.",
)
DECIDE_ALARMS = Metric(
    "spp_decide_alarms_total",
    Kind.COUNTER,
    "events",
    "Certifications and settlements that could not take effect, by kind.",
    "The log entry `decide_alarm` names the line for `spp explain`; ask the certifier or the bank for a correction.",
    {"alarm": "the closed list of alarms"},
)
CASES_PARKED = Metric(
    "spp_cases_parked_total",
    Kind.COUNTER,
    "cases",
    "Cases set aside because deciding them failed.",
    "A bug of ours or a broken fact: `spp parked list` and the log tell where; repair, then `spp parked retry`.",
    zero=True,
)
MARKS = Metric(
    "spp_marks",
    Kind.GAUGE,
    "marks",
    "Facts recorded and not yet decided.",
    "Zero at rest. Rising: is there a leader (spp_leader), and does it progress?",
    zero=True,
)
MARKS_AGE = Metric(
    "spp_marks_oldest_age_seconds",
    Kind.GAUGE,
    "seconds",
    "Time since the oldest fact not yet decided was received.",
    "Above a minute: see spp_marks.",
    zero=True,
)
PARKED = Metric(
    "spp_marks_parked",
    Kind.GAUGE,
    "marks",
    "Marks of parked cases.",
    "See `spp parked list`; repair, then `spp parked retry`.",
    zero=True,
)
OUTBOX = Metric(
    "spp_outbox_rows",
    Kind.GAUGE,
    "rows",
    "Results committed and not yet relayed to Kafka.",
    "Zero at rest. Rising: is there a relay leader, and do the brokers answer?",
    zero=True,
)
OUTBOX_AGE = Metric(
    "spp_outbox_oldest_age_seconds",
    Kind.GAUGE,
    "seconds",
    "Time since the oldest result not yet relayed was committed.",
    "Above a minute: see spp_outbox_rows.",
    zero=True,
)
QUARANTINE_OPEN = Metric(
    "spp_quarantine_open",
    Kind.GAUGE,
    "records",
    "Quarantined records neither replayed nor discarded.",
    "Work through `spp quarantine list`.",
    {"reason": REASON},
)
STATE_AGE = Metric(
    "spp_lines_oldest_age_seconds",
    Kind.GAUGE,
    "seconds",
    "Time since the longest waiting line of each open state came into it.",
    "pended: evidence is missing; submitted: certification waits; instructed: the bank has not answered.",
    {"state": "open states of a line: pended, approved, submitted, certified, instructed, returned"},
)
SUBMISSIONS_OPEN = Metric(
    "spp_submissions_open",
    Kind.GAUGE,
    "submissions",
    "Submitted batches whose lines are not all frozen yet.",
    "Zero at rest; see spp_marks.",
    zero=True,
)
SUSPENSE = Metric(
    "spp_suspense_minor",
    Kind.GAUGE,
    "minor units of the currency",
    "Balance of the suspense accounts: money that moved and belongs to no instruction.",
    "Find the instruction with the bank; `spp report trial-balance` names the account.",
    {"currency": "KHR, USD"},
    zero=True,
)
RELAYED = Metric(
    "spp_relayed_total",
    Kind.COUNTER,
    "messages",
    "Messages acknowledged by the brokers, by topic.",
    "For the record.",
    {"topic": TOPIC},
)
RELAY_SECONDS = Metric(
    "spp_relay_batch_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time of one relayed set of outbox rows, by phase.",
    "A slow `send` points to the brokers, a slow `read` to the database.",
    {"phase": "read, send, delete"},
)
LEADER = Metric(
    "spp_leader",
    Kind.GAUGE,
    "1 or 0",
    "1 while this process leads the role, 0 while it stands by.",
    "The sum over all processes must be 1 for each role; 0 means that nobody works.",
    {"role": "decide, relay, seal"},
)
SEALED_SIZE = Metric(
    "spp_log_sealed_leaves",
    Kind.GAUGE,
    "leaves",
    "Leaves under the newest signed checkpoint.",
    "It must follow what is decided; standing still while blocks grow: is there a leader of the role seal?",
)
WITNESSED_SIZE = Metric(
    "spp_log_witnessed_leaves",
    Kind.GAUGE,
    "leaves",
    "Leaves under the newest checkpoint that the witness countersigned.",
    "Behind spp_log_sealed_leaves for more than a minute: does the witness answer?",
)
SEAL_LAG = Metric(
    "spp_log_seal_lag_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time from the recording of a block until it was sealed, of the oldest block of each checkpoint.",
    "The 99th percentile stays below ten seconds; above: the machine of the role seal is too slow or was away.",
)
SEAL_SECONDS = Metric(
    "spp_log_seal_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time to check, hash, sign and write one checkpoint.",
    "For the record.",
)
WITNESS_FAILURES = Metric(
    "spp_log_witness_failures_total",
    Kind.COUNTER,
    "requests",
    "Checkpoints that the witness did not countersign when asked.",
    "The log entry `witness_away` says why: unreachable, or it does not know our key (`spp ledger keys`).",
)
NPCA_FOLLOWED = Metric(
    "spp_npca_followed_leaves",
    Kind.GAUGE,
    "leaves",
    "Leaves of the log that the certifying agency has rebuilt.",
    "It must follow spp_log_sealed_leaves; standing still: `spp npca inbox` tells what was refused.",
)
NPCA_WITNESSED = Metric(
    "spp_npca_witnessed_leaves",
    Kind.GAUGE,
    "leaves",
    "Leaves under the newest checkpoint of the agency's witness that agrees with what the agency rebuilt.",
    "Lines beyond it cannot be certified; behind for more than a minute: does the witness see checkpoints?",
)
NPCA_LINES = Metric(
    "spp_npca_open_lines",
    Kind.GAUGE,
    "lines",
    "Submitted lines that no certificate rules yet, by what was found.",
    "Waiting for long: evidence did not arrive. Queried: `spp npca query` shows each with its age.",
    {"found": ", ".join(FOUND)},
)
NPCA_NOT_CERTIFIED_HERE = Metric(
    "spp_npca_not_certified_here_lines",
    Kind.GAUGE,
    "lines",
    "Lines that the ledger takes for certified and that no certificate of the agency certifies for that amount.",
    "Somebody else signs with the agency's key: have it replaced in the registry, and stop the payment of these lines.",
    zero=True,
)
NPCA_REFUSALS = Metric(
    "spp_npca_refusals",
    Kind.GAUGE,
    "refusals",
    "Histories, batches and lines that the agency refused to take in.",
    "Read each in `spp npca inbox`; after a refused history nothing is certified.",
    zero=True,
)
RETRIES = Metric(
    "spp_retries_total",
    Kind.COUNTER,
    "attempts",
    "Attempts repeated after a transient fault.",
    "A few are normal; a steady rate means that the database or a broker is unwell.",
    {"role": ROLE, "fault": "database, broker"},
)
PROGRESS = Metric(
    "spp_last_progress_timestamp_seconds",
    Kind.GAUGE,
    "seconds since 1970",
    "When the role last finished a batch, or found nothing to do.",
    "Older than a minute while lag, marks or outbox are above zero: restart the process.",
    {"role": ROLE},
)
SAMPLED = Metric(
    "spp_backlog_sampled_timestamp_seconds",
    Kind.GAUGE,
    "seconds since 1970",
    "When the gauges read from the database and the brokers were last refreshed.",
    "Older than a minute: the gauges of backlog and age are stale, see the log entry `sample_failed`.",
)
BUILD = Metric(
    "spp_build_info",
    Kind.GAUGE,
    "1",
    "Version of the program.",
    "For the record.",
    {"version": "released versions", "python": "supported versions"},
)

CATALOGUE: tuple[Metric, ...] = tuple(value for value in list(vars().values()) if isinstance(value, Metric))
