"""The fixtures of the Graph client's tests."""

from tests.graph import clock, open_graph

__all__ = ["clock", "open_graph"]
