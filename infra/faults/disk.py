"""A small file system of its own for a part of the database, so that a disk can be full without harming the machine."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.faults.site import POSTGRES, READY_SECONDS, data_directory
from infra.faults.waiting import wait_until

if TYPE_CHECKING:
    from infra.faults.site import Site

SIZE_MIB: Final = 384
TABLESPACE: Final = "small"
_BALLAST: Final = "ballast"
_CHUNK: Final = bytes(1024 * 1024)


class NoDiskError(Exception):
    """There is no file system to be had of our own; the message says why."""


class Disk:
    """A mounted file system in memory that can be filled to the last byte and emptied again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def fill(self) -> None:
        """Write until there is no space left on the device."""
        with (self.directory / _BALLAST).open("ab", buffering=0) as ballast:
            piece = _CHUNK
            while piece:
                try:
                    ballast.write(piece)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    piece = piece[: len(piece) // 2]

    def free(self) -> None:
        """Give the space back."""
        (self.directory / _BALLAST).unlink(missing_ok=True)


@contextmanager
def mounted(site: Site) -> Iterator[Disk]:
    """A disk for the row, owned by whoever PostgreSQL runs as. Raises NoDiskError where mounting is not allowed."""
    directory = site.settings.home / "disk"
    directory.mkdir(exist_ok=True)
    if os.geteuid() != 0:
        raise NoDiskError("only root may mount the small file system that is filled")
    asked = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=0700", "campaign", str(directory)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoDiskError(f"the small file system could not be mounted: {done.stderr.strip()}")
    try:
        owner = data_directory(site).stat()
        os.chown(directory, owner.st_uid, owner.st_gid)
        yield Disk(directory)
    finally:
        subprocess.run(["umount", str(directory)], check=False)


@contextmanager
def for_tables(site: Site) -> Iterator[Disk]:
    """A disk with a tablespace on it; the row's database is dropped at the end."""
    with mounted(site) as disk:
        site.execute(f"create tablespace {TABLESPACE} location '{disk.directory}'")
        try:
            yield disk
        finally:
            disk.free()
            wait_until(site.database_answers, READY_SECONDS, "PostgreSQL")
            site.execute(f"drop database if exists {site.database} with (force)")
            site.execute(f"drop tablespace {TABLESPACE}")


@contextmanager
def for_log(site: Site) -> Iterator[Disk]:
    """A disk that holds the database's write-ahead log, which comes back to its place at the end."""
    with mounted(site) as disk:
        place, moved = data_directory(site) / "pg_wal", disk.directory / "pg_wal"
        with _stopped(site):
            shutil.copytree(place, moved, copy_function=shutil.copy2)
            shutil.rmtree(place)
            _own_all(moved, data_directory(site))
            place.symlink_to(moved)
        try:
            yield disk
        finally:
            disk.free()
            wait_until(site.database_answers, READY_SECONDS, "PostgreSQL")
            with _stopped(site):
                place.unlink()
                shutil.copytree(moved, place, copy_function=shutil.copy2)
                _own_all(place, data_directory(site))


@contextmanager
def _stopped(site: Site) -> Iterator[None]:
    """The database is shut down meanwhile, orderly."""
    command = site.supervisor.kept[POSTGRES].command
    site.supervisor.release(POSTGRES, signal.SIGINT)
    try:
        yield
    finally:
        site.supervisor.keep(POSTGRES, command)
        wait_until(site.database_answers, READY_SECONDS, "PostgreSQL")


def _own_all(directory: Path, like: Path) -> None:
    owner = like.stat()
    for path in (directory, *directory.rglob("*")):
        with suppress(FileNotFoundError):
            os.chown(path, owner.st_uid, owner.st_gid)
    directory.chmod(0o700)
