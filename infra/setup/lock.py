"""Writes requirements.txt, requirements-dev.txt and pipeline/local/kafka.lock anew. Run by `make lock`; needs `uv`.

The requirements files carry versions and hashes only: no index, no path, so that they install from any mirror.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
KAFKA = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
HEAD = f"""\
# Apache Kafka and all it needs, as jgo resolves `{KAFKA}`.
# SHA-256, then group:artifact:version. Kafka 4.4.0 is not used: its POM names an artifact that is not published.
# Written by `make lock`.
"""


def requirements() -> None:
    """The runtime set first; the development set keeps its versions."""
    for name, more in (("requirements", []), ("requirements-dev", ["--group", "dev", "-c", "requirements.txt"])):
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "build", *more]
        command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade"]
        command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
        subprocess.run([*command, "-o", f"{name}.txt"], check=True, cwd=CHECKOUT)


def jars() -> None:
    """Resolve Kafka through its POMs and note what came."""
    import jgo  # noqa: PLC0415 - the first half does without

    with tempfile.TemporaryDirectory() as scratch:
        jgo.build(KAFKA, cache_dir=Path(scratch))
        (lock,) = Path(scratch).rglob("jgo.lock.toml")
        found = tomllib.loads(lock.read_text())["dependencies"]
    rows = sorted((jar["groupId"], jar["artifactId"], jar["version"], jar["sha256"]) for jar in found)
    lines = [f"{sha256}  {group}:{artifact}:{version}\n" for group, artifact, version, sha256 in rows]
    (CHECKOUT / "pipeline" / "local" / "kafka.lock").write_text(HEAD + "".join(lines))


if __name__ == "__main__":
    requirements()
    jars()
