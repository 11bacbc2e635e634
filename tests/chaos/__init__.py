"""A storm over a real server: engines that crash, hang, ignore TERM, fork and flood their logs, clients that leave,
operators who reload. `scripts/chaos` runs a long one, the tests a short one.

`engines` is the configuration, `watched` the server with the laws of the core looking on, `clients` and `operators`
make the weather, `storm` runs it and counts before and after what must not have leaked.
"""
