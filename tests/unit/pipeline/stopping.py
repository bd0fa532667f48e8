"""A stop event that never really waits."""

from threading import Event


class Stop(Event):
    """Waiting for it returns at once, so that back-off costs a test nothing."""

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - the point of it
        return self.is_set()
