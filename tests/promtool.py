"""Prometheus' own checker: the machine's, or the one in Debian's package, kept in the cache."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.debian import unpacked


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
    if found := shutil.which("promtool"):
        return Promtool(Path(found))
    package = unpacked("prometheus", "prometheus")
    if package is None:
        pytest.skip("needs promtool, or apt to fetch Debian's package `prometheus`")
    return Promtool(package / "usr" / "bin" / "promtool")
