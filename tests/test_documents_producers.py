"""The same fixtures as other programs print them: LibreOffice and Chromium place text in ways of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from matcher.readers import read_framework
from matcher.schema import Language
from tests.fixtures_gen import cn, docx_file, html, scs
from tests.fixtures_gen.score import Score, flagged_cells, score

Fixture = scs.Book | cn.Standard


def fixtures(seed: int) -> Iterator[tuple[str, Fixture]]:
    languages: dict[str, tuple[Language, ...]] = {"en": ("en",), "hk": ("zh-Hant",), "bilingual": ("zh-Hant", "en")}
    for name, tags in languages.items():
        yield name, scs.make_book(seed, count=3, languages=tags)
    for scheme in ("skill", "engineering", "old"):
        yield scheme, cn.make_standard(seed, scheme=scheme)


def with_libreoffice(found: list[tuple[str, Fixture]], folder: Path) -> list[Path]:
    return docx_file.convert([docx_file.write(f.doc, folder / f"{name}.docx") for name, f in found], folder)


def with_chromium(found: list[tuple[str, Fixture]], folder: Path) -> list[Path]:
    return [html.print_pdf(fixture.doc, folder / f"{name}.pdf") for name, fixture in found]


@pytest.mark.parametrize(
    ("program", "convert"),
    [
        pytest.param(docx_file.soffice, with_libreoffice, id="libreoffice"),
        pytest.param(html.chromium, with_chromium, id="chromium"),
    ],
)
def test_clean_documents_of_other_programs(
    program: Callable[[], str | None], convert: Callable[[list[tuple[str, Fixture]], Path], list[Path]], tmp_path: Path
) -> None:
    if program() is None:
        pytest.skip(f"{program.__name__} is not installed here")
    found = list(fixtures(401))
    total = Score()
    for (name, fixture), path in zip(found, convert(found, tmp_path), strict=True):
        result = read_framework(path)
        total += score(fixture.truth, result.framework.units)
        assert result.report.failed == (), name
    assert total.faults == ()
    assert total.roles == total.statements


@pytest.mark.parametrize(
    ("program", "convert"),
    [
        pytest.param(docx_file.soffice, with_libreoffice, id="libreoffice"),
        pytest.param(html.chromium, with_chromium, id="chromium"),
    ],
)
def test_damage_in_documents_of_other_programs(
    program: Callable[[], str | None], convert: Callable[[list[tuple[str, Fixture]], Path], list[Path]], tmp_path: Path
) -> None:
    if program() is None:
        pytest.skip(f"{program.__name__} is not installed here")
    damage = frozenset(cn.DAMAGES) - {"font"}
    found: list[tuple[str, Fixture]] = [
        (scheme, cn.make_standard(402, scheme=scheme, damage=damage)) for scheme in ("skill", "engineering")
    ]
    total = Score()
    for (_, fixture), path in zip(found, convert(found, tmp_path), strict=True):
        result = read_framework(path)
        total += score(fixture.truth, result.framework.units, flagged_cells(result.report))
    # How many are exact in the mean of many documents is measured by evaluation/readers.py.
    assert total.exact >= 0.94 * total.statements
    assert total.silent == 0
    assert total.wrong_levels == 0
