"""What can be changed in a module so that a good test should notice: one small change each.

Changed is what functions do, and the numbers, words and operators in the values of a module's own names. Left alone
are annotations, docstrings, decorators, default values, `assert`, `__repr__`, and what stands in the bodies of classes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_PLAIN = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.NamedExpr)
"""Conditions that say nothing a comparison or an operator of theirs could be changed in."""
_UNSEEN = {"annotation", "returns", "decorator_list", "type_comment", "defaults", "kw_defaults"}

Change = Callable[[Any], ast.AST]
_Path = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Mutant:
    """One change. `function` is the outermost function or method that it is in, "" for a module's own names."""

    number: int
    line: int
    last: int
    """The first and the last line of what is changed."""
    function: str
    before: str
    after: str
    _tree: ast.Module
    _path: _Path
    _change: Change

    def __str__(self) -> str:
        return f"{self.line} {self.function or 'module'}: {self.before} → {self.after}"

    def apply(self, module: ModuleType) -> None:
        """Change the module that is loaded, for good. Raises `ValueError` where that is not possible."""
        tree = deepcopy(self._tree)
        _put(tree, self._path, self._change(_at(tree, self._path)))
        ast.fix_missing_locations(tree)
        if self.function:
            code = compile(tree, module.__file__ or "?", "exec", dont_inherit=True)
            _function(module, self.function).__code__ = _find_code(code, self.function)
            return
        changed = next(node for node in tree.body if node.lineno <= self.line <= (node.end_lineno or 0))
        only = ast.Module([changed], [])
        exec(compile(only, module.__file__ or "?", "exec"), module.__dict__)


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    finder = _Finder()
    finder.visit(tree)
    for number, (path, function, change) in enumerate(sorted(finder.sites, key=lambda site: _line_of(tree, site[0]))):
        node = _at(tree, path)
        last = getattr(node, "end_lineno", None) or _line_of(tree, path)
        after = ast.unparse(ast.fix_missing_locations(change(node)))
        yield Mutant(number, _line_of(tree, path), last, function, ast.unparse(node), after, tree, path, change)


class _Finder(ast.NodeVisitor):
    """Finds the places where something can be changed, and how."""

    def __init__(self) -> None:
        self.sites: list[tuple[_Path, str, Change]] = []
        self._path: _Path = ()
        self._function = ""
        self._classes: list[str] = []
        self._in_class_body = False

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.ClassDef):
            self._visit_class(node)
        elif isinstance(node, ast.FunctionDef) and not self._function:
            self._visit_function(node)
        elif not isinstance(node, ast.Assert | ast.Import | ast.ImportFrom) and not _is_docstring(node):
            is_name_of_module = not self._function and isinstance(node, ast.Assign | ast.AnnAssign)
            if not self._in_class_body and not is_name_of_module:
                self.sites += [(self._path, self._function, change) for change in _changes(node)]
            self._children(node)

    def _children(self, node: ast.AST) -> None:
        outer = self._path
        for name, value in ast.iter_fields(node):
            if name in _UNSEEN:
                continue
            if isinstance(value, ast.AST):
                self._path = (*outer, (name, None))
                self.visit(value)
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        self._path = (*outer, (name, index))
                        self.visit(item)
        self._path = outer

    def _visit_class(self, node: ast.ClassDef) -> None:
        self._classes.append(node.name)
        self._in_class_body = True
        self._children(node)
        self._classes.pop()
        self._in_class_body = bool(self._classes)

    def _visit_function(self, node: ast.FunctionDef) -> None:
        if node.name == "__repr__" or _is_stub(node):
            return
        inside, self._in_class_body = self._in_class_body, False
        self._function = ".".join([*self._classes, node.name])
        self._children(node)
        self._function, self._in_class_body = "", inside


def _changes(node: ast.AST) -> Iterator[Change]:
    yield from _changes_of_operator(node)
    yield from _changes_of_condition(node)
    yield from _changes_of_value(node)
    yield from _changes_of_statement(node)


def _changes_of_operator(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=ops):
            yield from (_comparison_changed(index) for index, op in enumerate(ops) if type(op) in _COMPARISONS)
        case ast.BoolOp(op=op):
            other = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield lambda n: _with(n, op=other)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield lambda n: n.operand
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            yield lambda n: _with(n, op=_OPERATORS[type(n.op)]())
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            yield lambda n: _with(n, func=ast.Name(_CALLS[n.func.id], ast.Load()))


def _comparison_changed(index: int) -> Change:
    return lambda n: _with(n, ops=_replaced(n.ops, index, _COMPARISONS[type(n.ops[index])]()))


def _changes_of_condition(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if isinstance(test, _PLAIN):
            yield lambda n: _with(n, test=ast.UnaryOp(ast.Not(), n.test))
        case ast.comprehension(ifs=conditions):
            yield from (_filter_turned(index) for index, one in enumerate(conditions) if isinstance(one, _PLAIN))


def _filter_turned(index: int) -> Change:
    return lambda n: _with(n, ifs=_replaced(n.ifs, index, ast.UnaryOp(ast.Not(), n.ifs[index])))


def _changes_of_value(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield lambda n: _with(n, value=not n.value)
    elif isinstance(node.value, int | float):
        yield lambda n: _with(n, value=n.value + 1)
    elif isinstance(node.value, str):
        yield lambda n: _with(n, value=f"XX{n.value}")


def _changes_of_statement(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.AugAssign(op=op):
            yield lambda n: ast.Assign([n.target], n.value, lineno=n.lineno)
            if type(op) in _OPERATORS:
                yield lambda n: _with(n, op=_OPERATORS[type(n.op)]())
        case ast.Assign(value=value) if not _is_none(value):
            yield lambda n: _with(n, value=ast.Constant(None))
        case ast.AnnAssign(value=ast.expr() as value) if not _is_none(value):
            yield lambda n: _with(n, value=ast.Constant(None))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield lambda n: _with(n, value=ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Delete():
            yield lambda n: ast.Pass(lineno=n.lineno)
        case ast.Continue():
            yield lambda n: ast.Break()
        case ast.Break():
            yield lambda n: ast.Continue()


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _replaced(items: list[Any], index: int, item: Any) -> list[Any]:
    return [*items[:index], item, *items[index + 1 :]]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_stub(node: ast.FunctionDef) -> bool:
    return all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node.body)


def _at(tree: ast.AST, path: _Path) -> Any:
    node: Any = tree
    for name, index in path:
        node = getattr(node, name)
        if index is not None:
            node = node[index]
    return node


def _line_of(tree: ast.AST, path: _Path) -> int:
    """The line of a node, or of the nearest around it that has one."""
    around = (_at(tree, path[:end]) for end in range(len(path), 0, -1))
    return next(int(node.lineno) for node in around if hasattr(node, "lineno"))


def _put(tree: ast.AST, path: _Path, changed: ast.AST) -> None:
    parent = _at(tree, path[:-1])
    name, index = path[-1]
    if index is None:
        setattr(parent, name, changed)
    else:
        getattr(parent, name)[index] = changed


def _find_code(code: CodeType, function: str) -> CodeType:
    """The code of a function or method that stands at the top of a module or of its classes."""
    for name in function.split("."):
        code = next(inner for inner in code.co_consts if isinstance(inner, CodeType) and inner.co_name == name)
    return code


def _function(module: ModuleType, function: str) -> FunctionType:
    found: Any = module
    for name in function.split("."):
        found = found.__dict__[name]
    plain: FunctionType = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    return plain
