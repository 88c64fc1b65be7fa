"""What `make audit` makes of what the package registry says."""

from packaging.version import Version
from pip_audit._service import ResolvedDependency, SkippedDependency, VulnerabilityResult
from pip_audit._service.interface import VulnerabilityID

from deploy.requirements.audit import PINNED, conclude

SOUND = ResolvedDependency("sound", Version("1.0"))
WEAK = ResolvedDependency("weak", Version("1.0"))
UNKNOWN = SkippedDependency("unknown", "not found")
WEAKNESS = VulnerabilityResult.create(
    ids=[VulnerabilityID("PYSEC-1")], description="", fix_versions=[Version("1.1")], published=None
)


def test_sound() -> None:
    """Nothing is known against any: all is well."""
    assert conclude({SOUND: []}) == (0, ["0 known weaknesses in 1 packages."])


def test_weak() -> None:
    """One known weakness fails, and what mends it is named."""
    code, lines = conclude({SOUND: [], WEAK: [WEAKNESS]})
    assert code == 1
    assert lines[0] == "weak 1.0: PYSEC-1, mended in 1.1"


def test_partly_unknown() -> None:
    """What the registry does not know is counted."""
    code, lines = conclude({SOUND: [], UNKNOWN: []})
    assert code == 0
    assert "1 of 2 packages are unknown to the registry." in lines


def test_nobody_to_ask() -> None:
    """A registry that knows none at all has audited none, and it is said."""
    code, lines = conclude({UNKNOWN: []})
    assert code == 0
    assert "NOTHING was audited" in lines[0]


def test_all_that_is_pinned() -> None:
    """Both files are asked for: what the image holds, and what developers install."""
    assert [each.name for each in PINNED] == ["dev.txt", "image.txt"]
