"""A process and its signals, for real."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HEAD = """
import asyncio, sys
from shared.service import lifecycle
from shared.service.lifecycle import until_signalled
"""


def start(main: str, grace: float = 5.0) -> subprocess.Popen[str]:
    """A process that runs the body of `main` until signalled; it has said `ready` by then."""
    code = (
        HEAD
        + "async def main(stopping):\n"
        + textwrap.indent("print('ready', flush=True)\n" + textwrap.dedent(main), "    ")
        + f"\nasyncio.run(until_signalled(main, {grace}))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_finishes_what_it_began(signum: signal.Signals) -> None:
    """A signal lets the work finish; exit code 0."""
    process = start("await stopping.wait()\nprint('finished', flush=True)")
    process.send_signal(signum)
    out, _ = process.communicate(timeout=20)
    assert out == "finished\n"
    assert process.returncode == 0


def test_cancelled_after_the_grace() -> None:
    """What takes longer than the grace period is cancelled, cleans up, and the exit code is 1."""
    process = start(
        "try:\n    await asyncio.Event().wait()\nfinally:\n    print('cleaned', flush=True)", 0.1
    )
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert out == "cleaned\n"
    assert process.returncode == 1


def test_crash() -> None:
    """A crash ends the process with exit code 1."""
    process = start("raise RuntimeError")
    process.communicate(timeout=20)
    assert process.returncode == 1


def test_ends_by_itself() -> None:
    """Work that ends by itself ends the process with exit code 0."""
    process = start("return")
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_wrong_settings_exit_2() -> None:
    """A service with wrong settings says so, all of it, and exits with 2."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    done = subprocess.run(
        [sys.executable, "-m", "services.receiver"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=Path(__file__).parents[3],
        env=env,
    )
    assert done.returncode == 2
    assert "PARLEY_APPS: not set" in done.stderr
    assert "PARLEY_KAFKA: not set" in done.stderr
    assert "Traceback" not in done.stderr
