"""Kafka's jars: fetched by jgo from Maven's repository, each one checked against the committed lock."""

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.local.errors import LocalError
from pipeline.local.progress import Progress

LOCK = Path(__file__).with_name("kafka.lock")
PARALLEL = 4
TRIES = 3


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """As Maven names it."""
        return f"{self.artifact}-{self.version}.jar"


def locked() -> list[Jar]:
    """Every jar of the lock."""
    lines = [line for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    jars = []
    for line in lines:
        sha256, coordinate = line.split()
        group, artifact, version = coordinate.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def class_path(directory: Path) -> str:
    """All jars, in the lock's order; LocalError if one is missing."""
    paths = [directory / jar.filename for jar in locked()]
    if missing := [path.name for path in paths if not path.is_file()]:
        raise LocalError(f"{missing[0]} is missing in {directory}: run `spp setup`")
    return ":".join(map(str, paths))


def install(directory: Path, progress: Progress) -> None:
    """Bring what is missing into `directory`; a jar is moved there only when its checksum agrees."""
    directory.mkdir(parents=True, exist_ok=True)
    jars = locked()
    missing = [jar for jar in jars if not (directory / jar.filename).is_file()]
    if not missing:
        return
    cache = directory.with_name("download")
    step = progress.step(f"Fetching Apache Kafka ({len(missing)} of {len(jars)} jars, 44 MB in all)")
    with step as advance, ThreadPoolExecutor(PARALLEL) as pool:
        for done, jar in enumerate(pool.map(lambda jar: _fetch(jar, cache, directory), missing), 1):
            advance(done, len(missing), jar.filename)
    shutil.rmtree(cache, ignore_errors=True)


def _fetch(jar: Jar, cache: Path, directory: Path) -> Jar:
    failure: Exception | None = None
    for _ in range(TRIES):
        try:
            _check_and_move(_download(jar, cache), jar, directory)
        except (OSError, RuntimeError, ValueError) as error:  # a cut connection; requests' errors are OSErrors
            failure = error
        else:
            return jar
    raise LocalError(
        f"{jar.group}:{jar.artifact}:{jar.version} could not be fetched from Maven's repository ({failure}).\n"
        "Allow the download (a mirror is set in jgo's own settings file), copy the jars of pipeline/local/kafka.lock\n"
        "into a directory and set SPP_KAFKA_JARS to it, or use your own brokers with SPP_KAFKA_BOOTSTRAP=host:port."
    ) from failure


def _download(jar: Jar, cache: Path) -> Path:
    from jgo.config import GlobalSettings  # noqa: PLC0415 - slow to import, needed once
    from jgo.maven import MavenContext  # noqa: PLC0415

    maven = MavenContext(repo_cache=cache, timeout=60)
    maven.remote_repos = {**GlobalSettings.load().repositories, **maven.remote_repos}  # the user's mirrors first
    return Path(maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())


def _check_and_move(path: Path, jar: Jar, directory: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != jar.sha256:
        path.unlink()
        raise ValueError(f"its SHA-256 is {digest}, the lock says {jar.sha256}")
    draft = directory / f".{jar.filename}.draft"
    shutil.copyfile(path, draft)
    draft.replace(directory / jar.filename)
