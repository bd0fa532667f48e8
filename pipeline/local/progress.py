"""How a long step tells that it is alive, without knowing who watches."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Advance = Callable[[int, int, str], None]


class Progress(Protocol):
    """Shown by the command line; silent in tests."""

    def step(self, text: str) -> AbstractContextManager[Advance]:
        """Announce a step that takes time; the yielded function takes (done, total, detail) to show how far it is."""
        ...

    def note(self, text: str) -> None:
        """Say one thing that the user should know."""
        ...


class Silent:
    """Nobody watches."""

    @contextmanager
    def step(self, text: str) -> Iterator[Advance]:  # noqa: ARG002 - the protocol's shape
        """Run the step without a word."""
        yield lambda _done, _total, _detail: None

    def note(self, text: str) -> None:
        """Drop the note."""
