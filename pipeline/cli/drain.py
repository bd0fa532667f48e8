"""`spp drain`: wait until all that was published is recorded, decided and relayed."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipeline.cli.console import CommandError, Json, Steps, write_json

Timeout = Annotated[float, typer.Option("--timeout", min=0, metavar="SECONDS", help="Give up after so long.")]


def drain(timeout: Timeout = 300.0, json: Json = False) -> None:  # noqa: FBT002 - typer makes an option of it
    """Wait until all that was published is recorded, decided and relayed; exit 1 when the time is over first."""
    from pipeline.drain import Outstanding  # noqa: PLC0415 - the clients take their time to import
    from pipeline.drain import drain as wait  # noqa: PLC0415
    from pipeline.settings import get_settings  # noqa: PLC0415

    steps = Steps()
    most = 0
    with steps.step("Waiting until all is recorded, decided and relayed") as advance:

        def report(now: Outstanding) -> None:
            nonlocal most
            left = now.unrecorded + now.policies + now.marks + now.outbox
            most = max(most, left)
            advance(most - left, most, "settled")

        left = wait(get_settings(), timeout, report)
        if json:
            write_json(asdict(left))
        if left.parked:
            steps.note(f"{left.parked:,} marks are parked: cases that failed and wait for a repair (`spp parked list`)")
        if not left.is_nothing:
            raise CommandError(f"not drained after {timeout:g} s: {left}")
