"""How many bytes of bodies are in memory at once, bounded."""

from typing import Self

from services.receiver import metrics

MOST_BYTES = 16 * 1024 * 1024
"""Three of the largest. With what the writer may hold this bounds the receiver's memory."""


class Bodies:
    """The bodies of all requests under way."""

    __slots__ = ("held_bytes",)

    def __init__(self) -> None:
        self.held_bytes = 0
        metrics.IN_FLIGHT.set_function(lambda: self.held_bytes)


class Body:
    """The chunks of one body, counted while the block runs."""

    __slots__ = ("_bodies", "chunks", "size")

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies
        self.chunks: list[bytes] = []
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bodies.held_bytes -= self.size

    def add(self, chunk: bytes) -> bool:
        """Keep `chunk`; False, and it is not kept, when all bodies would be too much together."""
        size = len(chunk)
        if self._bodies.held_bytes + size > MOST_BYTES:
            return False
        self._bodies.held_bytes += size
        self.size += size
        self.chunks.append(chunk)
        return True

    def whole(self) -> bytes:
        """All chunks as one."""
        return self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
