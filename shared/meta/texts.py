"""How long a text may be: what Meta would refuse is not sent (pitfalls B42)."""

from shared.contracts.actions import ActionKind

INSTAGRAM_MESSAGE_BYTES = 1_000
PAGE_MESSAGE_CHARACTERS = 2_000
INSTAGRAM_COMMENT_CHARACTERS = 2_200
PAGE_COMMENT_CHARACTERS = 8_000
"""Those of comments are what Meta's own apps take; no document names a limit."""


def fits(platform: str, kind: ActionKind, text: str) -> bool:
    """Whether Meta takes `text`, which is not empty, as what `kind` sends (platform §6.3)."""
    if not text.strip():
        return False
    instagram = platform == "instagram"
    if kind != "reply":
        if instagram:
            return len(text.encode(errors="replace")) <= INSTAGRAM_MESSAGE_BYTES
        return len(text) <= PAGE_MESSAGE_CHARACTERS
    return len(text) <= (INSTAGRAM_COMMENT_CHARACTERS if instagram else PAGE_COMMENT_CHARACTERS)
