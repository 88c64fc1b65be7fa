"""What each service is told: where the others are, each through the link between the two."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kafka import free_port
from tests.system.cluster import Cluster
from tests.system.database import Postgres
from tests.system.processes import Service
from tests.system.proxy import Link

LINKS = (
    "receiver-kafka",
    "enricher-kafka",
    "persister-kafka",
    "enricher-postgres",
    "persister-postgres",
    "enricher-graph",
)
SEED = 1
ACCOUNTS = 12


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Makes the services of one world; it starts none."""

    folder: Path
    cluster: Cluster
    postgres: Postgres
    links: Mapping[str, Link]
    vault_key: str
    app: str
    secret: str
    mutation: str | None

    def receiver(self, at: int, port: int) -> Service:
        """One that takes deliveries on `port`."""
        return self._service(f"receiver-{at}", PARLEY_RECEIVER_PORT=str(port))

    async def enricher(self, at: int, graph_port: int) -> Service:
        """One that asks Graph at `graph_port`."""
        door = await self.links["enricher-graph"].door(graph_port)
        graph = f"http://127.0.0.1:{door}"
        return self._service(
            f"enricher-{at}",
            PARLEY_POSTGRES=await self._database("enricher-postgres"),
            PARLEY_VAULT_KEYS=self.vault_key,
            PARLEY_GRAPH_INSTAGRAM_URL=f"{graph}/instagram",
            PARLEY_GRAPH_FACEBOOK_URL=f"{graph}/facebook",
        )

    async def persister(self, at: int) -> Service:
        """One that writes to Postgres."""
        return self._service(
            f"persister-{at}", PARLEY_POSTGRES=await self._database("persister-postgres")
        )

    def simulator(self, port: int, receiver_url: str) -> Service:
        """Graph on `port`; it sends nothing, but greets the receiver."""
        more = {
            "PORT": str(port),
            "RECEIVER_URL": receiver_url,
            "ACCOUNTS": str(ACCOUNTS),
            "SEED": str(SEED),
            "TOTAL": "0",
            "ACCOUNT_CALLS": "100000000",  # throttling is a fault, to be injected
            "APP_CALLS": "100000000",
        }
        settings = {f"PARLEY_SIMULATOR_{name}": value for name, value in more.items()}
        return Service("simulator", self._common() | settings, free_port(), self.folder)

    def _service(self, name: str, **more: str) -> Service:
        door = self.cluster.doors[name.split("-", maxsplit=1)[0]]
        settings = self._common() | {"PARLEY_KAFKA": door} | more
        return Service(name, settings, free_port(), self.folder, self.mutation)

    def _common(self) -> dict[str, str]:
        app = {"secrets": [self.secret], "verify_token": "greetings"}
        inherited = {name: value for name, value in os.environ.items() if name[:7] != "PARLEY_"}
        return inherited | {
            "PARLEY_APPS": json.dumps({self.app: app}),
            "PARLEY_RECEIVER_DRAIN_SECONDS": "0.5",
        }

    async def _database(self, link: str) -> str:
        door = await self.links[link].door(self.postgres.port)
        return self.postgres.url.replace(f":{self.postgres.port}/", f":{door}/")
