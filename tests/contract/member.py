"""A consumer as a process of its own, to be killed: notes each record it handles in a file."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from shared.contracts.records import Record
from shared.stream import kafka
from shared.stream.consumer import Consumer
from shared.stream.dead_letters import DeadLetters


async def main(servers: str, group: str, topic: str, path: str) -> None:
    """Consume until SIGTERM; each line of the file at `path` is a partition and an offset."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def handle(records: Sequence[Record]) -> None:
        await asyncio.sleep(0.002)
        lines = "".join(f"{record.partition} {record.offset}\n" for record in records)
        os.write(notes, lines.encode())

    async with (
        kafka.writer(servers) as writer,
        kafka.reader(servers, group, [topic]) as reader,
    ):
        letters = DeadLetters(writer=writer, group=group, topic="test.nowhere")
        consumer = Consumer(
            reader, letters, lambda record: record, handle, lambda record: record.key, max_records=5
        )
        await consumer.run(stopping)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
