"""A connection that closes just when something is sent: to aiokafka an OSError, in uvloop no such.

uvloop raises RuntimeError there, which ends whatever part of aiokafka was sending, without a word
to its user: a consumer would go on as a member of its group and never fetch again
(github.com/aio-libs/aiokafka/issues/1038).
"""

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

_send: Any = AIOKafkaConnection.send


def _send_or_fail(self: AIOKafkaConnection, *request: Any, **options: Any) -> Any:  # noqa: ANN401 (aiokafka has no types here)
    try:
        return _send(self, *request, **options)
    except KafkaError:  # which is a RuntimeError, too
        raise
    except RuntimeError as exc:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError("closed while sending") from exc


def mend() -> None:
    """Have aiokafka take it as any other broken connection, from now on; any number of times."""
    setattr(AIOKafkaConnection, "send", _send_or_fail)  # noqa: B010 (else mypy minds)
