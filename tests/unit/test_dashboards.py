"""The dashboards show metrics there are, by queries that parse, in words a newcomer can use."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.__main__ import BOARDS, FOLDER
from deploy.grafana.board import write
from services.cli import catalogue
from tests.promql import recorded, unknown
from tests.promtool import Promtool

DEPLOY = FOLDER.parents[1]
SHOWN = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}


def panels() -> Iterator[Any]:
    """Every panel that shows something."""
    for uid, board in SHOWN.items():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield pytest.param(panel, id=f"{uid}: {panel['title']}")


PANELS = list(panels())


def queries(panel: dict[str, Any]) -> list[str]:
    """What a panel asks, with what Grafana fills in filled in."""
    return [target["expr"].replace("$__range", "3h") for target in panel["targets"]]


def test_committed() -> None:
    """The committed dashboards are what the code writes."""
    assert set(SHOWN) == set(BOARDS)
    for uid, rows in BOARDS.items():
        assert (FOLDER / f"{uid}.json").read_text() == write(uid, rows), "make monitoring"


@pytest.mark.parametrize("panel", PANELS)
def test_panel(panel: dict[str, Any]) -> None:
    """A panel says what it shows, in which unit, from the datasource one chooses, and nothing it
    shows is unknown."""
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    for asked in (panel, *panel["targets"]):
        assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for query in queries(panel):
        assert unknown(query) == set()


@pytest.mark.parametrize("uid", SHOWN)
def test_board(uid: str) -> None:
    """A dashboard has a datasource to choose, and panels that do not lie upon each other."""
    board = SHOWN[uid]
    assert board["uid"] == uid
    assert "datasource" in {each["name"] for each in board["templating"]["list"]}
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in board["panels"]):
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_queries_parse(promtool: Promtool, tmp_path: Path) -> None:
    """Prometheus understands every query."""
    asked = [query for panel in PANELS for query in queries(panel.values[0])]
    rules = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(asked)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    assert promtool.run("check", "rules", file) == ""


def test_recorded() -> None:
    """What dashboards read of recorded rates is recorded."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "objectives.yaml").read_text())["groups"]
    known = {rule["record"] for group in rules for rule in group["rules"] if "record" in rule}
    for panel in PANELS:
        for query in queries(panel.values[0]):
            assert recorded(query) <= known


def test_runbooks_are_named() -> None:
    """A panel that speaks of an alert speaks of one there is."""
    runbooks = {path.stem for path in (DEPLOY / "runbooks").glob("*.md")}
    words = " ".join(panel.values[0]["description"] for panel in PANELS)
    assert set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", words)) <= runbooks


def test_overview_answers() -> None:
    """The overview answers the five questions, and leads to the runbooks."""
    board = SHOWN["parley-overview"]
    rows = [panel["title"] for panel in board["panels"] if panel["type"] == "row"]
    assert sorted(rows) == [
        "Is it late?",
        "Is it losing?",
        "Is it up?",
        "What do I do?",
        "Who is throttled?",
    ]
    (alerts,) = [panel for panel in board["panels"] if panel["type"] == "table"]
    (link,) = alerts["fieldConfig"]["defaults"]["links"]
    assert link["url"] == "${runbooks}/${__data.fields.alertname}.md"


def test_nothing_is_measured_for_nobody() -> None:
    """Every metric of ours is on a dashboard, but the simulator's."""
    asked = "\n".join(query for panel in PANELS for query in queries(panel.values[0]))
    names = {
        entry.name
        for module in catalogue.MODULES
        if "simulator" not in module
        for entry in catalogue.entries(module)
    }
    assert {name for name in names if name not in asked} == set()
