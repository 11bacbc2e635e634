"""The program that simulates for the server, so that forwarding goes on at full speed meanwhile.

A job comes on standard input, an `Outcome` goes to standard output. It gives way to everything else,
and ends by itself when it has used too much of a processor, also where nobody is left to stop it.
"""

from __future__ import annotations

import os
import resource
import sys

import msgspec

from modelyard.app.configfiles import understood
from modelyard.app.simulation.outcome import Job, Outcome, Simulation, told
from modelyard.app.simulation.setting import make_setting, names_of
from modelyard.config.errors import ConfigError
from modelyard.config.schema import HeldPorts
from modelyard.config.sources import Source
from modelyard.core.simulation import SimulationError
from modelyard.simulate.compare import compare
from modelyard.simulate.errors import WorkloadError
from modelyard.simulate.machine import Machine, ModelMachine
from modelyard.simulate.policies import parse_policies
from modelyard.simulate.trace import parse_trace
from modelyard.simulate.workload import Workload, default_workload

PROCESSOR_LIMIT = 120
"""Seconds of a processor."""
_NICENESS = 10


def main() -> int:
    """Do one job."""
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_LIMIT, PROCESSOR_LIMIT))
    os.nice(_NICENESS)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(outcome_of(job)))
    return 0


def outcome_of(job: Job) -> Outcome:
    """What comes of a job."""
    try:
        return Outcome(simulation=_simulate(job))
    except (ConfigError, WorkloadError, SimulationError) as error:
        return Outcome(error=str(error))


def _simulate(job: Job) -> Simulation:
    policies = parse_policies(job.policies)
    config = understood([Source(name, text) for name, text in job.texts], HeldPorts())
    if not config.models:
        raise WorkloadError("the configuration has no model")
    machine = Machine(models={model: ModelMachine(load=seconds) for model, seconds in job.loads.items()})
    if job.trace:
        trace, workload = parse_trace(job.trace, "the record", names_of(config)), Workload(machine=machine)
    else:
        trace, workload = [], msgspec.structs.replace(default_workload(tuple(config.models)), machine=machine)
    setting = make_setting(config, workload, trace, job.seed)
    return told(compare(setting, policies, with_optimum=False), recorded=bool(trace))


if __name__ == "__main__":
    sys.exit(main())
