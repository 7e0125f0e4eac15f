"""Rules of style that ruff does not know, and the words that the project does not use."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "matcher").rglob("*.py"))
MAX_PARAMETERS = 7

# The project suggests; it decides nothing. These words promise a decision, in any text that a user reads.
FORBIDDEN = re.compile(r"\b(?:equivalen\w*|recogni[sz]\w*)\b|等同|等值", re.IGNORECASE)
# Sentences that deny it, word for word.
ALLOWED = (
    "Comparisons of levels recognise nothing automatically.",
    "It recognises nothing and calls nothing equivalent.",
    "never “equivalent” or “recognised”",
)
_DOCUMENTS = ("*.md", "*.cff", "corpora/**/*.md", "evaluation/**/*.md", "models/**/*.md", "matcher/data/**/*.html")
# Places on the machine of whoever wrote it.
FOREIGN_PATHS = re.compile(r"(?<![\w.])/(?:work|home|root|tmp)/|\.\./shared")


def _public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def style_faults(tree: ast.Module, *, command: bool) -> list[str]:
    """Return what breaks a rule in a module of the package; ``command`` for a module whose functions are commands."""
    faults = [f"line {node.lineno}: assert" for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    for function in _public_functions(tree):
        arguments = function.args
        if arguments.kwarg is not None:
            faults.append(f"{function.name}: **{arguments.kwarg.arg}")
        count = len([a for a in (*arguments.args, *arguments.kwonlyargs) if a.arg not in ("self", "cls")])
        if count > MAX_PARAMETERS and not command:
            faults.append(f"{function.name}: {count} parameters")
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            if "dataclass" not in ast.unparse(decorator):
                continue
            given = {k.arg for k in decorator.keywords} if isinstance(decorator, ast.Call) else set()
            missing = sorted({"frozen", "slots", "kw_only"} - given)
            faults += [f"{node.name}: dataclass without {', '.join(missing)}"] * bool(missing)
    return faults


def strings(tree: ast.Module, *, command: bool) -> Iterator[tuple[int, str]]:
    """Yield every string that a user may read: all but docstrings, and in a command's module those too."""
    quiet = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and not command:
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                quiet.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
            yield node.lineno, node.value


def forbidden_words(text: str) -> list[str]:
    """Return the forbidden words in a text, less the sentences that deny them."""
    for sentence in ALLOWED:
        text = text.replace(sentence, "")
    return FORBIDDEN.findall(text)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    command = path.parent.name == "cli"
    assert style_faults(tree, command=command) == []
    for line, text in strings(tree, command=command):
        assert forbidden_words(text) == [], f"line {line}: {text[:80]!r}"
        assert not FOREIGN_PATHS.search(text), f"line {line}: {text[:80]!r}"


def _documents() -> list[Path]:
    return sorted({path for pattern in _DOCUMENTS for path in ROOT.glob(pattern) if path.is_file()})


@pytest.mark.parametrize("path", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_document(path: Path) -> None:
    text = " ".join(path.read_text(encoding="utf-8").split())
    assert forbidden_words(text) == []
    assert not FOREIGN_PATHS.search(text)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f():\n    assert True", "line 2: assert"),
        ("def f(**options): ...", "f: **options"),
        ("def f(a, b, c, d, e, *, g, h, i): ...", "f: 8 parameters"),
        ("@dataclass(frozen=True)\nclass A: ...", "A: dataclass without kw_only, slots"),
        ("@dataclasses.dataclass\nclass A: ...", "A: dataclass without frozen, kw_only, slots"),
    ],
)
def test_the_checks_see_a_fault(source: str, fault: str) -> None:
    assert style_faults(ast.parse(source), command=False) == [fault]


def test_the_word_check_sees_words_and_lets_denials_pass() -> None:
    assert forbidden_words("an Equivalent unit, recognised here") == ["Equivalent", "recognised"]
    assert forbidden_words("Comparisons of levels recognise nothing automatically. A comparable unit.") == []
    tree = ast.parse('"""Equivalent."""\nMESSAGE = "recognised"')
    assert [text for _, text in strings(tree, command=False)] == ["recognised"]
    assert [text for _, text in strings(tree, command=True)] == ["Equivalent.", "recognised"]


def _codes(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix == ".jsonl":
        return [str(record["code"]) for record in map(json.loads, text.splitlines()) if "code" in record]
    if path.name == "qrels.tsv":
        return [line.split("\t")[column] for line in text.splitlines() for column in (0, 2)]
    rows = list(csv.DictReader(text.splitlines()))
    return [row[column] for row in rows for column in ("code", "编号") if column in row]


@pytest.mark.parametrize(
    "path",
    sorted(
        [*ROOT.glob("corpora/samples/*.jsonl"), *ROOT.glob("evaluation/gold/qrels.tsv"), *ROOT.glob("tests/data/*.csv")]
    ),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_sample_codes_begin_with_zz(path: Path) -> None:
    codes = _codes(path)
    assert codes
    assert [code for code in codes if not code.startswith("ZZ")] == []
