"""The README's examples run, its outputs are what the commands print, and no command goes without help.

After a change of the outputs (a new encoder, say) `MATCHER_REMAKE=1 pytest tests/test_docs.py` writes them again.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from matcher.cli import commands

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
NOT_RUN = "<!-- not run -->"
ELLIPSIS = "…"
FENCE = re.compile(
    r"^(?P<mark><!-- not run -->\n)?```(?:console|bash|sh)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One command of the README with the output that is shown under it (none: any output will do)."""

    command: str
    shown: tuple[str, ...]


def examples(text: str) -> list[Example]:
    """Return the ``matcher`` commands of every fenced block that is not marked as not run.

    In a block, ``$`` opens a command and the lines under it are its output; a block without any ``$`` is all commands.
    """
    found = []
    for fence in FENCE.finditer(text):
        if fence["mark"]:
            continue
        body = fence["body"].replace("\\\n", " ")
        if not re.search(r"^\$ ", body, re.MULTILINE):
            body = re.sub(r"^(?=matcher\b)", "$ ", body, flags=re.MULTILINE)
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            command, *output = part.rstrip("\n").split("\n")
            if command.startswith("matcher"):
                shown = tuple(line.rstrip() for line in output)
                found.append(Example(command=command, shown=shown if any(shown) else ()))
    return found


def differences(shown: tuple[str, ...], printed: str) -> list[str]:
    """Return the shown lines that were not printed; an ellipsis stands for any lines."""
    lines = [line.rstrip() for line in printed.splitlines()]
    position, loose, missing = 0, False, []
    for line in shown:
        if line.strip() == ELLIPSIS:
            loose = True
            continue
        place = lines.index(line, position) if line in lines[position:] else None
        if place is None or (not loose and place != position):
            missing.append(line)
            continue
        position, loose = place + 1, False
    return missing


def prepare(folder: Path) -> None:
    """Lay out what the examples name: the samples, an older edition, the gold, a spreadsheet of each side, a run."""
    for name in ("hk.jsonl", "cn.jsonl"):
        shutil.copy(ROOT / "corpora" / "samples" / name, folder)
    shutil.copy(ROOT / "corpora" / "samples" / "frameworks" / "zz-nz.csv", folder)
    # The edition before: one unit under another code, the last one not there yet.
    older = (folder / "hk.jsonl").read_text(encoding="utf-8").replace('"edition": "2026"', '"edition": "2024"')
    lines = older.replace('"ZZHDHS101A"', '"ZZHD101A"').splitlines(keepends=True)
    (folder / "hk-2024.jsonl").write_text("".join(lines[:-1]), encoding="utf-8")
    for name in ("hk.csv", "cn.csv"):
        shutil.copy(ROOT / "tests" / "data" / name, folder)
    (folder / "course.csv").write_text("code,credits\nZZHDSC201A,6\nZZHDCT302A,9\n", encoding="utf-8")
    shutil.copy(ROOT / "evaluation" / "gold" / "qrels.tsv", folder)


def _words(command: str) -> list[str]:
    return shlex.split(command, comments=True)[1:]


def _remake(text: str, outputs: dict[str, str]) -> str:
    for example in examples(text):
        if not example.shown:
            continue
        lines = [line.rstrip() for line in outputs[example.command].splitlines()]
        if ELLIPSIS in example.shown:
            lines = [*lines[: example.shown.index(ELLIPSIS)], ELLIPSIS]
        old, new = ("\n".join([f"$ {example.command}", *found]) for found in (example.shown, lines))
        text = text.replace(old, new)
    return text


def test_the_readme_does_what_it_says(run_matcher: Run, tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    found = examples(text)
    assert len(found) >= 8
    prepare(tmp_path)
    outputs = {}
    for example in found:
        done = run_matcher(*_words(example.command), cwd=tmp_path)
        assert done.returncode == 0, f"{example.command}\n{done.stderr}"
        outputs[example.command] = done.stdout
    if os.environ.get("MATCHER_REMAKE", "") not in ("", "0"):
        README.write_text(_remake(text, outputs), encoding="utf-8")
        return
    for example in found:
        assert differences(example.shown, outputs[example.command]) == [], example.command


def _application() -> dict[str, typer.models.CommandInfo]:
    app = typer.Typer()
    commands.register(app)
    return {str(info.name): info for info in app.registered_commands}


@pytest.mark.parametrize("name", _application())
def test_every_command_is_in_the_readme_and_has_help(name: str, run_matcher: Run) -> None:
    text = README.read_text(encoding="utf-8")
    assert any(_words(example.command)[0] == name for example in examples(text)), "give it an example that runs"
    assert f"`matcher {name}" in text, "name it in the reference"
    done = run_matcher(name, "--help")
    assert done.returncode == 0
    help_text = _application()[name].callback.__doc__ or ""
    assert re.search(rf"Example: matcher {name}\b", help_text)
    assert f"Example: matcher {name}" in " ".join(done.stdout.split())


def test_the_examples_of_the_help_run(run_matcher: Run, tmp_path: Path) -> None:
    prepare(tmp_path)
    first = run_matcher("screen", "hk.jsonl", "cn.jsonl", "-k", "5", "--format", "trec", "-o", "run.trec", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert run_matcher("index", "cn.jsonl", "-o", "cn.index", cwd=tmp_path).returncode == 0
    prepared = ("serve", "hk.jsonl", "cn.jsonl", "--store", "review.db", "--prepare")
    assert run_matcher(*prepared, cwd=tmp_path).returncode == 0
    written = {"ingest": "hk.jsonl"}
    endless = {"serve": " --prepare"}
    for name, info in _application().items():
        (command,) = re.findall(r"Example: (matcher .*)", info.callback.__doc__ or "")
        # An example that would replace a sample writes elsewhere: the others read it.
        command = command.replace(f"-o {written.get(name, '-')}", "-o other.jsonl")
        done = run_matcher(*_words(command + endless.get(name, "")), cwd=tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_the_readme_shows_code_before_line_20_and_says_what_it_is_not_for() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("```") for line in lines[:20])
    assert any(re.match(r"## .*not for", line) for line in lines)


def test_the_changelog_has_the_present_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    version = re.search(r'__version__ = "(.+)"', (ROOT / "matcher" / "__init__.py").read_text(encoding="utf-8"))
    assert version is not None
    assert re.search(rf"^## \[(?:{re.escape(version[1])}|Unreleased)\]", text, re.MULTILINE)
    assert f"version: {version[1]}" in citation


def test_links_to_files_of_the_clone_lead_somewhere() -> None:
    for path in (README, ROOT / "CONTRIBUTING.md", *ROOT.glob("corpora/*.md"), *ROOT.glob("evaluation/*.md")):
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.relative_to(ROOT)}: {link}"


def test_the_checks_see_a_fault() -> None:
    text = "```console\n$ matcher match A\n 1  x\n…\n 9  z\n$ ls\n```\n"
    text += "<!-- not run -->\n```bash\nmatcher b\n```\n```bash\nmatcher c \\\n  -k 2\n```\n"
    found = examples(text)
    assert [example.command for example in found] == ["matcher match A", "matcher c    -k 2"]
    assert found[0].shown == (" 1  x", "…", " 9  z")
    assert differences(found[0].shown, " 1  x\n 2  y\n 9  z\n") == []
    assert differences(found[0].shown, " 1  X\n 2  y\n 9  z\n") == [" 1  x"]
    assert differences(("a", "c"), "a\nb\nc\n") == ["c"]  # nothing may be left out in silence
    remade = _remake(text, {"matcher match A": " 1  new\n 2  y\n", "matcher c    -k 2": ""})
    assert "$ matcher match A\n 1  new\n…\n$ ls" in remade
