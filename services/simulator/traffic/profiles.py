"""Three kinds of weather: `smoke`, `busy`, `chaos`."""

from dataclasses import dataclass

LARGEST_BATCH = 1_000
"""Meta puts up to this many updates into one POST (platform §3)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """How traffic comes; chances are shares of 1.

    `batches` are sizes to draw from. `hot_share` is the part of comments on the one hot post.
    `disorder` is over how many events order is lost. `together` packs accounts of one app into one
    delivery.
    """

    name: str
    batches: tuple[int, ...] = (1,)
    every_kind_in_turn: bool = False
    together: bool = False
    hot_share: float = 0.2
    disorder: int = 1
    duplicates: float = 0.0
    forged: float = 0.0
    slow: float = 0.0
    rebatch: float = 0.0
    graph_faults: bool = False


SMOKE = Profile(name="smoke", every_kind_in_turn=True)
BUSY = Profile(
    name="busy",
    batches=(1, 1, 1, 2, 5, 10, 50, 200, LARGEST_BATCH),
    together=True,
    hot_share=0.8,
)
CHAOS = Profile(
    name="chaos",
    batches=(1, 1, 1, 2, 3, 5, 20, 100),
    together=True,
    hot_share=0.5,
    disorder=30,
    duplicates=0.05,
    forged=0.02,
    slow=0.02,
    rebatch=0.5,
    graph_faults=True,
)
PROFILES = {profile.name: profile for profile in (SMOKE, BUSY, CHAOS)}
