"""What a model of this machine is, section by section."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs, to_builtins

from modelyard.app.meaning.facts import NOT_YET, Fact, plain_facts
from modelyard.app.meaning.neighbours import neighbour_facts
from modelyard.config.cmdline import EmptyCommand, split_command
from modelyard.config.document import ModelEntry, WarmUpEntry
from modelyard.config.keys import MODEL_WITHOUT_EFFECT
from modelyard.config.modelchecks import COMFYUI_MODEL, DEFAULT_PARALLEL
from modelyard.config.origins import DEFAULT, Origin, Origins, rule
from modelyard.config.schema import Config, ModelConfig
from modelyard.config.toplevel import SHORTEST_HEALTH_CHECK_TIMEOUT

_ALLOWANCE = rule(f"the allowance of {COMFYUI_MODEL}")


def model_sections(config: Config, origins: Origins, model: ModelConfig) -> Mapping[str, Sequence[Fact]]:
    """All facts of a model."""
    facts = _ModelFacts(config, origins, model)
    sections = {
        "Process": list(facts.process()),
        "Times, in seconds": list(facts.times()),
        "Requests": list(facts.requests()),
        "Beside other models": list(neighbour_facts(config, origins, model.id)),
        "For clients": list(facts.shown()),
    }
    explained = {part(fact.key) for section in sections.values() for fact in section}
    return {**sections, "More": list(facts.others(explained))}


def part(key: str) -> str:
    """The key of a model that a fact is about: `filters` for `filters.stripParams`, `env` for `env[0]`."""
    return key.partition("[")[0].partition(".")[0]


class _ModelFacts:
    """The facts of one model, section by section."""

    def __init__(self, config: Config, origins: Origins, model: ModelConfig) -> None:
        self._config = config
        self._origins = origins
        self._model = model
        self._path = ("models", model.id)
        self._values: dict[str, Any] = to_builtins(model)
        self._defaults: dict[str, Any] = to_builtins(ModelEntry())

    def process(self) -> Iterator[Fact]:
        model = self._model
        yield Fact(key="cmd", value=_arguments(model.cmd), origins=self._of("cmd"))
        if model.port is None:
            yield Fact(key="port", value=None, note="cmd does not ask for one by ${PORT}")
        else:
            yield Fact(key="port", value=model.port, origins=self._port())
        for index, entry in enumerate(model.env):
            yield Fact(key=f"env[{index}]", value=entry, origins=self._of("env", index))
        yield Fact(key="env", value=list(model.env), quiet=True)
        yield Fact(key="inherited", value="all of Modelyard's own environment")
        yield Fact(key="proxy", value=model.proxy, origins=self._of("proxy") or self._default_proxy())
        yield self._plain("checkEndpoint", note="ready at once" if model.check_endpoint == "none" else "")
        for key in ("portCheck", "keepDescendants"):
            yield self._switch(key)
        stopped = "" if model.cmd_stop else "stopped by TERM to its process group"
        yield Fact(key="cmdStop", value=_arguments(model.cmd_stop), origins=self._of("cmdStop"), note=stopped)

    def times(self) -> Iterator[Fact]:
        model = self._model
        yield Fact(
            key="ttl",
            value=model.ttl,
            origins=self._own_or("ttl", "globalTTL"),
            note="" if model.ttl else "never unloaded for being idle",
        )
        yield Fact(key="unloadTimeout", value=model.unload_timeout, origins=self._own_or("unloadTimeout"))
        own = self._of("startTimeout")
        yield Fact(key="startTimeout", value=model.start_timeout, origins=own or self._health_check_timeout())
        health = self._health_check_timeout()  # the model's own key of that name is overruled
        yield Fact(key="healthCheckTimeout", value=model.health_check_timeout, origins=health, quiet=True)
        yield self._switch("startProgress")
        yield from self._warmup()
        yield self._switch("busyTimeout")
        for key in self._values["timeouts"]:
            yield self._plain("timeouts", key)

    def _warmup(self) -> Iterator[Fact]:
        if self._values["warmup"] is None:
            yield self._switch("warmup")
        else:
            path = (*self._path, "warmup")
            for fact in plain_facts(self._values["warmup"], to_builtins(WarmUpEntry()), self._origins, path):
                yield structs.replace(fact, key=f"warmup.{fact.key}")

    def requests(self) -> Iterator[Fact]:
        model = self._model
        for index, alias in enumerate(model.aliases):
            automatic = (*self._origins.of(*self._path, "filters", "setParamsByID"), rule("a name of setParamsByID"))
            yield Fact(key=f"aliases[{index}]", value=alias, origins=self._of("aliases", index) or automatic)
        yield self._plain("useModelName")
        yield Fact(key="parallel", value=model.parallel, origins=self._parallel())
        limited = "" if model.concurrency_limit > 0 else "no such limit"
        yield structs.replace(self._plain("concurrencyLimit", note=limited), quiet=bool(limited))
        yield self._plain("queueLimit")
        yield Fact(key="priority", value=self._config.priority_of(model.id), origins=self._priority())
        path = ("routing", "scheduler", "settings", "fifo", "maxWait")
        forced = "" if self._config.max_wait else "nobody is ever forced"
        yield Fact(
            key="maxWait", value=self._config.max_wait, origins=self._origins.of(*path) or (DEFAULT,), note=forced
        )
        effective = model.effective_filters
        yield self._filter("stripParams", list(effective.strip_params), "strip_params")
        yield self._filter("setParams", effective.set_params)
        yield self._filter("setParamsByID", dict(effective.set_params_by_id))

    def shown(self) -> Iterator[Fact]:
        for key in ("name", "description", "unlisted", "metadata"):
            yield self._plain(key)
        loading = self._of("sendLoadingState") or self._origins.inherited("sendLoadingState")
        yield Fact(
            key="sendLoadingState",
            value=self._model.send_loading_state,
            origins=loading,
            note=self._effect("sendLoadingState", loading),
            quiet=not self._model.send_loading_state,
        )
        beating = self._of("heartbeat") or self._origins.inherited("heartbeat")
        quiet = not self._model.heartbeat
        yield Fact(key="heartbeat", value=self._model.heartbeat, origins=beating, quiet=quiet)
        for section in ("compat", "capabilities"):
            for key in self._values[section]:
                yield self._plain(section, key)

    def others(self, explained: Container[str]) -> Iterator[Fact]:
        """The keys that have no place of their own above."""
        for key, default in self._defaults.items():
            if key not in explained and key != "macros":
                if isinstance(self._values[key], dict) and default:
                    yield from plain_facts({key: self._values[key]}, self._defaults, self._origins, self._path)
                else:
                    yield self._switch(key)

    def _of(self, *path: str | int) -> tuple[Origin, ...]:
        return self._origins.of(*self._path, *path)

    def _of_default(self, *path: str) -> tuple[Origin, ...]:
        return self._of(*path) or (DEFAULT,)

    def _plain(self, *path: str, note: str = "") -> Fact:
        """A key whose value is what is written, or the default."""
        value, default = self._values, self._defaults
        for key in path:
            value, default = value[key], default[key]
        origins = self._of_default(*path)
        if self._model.id == COMFYUI_MODEL and value != (default if origins == (DEFAULT,) else self._written(*path)):
            origins = (*origins, _ALLOWANCE)
        return Fact(
            key=".".join(path),
            value=value,
            origins=origins,
            note=note or self._effect(path[0], origins),
            quiet=origins == (DEFAULT,) and (len(path) > 1 or not value),
        )

    def _switch(self, key: str) -> Fact:
        """A key that matters only where it is written."""
        plain = self._plain(key)
        return structs.replace(plain, quiet=plain.origins == (DEFAULT,))

    def _effect(self, key: str, origins: tuple[Origin, ...]) -> str:
        return NOT_YET if key in MODEL_WITHOUT_EFFECT and origins[0].kind != "default" else ""

    def _filter(self, key: str, value: Any, legacy: str = "") -> Fact:
        origins = self._of("filters", key) or (self._of("filters", legacy) if legacy else ())
        return Fact(
            key=f"filters.{key}",
            value=value,
            origins=origins or (DEFAULT,),
            note=self._effect("filters", origins) if origins else "",
            quiet=not origins,
        )

    def _own_or(self, key: str, top: str = "") -> tuple[Origin, ...]:
        """A key that passes the question on to the top level when it has its default or says just that."""
        own = self._of(key)
        if not own or not self._passes_on(key):
            return own or self._origins.inherited(top or key)
        return (*own, *self._origins.inherited(top or key))

    def _passes_on(self, key: str) -> bool:
        """Whether the value that is written is the default: -1 for `ttl`, 0 for `unloadTimeout`."""
        return bool(self._written(key) == self._defaults[key])

    def _written(self, *path: str) -> object:
        return self._origins.value(*self._path, *path)

    def _port(self) -> tuple[Origin, ...]:
        asking = [model.id for model in self._config.models.values() if model.port is not None]
        number = asking.index(self._model.id) + 1
        counted = f"handed out: {_ordinal(number)} of the {len(asking)} models that ask for one, by id"
        return (rule(counted), *self._origins.inherited("startPort"))

    def _default_proxy(self) -> tuple[Origin, ...]:
        return (DEFAULT, rule("the port that is handed out")) if self._model.proxy else (DEFAULT,)

    def _health_check_timeout(self) -> tuple[Origin, ...]:
        found = self._origins.inherited("healthCheckTimeout")
        written = self._origins.value("healthCheckTimeout")
        raised = written is not None and written != self._model.health_check_timeout
        return (*found, rule(f"raised to {SHORTEST_HEALTH_CHECK_TIMEOUT}, the least there is")) if raised else found

    def _parallel(self) -> tuple[Origin, ...]:
        own = self._of("parallel")
        if own:
            return own
        if self._model.concurrency_limit > 0:
            return (rule("as many as concurrencyLimit"), *self._of("concurrencyLimit"))
        if self._model.id == COMFYUI_MODEL and self._model.parallel > DEFAULT_PARALLEL:
            return (_ALLOWANCE,)
        return (DEFAULT,)

    def _priority(self) -> tuple[Origin, ...]:
        path = ("routing", "scheduler", "settings", "fifo", "priority")
        priorities = self._config.priorities
        named = [name for name in (self._model.id, *self._model.aliases) if name in priorities]
        if not named:
            return (DEFAULT,)
        name = named[0] if named[0] == self._model.id else max(named, key=priorities.__getitem__)
        of_alias = () if name == self._model.id else (rule(f'that of its alias "{name}"'),)
        return (*self._origins.of(*path, name), *of_alias)


def _arguments(command: str) -> list[str]:
    try:
        return split_command(command)
    except EmptyCommand:
        return []


def _ordinal(number: int) -> str:
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
