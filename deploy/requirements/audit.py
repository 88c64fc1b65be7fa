"""`make audit`: is a weakness known in what is pinned here? Fails when one is, and says so when
nobody can be asked, which is no failure: not every network lets one ask."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pip_audit._dependency_source import RequirementSource
from pip_audit._service import Dependency, PyPIService, ServiceError, VulnerabilityResult

PINNED = sorted(Path(__file__).parent.glob("*.txt"))
CACHE = Path(__file__).parents[2] / ".cache" / "audit"
ANSWER_SECONDS = 10
_ENOUGH = 10
"""So many unknown ones in the beginning: it knows none, and the rest is not asked for."""

Found = Mapping[Dependency, Sequence[VulnerabilityResult]]


def ask(pinned: list[Path]) -> Found:
    """What the package registry knows of each requirement.

    Raises:
        OSError: it can't be reached.
        ServiceError: it does not answer such questions.
    """
    service = PyPIService(CACHE, ANSWER_SECONDS)
    source = RequirementSource(pinned, disable_pip=True, require_hashes=True)
    found: dict[Dependency, Sequence[VulnerabilityResult]] = {}
    for each, weaknesses in service.query_all(iter(set(source.collect()))):
        found[each] = weaknesses
        if len(found) == _ENOUGH and all(asked.is_skipped() for asked in found):
            break
    return found


def conclude(found: Found) -> tuple[int, list[str]]:
    """The exit code, and what to say."""
    known = sum(not each.is_skipped() for each in found)
    if not known:
        return 0, ["The registry tells nothing of any package here: NOTHING was audited."]
    weak = sorted(
        f"{name}: {weakness.id}, mended in {', '.join(map(str, weakness.fix_versions)) or 'none'}"
        for name, weaknesses in _pinned(found)
        for weakness in weaknesses
    )
    unknown = len(found) - known
    missed = [f"{unknown} of {len(found)} packages are unknown to the registry."] if unknown else []
    return int(bool(weak)), [*weak, *missed, f"{len(weak)} known weaknesses in {known} packages."]


def _pinned(found: Found) -> list[tuple[str, Sequence[VulnerabilityResult]]]:
    return [
        (f"{each.name} {getattr(each, 'version', '')}", weaknesses)
        for each, weaknesses in found.items()
    ]


def main() -> int:
    """Ask and say."""
    try:
        code, lines = conclude(ask(PINNED))
    except (OSError, ServiceError) as exc:
        reason = type(exc).__name__
        code, lines = 0, [f"The registry cannot be asked ({reason}): NOTHING was audited."]
    sys.stdout.writelines(f"audit: {line}\n" for line in lines)
    return code


if __name__ == "__main__":
    sys.exit(main())
