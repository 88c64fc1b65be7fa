"""`parley schema`: documents are written, drift and broken promises are told."""

import json
from pathlib import Path

import pytest

from services.cli.failures import told
from tests.cli import parley


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A folder with all documents, as they should be."""
    assert (await parley("schema", "export", "--folder", str(tmp_path))).code == 0
    return tmp_path


async def test_committed() -> None:
    """What is committed is what the code says, and breaks no reader: else `make schemas`."""
    ran = await parley("schema", "check")
    assert (ran.out, ran.code) == ("", 0)


async def test_export(folder: Path) -> None:
    """All documents are written; what is right is left alone."""
    for name in ("asyncapi.json", "asyncapi.html", "schemas/index.json"):
        assert (folder / name).stat().st_size > 0
    again = await parley("schema", "export", "--folder", str(folder))
    assert (again.out, again.err) == ("", "Wrote 0 files.\n")


async def test_index(folder: Path) -> None:
    """The index leads from every `ce_type` to its schema, its headers and its example."""
    index = json.loads((folder / "schemas" / "index.json").read_text())
    assert index["parley.comment.enriched.v1"]["schema"] == "enriched-comment.v1.json"
    for found in index.values():
        for what in ("schema", "headers", "example"):
            assert (folder / "schemas" / found[what]).exists()


@pytest.mark.parametrize("name", ["schemas/action.v1.json", "asyncapi.json", "asyncapi.html"])
async def test_drift(folder: Path, name: str) -> None:
    """A document that was changed by hand is named, and export puts it right."""
    path = folder / name
    path.write_text(path.read_text().replace("person", "human"))
    ran = await parley("schema", "check", "--folder", str(folder))
    assert (ran.code, ran.out) == (1, f"stale: {name}\n")
    assert "make schemas" in ran.err
    assert (await parley("schema", "export", "--folder", str(folder))).out == f"{name}\n"
    assert (await parley("schema", "check", "--folder", str(folder))).code == 0


async def test_missing(folder: Path) -> None:
    """So is one that is missing, and one that nothing stands for any more."""
    (folder / "schemas" / "outcome.v1.json").unlink()
    (folder / "examples" / "parley.old.received.v1.json").write_text("{}")
    ran = await parley("schema", "check", "--folder", str(folder))
    told_of = "stale: schemas/outcome.v1.json\nstale: examples/parley.old.received.v1.json\n"
    assert (ran.code, ran.out) == (1, told_of)
    await parley("schema", "export", "--folder", str(folder))
    assert not (folder / "examples" / "parley.old.received.v1.json").exists()
    assert (await parley("schema", "check", "--folder", str(folder))).code == 0


async def test_gate(folder: Path) -> None:
    """Where the code would break what was released, the field is named with what to do instead, and
    it can't be released."""
    assert (await parley("schema", "release", "--folder", str(folder))).code == 0
    assert (await parley("schema", "check", "--folder", str(folder))).code == 0
    released = folder / "released.json"
    promised = json.loads(released.read_text())
    promised["schemas"]["action.v1"]["properties"]["colour"] = {"type": "string"}
    released.write_text(json.dumps(promised))
    for command in ("check", "release"):
        ran = await parley("schema", command, "--folder", str(folder))
        assert (ran.code, ran.out) == (1, "breaks: action.v1.colour is gone\n")
        assert "optional field" in ran.err
        assert "v2" in ran.err


def test_without_the_extra(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a package is missing that an extra brings, the extra is named."""
    with pytest.raises(SystemExit), told():
        raise ModuleNotFoundError(name="jsoncompat")
    assert "parley[documents]" in capsys.readouterr().err
    with pytest.raises(ModuleNotFoundError), told():
        raise ModuleNotFoundError(name="of_our_own")
