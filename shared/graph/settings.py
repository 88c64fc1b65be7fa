"""Where the Graph API is, and which version of it we speak."""

from collections.abc import Mapping

from pydantic import Field
from pydantic_settings import BaseSettings

from shared.contracts.credential import Login

VERSION = "v26.0"
"""Usable until two years after its successor (platform §6.1); pinned here and nowhere else."""


class GraphSettings(BaseSettings):
    """Both of Meta's hosts; other addresses are for the simulator and for tests."""

    graph_instagram_url: str = Field(
        default="https://graph.instagram.com",
        description="Graph host for accounts connected by Instagram Login",
        pattern=r"^https?://[^/?#@]+(/[^?#@]*)?$",
    )
    graph_facebook_url: str = Field(
        default="https://graph.facebook.com",
        description="Graph host for accounts connected by Facebook Login",
        pattern=r"^https?://[^/?#@]+(/[^?#@]*)?$",
    )

    @property
    def hosts(self) -> Mapping[Login, str]:
        """Where paths begin, by how the account was connected."""
        return {
            "instagram": f"{self.graph_instagram_url.rstrip('/')}/{VERSION}/",
            "facebook": f"{self.graph_facebook_url.rstrip('/')}/{VERSION}/",
        }
