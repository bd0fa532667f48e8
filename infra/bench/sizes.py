"""How much each row measures: by default ten minutes together on two quiet cores, with `--full` all that was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sizes:
    """Events, seconds, rows; `hot` and `households` are households.

    `shapes` are (recording processes, records a transaction) of the full path. In (h) a load of `growth_events` is
    copied until there are so many rows, and twice as many events are decided on top.
    """

    events: int
    shapes: tuple[tuple[int, int], ...]
    alone: int
    plain_seconds: float
    calls_seconds: float
    latency_seconds: float
    hot: int
    growth_rows: tuple[int, ...]
    growth_events: int
    signing: int
    households: int

    def scaled(self, scale: float) -> Sizes:
        """The same with less of everything, to try the benchmark itself."""
        if scale == 1:
            return self
        return replace(
            self,
            events=_part(self.events, scale),
            alone=_part(self.alone, scale),
            plain_seconds=self.plain_seconds * scale,
            calls_seconds=self.calls_seconds * scale,
            latency_seconds=max(2.0, self.latency_seconds * scale),
            hot=_part(self.hot, scale),
            growth_rows=tuple(_part(rows, scale) for rows in self.growth_rows),
            growth_events=_part(self.growth_events, scale),
            signing=_part(self.signing, scale),
            households=_part(self.households, scale),
        )


def _part(number: int, scale: float) -> int:
    return max(1_000, round(number * scale))


USUAL = Sizes(
    events=100_000,
    shapes=((1, 500), (1, 2_000), (1, 5_000), (2, 2_000)),
    alone=50_000,
    plain_seconds=8.0,
    calls_seconds=4.0,
    latency_seconds=20.0,
    hot=10_000,
    growth_rows=(100_000, 1_000_000),
    growth_events=26_000,
    signing=40_000,
    households=20_000,
)
LARGE = replace(USUAL, growth_rows=(100_000, 1_000_000, 10_000_000))
"""Some minutes and six gigabytes more."""
FULL = replace(
    USUAL,
    events=200_000,
    shapes=tuple((workers, batch) for workers in (1, 2) for batch in (500, 1_000, 2_000, 5_000)),
    alone=200_000,
    plain_seconds=30.0,
    calls_seconds=20.0,
    latency_seconds=60.0,
    hot=50_000,
    growth_rows=LARGE.growth_rows,
    signing=200_000,
    households=705_613,
)
