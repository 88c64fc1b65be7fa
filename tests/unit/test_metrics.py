"""The catalogue of metrics is true, and what is exposed is as Prometheus wants it."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.cli import catalogue
from services.cli.reference import SERVICES
from tests.promql import unknown
from tests.promtool import Promtool

ROOT = Path(__file__).parents[2]

# A metric with labels says nothing before they are given.
EXPOSE = """
import sys
import services.{service}.__main__
from prometheus_client import REGISTRY, generate_latest
for metric in set(REGISTRY._names_to_collectors.values()):
    if getattr(metric, "_labelnames", ()):
        metric.labels(*("x" for _ in metric._labelnames))
sys.stdout.buffer.write(generate_latest())
"""


def test_document() -> None:
    """The committed catalogue is what `parley metrics catalog` prints."""
    assert (ROOT / "deploy" / "metrics.md").read_text() == catalogue.markdown(), "make monitoring"


def test_every_module() -> None:
    """No module that declares metrics is left out."""
    declaring = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for folder in ("services", "shared")
        for path in (ROOT / folder).glob("*/metrics.py")
    }
    assert set(catalogue.MODULES) == declaring


@pytest.mark.parametrize("service", SERVICES)
def test_exposition(service: str, promtool: Promtool) -> None:
    """Prometheus' linter has nothing to say about what a service exposes, and the catalogue has
    all of it."""
    code = EXPOSE.format(service=service)
    exposed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True
    ).stdout
    assert promtool.run("check", "metrics", given=exposed) == ""
    names = {line.split()[2] for line in exposed.decode().splitlines() if line.startswith("# TYPE")}
    known = {entry.name for module in catalogue.MODULES for entry in catalogue.entries(module)}
    ours = {name for name in names if name.startswith("parley_") and not name.endswith("_created")}
    assert ours <= known


def test_unknown() -> None:
    """A misspelt metric or label in a query is found, and nothing else."""
    query = 'sum by (le) (rate(parley_webhook_requests_total{outcom="x"}[5m] offset 1h)) or up'
    assert unknown(query) == {"parley_webhook_requests_total{outcom}"}
    assert unknown("max(parly_accounts) > 3 * time()") == {"parly_accounts"}
    assert unknown('histogram_quantile(0.9, sum by (le) (parley_x_bucket{le="1"}))') == {
        "parley_x_bucket"
    }
