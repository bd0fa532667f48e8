"""Our own workers in the background: one records, one decides, one relays, one seals."""

import hashlib
import sys
import urllib.request
from pathlib import Path

from pipeline.local import processes
from pipeline.local.processes import Running
from pipeline.settings import Settings

START_SECONDS = 90.0
# Series that a role has once it works: it was given partitions, or asks to lead.
SIGNS_OF_LIFE = ("spp_last_progress_timestamp_seconds", "spp_leader")
ROOMS = ("events", "ledger", "processors", "pipeline")
# name -> roles. A process each: deciding takes most of a core, and a Python process has one.
WORKERS = {"worker-record": "record", "worker-decide": "decide", "worker-relay": "relay", "worker-seal": "seal"}


def start(settings: Settings, name: str) -> Running:
    """Start one worker unless it runs; returns before it is ready (see `wait`)."""
    if running := processes.read(settings.run_directory, name):
        return running
    chosen = settings.metrics_port + list(WORKERS).index(name) if settings.metrics_port else 0
    port = processes.required_port(chosen, "SPP_METRICS_PORT", 0)
    command = [sys.executable, "-m", "pipeline.cli.main", "worker"]
    command += ["--roles", WORKERS[name], "--metrics-port", str(port)]
    return processes.start(
        name,
        command,
        run_directory=settings.run_directory,
        log=settings.log_directory / f"{name}.log",
        details={
            "roles": WORKERS[name],
            "metrics": f"http://127.0.0.1:{port}/metrics",
            "fingerprint": _fingerprint(settings),
        },
        environment={"SPP_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"},
    )


def _fingerprint(settings: Settings) -> str:
    """Changes with the code, the policy packs, the registered keys, and where the worker reads and writes."""
    digest = hashlib.sha256(f"{settings.bootstrap} {settings.ledger} {settings.keys_directory}".encode())
    registry = settings.keys_directory / "registry.json"
    digest.update(registry.read_bytes() if registry.is_file() else b"")
    digest.update(f"{settings.witness_url} {settings.witness_vkey}".encode())
    root = Path(__file__).resolve().parents[2]
    for directory in (*(root / room for room in ROOMS), settings.policy_directory):
        for path in sorted(directory.rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(f"{path} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def stop_outdated(settings: Settings) -> list[str]:
    """Stop the workers of other code, other packs or another place than the present ones; returns their names."""
    present = _fingerprint(settings)
    running = [processes.read(settings.run_directory, name) for name in WORKERS]
    outdated = [one.name for one in running if one and one.details.get("fingerprint") != present]
    return [name for name in outdated if stop(settings, name)]


def wait(running: Running) -> None:
    """Wait until each of its roles says in the metrics that it works, or stands by for another process that does."""
    url = running.details["metrics"]
    roles = running.details["roles"].split(",")

    def ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - our own loopback address
                text = response.read().decode()
        except OSError:
            return False
        return all(any(f'{series}{{role="{role}"}}' in text for series in SIGNS_OF_LIFE) for role in roles)

    processes.wait_until(ready, running, timeout_seconds=START_SECONDS, what=running.name)


def stop(settings: Settings, name: str) -> bool:
    """Stop one worker; what it had in hand is rolled back or committed, never half. True if it ran."""
    return processes.stop(settings.run_directory, name)
