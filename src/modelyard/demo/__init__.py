"""A small inference server with real protocols, for `modelyard demo`, tests and benchmarks.

`engine` is the program: it reads `options`, plays the tricks of `process`, then runs a `server` for an
`application` with its `routes`. A request becomes an `Ask`; a `Generation` answers it with text of the
`language` model at the pace asked for; `protocols` put the text into the shapes that clients know. The
`journal` remembers what arrived and who left early. `config` writes the configuration of `modelyard demo`.

It stands alone: nothing here imports another package of Modelyard, so that it can misbehave without us.
"""
