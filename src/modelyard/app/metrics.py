"""The figures of `/metrics`: those of the machine under the names that dashboards know (spec http 20), and ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter

from modelyard import __version__
from modelyard.app.meters import Histogram, Meters, ModelMeter
from modelyard.core.model import Phase
from modelyard.core.snapshot import Snapshot
from modelyard.runtime.gauges.monitor import Monitor
from modelyard.runtime.gauges.samples import MEBIBYTE, GpuSample, SystemSample
from modelyard.wire.exposition import Family

_GPU: tuple[tuple[str, str, Callable[[GpuSample], float]], ...] = (
    ("temperature_celsius", "GPU temperature in Celsius", attrgetter("temp_c")),
    ("vram_temperature_celsius", "GPU VRAM temperature in Celsius", attrgetter("vram_temp_c")),
    ("util_percent", "GPU utilization percent (0-100)", attrgetter("gpu_util_pct")),
    ("memory_util_percent", "GPU memory utilization percent (0-100)", attrgetter("mem_util_pct")),
    ("memory_used_bytes", "GPU memory used in bytes", lambda gpu: gpu.mem_used_mb * MEBIBYTE),
    ("memory_total_bytes", "GPU memory total in bytes", lambda gpu: gpu.mem_total_mb * MEBIBYTE),
    ("fan_speed_percent", "GPU fan speed percent (0-100)", attrgetter("fan_speed_pct")),
    ("power_draw_watts", "GPU power draw in watts", attrgetter("power_draw_w")),
)

_TIMES: tuple[tuple[str, str, Callable[[ModelMeter], Histogram]], ...] = (
    ("request_duration_seconds", "From the arrival of a request to its end", attrgetter("duration")),
    ("request_queue_seconds", "How long requests waited for their turn, without loads", attrgetter("queue")),
    ("request_load_wait_seconds", "How long requests waited while their model loaded", attrgetter("waited_for_load")),
    ("time_to_first_byte_seconds", "From the arrival of a request to its answer's body", attrgetter("first_byte")),
    ("time_to_first_token_seconds", "From the arrival of a request to its first token", attrgetter("first_token")),
    ("model_load_seconds", "How long loads took that succeeded", attrgetter("load")),
)


def machine_families(monitor: Monitor) -> Iterator[Family]:
    """The newest sample of the machine and of its GPUs; nothing before the first."""
    if monitor.systems:
        yield from _system(monitor.systems[-1])
    if monitor.gpus and monitor.gpus[-1]:
        yield from _gpus(monitor.gpus[-1])


def _system(sample: SystemSample) -> Iterator[Family]:
    cores = Family("llamaswap_cpu_util_percent", "gauge", "CPU utilization per core (0-100)")
    for core, share in enumerate(sample.cpu_util_per_core):
        cores.add(share, {"core": str(core)})
    yield cores
    for name, meaning, mebibytes in (
        ("memory_total", "Total memory in bytes", sample.mem_total_mb),
        ("memory_used", "Used memory in bytes", sample.mem_used_mb),
        ("memory_free", "Free memory in bytes", sample.mem_free_mb),
        ("swap_total", "Total swap in bytes", sample.swap_total_mb),
        ("swap_used", "Used swap in bytes", sample.swap_used_mb),
    ):
        family = Family(f"llamaswap_{name}_bytes", "gauge", meaning)
        family.add(mebibytes * MEBIBYTE)
        yield family
    loads = Family("llamaswap_load_average", "gauge", "Load average")
    for interval, load in (("1m", sample.load_avg_1), ("5m", sample.load_avg_5), ("15m", sample.load_avg_15)):
        loads.add(load, {"interval": interval})
    yield loads
    networks = Family("llamaswap_network_bytes_total", "counter", "Total network bytes transferred")
    for network in sample.net_io:
        networks.add(network.bytes_recv, {"interface": network.name, "direction": "recv"})
        networks.add(network.bytes_sent, {"interface": network.name, "direction": "sent"})
    yield networks
    disks = Family("modelyard_disk_bytes_total", "counter", "Total bytes read from and written to disks")
    for disk in sample.disk_io:
        disks.add(disk.bytes_read, {"disk": disk.name, "direction": "read"})
        disks.add(disk.bytes_written, {"disk": disk.name, "direction": "written"})
    yield disks


def _gpus(samples: list[GpuSample]) -> Iterator[Family]:
    for name, meaning, figure in _GPU:
        family = Family(f"llamaswap_gpu_{name}", "gauge", meaning)
        for gpu in sorted(samples, key=attrgetter("id")):
            labels = {"id": str(gpu.id), "name": gpu.name, "uuid": gpu.uuid}
            family.add(figure(gpu), {label: text for label, text in labels.items() if label != "uuid" or text})
        yield family


def model_families(meters: Meters, snapshot: Snapshot, monitor: Monitor) -> Iterator[Family]:
    """Ours: what became of requests and of models since the start, and how they stand."""
    build = Family("modelyard_build_info", "gauge", "Which Modelyard this is")
    build.add(1, {"version": __version__})
    yield build
    yield from _standing(snapshot)
    yield from _counted(meters.counted())
    yield from _held(monitor)


def _standing(snapshot: Snapshot) -> Iterator[Family]:
    in_flight = Family("modelyard_requests_in_flight", "gauge", "Requests that are being served")
    waiting = Family("modelyard_requests_waiting", "gauge", "Requests that wait for their turn or for a load")
    phases = Family("modelyard_model_phase", "gauge", "1 for the phase that the model is in, 0 for the others")
    for model in snapshot.models.values():
        in_flight.add(len(model.in_flight), {"model": model.model})
        waiting.add(model.waiting, {"model": model.model})
        for phase in Phase:
            phases.add(int(model.phase is phase), {"model": model.model, "phase": str(phase)})
    yield from (in_flight, waiting, phases)


def _counted(meters: list[tuple[str, ModelMeter]]) -> Iterator[Family]:
    requests = Family("modelyard_requests_total", "counter", "Requests that have ended, by outcome")
    tokens = Family("modelyard_tokens_total", "counter", "Tokens as the engines counted them, by kind")
    loads = Family("modelyard_model_loads_total", "counter", "Starts of the model's process")
    stops = Family("modelyard_model_stops_total", "counter", "Ends of the model's process, by reason")
    evictions = Family("modelyard_evictions_total", "counter", "Times that a model had to go for another one")
    wasted = Family("modelyard_model_wasted_loads_total", "counter", "Loads that served no request")
    for model, meter in meters:
        of_model = {"model": model}
        for family, label, counts in (
            (requests, "outcome", meter.requests),
            (tokens, "kind", meter.tokens),
            (stops, "reason", meter.stops),
            (evictions, "for", meter.evictions),
        ):
            for word, count in sorted(counts.items()):
                family.add(count, {**of_model, label: word})
        loads.add(meter.loads, of_model)
        wasted.add(meter.wasted, of_model)
    yield from (requests, tokens, loads, stops, evictions, wasted)
    for name, meaning, histogram in _TIMES:
        times = Family(f"modelyard_{name}", "histogram", meaning)
        for model, meter in meters:
            figures = histogram(meter)
            times.add_histogram(figures.bounds, figures.counts, figures.total, {"model": model})
        yield times


def _held(monitor: Monitor) -> Iterator[Family]:
    processes = Family("modelyard_model_processes", "gauge", "Processes of the model")
    memory = Family(
        "modelyard_model_memory_bytes", "gauge", "Memory that the model's processes hold, by way of counting"
    )
    gpus = Family("modelyard_model_gpu_memory_bytes", "gauge", "GPU memory that the model's processes hold")
    for model, held in sorted(monitor.memory.items()):
        of_model = {"model": model}
        processes.add(held.processes, of_model)
        memory.add(held.resident, {**of_model, "kind": "resident"})
        memory.add(held.anonymous, {**of_model, "kind": "anonymous"})
        if held.proportional is not None:
            memory.add(held.proportional, {**of_model, "kind": "proportional"})
        for gpu, size in sorted(held.gpu.items()):
            gpus.add(size, {**of_model, "gpu": gpu})
    yield from (processes, memory, gpus)
