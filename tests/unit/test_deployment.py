"""What is deployed, held against what there is: image, one machine, a cluster."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from services.cli.reference import variables
from services.cli.stack import SERVICES
from shared import topics

DEPLOY = Path(__file__).parents[2] / "deploy"
OVERLAYS = ("staging", "production")
KUBERNETES = ("1.32", "1.34", "1.37")
NOT_KUBERNETES_OWN = {"KafkaTopic", "ScaledObject"}
WORKERS = {"Deployment", "Job"}

Resource = dict[str, Any]


@pytest.fixture(scope="module", params=OVERLAYS)
def rendered(request: pytest.FixtureRequest) -> list[Resource]:
    """All resources of one overlay, as the cluster would get them."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not here to render the overlays")
    folder = DEPLOY / "kubernetes" / "overlays" / request.param
    found = subprocess.run([kubectl, "kustomize", folder], capture_output=True, check=False)
    assert found.returncode == 0, found.stderr.decode()
    return list(yaml.safe_load_all(found.stdout))


def pods(resources: list[Resource]) -> Iterator[tuple[str, Resource]]:
    """The name and the pod template of everything that runs."""
    for resource in resources:
        if resource["kind"] in WORKERS:
            yield resource["metadata"]["name"], resource["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", KUBERNETES)
def test_valid(rendered: list[Resource], version: str) -> None:
    """Kubernetes of several ages takes every resource, without a field it does not know."""
    for resource in rendered:
        if resource["kind"] not in NOT_KUBERNETES_OWN:
            kubernetes_validate.validate(resource, version, strict=True)


def test_restricted(rendered: list[Resource]) -> None:
    """Every pod meets the restricted Pod Security Standard and can write nowhere but in memory."""
    seen = dict(pods(rendered))
    assert {"receiver", "enricher", "persister", "moderator", "executor", "migrate"} <= set(seen)
    for name, pod in seen.items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, name
            assert security["readOnlyRootFilesystem"] is True, name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"], name


def test_rolling(rendered: list[Resource]) -> None:
    """Every service is probed, is given time to drain, and leaves no gap when it is replaced."""
    guarded = {
        resource["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"]
        for resource in rendered
        if resource["kind"] == "PodDisruptionBudget"
    }
    for resource in rendered:
        if resource["kind"] != "Deployment":
            continue
        name, spec = resource["metadata"]["name"], resource["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), name
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez", name
        assert spec["terminationGracePeriodSeconds"] >= 45, name
        assert resource["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, name
        assert name in guarded or name == "simulator"


def test_names_what_there_is(rendered: list[Resource]) -> None:
    """Commands, settings and ports are those of the code."""
    known = set(variables())
    settings = next(r["data"] for r in rendered if r["kind"] == "ConfigMap")
    assert {name.removesuffix("_FILE") for name in settings} <= known
    for name, pod in pods(rendered):
        (container,) = pod["containers"]
        assert container["args"] in (["run", name], ["db", "migrate"])
        assert {each["name"] for each in container.get("env", [])} <= known


def test_scaled(rendered: list[Resource]) -> None:
    """No group gets more members than there are partitions, and what is scaled is there."""
    running = {name for name, _ in pods(rendered)}
    scaled = [resource for resource in rendered if resource["kind"] == "ScaledObject"]
    assert {each["spec"]["scaleTargetRef"]["name"] for each in scaled} == {
        "enricher",
        "persister",
        "moderator",
        "executor",
    }
    for each in scaled:
        assert each["spec"]["scaleTargetRef"]["name"] in running
        assert each["spec"]["maxReplicaCount"] <= topics.PARTITIONS
        assert each["spec"]["triggers"][0]["metadata"]["consumerGroup"] == each["metadata"]["name"]


def test_default_deny(rendered: list[Resource]) -> None:
    """Nothing may talk unless a policy says so; only who asks Graph may leave the cluster."""
    policies = {r["metadata"]["name"]: r["spec"] for r in rendered if r["kind"] == "NetworkPolicy"}
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    outward = [
        name
        for name, spec in policies.items()
        for rule in spec.get("egress", [])
        for peer in rule.get("to", [{"ipBlock": {}}])
        if "ipBlock" in peer
    ]
    assert outward == ["graph"]


def test_topics() -> None:
    """The cluster's topics are those of shared/topics.py (parley topics export)."""
    made = subprocess.run(
        [sys.executable, "-m", "services.cli", "topics", "export"], capture_output=True, check=True
    )
    kept = (DEPLOY / "kubernetes" / "base" / "topics.yaml").read_bytes()
    assert made.stdout == kept, "parley topics export > deploy/kubernetes/base/topics.yaml"


def test_compose_is_valid() -> None:
    """Compose's own schema takes the file."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    found = subprocess.run(
        [*command, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_compose_names_what_there_is() -> None:
    """Every service runs, by commands and settings that exist, with a check of its health."""
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    known = set(variables())
    assert set(SERVICES) <= set(composed)
    for name, service in composed.items():
        if service.get("image") == "parley":
            assert set(service["environment"]) <= known, name
        if name in SERVICES:
            assert service["command"] == ["run", name]
            assert "/readyz" in service["healthcheck"]["test"][-1]
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
        for source in service.get("volumes", []):
            if source.startswith("."):
                assert (DEPLOY / source.partition(":")[0]).exists(), source


def test_image_copies_what_there_is() -> None:
    """What the Dockerfile copies exists and is let in by .dockerignore."""
    root = DEPLOY.parent
    allowed = {
        line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if re.match(r"COPY (?!--from)", line)]
    sources = {source for each in copied for source in each}
    assert sources == allowed
    assert all((root / source).exists() for source in sources)
