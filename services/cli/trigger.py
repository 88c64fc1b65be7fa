"""`parley trigger`: one signed webhook of a kind, as Meta would send it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import time
from typing import Annotated

import typer

from services.cli import screen
from services.cli.screen import Output, OutputOption
from services.cli.traffic import DEFAULT_URL, SeedOption, UrlOption, hint, target
from services.cli.work import perform
from services.simulator.accounts import Account, accounts
from services.simulator.posting import Target
from services.simulator.sender import Manner, sender
from services.simulator.things import PEOPLE
from services.simulator.traffic.deliveries import happening
from services.simulator.traffic.events import Delivery, pack
from services.simulator.traffic.kinds import KINDS
from services.simulator.traffic.scene import Scene
from services.simulator.world import World

_REFUSED = "401"


@dataclass(frozen=True, kw_only=True)
class _Order:
    kind: str
    account: str | None
    text: str
    person: int | None
    count: int
    seed: int
    duplicate: bool
    forged: bool


def _list_kinds(asked: bool) -> None:  # noqa: FBT001 (how typer calls it)
    if asked:
        for name in KINDS:
            screen.line(name)
        raise typer.Exit


def trigger(  # noqa: PLR0913 (one argument for each option)
    kind: Annotated[str, typer.Argument(help="What happens; `--list` names all kinds.")],
    text: Annotated[str, typer.Option(help="What the person says; else something is.")] = "",
    account: Annotated[
        str | None, typer.Option(help="Id of the account it happens to; else a simulated one.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many of them.")] = 1,
    url: UrlOption = DEFAULT_URL,
    seed: SeedOption = 1,
    output: OutputOption = Output.TABLE,
    *,
    person: Annotated[
        int | None,
        typer.Option(min=0, max=PEOPLE - 1, help="Number of the person who does it; else anybody."),
    ] = None,
    duplicate: Annotated[bool, typer.Option("--duplicate", help="Send each twice.")] = False,
    bad_signature: Annotated[
        bool, typer.Option("--bad-signature", help="Sign wrongly; the receiver must say 401.")
    ] = False,
    _list: Annotated[
        bool, typer.Option("--list", is_eager=True, callback=_list_kinds, help="Name all kinds.")
    ] = False,
) -> None:
    """Send one signed webhook of a kind to the receiver.

    Shows the answer and the ids of the events in it.

    Example: parley trigger comment --text "where is my order?"
    """
    if kind not in KINDS:
        screen.fail(f"There is no kind {screen.printable(kind)}: see `parley trigger --list`.", 2)
    order = _Order(
        kind=kind,
        account=account,
        text=text,
        person=person,
        count=count,
        seed=seed,
        duplicate=duplicate,
        forged=bad_signature,
    )
    receiver = target(url)
    sent = perform(_send(list(_deliveries(order, receiver)), receiver))
    screen.rows(output, [_row(*each) for each in sent], ("status", "account", "events"))
    wrong = {status for delivery, status in sent if not _expected(delivery, status)}
    if wrong:
        screen.fail(hint(wrong, url) or "Not all of it was answered as it should be.")


def _deliveries(order: _Order, receiver: Target) -> Iterator[Delivery]:
    everyone = accounts(order.seed, apps=tuple(receiver.secrets))
    chosen = _account(order, everyone)
    scene = Scene(World(order.seed, everyone), order.seed, time())
    for _ in range(order.count):
        events = happening(scene, chosen, order.kind, order.text, order.person)
        for delivery in pack(events, scene.now):
            spoilt = replace(delivery, forged=order.forged)
            yield from [spoilt] * (2 if order.duplicate else 1)


def _account(order: _Order, everyone: Sequence[Account]) -> Account:
    """A simulated account that such a thing can happen to, under the id that was asked for."""
    able = [account for account in everyone if KINDS[order.kind].fits(account)]
    named = [account for account in able if order.account in (None, account.id, account.username)]
    return named[0] if named else replace(able[0], id=order.account or able[0].id)


async def _send(deliveries: list[Delivery], receiver: Target) -> list[tuple[Delivery, str]]:
    async with sender(receiver, Manner()) as sending:
        return [(delivery, await sending.send_now(delivery)) for delivery in deliveries]


def _row(delivery: Delivery, status: str) -> dict[str, object]:
    return {
        "status": status,
        "account": delivery.entries[0].account.id,
        "events": [event.expected_id for event in delivery.events],
    }


def _expected(delivery: Delivery, status: str) -> bool:
    return status == (_REFUSED if delivery.forged else "200")
