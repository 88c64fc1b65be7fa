"""The rules that `parley dev` runs by."""

from importlib.resources import files

import msgspec

from services.moderator.yaml import parse_rules
from shared.postgres.pool import Pool
from shared.postgres.rules import EVERYBODY, RuleSets


async def put_example_into_force(pool: Pool) -> None:
    """The example for all accounts, unless somebody has put rules there before.

    Raises:
        Transient: Postgres can't be asked.
    """
    if await RuleSets(pool).up_to(EVERYBODY) is None:
        text = files("services.moderator").joinpath("example.yaml").read_text()
        example = parse_rules(text, lambda _: [])
        await RuleSets(pool).add(EVERYBODY, msgspec.json.encode(example).decode(), "parley dev")
