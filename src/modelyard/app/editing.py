"""The configuration's files, edited from afar: what a text would change, and putting it to use.

Who may is told by `ui.editConfig` and by the keys: whoever can change `cmd` can run anything as the user that runs us.
So a server without `apiKeys` lets nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from modelyard.app.auth import Keyring, Scope
from modelyard.app.configfiles import ConfigFiles, understood
from modelyard.app.configstatus import Applied, Edit, FileShown, FilesShown, FileText, Trial, problems_shown
from modelyard.app.reload import Reloader
from modelyard.app.world import World
from modelyard.config.comparing import value_changes
from modelyard.config.diff import changes_between
from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config, HeldPorts
from modelyard.config.sources import Source, read_source
from modelyard.runtime.aside import run_aside
from modelyard.runtime.replacing import OutdatedError, replace, version_of, why_not_writable
from modelyard.runtime.tasks import TaskOwner

T = TypeVar("T")
MOST_TOLD = 200
"""Mistakes, warnings and changed values that an answer holds."""
SWITCHED_OFF = "editing is switched off: it takes `ui: {editConfig: true}` in the configuration"
KEYLESS = "editing wants a key: a server without apiKeys lets nobody change what it runs"
NO_FILES = "this server was started without a file to edit"


class UnknownFileError(Exception):
    """The configuration has no such file."""


class RefusedError(Exception):
    """The text can't be used; nothing was written."""

    def __init__(self, trial: Trial) -> None:
        super().__init__("the text can't be used")
        self.trial = trial


class Editor:
    """Reads, tries and replaces the files, one edit at a time."""

    def __init__(
        self,
        files: ConfigFiles | None,
        world: World,
        reloader: Reloader,
        held: Callable[[], HeldPorts],
        tasks: TaskOwner,
    ) -> None:
        self._files = files or ConfigFiles()
        self._world = world
        self._reloader = reloader
        self._held = held
        self._tasks = tasks
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Editor of {self._files!r}>"

    def why_not(self) -> str:
        """Why nobody may edit; empty where those with an admin key may."""
        if not self._world.config.ui.edit_config:
            return SWITCHED_OFF
        if self._world.keyring.is_open:
            return KEYLESS
        return "" if self._files.names else NO_FILES

    async def listing(self) -> FilesShown:
        """The files. Raises `ConfigError` where the directory can't be read."""
        why = self.why_not()
        files = await self._aside(lambda: tuple(map(_shown, self._files.paths())))
        return FilesShown(editable=not why, why=why, files=files)

    async def text(self, name: str) -> FileText:
        """The text of a file. Raises `UnknownFileError`, and `ConfigError` where it can't be read."""
        source = await self._aside(lambda: read_source(self._path(name)))
        return FileText(name=name, version=_version(source), text=source.text)

    async def try_out(self, edit: Edit, headers: Mapping[bytes, bytes]) -> Trial:
        """What a text would change; nothing is changed. `headers` are those of whoever asks."""
        async with self._turn:
            return await self._try(edit, headers)

    async def apply(self, edit: Edit, headers: Mapping[bytes, bytes]) -> Applied:
        """Write a text into its file and reload.

        Raises `RefusedError` where it can't be used, `OutdatedError` where the file is another one by now, `OSError`
        where it can't be written: nothing has changed then.
        """
        async with self._turn:
            trial = await self._try(edit, headers)
            if trial.version != edit.version:
                raise OutdatedError(edit.name)
            if not trial.ok:
                raise RefusedError(trial)
            # what has begun is brought to its end, also where whoever asked for it leaves
            outcome = await asyncio.shield(self._tasks.spawn(self._put_to_use(edit), name="editing"))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _put_to_use(self, edit: Edit) -> Applied | OSError | OutdatedError | UnknownFileError:
        content = edit.text.encode("utf-8")
        try:
            backup = await self._aside(lambda: replace(self._path(edit.name), content, seen=edit.version))
        except (OSError, OutdatedError, UnknownFileError) as error:
            return error
        status = await self._reloader.reload(f"{edit.name} was edited over HTTP")
        return Applied(version=version_of(content), backup=str(backup), status=status)

    async def _try(self, edit: Edit, headers: Mapping[bytes, bytes]) -> Trial:
        old, held = self._world.config, self._held()
        return await self._aside(lambda: self._outcome(edit, old, held, headers))

    def _outcome(self, edit: Edit, old: Config, held: HeldPorts, headers: Mapping[bytes, bytes]) -> Trial:
        self._path(edit.name)
        sources = self._files.read()
        version = next(_version(source) for source in sources if source.name == edit.name)
        edited = [Source(one.name, edit.text) if one.name == edit.name else one for one in sources]
        try:
            new = understood(edited, held)
        except ConfigError as error:
            return _refusal(error, version)
        values = value_changes(old, new)
        warnings = [*_locked_out(new, headers), *new.warnings]
        return Trial(
            ok=True,
            warnings=tuple(warnings[:MOST_TOLD]),
            changes=changes_between(old, new),
            values=tuple(values[:MOST_TOLD]),
            left_out=max(0, len(values) - MOST_TOLD),
            version=version,
        )

    def _path(self, name: str) -> str:
        path = self._files.path_of(name)
        if path is None:
            raise UnknownFileError(name)
        return path

    async def _aside(self, work: Callable[[], T]) -> T:
        """Files may be on a share that hangs, and a large text takes its time."""
        return await run_aside(work, name="configuration")


def _shown(path: str) -> FileShown:
    source = read_source(path)
    return FileShown(name=source.name, version=_version(source), why=why_not_writable(path))


def _version(source: Source) -> str:
    return version_of(source.text.encode("utf-8"))


def _refusal(error: ConfigError, version: str) -> Trial:
    return Trial(
        ok=False,
        problems=problems_shown(error.problems[:MOST_TOLD]),
        warnings=error.warnings[:MOST_TOLD],
        left_out=max(0, len(error.problems) - MOST_TOLD),
        version=version,
    )


def _locked_out(new: Config, headers: Mapping[bytes, bytes]) -> Sequence[str]:
    """What whoever applies it could not take back from where he sits."""
    keyring = Keyring(new.api_keys)
    if not new.ui.edit_config:
        return ["ui.editConfig would be off: this would be the last edit that is made from here"]
    if keyring.is_open:
        return ["apiKeys would be gone: everybody could use this server, and nobody edit its configuration from here"]
    if not hasattr(keyring.admit(headers, Scope.ADMIN), "caller"):
        return ["the key that you use would not open this page any more"]
    return []
