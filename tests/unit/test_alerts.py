"""Every alert can fire and be silent, speaks of metrics there are, and says what to do."""

import re
import shlex
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import typer
import typer.core
import yaml
from pydantic import SecretStr

from deploy.prometheus import objectives
from services.cli.__main__ import create_app
from tests.promql import recorded, unknown
from tests.promtool import Promtool

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RULES = [
    rule
    for name in ("objectives.yaml", "causes.yaml")
    for group in yaml.safe_load((PROMETHEUS / name).read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RUNBOOKS = sorted((DEPLOY / "runbooks").glob("*.md"))
FILES = sorted((PROMETHEUS / "tests").glob("*.yaml"))
CASES = [case for path in FILES for case in yaml.safe_load(path.read_text())["tests"]]
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def named(rule: dict[str, Any]) -> str:
    """How a failing case calls its rule."""
    return f"{rule['alert']}-{rule['labels']['severity']}"


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a runbook in `language`."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def samples(rule: dict[str, Any]) -> list[str]:
    """The alerts that some case expects of this rule, as Prometheus writes them."""
    return [
        sample["labels"]
        for case in CASES
        for test in case["promql_expr_test"]
        for sample in test["exp_samples"]
        if f'alertname="{rule["alert"]}"' in sample["labels"]
        and f'severity="{rule["labels"]["severity"]}"' in sample["labels"]
    ]


def silent(rule: dict[str, Any]) -> list[dict[str, Any]]:
    """The cases in which this alert must not fire."""
    query = f'ALERTS{{alertname="{rule["alert"]}",alertstate="firing"}}'
    return [
        case
        for case in CASES
        for test in case["promql_expr_test"]
        if test["expr"] == query and test["exp_samples"] == []
    ]


def test_objectives() -> None:
    """The committed burn rates are what the objectives give."""
    assert objectives.FILE.read_text() == objectives.written(), "make monitoring"


def test_config(promtool: Promtool) -> None:
    """Prometheus takes its configuration and all rules."""
    assert promtool.run("check", "config", PROMETHEUS / "prometheus.yaml") == ""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yaml").read_text())
    assert config["rule_files"] == ["objectives.yaml", "causes.yaml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_cases(path: Path, promtool: Promtool) -> None:
    """Each alert fires when it should, and only then."""
    assert promtool.run("test", "rules", path) == ""


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_both_ways(rule: dict[str, Any]) -> None:
    """There is a case in which it fires, and one about the same metrics in which it does not."""
    assert samples(rule), "never fires"
    names = {
        re.split(r"[{]", series["series"])[0]
        for case in silent(rule)
        for series in case["input_series"]
    }
    read = "\n".join(each["expr"] for each in RULES if each.get("record") in recorded(rule["expr"]))
    assert any(re.search(rf"\b{name}\b", rule["expr"] + read) for name in names), "never silent"


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_words(rule: dict[str, Any]) -> None:
    """It says how urgent it is, what is wrong, what to do and where to look, by labels it has."""
    assert rule["labels"]["severity"] in {"page", "ticket"}
    said = rule["annotations"]
    assert set(said) == {"summary", "description", "runbook_url", "dashboard"}
    assert said["runbook_url"] == f"deploy/runbooks/{rule['alert']}.md"
    assert (DEPLOY.parent / said["runbook_url"]).exists()
    assert (DEPLOY / "grafana" / "dashboards" / f"{said['dashboard'][3:]}.json").exists()
    for label in re.findall(r"\$labels\.(\w+)", said["summary"] + said["description"]):
        assert all(f"{label}=" in sample for sample in samples(rule)), label


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.get("record") or named(rule)))
def test_rules_name_metrics(rule: dict[str, Any]) -> None:
    """It reads metrics of the catalogue, or what is recorded of them."""
    assert unknown(rule["expr"]) == set()
    assert recorded(rule["expr"]) <= {each["record"] for each in RULES if "record" in each}


def test_runbooks() -> None:
    """There is one for each alert and none besides."""
    assert {path.stem for path in RUNBOOKS} == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: str(path.stem))
def test_runbook(path: Path) -> None:
    """It has its four sections, and leads to what there is."""
    text = path.read_text()
    assert text.startswith(f"# {path.stem}\n")
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == SECTIONS
    for link in re.findall(r"\]\(([^)]*)\)", text):
        assert (path.parent / link).exists(), link
    diagnosis = text.partition("## Diagnosis")[2].partition("## Mitigation")[0]
    assert blocks(diagnosis, "promql")
    for query in "".join(blocks(text, "promql")).splitlines():
        assert unknown(query) == set(), query
    for name in re.findall(r"`(parley_\w+)[`{]", text):
        assert unknown(name) == set()


def test_runbook_queries(promtool: Promtool, tmp_path: Path) -> None:
    """All queries of all runbooks parse."""
    queries = [
        query
        for path in RUNBOOKS
        for query in "".join(blocks(path.read_text(), "promql")).splitlines()
    ]
    rules = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(queries)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    assert promtool.run("check", "rules", file) == ""


def parse(words: list[str]) -> None:
    """Fail if `parley` would not take these words; nothing is done."""
    command = typer.main.get_command(create_app(words))
    context = command.make_context("parley", list(words))
    while isinstance(command, typer.core.TyperGroup):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, found.make_context(name, list(words), parent=context)


TEXTS = [path.read_text() for path in RUNBOOKS]
SHOWN = {line for text in TEXTS for block in blocks(text, "sh") for line in block.splitlines()}
NAMED = {line for text in TEXTS for line in re.findall(r"`(parley [^`]*)`", " ".join(text.split()))}


@pytest.fixture
def _at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the files are that commands are given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").touch()


@pytest.mark.usefixtures("_at_work")
@pytest.mark.parametrize("line", sorted(line for line in SHOWN if line.startswith("parley ")))
def test_shown_commands(line: str) -> None:
    """Each command that a runbook shows is one that `parley` takes as it stands."""
    parse(shlex.split(re.split(r" [<>] ", line)[0])[1:])


@pytest.mark.usefixtures("_at_work")
@pytest.mark.parametrize("line", sorted(NAMED))
def test_named_commands(line: str) -> None:
    """Each command that a runbook names is one of `parley`'s, with options that it has."""
    try:
        parse(shlex.split(line)[1:])
    except typer.BadParameter as exc:
        if "Missing" not in type(exc).__name__:
            raise


async def test_runbook_statements(database: SecretStr) -> None:
    """Every statement that a runbook has for Postgres is one."""
    connection = await asyncpg.connect(database.get_secret_value())
    try:
        for path in RUNBOOKS:
            for statement in blocks(path.read_text(), "sql"):
                await connection.fetch(statement)
    finally:
        await connection.close()
