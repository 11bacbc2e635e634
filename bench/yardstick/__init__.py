"""The benchmarks' own parts: each target is started, loaded, watched from outside and stopped.

- `tools` compiles or finds programs, `processes` owns those that are started, `proc` watches them.
- `targets` are what is measured: the engine itself, nginx before it, Modelyard before it.
- `load` asks a target for work and returns what came of it.
- `dataplane` and `readiness` are the two measurements; `figures` condenses rounds, `report` shows them.
"""
