"""The admin port."""

import httpx

from shared.service.admin import Checks, create_app


async def ask(path: str, checks: Checks) -> httpx.Response:
    """What the admin app answers."""
    transport = httpx.ASGITransport(create_app(checks))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        return await client.get(path)


async def test_ready() -> None:
    """All checks hold: 200."""
    assert (await ask("/readyz", {"kafka": lambda: True})).text == "ok\n"


async def test_not_ready_names_the_reason() -> None:
    """A failing check: 503 with its name, and only its name."""
    answer = await ask("/readyz", {"kafka": lambda: False, "postgres": lambda: True})
    assert answer.status_code == 503
    assert answer.text == "[-] kafka\nnot ready\n"


async def test_verbose_lists_all() -> None:
    """`?verbose` lists every check."""
    answer = await ask("/readyz?verbose", {"kafka": lambda: False, "postgres": lambda: True})
    assert answer.text == "[-] kafka\n[+] postgres\nnot ready\n"


async def test_alive_whatever_fails() -> None:
    """Liveness depends on nothing else."""
    assert (await ask("/livez", {"kafka": lambda: False})).status_code == 200


async def test_metrics() -> None:
    """Metrics come in Prometheus' text format."""
    answer = await ask("/metrics", {})
    assert answer.headers["content-type"].startswith("text/plain")
    assert "python_info" in answer.text
