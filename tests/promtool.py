"""Prometheus' own checker: the machine's, or the one in Debian's package, kept in the cache."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_CACHE = (Path(__file__).parent.parent / ".cache" / "prometheus").resolve()


@dataclass(frozen=True)
class Promtool:
    """Checks metrics, rules, and rules against cases."""

    path: Path

    def run(self, *words: str | Path, given: bytes = b"") -> str:
        """What it complains of; empty if nothing is wrong."""
        ran = subprocess.run([self.path, *words], input=given, capture_output=True, check=False)
        return "" if ran.returncode == 0 else (ran.stdout + ran.stderr).decode()


@pytest.fixture(scope="session")
def promtool() -> Promtool:
    """It, fetched once for all runs."""
    found = shutil.which("promtool") or _fetched()
    if found is None:
        pytest.skip("needs promtool, or apt to fetch Debian's package `prometheus`")
    return Promtool(Path(found))


def _fetched() -> Path | None:
    tool = _CACHE / "package" / "usr" / "bin" / "promtool"
    unpack = shutil.which("dpkg-deb")
    if unpack is None or not shutil.which("apt-get"):
        return None
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tool.exists():
            shutil.rmtree(_CACHE / "partial", ignore_errors=True)
            (_CACHE / "partial").mkdir()
            if not any(_download(options) for options in _lists()):
                return None
            (package,) = (_CACHE / "partial").glob("prometheus_*.deb")
            subprocess.run([unpack, "-x", package, _CACHE / "package"], check=True)
    return tool


def _lists() -> Iterator[list[str]]:
    """The machine's lists of packages; then, if they know none, lists of our own."""
    yield []
    mine = _CACHE / "lists"
    (mine / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State::lists={mine}"]
    if _apt(*options, "update"):
        yield options


def _download(options: list[str]) -> bool:
    return _apt(*options, "download", "prometheus")


def _apt(*words: str) -> bool:
    apt = shutil.which("apt-get") or "apt-get"
    # Else it would want to write as somebody else, when it is root.
    command = [apt, "-q", "-o", "APT::Sandbox::User=", *words]
    ran = subprocess.run(command, cwd=_CACHE / "partial", capture_output=True, check=False)
    return ran.returncode == 0
