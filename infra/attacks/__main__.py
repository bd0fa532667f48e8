"""`python -m infra.attacks`: carry out every attack, and write docs/attacks.md; with `--check` compare it."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> int:
    environment = dict(os.environ) if "--check" in sys.argv else {**os.environ, "WRITE_ATTACKS": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "tests/stack/attacks"]
    return subprocess.run(command, check=False, cwd=CHECKOUT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
