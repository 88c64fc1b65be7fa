"""Hostile traffic beside good: what each attack is answered, and what it costs the receiver.

The receiver has one core; Kafka, the attacker and the good traffic share the other.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from shared import topics
from shared.stream import admin
from tests.kafka import RealBroker, fetch_jars
from tests.system.hostile_floods import ENDLESS, SLOW
from tests.system.hostile_play import Attack, play
from tests.system.hostile_requests import BODIES, FRAMING, PROTOCOLS, SIGNATURES
from tests.system.hostile_target import Target, target
from tests.system.hostile_traffic import Traffic, steady

ATTACKS: Mapping[str, Attack] = {
    **SIGNATURES,
    **BODIES,
    **FRAMING,
    **PROTOCOLS,
    **ENDLESS,
    **SLOW,
}
MOST_MEGABYTES = 200
_USUAL_SECONDS = 4.0
_TIMES_USUAL = 2.0
_MANY_FILES = 16_384


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attack met, and how good traffic fared before it and meanwhile."""

    attack: Attack
    met: Mapping[str, int]
    megabytes: tuple[float, float, float]
    usual: Traffic
    meanwhile: Traffic
    answers_afterwards: bool

    def troubles(self) -> list[str]:
        """What is not as it should be."""
        found = []
        if not set(self.met) <= set(self.attack.answers):
            found.append(f"wanted {' or '.join(self.attack.answers)}")
        if self.megabytes[1] > MOST_MEGABYTES:
            found.append("memory")
        if self.meanwhile.failures:
            found.append("good ones failed")
        if self.meanwhile.p99_ms() > _TIMES_USUAL * self.usual.p99_ms():
            found.append("slow")
        if not self.answers_afterwards:
            found.append("no answer afterwards")
        return found

    def row(self) -> tuple[str, ...]:
        """For the table."""
        met = ", ".join(f"{answer} x{count}" for answer, count in self.met.items())
        memory = " / ".join(f"{size:.0f}" for size in self.megabytes)
        p99 = f"{self.usual.p99_ms():.1f} / {self.meanwhile.p99_ms():.1f}"
        failed = ", ".join(f"{k} x{n}" for k, n in Counter(self.meanwhile.failures).items())
        delivered = f"{len(self.meanwhile.seconds)}"
        return met, memory, p99, failed or f"0 of {delivered}", ", ".join(self.troubles()) or "✓"


async def face(attacked: Target, name: str) -> Outcome:
    """Play one attack beside good traffic."""
    async with _attacker(name, attacked.port) as attacker:
        async with steady(attacked.port) as usual:
            await asyncio.sleep(_USUAL_SECONDS)
        before = attacked.memory_bytes()
        async with attacked.watched(), steady(attacked.port) as meanwhile:
            out, _ = await attacker.communicate(b"\n")
        memory = tuple(
            size / 1e6 for size in (before, attacked.most_bytes, attacked.memory_bytes())
        )
        async with steady(attacked.port) as afterwards:
            await asyncio.sleep(0.2)
        alive = await attacked.is_ready() and not afterwards.failures
    met = json.loads(out or b"{}")
    return Outcome(ATTACKS[name], met, memory, usual, meanwhile, alive)  # type: ignore[arg-type]


@asynccontextmanager
async def _attacker(name: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that attacks once it is written to, at a lower priority than the good traffic."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.system.hostile", "--attack", name, "--port", str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.nice(5),
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _attack(name: str, port: int) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    sys.stdout.write(json.dumps(await play(ATTACKS[name], port)))


async def face_all(names: list[str], settings: Mapping[str, str], console: Console) -> bool:
    """Whether all of these attacks were withstood."""
    fetch_jars()
    folder = Path(tempfile.mkdtemp(prefix="parley-hostile-"))
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})  # the broker inherits it
    broker = RealBroker(folder / "kafka")
    broker.start()
    table = Table("attack", "answers", "MB before/most/after", "p99 ms", "good failed", "verdict")
    calm = True
    try:
        await admin.apply(broker.servers, topics.RAW)
        async with target(broker.servers, settings, cores[0]) as attacked:
            for name in names:
                console.print(f"{name} …", style="dim")
                outcome = await face(attacked, name)
                calm = calm and not outcome.troubles()
                table.add_row(name, *outcome.row())
    finally:
        console.print(table)
        broker.stop()
        shutil.rmtree(folder)
    return calm


def main() -> None:
    """`hostile [NAME …]`: some of the attacks, by how their names begin, or all."""
    parser = argparse.ArgumentParser(prog="hostile", description=__doc__)
    parser.add_argument("names", nargs="*", help="attacks whose names begin so; else all")
    parser.add_argument("--path", choices=("asgi", "below"), help="how the hot POST is answered")
    parser.add_argument("--attack", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, _MANY_FILES), most))
    console = Console(width=170)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if asked.attack:
            runner.run(_attack(asked.attack, asked.port))
            return
        if most < _MANY_FILES:
            console.print(f"This machine allows {most} open files: fewer connections than wanted.")
        names = [name for name in ATTACKS if name.startswith(tuple(asked.names) or "")]
        settings = {"PARLEY_RECEIVER_BELOW_ASGI": str(asked.path == "below")} if asked.path else {}
        sys.exit(0 if runner.run(face_all(names, settings, console)) else 1)


if __name__ == "__main__":
    main()
