"""What a dashboard is made of, and how Grafana wants to have it written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24

RUNBOOKS = "/public/runbooks"
"""Where Grafana serves them in deploy/compose.yaml; a field on each dashboard can say otherwise."""

BOARDS = {
    "parley-overview": "Parley: overview",
    "parley-receiver": "Parley: receiver",
    "parley-consumers": "Parley: consumers",
    "parley-actions": "Parley: Graph and actions",
}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One answer. `queries` are PromQL by legend, where `{{label}}` stands for a label's value.
    `limits` are where a value turns yellow and red; a red below yellow means that less is worse."""

    title: str
    description: str
    unit: str
    queries: dict[str, str]
    kind: Literal["timeseries", "stat", "table"] = "timeseries"
    limits: tuple[float, float] | None = None
    width: int = 8
    height: int = 7
    stacked: bool = False


@dataclass(frozen=True)
class Row:
    """A question, and the panels that answer it."""

    title: str
    panels: tuple[Panel, ...]


def write(uid: str, rows: tuple[Row, ...]) -> str:
    """The dashboard as Grafana imports it."""
    return json.dumps(_board(uid, rows), indent=1) + "\n"


def _board(uid: str, rows: tuple[Row, ...]) -> dict[str, Any]:
    return {
        "uid": uid,
        "title": BOARDS[uid],
        "tags": ["parley"],
        "schemaVersion": 41,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "15s",
        "time": {"from": "now-3h", "to": "now"},
        "links": [
            {"type": "link", "title": title, "url": f"/d/{other}", "keepTime": True}
            for other, title in BOARDS.items()
            if other != uid
        ],
        "templating": {"list": [_DATASOURCE, _RUNBOOKS]},
        "panels": list(_placed(rows)),
    }


_DATASOURCE = {"name": "datasource", "label": "Prometheus", "type": "datasource"} | {
    "query": "prometheus",
    "current": {"text": "Prometheus", "value": "prometheus"},
}
_RUNBOOKS = {"name": "runbooks", "label": "Runbooks at", "type": "textbox", "query": RUNBOOKS} | {
    "current": {"text": RUNBOOKS, "value": RUNBOOKS}
}


def _placed(rows: tuple[Row, ...]) -> Iterator[dict[str, Any]]:
    """Left to right, and a new line where one is full."""
    number, y = 0, 0
    for row in rows:
        number += 1
        place = {"x": 0, "y": y, "w": _COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": row.title, "gridPos": place, "panels": []}
        x, y, height = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y, height = 0, y + height, 0
            number += 1
            place = {"x": x, "y": y, "w": panel.width, "h": panel.height}
            yield {"id": number, "gridPos": place} | _panel(panel)
            x, height = x + panel.width, max(height, panel.height)
        y += height


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": _SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
                "format": "table" if panel.kind == "table" else "time_series",
            }
            for place, (legend, query) in enumerate(panel.queries.items())
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        **_LOOKS[panel.kind],
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "noValue": "-", "thresholds": _steps(panel)}
    if panel.kind == "timeseries":
        defaults["min"] = 0
        defaults["custom"] = {"fillOpacity": 10, "showPoints": "never"}
        if panel.stacked:
            defaults["custom"] |= {"stacking": {"mode": "normal"}, "fillOpacity": 40}
        if panel.limits:
            defaults["custom"]["thresholdsStyle"] = {"mode": "dashed"}
    if panel.kind == "table":
        defaults["links"] = [
            {"title": "Runbook", "url": "${runbooks}/${__data.fields.alertname}.md"}
            | {"targetBlank": True}
        ]
    return defaults


def _steps(panel: Panel) -> dict[str, Any]:
    yellow, red = panel.limits or (None, None)
    steps: list[tuple[str, float | None]]
    if yellow is None or red is None:
        steps = [("green", None)]
    elif yellow < red:
        steps = [("green", None), ("yellow", yellow), ("red", red)]
    else:
        steps = [("red", None), ("yellow", red), ("green", yellow)]
    return {
        "mode": "absolute",
        "steps": [{"color": color, "value": value} for color, value in steps],
    }


_HIDDEN = ("Time", "Value", "__name__", "alertstate")
_LOOKS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    },
    "stat": {
        "options": {
            "colorMode": "background",
            "graphMode": "none",
            "reduceOptions": {"calcs": ["lastNotNull"]},
        }
    },
    "table": {
        "options": {"showHeader": True},
        "transformations": [
            {
                "id": "organize",
                "options": {
                    "excludeByName": dict.fromkeys(_HIDDEN, True),
                    "indexByName": {"severity": 0, "alertname": 1},
                },
            }
        ],
    },
}
