"""`modelyard simulate`: what would a configuration have done with this traffic, and what would another policy?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

from modelyard.app.policies import installed
from modelyard.app.simulation.setting import make_setting, names_of
from modelyard.config.errors import ConfigError
from modelyard.config.schema import Config
from modelyard.config.sources import load_config
from modelyard.core.simulation import SimulationError
from modelyard.simulate.compare import Result, compare
from modelyard.simulate.errors import WorkloadError
from modelyard.simulate.picture import draw_page, draw_svg
from modelyard.simulate.policies import CONFIGURED, parse_policies
from modelyard.simulate.table import render
from modelyard.simulate.trace import Line, parse_trace
from modelyard.simulate.workload import Workload, default_workload, parse_workload

DESCRIPTION = "Run the scheduler of a configuration under virtual time, on described or recorded traffic."
EXTRA = "drawing .png needs the extra: pip install 'modelyard[plot]' (.html and .svg need nothing)"
_PLOTS = (".html", ".svg", ".png")
_PNG_SCALE = 2


def run(argv: Sequence[str]) -> int:
    """Simulate; 0, or 1 where the input can't be used or a law of the scheduler was broken."""
    arguments = _parse(argv)
    try:
        results = _simulate(arguments)
    except ConfigError as error:
        print(error.render(color=sys.stderr.isatty()), file=sys.stderr)
        return 1
    except (WorkloadError, SimulationError, OSError) as error:
        print(f"modelyard simulate: {error}", file=sys.stderr)
        return 1
    figures = [result.figures for result in results]
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(figures), indent=2).decode())
    else:
        print(render(figures))
    return 0


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="modelyard simulate", description=DESCRIPTION)
    parser.add_argument("-config", "--config", metavar="FILE", help="the configuration")
    parser.add_argument("-config-dir", "--config-dir", metavar="DIR", help="a directory of configurations, added to it")
    parser.add_argument("--workload", type=Path, metavar="FILE", help="YAML: who asks, and how slow the machine is")
    parser.add_argument("--trace", type=Path, metavar="FILE", help="JSON lines: recorded requests")
    parser.add_argument(
        "--compare",
        default=CONFIGURED,
        metavar="POLICY,…",
        help="such as fifo,fifo+maxWait=30,plain-fifo (default: %(default)s, as configured)",
    )
    parser.add_argument("--seed", type=int, help="the seed of all chance (default: the workload's, else 1)")
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    parser.add_argument("--plot", type=_plot, metavar="FILE", help="draw what happened: .html, .svg or .png")
    arguments = parser.parse_args(argv)
    if not arguments.config and not arguments.config_dir:
        parser.error("one of -config and -config-dir is required")
    return arguments


def _plot(text: str) -> Path:
    path = Path(text)
    if path.suffix not in _PLOTS:
        raise argparse.ArgumentTypeError(f"{text}: the name must end in {', '.join(_PLOTS)}")
    return path


def _simulate(arguments: argparse.Namespace) -> list[Result]:
    policies = parse_policies(arguments.compare)
    if arguments.plot is not None and arguments.plot.suffix == ".png":
        _check_rasterizer()  # say that it is missing before the work, not after it
    config = load_config(arguments.config, arguments.config_dir, installed=installed)
    setting = make_setting(config, _read_workload(arguments, config), _read_trace(arguments, config), arguments.seed)
    results = compare(setting, policies)
    if arguments.plot is not None:
        _write_plot(arguments.plot, results)
    return results


def _read_workload(arguments: argparse.Namespace, config: Config) -> Workload:
    """The workload; without one a trace on the machine of the defaults, or requests for everything."""
    if arguments.workload is not None:
        workload = parse_workload(arguments.workload.read_text(), str(arguments.workload), names_of(config))
        if not workload.requests and arguments.trace is None:
            raise WorkloadError(f"{arguments.workload}: requests: nobody asks for anything; name some, or a --trace")
        return workload
    if arguments.trace is not None:
        return Workload()
    if not config.models:
        raise WorkloadError("the configuration has no model")
    print("no --workload and no --trace: twenty requests a minute for all models, ten minutes long", file=sys.stderr)
    return default_workload(tuple(config.models))


def _read_trace(arguments: argparse.Namespace, config: Config) -> list[Line]:
    if arguments.trace is None:
        return []
    return parse_trace(arguments.trace.read_text(), str(arguments.trace), names_of(config))


def _write_plot(path: Path, results: Sequence[Result]) -> None:
    records, figures = [result.record for result in results], [result.figures for result in results]
    if path.suffix == ".html":
        path.write_text(draw_page(records, figures))
    elif path.suffix == ".svg":
        path.write_text(draw_svg(records, figures))
    else:
        path.write_bytes(_rasterize(draw_svg(records, figures)))


def _check_rasterizer() -> None:
    if find_spec("resvg_py") is None:
        raise WorkloadError(EXTRA)


def _rasterize(svg: str) -> bytes:
    from resvg_py import svg_to_bytes

    return svg_to_bytes(svg_string=svg, zoom=_PNG_SCALE)
