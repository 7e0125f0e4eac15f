"""A run and gold as the files of trec_eval and ir_measures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from matcher.artefact import atomic_path
from matcher.errors import InputError
from matcher.evaluate.gold import Gold
from matcher.evaluate.run import Run

RUN_NAME, QRELS_NAME = "run.trec", "qrels.txt"


def _checked(names: Iterable[str]) -> None:
    for name in names:
        if not name or any(character.isspace() for character in name):
            raise InputError(f"the id {name!r} has spaces", where="TREC form", do="use another form, or other ids")


def write_trec(run: Run, gold: Gold, folder: Path) -> tuple[Path, Path]:
    """Write ``run.trec`` and ``qrels.txt``; programs that sort by score get the run's own order.

    TREC programs read the score, not the rank: it is written as minus the rank.

    Raises:
        InputError: An id has spaces, or the folder cannot be written.
    """
    answers = [(subject, answer) for subject, found in sorted(run.answers.items()) for answer in found]
    pairs = [(s, item, grade) for s, items in sorted(gold.grades.items()) for item, grade in sorted(items.items())]
    _checked(name for subject, answer in answers for name in (subject, answer.object))
    _checked(name for subject, item, _ in pairs for name in (subject, item))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot be made ({error.strerror})", where=str(folder), expected="a folder", do="name another"
        ) from error
    lines = []
    places: dict[str, int] = {}
    for subject, answer in answers:
        places[subject] = places.get(subject, 0) + 1
        lines.append(f"{subject} Q0 {answer.object} {places[subject]} {-places[subject]} matcher\n")
    written = (folder / RUN_NAME, folder / QRELS_NAME)
    for path, text in zip(written, ("".join(lines), "".join(f"{s} 0 {i} {g}\n" for s, i, g in pairs)), strict=True):
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    return written
