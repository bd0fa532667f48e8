"""Identities of RECORD: every record read is accounted for, once."""

from __future__ import annotations

from events.topics import INPUT_TOPICS
from ledger.reconciliation.identity import COUNT, Check

_TOPICS = "topic (topic_no, name) as (values {})".format(
    ", ".join(f"({topic.number}, '{topic.name.split('.')[1]}')" for topic in INPUT_TOPICS)
)

_READ = f"""
with {_TOPICS}
select name, '{COUNT}', coalesce(sum(next_offset - skipped), 0), coalesce(sum(accepted + replayed + quarantined), 0)
from topic left join consumer_offset using (topic_no) group by topic_no, name order by topic_no
"""

_INBOX = f"""
with {_TOPICS},
counted as (select topic_no, sum(accepted) as records from consumer_offset group by 1),
again as (
    select topic_no, count(*) as records from quarantine join quarantine_audit using (quarantine_no)
    where action = 'replayed' group by 1
),
stored as (select position >> 56 as topic_no, count(*) as records from inbox group by 1)
select name, '{COUNT}', coalesce(counted.records, 0) + coalesce(again.records, 0), coalesce(stored.records, 0)
from topic left join counted using (topic_no) left join again using (topic_no) left join stored using (topic_no)
order by topic_no
"""

_QUARANTINE = f"""
with {_TOPICS},
counted as (select topic_no, sum(quarantined) as records from consumer_offset group by 1),
stored as (select topic_no, count(*) as records from quarantine group by 1)
select name, '{COUNT}', coalesce(counted.records, 0), coalesce(stored.records, 0)
from topic left join counted using (topic_no) left join stored using (topic_no) order by topic_no
"""

INTAKE = (
    Check(
        "records read",
        "records read = accepted + replayed + quarantined",
        "a batch was counted wrongly, or consumer_offset was edited: compare its rows with the topic's end offsets",
        _READ,
    ),
    Check(
        "inbox",
        "accepted + replayed from quarantine = events in the inbox",
        "consumer_offset and inbox disagree: rows were removed or added outside RECORD",
        _INBOX,
    ),
    Check(
        "quarantine",
        "quarantined = records in quarantine",
        "consumer_offset and quarantine disagree: rows were removed or added outside RECORD",
        _QUARANTINE,
    ),
)
