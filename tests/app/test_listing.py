"""The listing of `/v1/models`, record by record (spec http 9)."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.app.auth import Caller
from modelyard.app.listing import Listing
from modelyard.app.resolution import Resolution
from modelyard.core.model import Phase
from tests.config.helpers import load

NAMES = """
includeAliasesInList: %s
models:
  zeta:
    cmd: run ${PORT}
    name: "  Zeta Model "
    description: " the last one "
    aliases: [z1, " "]
    metadata: {team: red, level: 3, context_length: dropped, type: mine}
    capabilities: {in: [text, image], out: [text], tools: true, context: 4096}
  plain: {cmd: "run ${PORT}", metadata: {architecture: kept}}
  hidden: {cmd: "run ${PORT}", unlisted: true}
  rank: {cmd: "run ${PORT}", capabilities: {reranker: true}}
  voice: {cmd: "run ${PORT}", capabilities: {in: [text, audio, image], out: [text, audio, image]}}
groups:
  g: {swap: false, members: [zeta, plain]}
peers:
  pa: {proxy: "http://p", models: [ra, org/rb, ra]}
selectors:
  sel: {strategy: pin, targets: [plain, zeta], name: " Sel ", description: d, metadata: {k: v}}
  spill: {strategy: spillover, targets: [plain, zeta], settings: {spillover: 2}}
  nolist: {strategy: pin, targets: [plain], unlisted: true}
profiles:
  coding: {pins: {pub: zeta, off: ~, plain: zeta, ra: zeta, sel: zeta}}
"""


def listing(*, aliases: bool = False, profile: str | None = None, **phases: Phase) -> Listing:
    config = load(NAMES % ("true" if aliases else "false"))
    resolution = Resolution(config)
    resolution.activate(profile)
    return Listing(config, resolution, lambda model: phases.get(model, Phase.STOPPED), 1_795_416_667)


def records(made: Listing, caller: Caller | None = None) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in made.records(caller)}


def test_a_record_in_full() -> None:
    assert records(listing())["zeta"] == {
        "id": "zeta",
        "object": "model",
        "created": 1_795_416_667,
        "owned_by": "modelyard",
        "name": "Zeta Model",
        "description": "the last one",
        "architecture": {
            "input_modalities": ["text", "image"],
            "output_modalities": ["text"],
            "modality": "text+image->text",
        },
        "capabilities": {"vision": True, "function_calling": True},
        "supported_parameters": ["tools", "tool_choice"],
        "context_length": 4096,
        "meta": {"llamaswap": {"team": "red", "level": 3, "type": "model", "aliases": ["z1", " "]}, "n_ctx": 4096},
        "status": {"value": "unloaded"},
    }


def test_a_record_of_little() -> None:
    plain = records(listing())["plain"]
    assert plain.keys() == {"id", "object", "created", "owned_by", "meta", "status"}
    assert plain["meta"] == {"llamaswap": {"architecture": "kept", "type": "model"}}


def test_what_models_can() -> None:
    made = records(listing())
    assert made["rank"]["capabilities"] == {"reranker": True}
    assert "architecture" not in made["rank"]
    voice = ("vision", "audio_transcriptions", "audio_speech", "image_generation", "image_to_image")
    assert made["voice"]["capabilities"] == dict.fromkeys(voice, True)
    assert made["voice"]["architecture"]["modality"] == "text+audio+image->text+audio+image"


def test_who_is_listed_in_the_order_of_bytes() -> None:
    everybody = ["pa/org/rb", "pa/ra", "plain", "rank", "sel", "spill", "voice", "zeta"]
    assert list(records(listing())) == everybody


def test_aliases_are_listed_where_they_should_be() -> None:
    alias = records(listing(aliases=True, zeta=Phase.READY))["z1"]
    assert (alias["name"], alias["status"]["value"]) == ("Zeta Model", "loaded")
    assert alias["meta"]["llamaswap"] == {"team": "red", "level": 3, "type": "alias", "modelID": "zeta"}
    assert " " not in records(listing(aliases=True))


def test_peers_selectors_and_pins() -> None:
    made = records(listing(profile="coding"))
    peer = made["pa/org/rb"]
    assert (peer["name"], peer["meta"]) == ("pa: org/rb", {"llamaswap": {"type": "peer", "peerID": "pa"}})
    assert made["sel"]["meta"]["llamaswap"] == {
        "k": "v",
        "type": "selector",
        "strategy": "pin",
        "targets": ["plain", "zeta"],
    }
    assert (made["sel"]["name"], made["sel"]["description"]) == ("Sel", "d")
    assert made["spill"]["meta"]["llamaswap"]["spillover"] == 2
    assert made["pub"]["meta"] == {"llamaswap": {"type": "profile"}}
    assert {"off", "ra", "nolist", "hidden"}.isdisjoint(made)
    assert made["plain"]["meta"]["llamaswap"]["type"] == "model"


@pytest.mark.parametrize(
    ("phase", "model", "pin", "spill"),
    [
        (Phase.STARTING, "loaded", "unloaded", "loaded"),
        (Phase.READY, "loaded", "unloaded", "loaded"),
        (Phase.STOPPING, "loaded", "unloaded", "unloaded"),
        (Phase.ASLEEP, "unloaded", "unloaded", "unloaded"),
    ],
)
def test_what_counts_as_loaded(phase: Phase, model: str, pin: str, spill: str) -> None:
    made = records(listing(zeta=phase))
    assert [made[name]["status"]["value"] for name in ("zeta", "sel", "spill")] == [model, pin, spill]


def test_a_key_sees_its_own_models() -> None:
    assert list(records(listing(aliases=True), Caller(models=["zeta", "pa/*"]))) == ["pa/org/rb", "pa/ra", "z1", "zeta"]


@pytest.mark.parametrize(
    ("name", "found"),
    [("zeta", "zeta"), ("hidden", "hidden"), ("z1", "z1"), ("ra", "pa/ra"), ("nolist", "nolist"), ("ghost", None)],
)
def test_one_record(name: str, found: str | None) -> None:
    record = listing().find(name, None)
    assert (record and record["id"]) == found
    assert listing().find(name, Caller(models=["nothing"])) is None
