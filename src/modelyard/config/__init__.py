"""The configuration: text to `Config`, with every mistake named at its place.

Each `Source` is read (`sources`, `reading`), its environment references are replaced (`environment`) and libyaml's
events become a tree of nodes that know their places (`nodes`, `scalars`); several trees become one (`merge`). `resolve`
expands the macros (`macros`, `models`), decodes the tree into the classes of the file (`decode`, `convert`, `document`)
and checks what they mean section by section (`toplevel`, `modelchecks`, `peers`, `routing`, `selectors`): the outcome
is the frozen `Config` of `schema`. All stages note what they find in one `Report` (`errors`, `notes`; never a secret:
`secrets`) and go on, so that one load names everything.
"""
