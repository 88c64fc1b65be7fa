"""The benchmarks in their shortest form, so that they don't rot; nobody looks at the figures."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.bench import results
from tests.bench.ratio import Point

ROOT = Path(__file__).parents[2]


async def bench(*words: str) -> dict[str, float]:
    """The JSON line at the end of `make bench`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench",
        *words,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


async def test_split() -> None:
    """Splitting is measured for one event a body and for many."""
    ratios = await bench("split", "--rounds", "1", "--seconds", "0.1")
    assert set(ratios) == {"split_1", "split_100"}


async def test_judge() -> None:
    """Judging is measured against decoding."""
    values = await bench("judge", "--rounds", "1", "--seconds", "0.1")
    assert 0 < values["judge"] < 1
    assert values["judge_per_second"] > 0


async def test_persister() -> None:
    """The persister is measured on the embedded Postgres."""
    ratios = await bench("persister", "--rounds", "1", "--seconds", "1")
    assert ratios["persister"] > 0


@pytest.mark.kafka
async def test_loop() -> None:
    """The consumer loop is measured on a real Kafka."""
    ratios = await bench("loop", "--rounds", "1", "--seconds", "0.2")
    assert ratios["loop"] > 0


@pytest.mark.kafka
async def test_receiver() -> None:
    """The receiver is measured on a real Kafka."""
    values = await bench("receiver", "--rounds", "1", "--seconds", "1")
    for name in ("1_64", "1_256", "10_64", "100_64"):
        assert values[f"receiver_{name}"] > 0
    for name in ("1_64", "1_256"):
        assert values[f"asgi_{name}"] > 0


@pytest.mark.kafka
async def test_memory() -> None:
    """The receiver's memory is looked at with Kafka at work, frozen and killed."""
    values = await bench("memory", "--rounds", "1", "--seconds", "0.2")
    assert {name.rpartition("_")[2] for name in values} == {"load", "frozen", "killed"}


@pytest.mark.kafka
async def test_pipeline() -> None:
    """The whole line is measured, and what each service takes of the processor."""
    values = await bench("pipeline", "--rounds", "1", "--seconds", "0.1")
    assert values["pipeline"] > 0
    assert all(values[f"cpu_{name}"] > 0 for name in ("receiver", "enricher", "persister"))


@pytest.mark.kafka
async def test_graph() -> None:
    """Graph's calls are counted: at least one for each media, but none for each comment."""
    values = await bench("graph", "--rounds", "1", "--seconds", "0.1")
    assert 1.0 <= values["graph"] < 2.0


@pytest.mark.kafka
async def test_hide() -> None:
    """Comments are hidden while it looks, sooner than a minute after they came."""
    values = await bench("hide", "--rounds", "1", "--seconds", "2")
    assert 0 < values["hide_p50"] <= values["hide_p99"]


@pytest.mark.kafka
def test_results(tmp_path: Path) -> None:
    """What people wrote below the mark stays; the same points give the same plot."""
    file, plot = tmp_path / "RESULTS.md", tmp_path / "growth.svg"
    file.write_text(f"old\n{results.MARK}\nby hand\n")
    points = [
        Point(panel="connections", path="asgi", x=x, per_second=9.0 * x, cpu_us=1.0, p99_ms=2.0)
        for x in (1, 2)
    ]
    results.write(points, file, plot)
    written, drawn = file.read_text(), plot.read_bytes()
    assert "old" not in written
    assert "growth_connections_2_asgi" in written
    assert written.endswith("\nby hand\n")
    results.write(points, file, plot)
    assert plot.read_bytes() == drawn


async def test_unknown() -> None:
    """A name that isn't there is refused with those that are."""
    with pytest.raises(AssertionError, match="there is no nothing"):
        await bench("nothing")
