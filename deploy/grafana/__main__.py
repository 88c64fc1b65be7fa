"""Writes `dashboards/*.json` (`make monitoring`)."""

from pathlib import Path

from deploy.grafana import actions, consumers, overview, receiver
from deploy.grafana.board import write

FOLDER = Path(__file__).with_name("dashboards")

BOARDS = {
    "parley-overview": overview.ROWS,
    "parley-receiver": receiver.ROWS,
    "parley-consumers": consumers.ROWS,
    "parley-actions": actions.ROWS,
}

if __name__ == "__main__":
    for uid, rows in BOARDS.items():
        (FOLDER / f"{uid}.json").write_text(write(uid, rows))
