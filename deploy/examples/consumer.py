"""Prints each comment once. Needs aiokafka; KAFKA and INBOX say where Kafka and the inbox are."""

import asyncio
import json
import os
import sqlite3

from aiokafka import AIOKafkaConsumer


async def main() -> None:
    """Handle an event, and note that it is handled, in one transaction; only then commit."""
    inbox = sqlite3.connect(os.environ.get("INBOX", "inbox.db"))
    inbox.execute("CREATE TABLE IF NOT EXISTS inbox (source, id, PRIMARY KEY (source, id))")
    consumer = AIOKafkaConsumer(
        "parley.comments.enriched.v1",
        bootstrap_servers=os.environ.get("KAFKA", "localhost:9092"),
        group_id="example-python",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer:
        async for record in consumer:
            ce = {name: value.decode() for name, value in record.headers}
            if ce["ce_type"] == "parley.comment.enriched.v1":  # skip types you don't know
                with inbox:
                    sql = "INSERT INTO inbox VALUES (?, ?) ON CONFLICT DO NOTHING"
                    if inbox.execute(sql, (ce["ce_source"], ce["ce_id"])).rowcount:
                        comment = json.loads(record.value)["comment"]
                        print(ce["ce_id"], comment.get("text", ""), flush=True)
            await consumer.commit()


asyncio.run(main())
