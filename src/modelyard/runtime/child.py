"""One model's process tree, from its start until nothing of it is left (spec lifecycle 2.4-2.8).

    start ── spawned ── probe passes ── ChildReady ── ends or is stopped ── tree cleared ── ChildExited
                └── ends, is stopped or runs out of time before that ────── tree cleared ── ChildFailed

One task walks that line. `stop` and `kill`, the end of the process and the end of the probe only ring its
bell; it looks for itself what is the case. The leader stays a zombie until its tree is cleared, which keeps
its number, and so the meaning of its group and session, from being given to others.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from modelyard.config.cmdline import split_command
from modelyard.config.secrets import masked
from modelyard.core.events import ChildBrokeDown, ChildExited, ChildFailed, ChildReady, Event
from modelyard.core.model import ChildId
from modelyard.runtime.afterlife import Afterlife
from modelyard.runtime.bell import Bell, at
from modelyard.runtime.clock import Clock
from modelyard.runtime.guard import Guard
from modelyard.runtime.health import Probe, ProbeTarget, probe_target
from modelyard.runtime.journal import ChildRecord
from modelyard.runtime.lastwords import circumstances, status_in_words
from modelyard.runtime.loadgauge import LoadGauge
from modelyard.runtime.logs import DaemonLog, ModelLog
from modelyard.runtime.output import Output
from modelyard.runtime.platform.base import child_environment
from modelyard.runtime.processspec import ProcessSpec
from modelyard.runtime.progress import Progress
from modelyard.runtime.spawn import SpawnError, spawn
from modelyard.runtime.stopcommand import StopCommand
from modelyard.runtime.tasks import TaskOwner
from modelyard.runtime.tree import ProcessTree, TreeRoot
from modelyard.runtime.warmup import WarmingUp
from modelyard.wire.durations import go_duration

PORT_PATIENCE = 2.0
"""Seconds that a listener of before may take to leave the port."""

PORT_POLL = 0.05

FAILED_START_GRACE = 5.0
"""Seconds that a process which did not become ready in time has to end (spec lifecycle 2.6)."""

CRASH_GRACE = 1.0
"""Seconds that the rest of a tree has to end when its leader ended by itself."""

STOP_COMMAND_PATIENCE = 2.0
"""Seconds that `cmdStop` may go on after the tree is gone: a late `docker stop` must not meet the next
container."""

EXITED_EARLY = "upstream command exited prematurely"
EXITED = "upstream process exited unexpectedly"
ABORTED = "aborted"
_ASK_AGAIN = "the readiness probe has a new target"


class _StartFailedError(Exception):
    """The process could not be started. The text says why, for people."""


def _nobody_listens() -> None:
    pass


class Child:
    """Owns one process tree. `post` gets `ChildReady` at most once, then `ChildBrokeDown` as soon as a ready one ends
    unasked or is killed, and in the end exactly one `ChildFailed` (it never was ready) or `ChildExited`, and that only
    when no process of the tree is left. Nothing here raises."""

    def __init__(
        self,
        child: ChildId,
        spec: ProcessSpec,
        *,
        post: Callable[[Event], None],
        log: ModelLog,
        guard: Guard,
        clock: Clock,
        tasks: TaskOwner,
        daemon_log: DaemonLog,
    ) -> None:
        self.child = child
        self.spec = spec
        self._post = post
        self._log = log
        self._guard = guard
        self._clock = clock
        self._tasks = tasks
        self._daemon_log = daemon_log
        self._cookie = f"{guard.daemon}:{child}"
        self._argv: list[str] = []
        self._target: ProbeTarget | None = None
        self._tree: ProcessTree | None = None
        self._output: Output | None = None
        self._afterlife: Afterlife | None = None
        self._following: asyncio.Task[None] | None = None
        self._progress: Progress | None = None
        self._gauge: LoadGauge | None = LoadGauge()
        self.on_progress: Callable[[], None] = _nobody_listens
        """Called when `load_progress` is another one while it starts."""
        self._log_mark = 0
        self._counts_from = 0.0
        """When the time to become ready began."""
        self._was_ready = False
        self._broke_down = False
        self._stop_asked = False
        self._stop_by = math.inf
        self._bell = Bell(clock)
        self._stop_command = StopCommand(spec.model, bell=self._bell, log=daemon_log)
        self._gone = asyncio.Event()

    def __repr__(self) -> str:
        stopping = " stopping" if self._stop_asked else ""
        return f"<Child {self.child} {self._tree or 'no process'}{stopping}>"

    @property
    def pid(self) -> int | None:
        """The leader's pid; None before it started and once nothing is left."""
        return self._tree.pid if self._tree is not None else None

    @property
    def root(self) -> TreeRoot | None:
        """What its processes are known by; None where there are none."""
        return TreeRoot(self.spec.model, self._tree.key, self._cookie) if self._tree is not None else None

    @property
    def load_progress(self) -> float | None:
        """How far it has loaded, from 0 to 1; None where its log does not tell, and when it is ready."""
        return None if self._gauge is None else self._gauge.share

    @property
    def stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stop_asked

    @property
    def gone(self) -> bool:
        """Whether nothing of it is left, and its last event has been posted."""
        return self._gone.is_set()

    # What others ask

    def configure(self, spec: ProcessSpec) -> None:
        """Take over what applies to a process that runs: how it is known to be ready, and how it is stopped."""
        assert spec.same_process(self.spec), "a running process can't become another"
        self.spec = spec
        if self._target is not None:
            self._target = spec.probe_target()
        if self._tree is not None:
            self._account_for(self._tree)
        self._bell.ring()

    def start(self) -> None:
        """Start the process, before this returns where its port is free. Call once."""
        failure = None
        try:
            self._prepare()
            if self._port_is_free():
                self._spawn()
        except _StartFailedError as error:
            failure = str(error)
        self._tasks.spawn(self._live(failure), name=f"child {self.child}")

    def stop(self, grace: float) -> None:
        """Ask the tree to end, kill what is left of it in `grace` seconds. Again with less grace: less is
        left. One that was never ready has nothing to bring to an end, and gets little (spec lifecycle 2.7)."""
        if not (self._was_ready or self.spec.cmd_stop):
            grace = min(grace, FAILED_START_GRACE)
        self._stop_asked = True
        self._stop_by = min(self._stop_by, self._clock.now() + grace)
        self._bell.ring()

    def doubt(self) -> None:
        """A connection to it broke. Where it is on its way out, that is told now, before the next is sent to it."""
        tree = self._tree
        if tree is None or self._stop_asked or self.spec.keep_descendants:
            return
        if tree.is_ending or (tree.has_lost() and self._has_left_its_port()):
            self._break_down()
            self._bell.ring()

    def _has_left_its_port(self) -> bool:
        """Whether it listened, and does no more: behind a wrapper that waits, the end of the engine shows there."""
        target = self._target
        return self._was_ready and self.spec.port_check and target is not None and target.has_nobody()

    def kill(self) -> None:
        """Kill the tree at once."""
        self.stop(0.0)
        if self._tree is not None:
            self._break_down()
            self._tree.kill()

    async def wait_gone(self) -> None:
        """Wait until the last event has been posted."""
        await self._gone.wait()

    # The one line of a life

    async def _live(self, failure: str | None) -> None:
        try:
            last_event = await self._until_gone(failure)
        except asyncio.CancelledError:
            self._abandon()
            raise
        except Exception as error:
            # Whatever went wrong here, nobody may wait for this child for ever.
            self._abandon()
            self._finish(self._ended(f"supervision of {self.child} failed: {error!r}"))
            raise  # for the owner of tasks to report
        self._finish(last_event)

    async def _until_gone(self, failure: str | None) -> Event:
        if failure is None:
            failure = await self._become_ready()
        if failure is None:
            self._was_ready = True
            if self._afterlife is not None:
                self._afterlife.was_there = True
            self._post(ChildReady(self.child))
            await self._remember_members()
            await self._bell.wait_until(self._is_over)
            if not self._stop_asked:
                self._break_down()
        by_itself = not self._stop_asked
        status = await self._end_tree()
        return self._last_event(failure, by_itself=by_itself, status=status)

    def _break_down(self) -> None:
        """From now on nobody is to be sent to it; its end follows."""
        if self._was_ready and not self._broke_down:
            self._broke_down = True
            self._post(ChildBrokeDown(self.child))

    def _finish(self, last_event: Event) -> None:
        self._post(last_event)
        self._gone.set()

    def _last_event(self, failure: str | None, *, by_itself: bool, status: int | None) -> Event:
        if failure == EXITED_EARLY:
            self._daemon_log.warn(f"<{self.spec.model}> {EXITED_EARLY}{status_in_words(status)}")
            return self._ended(failure + circumstances(status, self._log, self._log_mark))
        if failure is not None:
            if failure != ABORTED:
                self._daemon_log.warn(f"<{self.spec.model}> {failure}")
            return self._ended(failure)
        if not by_itself:
            return self._ended("")
        self._daemon_log.warn(f"<{self.spec.model}> {EXITED}{status_in_words(status)}")
        return self._ended(EXITED + circumstances(status, self._log, self._log_mark))

    def _ended(self, reason: str) -> Event:
        return ChildExited(self.child, reason) if self._was_ready else ChildFailed(self.child, reason)

    def _is_over(self) -> bool:
        return self._stop_asked or self._broke_down or self._has_ended()

    def _has_ended(self) -> bool:
        tree = self._tree
        if tree is None or not tree.exited:
            return False
        if not (self.spec.keep_descendants and tree.ended_well):
            return True
        return self._afterlife is not None and self._afterlife.over

    def _leader_ended(self) -> None:
        if self._tree is not None and not self._stop_asked:
            self._begin_afterlife(self._tree)
        self._bell.ring()

    def _begin_afterlife(self, tree: ProcessTree) -> None:
        """The leader has ended: follow what it has left, if that is to live on."""
        if self._afterlife is not None or not (self.spec.keep_descendants and tree.ended_well):
            return
        elsewhere = probe_target(self.spec.proxy, "/") if self.spec.stop_argv(tree.pid) else None
        self._afterlife = Afterlife(tree, elsewhere, bell=self._bell, clock=self._clock)
        self._afterlife.was_there = self._was_ready
        self._following = self._tasks.spawn(self._afterlife.follow(), name=f"afterlife of {self.child}")
        self._daemon_log.info(f"<{self.spec.model}> the command has ended; what it started is kept")

    # Start

    def _prepare(self) -> None:
        if not self.spec.proxy.strip():
            raise _StartFailedError("upstream proxy missing")
        try:
            self._argv = split_command(self.spec.cmd)
        except ValueError as error:
            raise _StartFailedError(f"unable to get sanitized command: {error}") from error
        try:
            self._target = self.spec.probe_target()
        except ValueError as error:
            raise _StartFailedError(f"unusable proxy: {error}") from error

    def _spawn(self) -> None:
        self._log_mark = self._log.written
        try:
            output = Output(self._take_output)
        except OSError as error:
            raise _StartFailedError(f"no pipe for the output: {error.strerror}") from error
        try:
            leader = spawn(
                self._argv,
                environment=child_environment(self.spec.env, self._cookie),
                output=output.write_end,
                on_exit=self._leader_ended,
            )
        except SpawnError as error:
            output.close()
            raise _StartFailedError(f"failed to start command '{' '.join(self._argv)}': {error}") from error
        output.close_write_end()
        self._output = output
        self._counts_from = self._clock.now()
        self._tree = ProcessTree(leader, self._cookie, bell=self._bell, clock=self._clock)
        self._account_for(self._tree)
        self._daemon_log.debug(f"<{self.spec.model}> started pid {leader.pid}: {masked(' '.join(self._argv))}")

    def _account_for(self, tree: ProcessTree) -> None:
        record = ChildRecord(self._cookie, tree.key, tuple(self.spec.stop_argv(tree.pid)), self.spec.env)
        self._guard.child_started(record)

    def _take_output(self, data: bytes) -> None:
        self._log.write(data)
        if self._progress is not None and self._progress.take(data):
            self._counts_from = self._clock.now()
        if self._gauge is not None and self._gauge.take(data):
            self.on_progress()

    async def _become_ready(self) -> str | None:
        """None once ready, else why it will not be."""
        if self._tree is None and (failure := await self._spawn_when_port_is_free()) is not None:
            return failure
        verdict: str | None = _ASK_AGAIN
        while self._target is not None and verdict is _ASK_AGAIN:
            verdict = await self._ask(self._target)
        self._progress = self._gauge = None
        return await self._warm_up() if verdict in (None, _ASK_AGAIN) else verdict

    async def _warm_up(self) -> str | None:
        """Have it warmed up, where that is wanted. Why it will not be ready, only where it has ended or shall (R8)."""
        request = self.spec.warm_up
        if request is None:
            return None
        try:
            warming = WarmingUp(self.spec.warm_up_target(), request)
        except ValueError as error:
            self._daemon_log.warn(f"<{self.spec.model}> can't be warmed up: {error}")
            return None
        asking = self._tasks.spawn(warming.wait_done(), name=f"warm-up {self.child}")
        asking.add_done_callback(lambda _: self._bell.ring())
        try:
            await self._bell.wait_until(lambda: self._is_over() or asking.done())
        finally:
            asking.cancel()
        if self._is_over():
            return ABORTED if self._stop_asked else EXITED_EARLY
        say = self._daemon_log.info if warming.succeeded else self._daemon_log.warn
        say(f"<{self.spec.model}> warm-up by {request.path}: {warming.outcome}")
        return None

    async def _ask(self, target: ProbeTarget) -> str | None:
        """Probe until there is a verdict, or a new target."""
        self._progress = Progress(target.path) if self.spec.start_progress else None
        probe = Probe(target, self._clock)
        asking = self._tasks.spawn(probe.wait_ready(), name=f"probe {self.child}")
        asking.add_done_callback(lambda _: self._bell.ring())
        try:
            await self._bell.wait_until(
                lambda: self._is_over() or asking.done() or self._target != target,
                lambda: self._counts_from + self.spec.start_timeout,
            )
            if self._target != target and not self._is_over():
                return _ASK_AGAIN
            return self._verdict(probe, asking)
        finally:
            asking.cancel()

    async def _spawn_when_port_is_free(self) -> str | None:
        deadline = self._clock.now() + PORT_PATIENCE
        while not self._stop_asked and not self._port_is_free():
            if self._clock.now() >= deadline:
                assert self._target is not None
                remedy = " (startPort chooses others)" if self._target.port == self.spec.port else ""
                return f"port {self._target.port} is already in use by another process{remedy}"
            await self._bell.wait_until(lambda: self._stop_asked, at(self._clock.now() + PORT_POLL))
        if self._stop_asked:
            return ABORTED
        try:
            self._spawn()
        except _StartFailedError as error:
            return str(error)
        return None

    def _port_is_free(self) -> bool:
        return self._target is None or not self.spec.port_check or self._target.is_free()

    def _verdict(self, probe: Probe, asking: asyncio.Task[None]) -> str | None:
        assert self._tree is not None
        if self._stop_asked:
            return ABORTED
        if self._has_ended():
            return EXITED_EARLY
        if asking.done():
            if (error := asking.exception()) is not None:
                self.stop(FAILED_START_GRACE)
                return f"health check broke: {error}"
            self._daemon_log.info(f"<{self.spec.model}> Health check passed on {self._target}")
            return None
        self.stop(FAILED_START_GRACE)
        since = " without news in the log" if self.spec.start_progress else ""
        return f"health check timed out after {go_duration(self.spec.start_timeout)}{since} — {probe.last_answer}"

    # End

    async def _end_tree(self) -> int | None:
        """End whatever is left; the leader's exit status, None if there never was a process."""
        tree = self._tree
        if tree is None:
            return None
        if tree.exited:
            self._begin_afterlife(tree)  # it may have ended just before it was told to
        if not tree.exited and not self._stop_asked:
            self._stop_by = self._clock.now() + CRASH_GRACE  # it ends by itself, and who knows how long that takes
        if not tree.exited:
            await self._remember_members()
            self._ask_to_end(tree)
            if not await tree.wait_exited(self._deadline):
                self._daemon_log.warn(f"<{self.spec.model}> did not end in time and was killed")
        elif self._afterlife is not None:
            await self._end_afterlife(tree, self._afterlife)
        elif not self._stop_asked:
            self._stop_by = self._clock.now() + CRASH_GRACE
        status = await tree.clear(self._deadline)
        if not self._stop_asked and self._afterlife is None:
            await self._free_the_port(tree)
        self._tree = None
        await self._stop_command.end(at(min(self._stop_by, self._clock.now() + STOP_COMMAND_PATIENCE)))
        if self._output is not None:
            self._output.close()
        self._guard.child_ended(self._cookie)
        return status

    async def _free_the_port(self, tree: ProcessTree) -> None:
        """Stop what serves on although its command is gone and nothing of its tree is left: a container (R28)."""
        argv = self.spec.stop_argv(tree.pid)
        if argv and self.spec.port_check and self._target is not None and not self._target.is_free():
            self._stop_by = self._clock.now() + FAILED_START_GRACE
            self._stop_command.run(argv, self.spec.env)
            await self._stop_command.end(self._deadline)

    async def _end_afterlife(self, tree: ProcessTree, afterlife: Afterlife) -> None:
        """End what lives on without its leader. What is of the tree is cleared with it."""
        if self._following is not None:
            self._following.cancel()
        if afterlife.over:
            self._stop_by = min(self._stop_by, self._clock.now() + CRASH_GRACE)
            return
        if argv := self.spec.stop_argv(tree.pid):
            self._stop_command.run(argv, self.spec.env)
            await self._stop_command.end(self._deadline)
            if not await afterlife.wait_left(self._deadline):
                self._daemon_log.warn(f"<{self.spec.model}> still listens on its port although it was stopped")

    async def _remember_members(self) -> None:
        if self._tree is not None and self._clock.now() < self._stop_by:
            await self._tree.remember_members()

    def _deadline(self) -> float:
        return self._stop_by

    def _ask_to_end(self, tree: ProcessTree) -> None:
        if tree.exited or self._stop_by <= self._clock.now():
            return
        if argv := self.spec.stop_argv(tree.pid):
            self._stop_command.run(argv, self.spec.env)
        else:
            tree.terminate()

    def _abandon(self) -> None:
        """Kill and look away: the daemon goes down without waiting for us, or we are at our wits' end."""
        if self._tree is not None:
            self._tree.abandon()
            self._tree = None
        self._stop_command.abandon()
        if self._output is not None:
            self._output.close()
