"""The short run of `make chaos`."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.kafka
@pytest.mark.xdist_group("stack")
@pytest.mark.skipif(not (shutil.which("java") and shutil.which("mvn")), reason="needs a JDK")
async def test_ten_faults() -> None:
    """Ten faults on three brokers, and nothing that was acknowledged is lost."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.system", "--faults", "10", "--seed", "7", "--events", "20000"),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()[-5000:]
    found = json.loads(out)
    assert found["clean"]
    assert found["acknowledged"] >= 20_000
    assert found["faults"] == 10
