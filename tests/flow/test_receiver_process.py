"""The receiver as a process, with Kafka away, back, and gone again."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from shared.stream.embedded import EmbeddedBroker
from tests.kafka import free_port
from tests.receiving import COMMENT, SECRET, TOKEN, body_of, sign

ROOT = Path(__file__).parents[2]
APPS = {"shop": {"secrets": [SECRET], "verify_token": TOKEN}}


@asynccontextmanager
async def receiver(kafka: str) -> AsyncIterator[tuple[str, str, asyncio.subprocess.Process]]:
    """A receiver's callback, its admin address, and its process."""
    port, admin_port = free_port(), free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.receiver",
        cwd=ROOT,
        stderr=asyncio.subprocess.DEVNULL,
        env={
            **os.environ,
            "PARLEY_KAFKA": kafka,
            "PARLEY_APPS": json.dumps(APPS),
            "PARLEY_RECEIVER_PORT": str(port),
            "PARLEY_ADMIN_PORT": str(admin_port),
            "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
        },
    )
    try:
        admin = f"http://127.0.0.1:{admin_port}"
        await until(f"{admin}/livez", 200)
        yield f"http://127.0.0.1:{port}/webhooks/meta", admin, process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until(url: str, status: int) -> None:
    """Wait for an answer with this status."""
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == status:
                        return
            except aiohttp.ClientError:
                continue


async def post(url: str) -> tuple[int, float]:
    """What a right delivery is answered, and after how many seconds."""
    body = body_of(COMMENT)
    started = time.monotonic()
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"X-Hub-Signature-256": sign(body)}) as answer,
    ):
        if answer.status == 503:
            assert int(answer.headers["retry-after"]) > 0
        return answer.status, time.monotonic() - started


async def test_handshake_without_kafka() -> None:
    """With no Kafka at all the handshake is answered, deliveries get 503, and it is not ready."""
    async with receiver(f"127.0.0.1:{free_port()}") as (url, admin, _):
        query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": TOKEN}
        async with aiohttp.ClientSession() as session, session.get(url, params=query) as answer:
            assert (answer.status, await answer.text()) == (200, "42")
        assert (await post(url))[0] == 503
        await until(f"{admin}/readyz", 503)


async def test_kafka_goes_and_comes_back(embedded_broker: EmbeddedBroker) -> None:
    """While Kafka is away every delivery gets its 503 inside 4 seconds; then all is well again."""
    async with receiver(embedded_broker.servers) as (url, admin, _):
        await until(f"{admin}/readyz", 200)
        assert (await post(url))[0] == 200
        embedded_broker.go_down()
        status, seconds = await post(url)
        assert status == 503
        assert seconds < 4.0  # design §4.1: a promise to Meta, not a measure of this machine
        embedded_broker.come_up()
        async with asyncio.timeout(60):
            while (await post(url))[0] != 200:
                pass
        await until(f"{admin}/readyz", 200)


async def test_stops_in_order(embedded_broker: EmbeddedBroker) -> None:
    """SIGTERM ends it with exit code 0."""
    async with receiver(embedded_broker.servers) as (_, admin, process):
        await until(f"{admin}/readyz", 200)
        process.terminate()
        assert await process.wait() == 0


async def test_port_taken(embedded_broker: EmbeddedBroker) -> None:
    """A second receiver on the same port says so and ends; the first goes on."""
    async with receiver(embedded_broker.servers) as (url, admin, _):
        await until(f"{admin}/readyz", 200)
        second = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.receiver",
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "PARLEY_KAFKA": embedded_broker.servers,
                "PARLEY_APPS": json.dumps(APPS),
                "PARLEY_RECEIVER_PORT": url.split(":")[2].split("/")[0],
            },
        )
        _, err = await second.communicate()
        assert second.returncode == 1
        assert b"address_in_use" in err
        assert (await post(url))[0] == 200
