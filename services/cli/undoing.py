"""Undoing actions: found in Postgres, stopped there, or their opposites requested over Kafka."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from services.cli.config import ActionsConfig
from services.cli.owners import me
from services.cli.undo import Step, family, opposites, step
from services.cli.work import connected_pool, connected_writer
from shared.contracts.traces import following
from shared.contracts.wire import action_record
from shared.postgres.action_rows import Kept
from shared.postgres.actions import Actions, Filters

MOST = 100_000
"""Actions of one run; more are undone by running it again."""


async def plan_run(config: ActionsConfig, filters: Filters) -> list[Step]:
    """What undoes all that pass and that a rule asked for."""
    async with connected_pool(config.postgres) as pool:
        found = await Actions(pool).list(filters, MOST)
    return _steps([known for known in found if known.action.requested_by == "rule"], found)


async def plan(config: ActionsConfig, ids: Sequence[str]) -> tuple[list[Step], list[str]]:
    """What undoes those named, with what belongs to them; and those that there are not."""
    chosen: dict[str, Kept] = {}
    related: list[Kept] = []
    unknown = []
    async with connected_pool(config.postgres) as pool:
        actions = Actions(pool)
        for id_ in ids:
            found = await actions.show(id_)
            if found is None:
                unknown.append(id_)
                continue
            known = found[0]
            of_comment = await _around(actions, known)
            related += of_comment
            chosen |= {each.action.id: each for each in family(known, of_comment)}
    return _steps(chosen.values(), related), unknown


async def _around(actions: Actions, known: Kept) -> list[Kept]:
    """All actions about the same comment or person, `known` among them."""
    action = known.action
    filters = Filters(
        platform=action.platform,
        account=action.account,
        comment_id=action.comment_id,
        person_id=None if action.comment_id else action.person_id,
    )
    return await actions.list(filters, MOST)


def _steps(chosen: Iterable[Kept], related: Iterable[Kept]) -> list[Step]:
    there = {known.action.id for known in related}
    return [step(known, there) for known in chosen]


async def carry_out(config: ActionsConfig, steps: Sequence[Step]) -> list[str]:
    """Stop what has not happened, then request the opposites; the ids of those that happened while
    we looked.

    Raises:
        Transient: not all of it was done; doing it again is safe.
    """
    waiting = [each.known.action.id for each in steps if each.does == "stop"]
    async with connected_pool(config.postgres) as pool:
        stopped = set(await Actions(pool).stop(waiting)) if waiting else set()
    wanted = opposites(steps, me(), datetime.now(UTC))
    if wanted:
        async with connected_writer(config.kafka) as writer:
            await writer.write([action_record(action, following(None)) for action in wanted])
    return [id_ for id_ in waiting if id_ not in stopped]
