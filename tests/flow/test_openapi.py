"""The descriptions of our ports, held against a running receiver by schemathesis."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, CheckFunction
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from services.receiver import answers
from shared.stream.embedded import embedded_broker
from tests.kafka import free_port
from tests.receiving import SECRET, TOKEN, sign

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
briefly = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

load_all_checks()
STRANGERS_GET_NOTHING: list[CheckFunction] = [positive_data_acceptance]
"""What is right in form is refused all the same: nobody else knows secrets and tokens."""


def described(package: str, name: str) -> schemathesis.BaseSchema:
    """The description of a port."""
    return schemathesis.openapi.from_path(str(files(package).joinpath(name)))


RECEIVER = described("services.receiver", "openapi.yaml")
ADMIN = described("shared.service", "admin-openapi.yaml")


@dataclass(frozen=True)
class Ports:
    """Where the receiver under test answers."""

    webhooks: str
    admin: str


@pytest.fixture(scope="module")
def ports() -> Iterator[Ports]:
    """A receiver as a process, ready, on an embedded broker."""
    port, admin_port = free_port(), free_port()
    with embedded_broker() as broker:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.receiver"],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PARLEY_KAFKA": broker.servers,
                "PARLEY_APPS": json.dumps({"shop": {"secrets": [SECRET], "verify_token": TOKEN}}),
                "PARLEY_RECEIVER_PORT": str(port),
                "PARLEY_ADMIN_PORT": str(admin_port),
                "PARLEY_RECEIVER_DRAIN_SECONDS": "0",
            },
        )
        try:
            ports = Ports(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}")
            until_ready(ports)
            yield ports
        finally:
            process.terminate()
            process.wait()


def until_ready(ports: Ports) -> None:
    """Wait for /readyz."""
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{ports.admin}/readyz", timeout=START_SECONDS).ok:
                return
        time.sleep(0.05)
    pytest.fail("the receiver is not ready")


@RECEIVER.parametrize()
@briefly
def test_strangers(case: Case[Any], ports: Ports) -> None:
    """Whatever a stranger sends is answered as described, and never 500."""
    case.call_and_validate(base_url=ports.webhooks, excluded_checks=STRANGERS_GET_NOTHING)


def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """As Meta would send it, unless the signature is wrong in form or not there at all."""
    said = request.headers.get("X-Hub-Signature-256", "")
    if isinstance(said, str) and re.fullmatch("sha256=[0-9a-f]{64}", said):
        body = request.body or b""
        assert isinstance(body, bytes)
        request.headers["X-Hub-Signature-256"] = sign(body)
    return request


@RECEIVER.include(operation_id="deliver").parametrize()
@briefly
def test_signed(case: Case[Any], ports: Ports) -> None:
    """What is signed is accepted when it is an object or array, else refused as described."""
    case.call_and_validate(base_url=ports.webhooks, auth=signed)


@ADMIN.parametrize()
@briefly
def test_admin(case: Case[Any], ports: Ports) -> None:
    """The admin port answers as described, whatever it is asked."""
    case.call_and_validate(base_url=ports.admin)


def test_every_status() -> None:
    """The description names every status that the receiver's own answers have."""
    own = {answer.status for answer in vars(answers).values() if isinstance(answer, answers.Answer)}
    described = RECEIVER.raw_schema["paths"]["/webhooks/meta"]["post"]["responses"]
    assert {str(status) for status in own} | {"401", "503"} <= set(described)
