"""The composition root: reads top to bottom as the daemon comes up, serves, and goes down."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from modelyard.app.api.application import Parts, build_api
from modelyard.app.api.events import CONFIG_STATUS, MODEL_STATUS, PROFILE_CHANGED
from modelyard.app.editing import Editor
from modelyard.app.familiar import FamiliarLines
from modelyard.app.front import Front
from modelyard.app.inference import Inference
from modelyard.app.inflight import InFlight
from modelyard.app.listen import Address, advice
from modelyard.app.loading import Loader
from modelyard.app.monitoring import Monitoring
from modelyard.app.recorder import Recorder
from modelyard.app.records import Records
from modelyard.app.reload import Loaded, Reloader, Sources
from modelyard.app.world import World
from modelyard.config.diff import Changes, changes_between
from modelyard.config.schema import Config, HeldPorts
from modelyard.config.sources import Source
from modelyard.core.model import ChildId
from modelyard.runtime.children import Children
from modelyard.runtime.clock import Clock, SystemClock
from modelyard.runtime.engine import Engine
from modelyard.runtime.feed import Feed
from modelyard.runtime.guard import Guard, new_daemon_id
from modelyard.runtime.http.asgi import AsgiBridge
from modelyard.runtime.http.certificate import ServerCertificate
from modelyard.runtime.http.edge import Edge
from modelyard.runtime.http.turn import Turn
from modelyard.runtime.journal import default_state_directory, open_journal
from modelyard.runtime.learned import Learned
from modelyard.runtime.logs import LogHub
from modelyard.runtime.peers import Peers
from modelyard.runtime.platform.stdout import PatientWriter
from modelyard.runtime.platform.terminal import Terminal
from modelyard.runtime.serving import ChildServing
from modelyard.runtime.spawn import Reaper
from modelyard.runtime.tasks import TaskOwner
from modelyard.runtime.watch import Watcher

SHUTDOWN_BUDGET = 30.0
"""Seconds from the first signal: requests drain first, children get what is left (spec lifecycle 10.5)."""
LEAST_GRACE = 0.5
"""Seconds that a child gets to end even when draining took the whole budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the daemon was asked to run."""

    address: Address
    certificate: ServerCertificate | None = None
    """What is shown to clients; None: without TLS."""
    sources: Sources | None = None
    """Where a reload reads the configuration; None: it has no files, and can't be reloaded."""
    texts: tuple[Source, ...] = ()
    """What the configuration was made of."""
    watcher: Watcher | None = None
    """Looks after the sources, where changes of them are to be applied by themselves."""
    on_listening: Callable[[str], None] | None = None
    """Called with the base URL once requests can come."""


class ListenError(Exception):
    """The listen address can't be used."""


class Daemon:
    """One running Modelyard."""

    def __init__(self, config: Config, options: Options, clock: Clock | None = None) -> None:
        self._options = options
        self._clock = clock or SystemClock()
        self._stdout = PatientWriter(sys.stdout.fileno())
        self.logs = LogHub(
            config.log_level,
            config.log_to_stdout,
            config.log_time_format,
            self._stdout,
            structured=config.log_format == "json",
        )
        self._log = self.logs.daemon
        self._tasks = TaskOwner(self._task_crashed)
        self._world = World(config)
        self._state = Path(config.state_dir) if config.state_dir else default_state_directory(os.environ)
        self._learned = Learned(self._state, tasks=self._tasks, log=self._log)
        self._guard = Guard("", log=self._log, clock=self._clock)
        self._reaper = Reaper()
        self._terminal = Terminal()
        self._turn = Turn(asyncio.get_running_loop())
        self._peers = Peers(self._tasks, self._turn)
        self._engine = Engine(self._clock, self._make_serving)
        self._children = self._make_children()
        self._reloader = Reloader(
            options.sources or Sources((), lambda held: Loaded(config, options.texts)),
            self,
            warnings=config.warnings,
            texts=options.texts,
            tasks=self._tasks,
            log=self._log,
            clock=self._clock,
        )
        self._loader = Loader(self._engine, self._world, tasks=self._tasks, log=self._log, clock=self._clock)
        self._feed = Feed(self.logs)
        self._engine.on_move = self._models_moved
        inflight = InFlight(self._feed, self._clock)
        self._records = Records(config, tasks=self._tasks, log=self._log)
        self._recorder = Recorder(self._records, self._world, self._engine, self._feed, self._clock)
        self._monitoring = Monitoring(
            self._engine,
            self._world,
            lambda: self._children.roots(),
            tasks=self._tasks,
            clock=self._clock,
            log=self._log,
        )
        self._recorder.meters = self._monitoring.meters
        FamiliarLines(self._engine, self._world, self._log)
        self._inference = Inference(self._engine, self._world, self._peers, inflight, self._recorder, log=self._log)
        parts = Parts(
            engine=self._engine,
            world=self._world,
            logs=self.logs,
            reloader=self._reloader,
            editor=Editor(
                options.sources.files if options.sources else None,
                self._world,
                self._reloader,
                self.held_ports,
                self._tasks,
            ),
            feed=self._feed,
            inflight=inflight,
            loader=self._loader,
            records=self._records,
            monitoring=self._monitoring,
        )
        api = AsgiBridge(build_api(parts), self._tasks)
        front = Front(self._inference, api, self._log, self._clock)
        self._edge = Edge(front.handle, self._clock, self._turn, request_done=front.request_done, refused=front.refused)
        self._stopping = asyncio.Event()
        self._signals = 0

    def __repr__(self) -> str:
        return f"<Daemon {self._engine!r} {self._edge!r}>"

    async def run(self) -> int:
        """Serve until told to stop; returns the exit code. Raises ListenError."""
        self._catch_signals()
        self._come_up()
        try:
            await self._listen()
            self._monitoring.start()
            self._loader.preload(self._world.config.preload)
            await self._stopping.wait()
            await self._drain_and_stop()
        finally:
            await self._go_down()
        return 0

    # ---------------------------------------------------------------- up

    def _come_up(self) -> None:
        daemon = new_daemon_id()
        self._log.debug(f"process id {os.getpid()}")
        self._reaper.start()
        journal = open_journal(self._state, daemon, self._log)
        self._guard = Guard(daemon, log=self._log, clock=self._clock, journal=journal)
        self._guard.start()
        self._children = self._make_children()
        self._apply(self._world)
        if self._options.watcher is not None:
            self._tasks.spawn(
                self._options.watcher.run(lambda: self._reloader.ask("its files have changed")), name="watcher"
            )
        if self._options.certificate is not None:
            watcher = self._options.certificate.watcher
            self._tasks.spawn(watcher.run(self._renew_certificate), name="certificate watcher")

    async def _listen(self) -> None:
        address, certificate = self._options.address, self._options.certificate
        tls = None if certificate is None else certificate.context
        try:
            bound = await self._edge.listen(address.host or None, address.port, tls)
        except OSError as error:
            raise ListenError(f"cannot listen on {address}: {_in_words(error)}") from error
        scheme = "https" if tls else "http"
        address = Address(address.host, bound[0][1])
        if (text := advice(address)) is not None:
            self._log.info(text)
        self._log.info(f"modelyard listening on {scheme}://{address}")
        gc.collect()
        gc.set_threshold(20_000, 50, 50)
        gc.freeze()  # what lives now lives for ever: the collector need not walk it again
        if self._options.on_listening is not None:
            self._options.on_listening(address.url(scheme))

    def _make_serving(self, child: ChildId, reason: str) -> ChildServing:
        return self._children.serve(child, reason)

    def _models_moved(self) -> None:
        self._feed.changed(MODEL_STATUS)
        self._recorder.models_moved()
        self._learned.note(self._engine.load_times())

    def _make_children(self) -> Children:
        return Children(
            self._world.process,
            post=self._engine.post,
            guard=self._guard,
            logs=self.logs,
            clock=self._clock,
            tasks=self._tasks,
            turn=self._turn,
            progressed=lambda: self._feed.changed(MODEL_STATUS),
        )

    # ---------------------------------------------------------------- another configuration

    def _hung_up(self) -> None:
        if self._terminal.is_gone():
            self._stop_asked(signal.SIGHUP)
        else:
            self._reload_asked()
            self._renew_certificate()

    def _renew_certificate(self) -> None:
        if self._options.certificate is not None:
            self._tasks.spawn(self._show_newest(self._options.certificate), name="certificate")

    async def _show_newest(self, certificate: ServerCertificate) -> None:
        """Show new clients what the files hold now. If that is unusable, half-written perhaps, nothing changes."""
        files = " and ".join(certificate.files)
        try:
            certificate.show(await asyncio.to_thread(certificate.read))
        except OSError as error:
            self._log.error(f"the TLS files {files} can't be used, the certificate from before stays: {error}")
        else:
            self._log.info(f"new connections are shown the certificate that is in {files} now")

    def _reload_asked(self) -> None:
        if self._options.sources is None:
            self._log.warn("SIGHUP: there is no file to reload the configuration from")
        else:
            self._reloader.ask("SIGHUP")

    def held_ports(self) -> HeldPorts:
        """The ports that may not change hands: of the models that are configured, and of children that still run."""
        configured = {model.id: model.port for model in self._world.config.models.values() if model.port is not None}
        running = self._children.ports()
        return HeldPorts(by_model={**configured, **running}, taken=frozenset(running.values()))

    def adopt(self, config: Config) -> Changes:
        """Serve by this configuration from now on: what it leaves alone goes on, what it changes drains."""
        old = self._world.config
        self._apply(World(config))
        if not self._stopping.is_set():
            self._loader.preload([model for model in config.preload if model not in old.preload])
        return changes_between(old, config)

    def config_status_changed(self) -> None:
        """Tell those who watch, as after everything else that a new configuration may have changed for them."""
        self._feed.changed("uiConfig")
        self._feed.changed(PROFILE_CHANGED)
        self._feed.changed(CONFIG_STATUS)

    def _apply(self, world: World) -> None:
        specs = world.specs(load_times=self._learned.times)  # what could fail has not changed anything yet
        self._world.become(world)
        config = world.config
        self.logs.configure(
            level=config.log_level, time_format=config.log_time_format, structured=config.log_format == "json"
        )
        self._say_what_is_odd(config)
        self.logs.keep_models(config.models)
        for model in config.models:
            self.logs.model(model)
        self._edge.budget.largest = config.max_body or None
        self._peers.adopt(world.peers())
        self._records.adopt(config)
        self._inference.recorder = self._recorder if config.record_requests else None
        self._monitoring.adopt()
        restart = self._children.reconfigure()
        self._engine.post(msgspec.structs.replace(specs, restart=restart))

    def _say_what_is_odd(self, config: Config) -> None:
        for warning in config.warnings:
            self._log.warn(warning)
        for path in config.without_effect:
            self._log.warn(f"{path}: not supported yet: checked, and without effect")
        if not config.models:
            self._log.warn("the configuration has no models: every request will be answered 404")

    # ---------------------------------------------------------------- down

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop_asked, number)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)

    def _stop_asked(self, number: signal.Signals) -> None:
        self._signals += 1
        if self._signals == 1:
            self._log.info(
                f"{signal.Signals(number).name}: draining, then stopping the models; once more stops at once"
            )
            self._stopping.set()
        else:
            self._log.warn("stopping at once")
            self._edge.close()
            self._engine.kill_all()

    async def _drain_and_stop(self) -> None:
        began = self._clock.now()
        self._end_streams()
        self._edge.stop_listening()
        if not await self._edge.wait_drained(SHUTDOWN_BUDGET):
            self._log.warn(f"requests were still running after {SHUTDOWN_BUDGET:.0f} seconds; they are cut")
        left = SHUTDOWN_BUDGET - (self._clock.now() - began)
        await self._engine.shut_down(max(LEAST_GRACE, left))

    def _end_streams(self) -> None:
        """Long-lived streams of our own end first: they would hold the drain for ever (R55)."""
        self._feed.close()
        self.logs.close_readers()

    async def _go_down(self) -> None:
        self._edge.stop_listening()
        self._edge.close()
        await self._engine.shut_down(LEAST_GRACE)
        self._recorder.catch_up()
        self._records.close()
        await self._tasks.aclose()
        await self._guard.aclose()
        self._reaper.close()
        self._terminal.close()
        if self._signals:  # a start that failed has a line of its own
            self._log.info("shutdown complete")
        self.logs.flush()
        self._stdout.close()

    def _task_crashed(self, name: str, error: BaseException) -> None:
        self._log.error(f"task {name!r} crashed: {type(error).__name__}: {error}")


def _in_words(error: OSError) -> str:
    """Without what asyncio adds: the address is said already. A resolver's errors have negative numbers."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error)
