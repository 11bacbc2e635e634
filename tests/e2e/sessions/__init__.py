"""Sessions of client libraries, as programs of their own: what they leave behind is theirs.

Each is called as `python -m tests.e2e.sessions.NAME URL MODEL MODEL`, talks to both models by turns, and prints what
it got as JSON: a list of `{"model": …, "what": …, "text": …, "tokens": …}`.
"""
