"""What should happen, given what happened: the pure heart of Modelyard.

A `Scheduler` takes events (`events.py`, past tense) at a time `now` and answers with commands (`commands.py`,
imperative). It holds one `Lifecycle` per model and asks a planner which residents must go before a target can
start. Nothing here knows a clock, a socket, a process or a log.
"""
