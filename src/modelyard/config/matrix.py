"""The matrix of the file, compiled, its mistakes noted at their places (spec config 18)."""

from __future__ import annotations

from modelyard.config.document import MatrixEntry
from modelyard.config.names import Names
from modelyard.config.notes import Notes, Path
from modelyard.core.dsl.program import MatrixErrors, MatrixProgram, compile_matrix


def compile_entry(matrix: MatrixEntry, names: Names, path: Path, notes: Notes) -> MatrixProgram | None:
    """The program of a matrix; None after noting what is wrong with it."""
    try:
        return compile_matrix(names.models, matrix.vars, _single_costs(matrix, path, notes), matrix.sets)
    except MatrixErrors as errors:
        for error in errors.errors:
            notes.problem((*path, *error.where), error.message, error.remedy)
        return None


def _single_costs(matrix: MatrixEntry, path: Path, notes: Notes) -> dict[str, int]:
    """One cost for each model: that of a var counts, not the one of its model.

    Which of several counts was left to chance in files that exist (spec config 24.15), so they stay legal.
    """
    costs: dict[str, int] = {}
    owner: dict[str, str] = {}
    for name in sorted(matrix.evict_costs, key=lambda name: name not in matrix.vars):
        model = matrix.vars.get(name, name)
        if owner.setdefault(model, name) == name:
            costs[name] = matrix.evict_costs[name]
        else:
            message = f'"{owner[model]}" gives the model "{model}" a cost already, which is the one that counts'
            notes.warning((*path, "evict_costs", name), message, "keep one of the two")
    return costs
