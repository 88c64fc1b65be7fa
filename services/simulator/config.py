"""What the simulator can be told."""

from typing import Literal

from pydantic import Field

from services.simulator.accounts import LARGEST_COUNT
from shared.service.settings import AdminSettings, AppsSettings, Settings


class SimulatorConfig(AppsSettings, AdminSettings, Settings):
    """It stands in for Meta: it signs with the apps' secrets and answers as the Graph API does."""

    simulator_host: str = Field(
        default="127.0.0.1", description="Address of the Graph side; 0.0.0.0 in a container"
    )
    simulator_port: int = Field(
        default=8463,
        ge=0,
        le=65535,
        description="Port of the Graph side: /instagram and /facebook below it are the two hosts",
    )
    simulator_receiver_url: str = Field(
        default="http://127.0.0.1:8462/webhooks/meta",
        description="The receiver's callback",
        pattern=r"^https?://",
    )
    simulator_profile: Literal["smoke", "busy", "chaos"] = Field(
        default="smoke", description="smoke: everything in order; busy: bursts; chaos: all faults"
    )
    simulator_seed: int = Field(default=1, ge=0, description="The same seed, the same accounts")
    simulator_accounts: int = Field(
        default=3, ge=1, le=LARGEST_COUNT, description="How many business accounts there are"
    )
    simulator_rate: float = Field(default=50.0, gt=0, description="Events sent a second")
    simulator_total: int | None = Field(
        default=None, ge=0, description="Events after which sending ends; the Graph side goes on"
    )
    simulator_concurrency: int = Field(default=32, ge=1, description="Deliveries under way at once")
    simulator_retry_scale: float = Field(
        default=1 / 60,
        gt=0,
        description="Shortens the times between retries, which take Meta minutes to hours",
    )
    simulator_account_calls: int = Field(
        default=200_000, ge=1, description="Graph calls an account may make in an hour"
    )
    simulator_app_calls: int = Field(
        default=1_000_000,
        ge=1,
        description="Graph calls all accounts of an app may make in an hour",
    )
    simulator_require_proof: bool = Field(
        default=False, description="Refuse Graph calls without appsecret_proof"
    )
    simulator_replies_come_back: bool = Field(
        default=True,
        description="Whether Instagram tells us of our own replies, which is not known",
    )
    simulator_batch_on_instagram: bool = Field(
        default=True, description="Whether graph.instagram.com takes batches, which is not known"
    )
