"""Programs from Debian's packages, unpacked into the cache without installing anything."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_CACHE = (Path(__file__).parent.parent / ".cache").resolve()


def unpacked(name: str, *packages: str) -> Path | None:
    """The folder with what is in `packages`, fetched once for all runs; None where apt can't."""
    cache = _CACHE / name
    found, partial = cache / "package", cache / "partial"
    unpack = shutil.which("dpkg-deb")
    if unpack is None or not shutil.which("apt-get"):
        return None
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            if not any(_apt(partial, *each, "download", *packages) for each in _lists(cache)):
                return None
            for package in partial.glob("*.deb"):
                subprocess.run([unpack, "-x", package, partial / "root"], check=True)
            (partial / "root").rename(found)
    return found


def _lists(cache: Path) -> Iterator[list[str]]:
    """The machine's lists of packages; then, if they know none, lists of our own."""
    yield []
    mine = cache / "lists"
    (mine / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State::lists={mine}"]
    if _apt(cache / "partial", *options, "update"):
        yield options


def _apt(folder: Path, *words: str) -> bool:
    apt = shutil.which("apt-get") or "apt-get"
    # Else it would want to write as somebody else, when it is root.
    command = [apt, "-q", "-o", "APT::Sandbox::User=", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0
