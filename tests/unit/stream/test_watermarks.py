"""How far a partition may be committed."""

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.records import Position, Record
from shared.stream.watermarks import Watermarks

WHERE = Position("t", 0)

Offsets = list[int]


def records(offsets: Offsets) -> list[Record]:
    """One record for each offset."""
    return [Record("t", 0, offset, 0, None, None, ()) for offset in offsets]


reads = st.lists(st.integers(0, 500), unique=True, min_size=1, max_size=60).flatmap(
    lambda offsets: st.tuples(
        st.just(sorted(offsets)),
        st.permutations(sorted(offsets)),
        st.lists(st.integers(1, 10), min_size=len(offsets), max_size=len(offsets)),
    )
)


@given(reads)
def test_any_order(case: tuple[Offsets, Offsets, Offsets]) -> None:
    """However records are cut into reads, whatever gaps they have, and in whatever order they are
    settled: the watermark is the first unsettled record, or behind the last."""
    offsets, settling, sizes = case
    watermarks, places = Watermarks(), {}
    rest = offsets
    for size in sizes:
        read, rest = rest[:size], rest[size:]
        if read:
            span = watermarks.track(WHERE, records(read))
            places.update({offset: (span, place) for place, offset in enumerate(read)})
    unsettled = set(offsets)
    for offset in settling:
        span, place = places[offset]
        span.settled[place] = 1
        unsettled.remove(offset)
        expected = min(unsettled, default=offsets[-1] + 1)
        assert watermarks.positions() == {WHERE: expected}
        committable = {} if expected == offsets[0] else {WHERE: expected}
        assert watermarks.uncommitted() == committable


def test_committed_once() -> None:
    """What is committed is not offered again until there is more."""
    watermarks = Watermarks()
    span = watermarks.track(WHERE, records([5, 6]))
    span.settled[0] = 1
    watermarks.committed(watermarks.uncommitted())
    assert watermarks.uncommitted() == {}
    span.settled[1] = 1
    assert watermarks.uncommitted() == {WHERE: 7}


def test_forgotten() -> None:
    """Settling what was given back moves nothing, also when the partition has come back."""
    watermarks = Watermarks()
    old = watermarks.track(WHERE, records([1, 2]))
    watermarks.forget()
    new = watermarks.track(WHERE, records([1, 2]))
    old.settled[:] = b"\1\1"
    assert (old.lost, new.lost) == (True, False)
    assert watermarks.uncommitted() == {}
    watermarks.committed({Position("t", 9): 3})
    assert watermarks.positions() == {WHERE: 1}
