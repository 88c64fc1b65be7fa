"""Where the Graph API is, and which version of it we speak."""

from pydantic import Field
from pydantic_settings import BaseSettings

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
