"""A volume that can be full: a tmpfs, where this machine lets us mount one."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_ROOM_BYTES = 6_000_000_000
"""More than one broker stores in the longest run; only what is used takes memory."""

_TRIES = 50


class Volume:
    """A mounted tmpfs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self) -> None:
        """Leave hardly any room: what is written next, fails."""
        for tries in range(1, _TRIES + 1):
            state = os.statvfs(self._folder)
            used = (state.f_blocks - state.f_bfree) * state.f_frsize
            try:
                self._resize(used + tries * state.f_frsize)
            except subprocess.CalledProcessError:  # more has been written since we looked
                if tries == _TRIES:
                    raise
            else:
                return

    def free(self) -> None:
        """Give back the room."""
        self._resize(_ROOM_BYTES)

    def _resize(self, size: int) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self._folder))


@contextlib.contextmanager
def volume(folder: Path) -> Iterator[Volume | None]:
    """A Volume at `folder`, or None where mounting is not allowed."""
    folder.mkdir(parents=True)
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={_ROOM_BYTES}", "parley-chaos", str(folder))
    except (OSError, subprocess.CalledProcessError):
        yield None
        return
    try:
        yield Volume(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
