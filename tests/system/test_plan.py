"""What is broken when, and what the ledger makes of it."""

from collections import Counter

from tests.system.faults import FAULTS
from tests.system.ledger import Answer, Injected, Ledger
from tests.system.plan import plan


def test_seed_repeats_plan() -> None:
    """One seed is one plan; another is another."""
    assert list(plan(FAULTS, 50, 7)) == list(plan(FAULTS, 50, 7))
    assert list(plan(FAULTS, 50, 7)) != list(plan(FAULTS, 50, 8))


def test_every_fault_comes() -> None:
    """As many as asked for, each kind as often as any other but for one."""
    times = Counter(fault.name for group in plan(FAULTS, 200, 1) for fault in group)
    assert times.total() == 200
    assert set(times) == {fault.name for fault in FAULTS}
    assert max(times.values()) - min(times.values()) <= 2


def test_company_has_no_part_in_common() -> None:
    """Faults come alone, by two and by three, never two to one part."""
    groups = list(plan(FAULTS, 200, 1))
    assert {len(group) for group in groups} == {1, 2, 3}
    assert all(len({fault.part for fault in group}) == len(group) for group in groups)


def test_faults_of_one_part() -> None:
    """Where all there is to break is one part, faults come alone."""
    kafka = [fault for fault in FAULTS if fault.part == "kafka"]
    assert [len(group) for group in plan(kafka, 20, 1)] == [1] * 20


def test_ledger_by_fault() -> None:
    """What happened counts for every fault that lasted then, and else for none."""
    ledger = Ledger()
    ledger.faults += [Injected("a", "x", 10.0, 20.0), Injected("b", "y", 15.0, 25.0)]
    for began, status in ((12.0, 200), (16.0, 503), (17.0, 200), (30.0, 200)):
        ledger.answered(ledger.new(10), Answer(status, began, 1.0, late=False))
    rows = ledger.rows(missing=[5, 20, 25], twice=[30])
    assert (rows["a"].acknowledged, rows["b"].acknowledged, rows[""].acknowledged) == (20, 10, 10)
    assert (rows["a"].missing, rows["b"].missing, rows[""].missing) == (3, 2, 0)
    assert (rows["a"].answers[503], rows["b"].answers[503], rows[""].twice) == (1, 1, 1)
    assert ledger.waiting == 10
