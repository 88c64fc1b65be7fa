"""Meta's webhooks in, Kafka records out."""

import asyncio

import structlog

from services.receiver.config import ReceiverConfig
from services.receiver.intake import ACKNOWLEDGE_SECONDS, UNACKNOWLEDGED_BYTES, Intake
from services.receiver.serving import serve_deliveries
from shared.meta.signature import Keyring
from shared.service import lifecycle
from shared.service.admin import admin
from shared.service.http import listen
from shared.stream import kafka

_log = structlog.get_logger()


async def main(config: ReceiverConfig, stopping: asyncio.Event) -> None:
    """Take deliveries until told to stop; then answer those under way and flush."""
    keyring = Keyring.of(
        {
            name: [secret.get_secret_value() for secret in app.secrets]
            for name, app in config.apps.items()
        }
    )
    tokens = tuple(app.verify_token.get_secret_value().encode() for app in config.apps.values())
    # The writer outlives the server: requests under way still need it while the server drains.
    async with kafka.writer(
        config.kafka, deadline_seconds=ACKNOWLEDGE_SECONDS, max_in_flight_bytes=UNACKNOWLEDGED_BYTES
    ) as writer:
        intake = Intake(keyring, writer)
        checks = {"kafka": writer.ready, "not_stopping": lambda: not stopping.is_set()}
        listener = listen(config.receiver_host, config.receiver_port)
        async with (
            admin(config.admin_host, config.admin_port, checks),
            serve_deliveries(
                listener,
                intake,
                tokens,
                max_body_bytes=config.receiver_max_body_bytes,
                below_asgi=config.receiver_below_asgi,
            ) as connections,
        ):
            _log.info("listening", host=config.receiver_host, port=listener.getsockname()[1])
            await stopping.wait()
            connections.take_leave()
            await asyncio.sleep(config.receiver_drain_seconds)


if __name__ == "__main__":
    lifecycle.run(main, ReceiverConfig)
