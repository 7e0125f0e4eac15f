"""The layers, the homes of third-party libraries, and what a module may not do."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "matcher"
MAX_LINES = 400

# Bottom to top; a module imports from lower rows only, or from its own package within its row. The rows are those of
# the design, with the order inside a layer spelt out. The longest name that fits a module counts.
ROWS: tuple[tuple[str, ...], ...] = (
    ("matcher",),  # the package itself: its version, nothing else
    ("schema", "errors"),
    ("resources", "artefact", "config"),
    ("text",),
    ("levels",),
    ("readers", "encode", "search", "store"),
    ("search.vector", "search.lookup", "search.columns"),
    ("search.index",),
    ("search.view", "search.renew"),
    ("search.retrieve", "search.lexical"),
    ("search.affinity",),
    ("compare",),
    ("export", "evaluate", "outcomes"),
    ("review",),
    ("serve",),
    ("opening",),
    ("pipeline",),
    ("scale",),
    ("cli",),
)
RANK = {name: number for number, row in enumerate(ROWS) for name in row}

# Third-party library -> the modules or packages that may import it.
HOMES: dict[str, tuple[str, ...]] = {
    "bm25s": ("search.lexical",),
    "faiss": ("search.vector",),
    "fastapi": ("serve",),
    "jinja2": ("serve",),
    "jieba": ("text.segment",),
    "jsonschema_rs": ("readers",),
    "lxml": ("readers",),
    "markupsafe": ("serve",),
    "model2vec": ("encode",),
    "numpy": ("",),
    "opencc": ("text.normalize",),
    "pydantic": ("serve",),
    "openpyxl": ("readers", "export", "review"),
    "pypdfium2": ("readers.pdf",),
    "ray": ("scale",),
    "rich": ("cli",),
    "sentence_transformers": ("encode",),
    "sklearn": ("compare", "evaluate"),
    "sqlalchemy": ("store",),
    "starlette": ("serve",),
    "tokenizers": ("encode",),
    "torch": ("encode",),
    "transformers": ("encode",),
    "typer": ("cli",),
    "uvicorn": ("serve",),
}
UNSAFE_MODULES = {"dill", "joblib", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}
# Calls that may not stand at module level: they read, write, print or change the process.
SIDE_EFFECTS = {
    "basicConfig", "chdir", "filterwarnings", "getenv", "load", "loads", "makedirs", "mkdir", "open", "print",
    "putenv", "read_bytes", "read_text", "run", "seed", "setdefault", "simplefilter", "write_bytes", "write_text",
}  # fmt: skip
HEAVY = (
    "faiss",
    "fastapi",
    "jieba",
    "jinja2",
    "opencc",
    "openpyxl",
    "pypdfium2",
    "ray",
    "sentence_transformers",
    "sklearn",
    "sqlalchemy",
    "tokenizers",
    "torch",
    "transformers",
    "uvicorn",
)


def modules() -> list[tuple[str, Path]]:
    """Return (dotted name below ``matcher``, path) of every module; the package itself is ``matcher``."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found.append((".".join(part for part in parts if part != "__init__") or "matcher", path))
    return found


def rank(module: str) -> int | None:
    """Return a module's row, by the longest name that fits."""
    parts = module.split(".")
    names = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return next((RANK[name] for name in names if name in RANK), None)


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield every imported name, whole: ``from a import b`` gives ``a.b``; relative imports start with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ("." * node.level + f"{node.module or ''}.{alias.name}" for alias in node.names)


def _is_module(name: str) -> bool:
    path = PACKAGE.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def _own(imported: str) -> str:
    """Return which of our modules an imported name means, below ``matcher``."""
    below = imported.partition(".")[2]
    if below and not _is_module(below):
        below = below.rpartition(".")[0]
    return below or "matcher"


def import_faults(module: str, tree: ast.Module) -> list[str]:
    """Return what is wrong with a module's imports."""
    faults = []
    for imported in imports(tree):
        top = imported.partition(".")[0]
        if imported.startswith("."):
            faults.append(f"{module}: relative import {imported}")
        elif top == "matcher":
            target = _own(imported)
            mine, other = rank(module), rank(target)
            same_package = target.partition(".")[0] == module.partition(".")[0]
            if mine is None or other is None:
                faults.append(f"{module}: {target if other is None else module} has no row in ROWS")
            elif other > mine or (other == mine and not same_package):
                faults.append(f"{module}: imports {target}, which is not below it")
        elif top in UNSAFE_MODULES:
            faults.append(f"{module}: imports {top}")
        elif top not in sys.stdlib_module_names:
            homes = HOMES.get(top)
            if homes is None:
                faults.append(f"{module}: {top} has no home in HOMES")
            elif not any(home in ("", module) or module.startswith(f"{home}.") for home in homes):
                faults.append(f"{module}: imports {top}, whose home is {' or '.join(homes)}")
    return faults


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs when the module is imported: everything outside functions, lambdas and the main guard."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test) == "__name__ == '__main__'":
            continue
        yield child
        yield from _at_import(child)


def call_faults(module: str, tree: ast.Module) -> list[str]:
    """Return unsafe calls anywhere, and calls with side effects at module level."""
    faults = [
        f"{module}: calls {node.func.id}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant) and node.value.value is True:
            faults += [f"{module}: {node.arg}=True"] * (node.arg in ("allow_pickle", "trust_remote_code", "shell"))
    for node in _at_import(tree):
        if isinstance(node, ast.Call) and _called(node) in SIDE_EFFECTS:
            faults.append(f"{module}: calls {_called(node)} when imported")
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            faults.append(f"{module}: {ast.unparse(node)[:60]} runs when imported")
        if isinstance(node, ast.Global):
            faults.append(f"{module}: global {', '.join(node.names)}")
    return faults


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_module(module: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert import_faults(module, tree) + call_faults(module, tree) == []
    assert len(text.splitlines()) <= MAX_LINES, "split it: one reason to change a module"
    assert path.stem not in ("utils", "util", "helpers", "misc", "common")


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("schema.unit", "from matcher.text.normalize import fold", "schema.unit: imports text.normalize"),
        ("search.vector", "from matcher.search.index import load_index", "search.vector: imports search.index"),
        ("readers.read", "from matcher.encode import load_encoder", "readers.read: imports encode"),
        ("compare.align", "def f():\n    import faiss", "compare.align: imports faiss, whose home is search.vector"),
        ("pipeline", "import typer", "pipeline: imports typer"),
        ("export.write", "import pandas", "export.write: pandas has no home"),
        ("newcomer", "from matcher.errors import InputError", "newcomer: newcomer has no row"),
        ("cli.match", "from corpora import build_samples", "cli.match: corpora has no home"),
        ("cli.match", "from . import options", "cli.match: relative import"),
        ("artefact", "import pickle", "artefact: imports pickle"),
        ("artefact", "x = eval('1')", "artefact: calls eval"),
        ("search.index", "np.load('x', allow_pickle=True)", "search.index: allow_pickle=True"),
        ("levels", "import logging\nlogging.basicConfig()", "levels: calls basicConfig when imported"),
        ("levels", "FRAMES = tomllib.loads(read_text('levels.toml'))", "levels: calls loads when imported"),
        ("levels", "if x:\n    start()", "levels: start() runs when imported"),
    ],
)
def test_the_checks_see_a_fault(module: str, source: str, fault: str) -> None:
    tree = ast.parse(source)
    assert any(found.startswith(fault) for found in import_faults(module, tree) + call_faults(module, tree))


def test_the_checks_let_good_code_pass() -> None:
    source = "import re\nfrom matcher.errors import InputError\nPATTERN = re.compile('a')\ndef f():\n    import faiss"
    tree = ast.parse(source)
    assert import_faults("search.vector", tree) + call_faults("search.vector", tree) == []


def _loaded(code: str, cwd: Path | None = None) -> set[str]:
    """Run code in a new interpreter; return the top-level modules that it has loaded in the end."""
    report = (
        "\nimport json, sys\nsys.stderr.write('\\n' + json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + report], cwd=cwd or ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


_RUN = """
import sys
sys.path.insert(0, {root!r})
sys.argv = {argv!r}
from matcher.cli.main import main
try:
    main()
except SystemExit as stop:
    if stop.code:
        raise
"""


def test_help_loads_nothing_heavy() -> None:
    assert _loaded(_RUN.format(root=str(ROOT), argv=["matcher", "--help"])).isdisjoint(HEAVY)


def test_help_of_a_command_loads_nothing_heavy() -> None:
    assert _loaded(_RUN.format(root=str(ROOT), argv=["matcher", "screen", "--help"])).isdisjoint(HEAVY)


def test_importing_the_package_loads_nothing_but_itself() -> None:
    loaded = _loaded(f"import sys; sys.path.insert(0, {str(ROOT)!r}); import matcher")
    assert loaded.isdisjoint((*HEAVY, "numpy", "typer", "rich"))


def test_matching_with_the_embedded_encoder_loads_no_torch(data: Path) -> None:
    argv = ["matcher", "match", "ZZTS101A", "--from", str(data / "hk.csv"), "--to", str(data / "cn.csv")]
    loaded = _loaded(_RUN.format(root=str(ROOT), argv=argv))
    assert loaded.isdisjoint(("sentence_transformers", "sklearn", "torch", "transformers", "model2vec"))
    assert {"numpy", "tokenizers", "faiss"} <= loaded
