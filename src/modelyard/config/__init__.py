"""The configuration: text to `Config`, with every mistake named at its place.

A `Source` is read (`sources`), its environment references are replaced (`environment`) and libyaml's events become
a tree of nodes that know their places (`nodes`, `scalars`). `resolve` expands the macros (`macros`) and reads the
tree key by key (`decode`) into models (`models`), groups and priorities (`routing`): the frozen `Config` of
`schema`. All stages note what they find in one `Report` (`errors`) and go on, so that one load names everything.
"""
