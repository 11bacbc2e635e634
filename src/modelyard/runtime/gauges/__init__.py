"""What the machine and the models' processes use: sampled in a thread, kept for an hour.

A `Machine` reads files and runs programs; tests bring one of their own. `system`, `gpus` and `memory` make samples of
what it says; the `Monitor` takes them at an interval and keeps them for the API and for `/metrics`.
"""
