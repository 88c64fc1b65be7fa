"""What the receiver can be told."""

from pydantic import Field

from shared import topics
from shared.service.settings import AdminSettings, AppsSettings, KafkaSettings, Settings


class ReceiverConfig(AppsSettings, KafkaSettings, AdminSettings, Settings):
    """There is no default secret and no default verify token: without them it does not start."""

    receiver_host: str = Field(
        default="127.0.0.1", description="Address webhooks come in at; 0.0.0.0 in a container"
    )
    receiver_port: int = Field(default=8462, ge=0, le=65535, description="Port webhooks come in at")
    receiver_max_body_bytes: int = Field(
        default=topics.MAX_BODY_BYTES,
        ge=1000,
        le=topics.MAX_BODY_BYTES,
        description="Larger bodies are answered 413; the topics are made for this size, so it can "
        "be lowered only",
    )
    receiver_below_asgi: bool = Field(
        default=True,
        description="Answer ordinary deliveries below ASGI, at about half the CPU; false sends "
        "them through the ASGI app, with the same rules",
    )
    receiver_drain_seconds: float = Field(
        default=5.0,
        ge=0,
        description="After SIGTERM: how long to go on answering while load balancers look away",
    )
