"""The matrix: a small language that says which models may run together.

    pair: qwen & (whisper | flux)        a set with a name and an expression
    all:  +pair & embed                  a reference to another set

An expression denotes a family of member sets of models; every subset of a member is allowed too. `&` joins, `|`
offers an alternative. `syntax.py` reads one expression, `checks.py` finds what is wrong with a whole matrix,
`graph.py` links all expressions to one graph, `program.py` is the door: it compiles, and what it compiles answers.
The family is never written out: a query folds the graph over the few models that it is about (`frontier.py`).
"""
