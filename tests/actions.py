"""Actions as the executor keeps them, for tests that look at them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.contracts.actions import Action, ActionKind, ActionState
from shared.meta.claims import claim_of
from shared.postgres.pool import Pool

EVENT = "instagram:17:comment:5"

_INSERT = """
INSERT INTO actions (id, kind, platform, account, thread, claim, held, priority, event_id, rule,
    requested_by, comment_id, person_id, text, tag, document, state, reason, attempts, reads,
    requested_at, due_at, state_at, changes, created_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0,
    $18, $18, $18, 0, $19)
"""


@dataclass(frozen=True)
class Table:
    """The executor's table, as it would be after some work."""

    pool: Pool

    async def put(
        self,
        kind: ActionKind,
        state: ActionState,
        *,
        reason: str | None = None,
        created_id: str | None = None,
        **fields: Any,
    ) -> str:
        """An action that has come so far; its id."""
        now = datetime.now(UTC)
        defaults: dict[str, Any] = {
            "id": f"{EVENT}/scam/{kind}",
            "kind": kind,
            "platform": "instagram",
            "account": "17",
            "thread": "5",
            "requested_by": "rule",
            "requested_at": now,
            "event_id": EVENT,
            "rule": "scam",
            "rule_version": 1,
            "comment_id": "5",
            "person_id": "88",
        }
        a = Action(**(defaults | fields))
        held = state in {"claimed", "sent", "unknown"}
        key = (a.id, a.kind, a.platform, a.account, a.thread, claim_of(a), held, a.event_id)
        about = (a.rule, a.requested_by, a.comment_id, a.person_id, a.text, a.tag)
        document = msgspec.json.encode(a).decode()
        await self.pool.execute(
            _INSERT, *key, *about, document, state, reason, a.requested_at, created_id
        )
        return a.id

    async def state(self, id_: str) -> tuple[str, str | None]:
        """The state of an action, and why."""
        row = await self.pool.fetchrow("SELECT state, reason FROM actions WHERE id = $1", id_)
        assert row is not None
        return row["state"], row["reason"]
