"""Commands that talk to a running server: `load`, `unload`, `ps`, `status`, `queue`, `hold`, `logs`.

`server` finds it and asks it, `talking` is what all commands share, and each other module is one topic of theirs.
"""
