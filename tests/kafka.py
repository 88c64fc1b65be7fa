"""Brokers for tests: the embedded one, and a real Apache Kafka in KRaft mode without Docker."""

import base64
import contextlib
import fcntl
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shared.stream import embedded

_CACHE = (Path(__file__).parent.parent / ".cache" / "kafka").resolve()
_CLASSES = _CACHE / "classes.jsa"

ARCHIVE = f"-XX:SharedArchiveFile={_CLASSES}"
"""Kafka's classes as the JVM keeps them once loaded: with it a broker starts in half the time."""

_START_SECONDS = 60.0
_PLACES = itertools.count(131 * os.getpid())  # so that two runs do not meet

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>parley</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.0</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>2.24.3</version>
    </dependency>
  </dependencies>
</project>
"""

_LOG4J = """rootLogger.level = info
logger.states.name = state.change.logger
logger.states.level = warn
logger.controller.name = org.apache.kafka.controller
logger.controller.level = warn
rootLogger.appenderRefs = out
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c: %m%n
"""

_SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


@dataclass(frozen=True, kw_only=True)
class Node:
    """How a broker is made: its `server.properties`, and where clients reach it."""

    settings: str
    servers: str
    cluster_id: str
    jvm: tuple[str, ...] = ("-Xmx1g", ARCHIVE)


def cluster_id() -> str:
    """What all nodes of one cluster share."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _alone(folder: Path) -> Node:
    broker, controller = free_port(), free_port()
    settings = _SETTINGS.format(broker=broker, controller=controller, data=folder / "data")
    return Node(settings=settings, servers=f"127.0.0.1:{broker}", cluster_id=cluster_id())


class RealBroker:
    """One node of Apache Kafka in `folder`; what it has stored outlives its process."""

    def __init__(self, folder: Path, node: Node | None = None) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._node = node = node or _alone(folder)
        self.servers = node.servers
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "server.properties").write_text(node.settings)
        (folder / "log4j2.properties").write_text(_LOG4J)
        named = f"--cluster-id={node.cluster_id}"  # it may begin with a dash
        format_ = ("kafka.tools.StorageTool", "format", named, "--config", "server.properties")
        assert self._java(*format_).wait(_START_SECONDS) == 0, self._output()

    def start(self) -> None:
        """Return when it takes requests."""
        self._process = self._java("kafka.Kafka", "server.properties")
        give_up = time.monotonic() + _START_SECONDS
        while "Kafka Server started" not in self._output():
            assert self._process.poll() is None, self._output()
            assert time.monotonic() < give_up, self._output()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it stand still, as a virtual machine that gets no time."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def runs(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def _signal(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)

    def _end(self, how: signal.Signals) -> None:
        self._signal(how)
        self.thaw()  # a frozen one would take note only then
        if self._process is not None:
            self._process.wait(_START_SECONDS)

    def _java(self, *arguments: str) -> "subprocess.Popen[bytes]":
        java = shutil.which("java") or "java"
        logging = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}"
        quick = [
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
        ]  # it is started often, and runs briefly
        command = [java, *self._node.jvm, *quick, logging, "-cp", f"{_CACHE / 'lib'}/*", *arguments]
        with (self._folder / "output").open("wb") as output:
            return subprocess.Popen(
                command,
                cwd=self._folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the tests: they end it when it is its turn
            )

    def _output(self) -> str:
        return (self._folder / "output").read_text(errors="replace")


def free_port() -> int:
    """A port nobody listens on, and that this process is given once; below those that the system
    gives to connections, so that it is still free when who listens there has been away."""
    while True:
        port = 10_000 + next(_PLACES) % 22_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def fetch_jars() -> None:
    """Have all of Kafka's jars in the cache; two at once fetch them once."""
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (_CACHE / "lib").exists():
            _fetch()
        if not _CLASSES.exists():
            _archive_classes()


def _fetch() -> None:
    (_CACHE / "pom.xml").write_text(_POM)
    maven = shutil.which("mvn") or "mvn"
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    command = [maven, "-q", "-B", *goal, f"-DoutputDirectory={_CACHE / 'partial'}"]
    subprocess.run(command, cwd=_CACHE, check=True, stdout=2)  # it colours even nothing
    (_CACHE / "partial").rename(_CACHE / "lib")


def _archive_classes() -> None:
    partial = _CACHE / "partial.jsa"
    with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
        jvm = ("-Xmx1g", f"-XX:ArchiveClassesAtExit={partial}")
        once = RealBroker(Path(folder), replace(_alone(Path(folder)), jvm=jvm))
        try:
            once.start()
        finally:
            once.stop()
    partial.rename(_CLASSES)


@pytest.fixture
def embedded_broker() -> Iterator[embedded.EmbeddedBroker]:
    """An embedded broker of the test's own, with all topics."""
    with embedded.embedded_broker() as broker:
        yield broker


@pytest.fixture(scope="session")
def real_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBroker]:
    """A real Apache Kafka for the whole run, without any topic; whoever ends it starts it again."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("needs a JDK 17 or newer and Maven")
    fetch_jars()
    broker = RealBroker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
