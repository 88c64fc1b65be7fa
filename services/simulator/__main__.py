"""Stands in for Meta: greets the receiver, sends it webhooks, and answers its Graph calls."""

import asyncio
from contextlib import AsyncExitStack, suppress
from random import Random
from time import time

import structlog

from services.simulator.accounts import accounts
from services.simulator.config import SimulatorConfig
from services.simulator.control import Control
from services.simulator.graph.answers import Graph, Manners
from services.simulator.graph.app import create_app
from services.simulator.graph.consequences import Tell
from services.simulator.graph.dropping import Droppable
from services.simulator.graph.faults import CHAOS
from services.simulator.graph.quotas import Limits
from services.simulator.posting import Target, shake_hands
from services.simulator.sender import Manner, Sender, sender
from services.simulator.traffic.deliveries import Run, deliveries, unsettled
from services.simulator.traffic.events import Event, pack
from services.simulator.traffic.profiles import PROFILES, Profile
from services.simulator.traffic.scene import Scene
from services.simulator.world import World
from shared.service import lifecycle
from shared.service.admin import admin
from shared.service.http import listen, serve
from shared.service.settings import App

_GREET_AGAIN_SECONDS = 0.25

_log = structlog.get_logger()


async def main(config: SimulatorConfig, stopping: asyncio.Event) -> None:
    """Send until told to stop; then wait for the answers under way and sum up."""
    seed, profile = config.simulator_seed, PROFILES[config.simulator_profile]
    world = World(seed, accounts(seed, config.simulator_accounts, tuple(config.apps)))
    # What is triggered by hand is another run, which began earlier: its ids must be its own.
    by_hand = Scene(world, seed, time() - 1.0)
    greeted = asyncio.Event()
    checks = {"greeted": greeted.is_set, "not_stopping": lambda: not stopping.is_set()}
    listener = listen(config.simulator_host, config.simulator_port)
    async with AsyncExitStack() as exits:
        sending = await exits.enter_async_context(sender(_target(config), _manner(config, profile)))
        graph = _graph(config, world, profile, _telling(sending, profile, seed))
        routes = Control(sending, graph, by_hand).routes()
        await exits.enter_async_context(serve(create_app(graph), listener, http=Droppable))
        port = config.admin_port
        await exits.enter_async_context(admin(config.admin_host, port, checks, routes))
        _log.info("listening", host=config.simulator_host, port=listener.getsockname()[1])
        if await _greet(config, stopping):
            greeted.set()
            run = Run(
                profile=profile,
                seed=seed,
                started_at=time(),
                rate=config.simulator_rate,
                total=config.simulator_total,
            )
            await _send(sending, run, world, stopping)


async def _greet(config: SimulatorConfig, stopping: asyncio.Event) -> bool:
    """Do the handshake of every app, again and again until all went well; False when stopped."""
    left = dict(config.apps)
    said: dict[str, str] = {}
    while left and not stopping.is_set():
        for name, app in list(left.items()):
            problem = await shake_hands(config.simulator_receiver_url, _verify_token(app))
            if problem and problem != said.get(name):
                _log.error("handshake_failed", app=name, problem=problem)
            said[name] = problem
            if not problem:
                _log.info("handshake_done", app=name)
                del left[name]
        if left:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _GREET_AGAIN_SECONDS)
    return not left


async def _send(sending: Sender, run: Run, world: World, stopping: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(sending.stay(deliveries(run, world)))
        await stopping.wait()
        sending.abandon()
    report = sending.report()
    _log.info("sent", **report.events, p99_seconds=report.latency_seconds["p99"])


def _telling(sending: Sender, profile: Profile, seed: int) -> Tell:
    """What follows from a write is sent as all other traffic of the profile is."""
    rng = Random(f"telling:{seed}")

    def tell(event: Event, delay_seconds: float) -> None:
        for delivery in pack([event], time()):
            sending.send_later(unsettled(delivery, profile, rng), delay_seconds)

    return tell


def _graph(config: SimulatorConfig, world: World, profile: Profile, tell: Tell) -> Graph:
    secrets = {
        name: [secret.get_secret_value().encode() for secret in app.secrets]
        for name, app in config.apps.items()
    }
    manners = Manners(
        require_proof=config.simulator_require_proof,
        batch_on_instagram=config.simulator_batch_on_instagram,
        replies_come_back=config.simulator_replies_come_back,
        limits=Limits(
            account_calls=config.simulator_account_calls, app_calls=config.simulator_app_calls
        ),
    )
    graph = Graph(world, secrets, manners, tell)
    for fault in CHAOS if profile.graph_faults else ():
        graph.faults.add(fault, time())
    return graph


def _target(config: SimulatorConfig) -> Target:
    newest = {name: app.secrets[0] for name, app in config.apps.items()}
    secrets = {name: secret.get_secret_value().encode() for name, secret in newest.items()}
    return Target(url=config.simulator_receiver_url, secrets=secrets)


def _manner(config: SimulatorConfig, profile: Profile) -> Manner:
    return Manner(
        rate=config.simulator_rate,
        concurrency=config.simulator_concurrency,
        retry_scale=config.simulator_retry_scale,
        rebatch=profile.rebatch,
        seed=config.simulator_seed,
    )


def _verify_token(app: App) -> str:
    return app.verify_token.get_secret_value()


if __name__ == "__main__":
    lifecycle.run(main, SimulatorConfig)
