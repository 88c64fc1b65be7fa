"""The image's own steps, run without Docker in an empty folder and an empty environment: what they
make can run every service."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.reference import SERVICES

ROOT = Path(__file__).parents[2]
HOME = "/opt/parley"
INHERITED = ("PATH=/usr/bin:/bin", "LANG=C.UTF-8", "PIP_DISABLE_PIP_VERSION_CHECK=1")


def steps() -> list[tuple[str, str]]:
    """The instructions of the first stage, continued lines joined."""
    text = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
    stage = text.split("\nFROM ")[1]
    lines = [line.partition(" ") for line in stage.splitlines()[1:]]
    return [(verb, rest) for verb, _, rest in lines if verb in {"COPY", "RUN"}]


def environment(folder: Path) -> list[str]:
    """What a step may see: nothing of ours but where pip finds packages."""
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    cache = subprocess.run(
        [sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=True
    )
    index = re.findall(r"^(?:global|:env:)\.index-url='(.*)'$", found.stdout, re.MULTILINE)
    kept = f"PIP_CACHE_DIR={cache.stdout.strip()}"
    return [*INHERITED, kept, f"HOME={folder}", *(f"PIP_INDEX_URL={url}" for url in index[:1])]


@pytest.mark.xdist_group("stack")
def test_build(tmp_path: Path) -> None:
    """What the steps install knows every command and starts every service as far as its settings,
    with nothing of this checkout at hand."""
    places = {HOME: str(tmp_path / "opt"), "/src": str(tmp_path / "src")}
    clean = ["env", "--ignore-environment", *environment(tmp_path)]

    def moved(text: str) -> str:
        for there, here in places.items():
            text = text.replace(there, here)
        return text.replace("python -m venv", f"{shlex.quote(sys.executable)} -m venv")

    for verb, rest in steps():
        if verb == "RUN":
            subprocess.run([*clean, "sh", "-ec", moved(rest)], check=True, cwd=tmp_path)
            continue
        *sources, target = rest.split()
        for source in sources:
            place = Path(moved(target))
            place = place / source if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)

    shutil.rmtree(tmp_path / "src")
    parley = str(tmp_path / "opt" / "bin" / "parley")
    subprocess.run([*clean, parley, "--help"], check=True, cwd=tmp_path, capture_output=True)
    for service in SERVICES:
        run = [*clean, parley, "run", service]
        refused = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert refused.returncode == 2, refused.stderr
        assert "PARLEY_" in refused.stdout + refused.stderr
