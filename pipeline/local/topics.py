"""The topics of the contract, made on a broker. Existing ones are checked and left as they are."""

import time
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError

from events.topics import TOPIC_CONFIG, TOPICS, Topic
from pipeline.local.errors import LocalError

WAIT_SECONDS = 30.0
POLL_SECONDS = 0.02


def ensure_topics(bootstrap: str) -> list[str]:
    """Create the topics that are missing and wait until each has its leaders; returns the names created."""
    admin = _admin(bootstrap)
    try:
        present = set(admin.list_topics())
        missing = [topic for topic in TOPICS.values() if topic.name not in present]
        _check(admin, sorted(present & set(TOPICS)))
        _create(admin, missing)
        return [topic.name for topic in missing]
    finally:
        admin.close()


def recreate_topics(bootstrap: str) -> None:
    """Delete all topics of the contract with what they hold, and make them anew, empty."""
    admin = _admin(bootstrap)
    try:
        names = {topic.name for topic in TOPICS.values()}
        if doomed := sorted(names & set(admin.list_topics())):
            admin.delete_topics(doomed)
            _await(lambda: not names & set(admin.list_topics()), "the topics to be deleted")
        _create(admin, list(TOPICS.values()))
    finally:
        admin.close()


def _create(admin: Any, topics: list[Topic]) -> None:
    for topic in topics:
        new = NewTopic(
            name=topic.name, num_partitions=topic.partitions, replication_factor=-1, topic_configs=TOPIC_CONFIG
        )
        try:
            admin.create_topics([new])
        except TopicAlreadyExistsError:
            continue  # another command made it in between
    names = [topic.name for topic in topics]
    _await(lambda: not names or _have_leaders(admin, names), "the topics' leaders")


def _check(admin: Any, names: list[str]) -> None:
    """Refuse topics that somebody made with settings under which the contract's promises do not hold."""
    if not names:
        return
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, configs=dict.fromkeys(TOPIC_CONFIG)) for name in names]
    found = admin.describe_configs(asked, config_filter="all")["topic"]
    for name in names:
        for key, wanted in TOPIC_CONFIG.items():
            value = found[name][key]["value"]
            if value != wanted:
                raise LocalError(f"the topic {name} has {key}={value}, it must be {wanted}: set it so, then try again")


def _have_leaders(admin: Any, names: list[str]) -> bool:
    try:
        described = admin.describe_topics(names)
    except KafkaError:
        return False
    return len(described) == len(names) and all(_has_leaders(topic) for topic in described)


def _has_leaders(topic: dict[str, Any]) -> bool:
    """A topic that is not known yet is described too, with an error and without partitions."""
    partitions = topic.get("partitions") or ()
    return not topic["error_code"] and bool(partitions) and all(part["leader_id"] >= 0 for part in partitions)


def _await(ready: Any, what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise LocalError(f"Kafka kept us waiting {WAIT_SECONDS:.0f} s for {what}")
        time.sleep(POLL_SECONDS)


def _admin(bootstrap: str) -> Any:
    try:
        return KafkaAdminClient(bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=10_000)
    except (KafkaTimeoutError, KafkaError, OSError) as error:
        raise LocalError(f"no Kafka broker answers at {bootstrap} ({error}): check SPP_KAFKA_BOOTSTRAP") from error
