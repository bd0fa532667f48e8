"""`spp worker` with another size of batch: what a recording transaction takes at most."""

from __future__ import annotations

import sys

from pipeline import transport
from pipeline.cli import worker


def main() -> None:
    """Arguments: roles, records a batch."""
    roles, batch = sys.argv[1], int(sys.argv[2])
    transport.BATCH_RECORDS = batch
    worker.worker(roles, 0)


if __name__ == "__main__":
    main()
