"""What the machine is made of, looked up once (spec config 22).

`detect` asks everybody who knows something: `host` reads files of the system, `nvidia`, `amd` and `drm` know of
accelerators, `devices` makes one list of what they say. The outcome is a `report.Hardware`. What nobody knows is null.
"""
