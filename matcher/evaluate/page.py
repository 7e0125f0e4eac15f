"""The report as a page to read: self-contained HTML with inline plots, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from matcher.evaluate.curves import Curves
from matcher.evaluate.markup import card, fold, table
from matcher.evaluate.miss_page import MissTexts, miss_section
from matcher.evaluate.misses import Miss
from matcher.evaluate.report import Report, Slice
from matcher.evaluate.svg import Axis, Line, bar_scale, interval_bar, plot
from matcher.evaluate.verdicts import FIRST, Confusion, Figure
from matcher.evaluate.words import MEANINGS, RELATION_WORDS, WORDS, DisplayLanguage
from matcher.resources import read_text

# What the cards show, in this order, where it was measured.
_CARDS = (
    "hit@1",
    "R@10",
    "nDCG@10",
    "MRR",
    "no-counterpart AUC",
    "relation macro-F1",
    "ECE",
    "Brier skill",
    "set coverage",
    "set size, median",
)
# Measures of a share of units read as percentages.
_PERCENT = ("hit@", "R@", "set coverage")
_PART_COLUMNS = ("hit@1", "R@10", "MRR", "no-counterpart AUC", "relation macro-F1", "ECE", "set coverage")
_UNIT = Axis(low=0, high=1, ticks=(0, 0.2, 0.4, 0.6, 0.8, 1), label="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """One more table on the page; its first column is text."""

    heading: str
    note: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """Everything on the page.

    ``note`` stands on top (provenance of the gold, say), ``facts`` at the end: what was measured, by name.
    """

    report: Report
    curves: Curves
    misses: tuple[Miss, ...]
    texts: MissTexts
    facts: Mapping[str, str]
    note: str = ""
    extras: tuple[Extra, ...] = ()


def _number(figure: Figure, value: float) -> str:
    if figure.measure.startswith(_PERCENT):
        return f"{value:.0%}".replace("%", " %")
    return f"{value:.0f}" if figure.measure.startswith("set size, median") else f"{value:.3f}"


def _cards(figures: Mapping[str, Figure], language: DisplayLanguage) -> str:
    out = []
    for name in _CARDS:
        figure = figures.get(name)
        if figure is None:
            continue
        axis = _UNIT if figure.high <= 1 and figure.low >= 0 else None
        bar = interval_bar(figure.value, figure.low, figure.high, axis=axis) if axis and "size" not in name else ""
        out.append(
            f'<div class="card"><div class="name">{escape(name)}</div><div class="big">{_number(figure, figure.value)}'
            f'</div>{bar}<p class="soft">{_number(figure, figure.low)} – {_number(figure, figure.high)}, n = {figure.n}'
            f"<br>{escape(MEANINGS[language].get(name, ''))}</p></div>"
        )
    return "".join(out)


def _ticks(last: int) -> tuple[float, ...]:
    return tuple(float(tick) for tick in (1, 2, 3, 5, 10, 20, 50) if tick <= last)


def _floor(values: Sequence[float]) -> float:
    """Return where an axis of shares starts: 0, or a round number below the lowest value where that is high."""
    low = min(values, default=0.0)
    return 0.0 if low < 0.3 else int(low * 10) / 10


def _share_axis(values: Sequence[float], label: str) -> Axis:
    low = _floor(values)
    steps = round((1 - low) * 10)
    ticks = tuple(round(low + step / 10, 1) for step in range(0, steps + 1, 2 if steps > 6 else 1))
    return Axis(low=low, high=1, ticks=(*ticks[:-1], 1.0) if ticks[-1] != 1 else ticks, label=label)


def _found(curves: Curves, words: Mapping[str, str]) -> str:
    if len(curves.recall) < 2:
        return ""
    lines = [
        Line(
            points=tuple((depth, figure.value) for depth, figure in enumerate(figures, 1)),
            band=tuple((figure.low, figure.high) for figure in figures),
            colour=colour,
        )
        for colour, figures in enumerate((curves.recall, curves.hit))
    ]
    last = len(curves.recall)
    x = Axis(low=1, high=last, ticks=_ticks(last), label=words["k"], log=True)
    y = _share_axis([figure.low for figure in (*curves.recall, *curves.hit)], words["share"])
    rows = [
        (str(depth), f"{curves.recall[depth - 1].value:.3f}", f"{curves.hit[depth - 1].value:.3f}")
        for depth in map(int, _ticks(last))
    ]
    keys = (
        f'<p class="soft keys"><span><i class="key"></i>{words["found_recall"]}</span>'
        f'<span><i class="key c1"></i>{words["found_hit"]}</span></p>'
    )
    numbers = fold(words["numbers"], table(("k", "recall@k", "hit@k"), rows))
    note = f"{words['found_note']} n = {curves.recall[0].n}"
    return card(words["found"], note, plot(lines, x=x, y=y, title=words["found"]) + keys + numbers)


def _precision(curves: Curves, words: Mapping[str, str]) -> str:
    if not curves.precision_recall:
        return ""
    x = Axis(low=0, high=1, ticks=_UNIT.ticks, label=words["recall_axis"])
    y = _share_axis([value for _, value in curves.precision_recall], words["precision_axis"])
    rows = [(f"{at:.1f}", f"{value:.3f}") for at, value in curves.precision_recall]
    drawn = plot([Line(points=curves.precision_recall, dots=True)], x=x, y=y, title=words["precision"])
    numbers = fold(words["numbers"], table((words["recall_axis"], words["precision_axis"]), rows))
    return card(words["precision"], f"{words['precision_note']} n = {curves.units}", drawn + numbers)


def _confidence(report: Report, words: Mapping[str, str]) -> str:
    if not report.reliability:
        return ""
    points = tuple((part.confidence, part.observed) for part in report.reliability)
    lines = [Line(points=((0, 0), (1, 1)), colour=2, dashed=True), Line(points=points, dots=True)]
    x = Axis(low=0, high=1, ticks=_UNIT.ticks, label=words["confidence_axis"])
    y = Axis(low=0, high=1, ticks=_UNIT.ticks, label=words["observed_axis"])
    rows = [(f"{b.confidence:.3f}", f"{b.observed:.3f}", str(b.n)) for b in report.reliability]
    heads = (words["confidence_axis"], words["observed_axis"], "n")
    note = f"{words['confidence_note'].format(first=FIRST)} n = {sum(b.n for b in report.reliability)}"
    drawn = plot(lines, x=x, y=y, title=words["confidence"])
    return card(words["confidence"], note, drawn + fold(words["numbers"], table(heads, rows)))


def _thresholds(curves: Curves, words: Mapping[str, str]) -> str:
    if not curves.thresholds:
        return ""
    heads = [words[name] for name in ("threshold", "kept", "kept_units", "precision_col", "recall_col")]
    rows = [
        (
            f"{kept.threshold:.0%}",
            str(kept.candidates),
            str(kept.units),
            "-" if kept.precision is None else f"{kept.precision:.0%}",
            f"{kept.recall:.0%}",
        )
        for kept in curves.thresholds
    ]
    return card(words["thresholds"], "", table(heads, rows))


def _relations(confusion: Confusion, language: DisplayLanguage) -> str:
    words, names = WORDS[language], RELATION_WORDS[language]
    heads = "".join(f"<th>{names[name]}</th>" for name in confusion.predicted)
    rows = []
    for place, (name, counts) in enumerate(zip(confusion.classes, confusion.counts, strict=True)):
        total = max(1, sum(counts))
        cells = []
        for column, count in enumerate(counts):
            kind = ' class="right"' if column == place else ""
            cells.append(f'<td{kind} style="--share:{count / total:.2f}">{count}</td>')
        rows.append(f'<tr><th>{names[name]}</th>{"".join(cells)}<th class="n">{sum(counts)}</th></tr>')
    matrix = f'<table class="matrix"><tr><th>{words["judges"]}</th>{heads}<th>n</th></tr>{"".join(rows)}</table>'
    return card(words["relations"], words["relations_note"], f'<div class="scroll">{matrix}</div>')


def _with_interval(figure: Figure | None) -> str:
    if figure is None:
        return "<td>-</td>"
    return f'<td>{figure.value:.2f}<br><span class="soft">{figure.low:.2f}–{figure.high:.2f}</span></td>'


def _dimension(parts: Sequence[Slice], axis: Axis, words: Mapping[str, str]) -> str:
    measured = {figure.measure for part in parts for figure in (*part.figures, *part.verdicts)}
    shown = [name for name in _PART_COLUMNS if name in measured]
    rows = []
    for part in parts:
        found = {figure.measure: figure for figure in (*part.figures, *part.verdicts)}
        first = part.figures[0]
        rows.append(
            f'<tr><td>{escape(words.get(part.name, part.name))}</td><td class="n">{first.n}</td><td class="plotted">'
            f"{interval_bar(first.value, first.low, first.high, axis=axis)}</td>{_with_interval(first)}"
            f"{''.join(_with_interval(found.get(name)) for name in shown)}</tr>"
        )
    heads = "".join(f"<th>{escape(name)}</th>" for name in (parts[0].figures[0].measure, *shown))
    heads = f'<th>{words["part"]}</th><th class="n">n</th><th class="plotted">{bar_scale(axis)}</th>{heads}'
    grid = f'<div class="scroll"><table class="parts"><tr>{heads}</tr>{"".join(rows)}</table></div>'
    return f'<div class="card"><h3>{words[parts[0].dimension]}</h3>{grid}</div>'


def _parts(slices: Sequence[Slice], words: Mapping[str, str]) -> str:
    low = _floor([part.figures[0].low for part in slices])
    axis = Axis(low=low, high=1, ticks=(low, (low + 1) / 2, 1), label="")
    cards = [
        _dimension([part for part in slices if part.dimension == dimension], axis, words)
        for dimension in dict.fromkeys(part.dimension for part in slices)
    ]
    head = f'<h2>{words["parts"]}</h2><p class="soft">{words["parts_note"]}</p>'
    return f'<section>{head}<div class="stack">{"".join(cards)}</div></section>'


def _differences(report: Report, words: Mapping[str, str]) -> str:
    rows = [(d.measure, f"{d.value:+.4f}", f"{d.p_value:.4f}", str(d.n)) for d in report.differences]
    if not rows:
        return ""
    body = table((words["measure"], "Δ", "p", "n"), rows, words=1)
    return card(words["difference"], words["difference_note"], body)


def _all_figures(report: Report, words: Mapping[str, str]) -> str:
    rows = [
        (figure.measure, f"{figure.value:.4f}", f"{figure.low:.4f} – {figure.high:.4f}", str(figure.n))
        for figure in (*report.overall, *report.verdicts)
    ]
    return fold(words["numbers"], table((words["measure"], words["value"], words["interval"], "n"), rows, words=1))


def render_report(page: ReportPage, *, language: DisplayLanguage) -> str:
    """Return the page as HTML."""
    return "".join(_page(page, language)) + "\n"


def _page(page: ReportPage, language: DisplayLanguage) -> Iterator[str]:
    words, report = WORDS[language], page.report
    figures = {figure.measure: figure for figure in (*report.overall, *report.verdicts)}
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    facts = "".join(f"<tr><th>{escape(k)}</th><td><code>{escape(v)}</code></td></tr>" for k, v in page.facts.items())
    unmeasured = [*report.left_out]
    if report.unanswered:
        unmeasured.append(words["unanswered"].format(n=len(report.unanswered)))
    yield (
        f'<!doctype html>\n<html lang="{"en" if language == "en" else "zh-Hans-CN"}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{words['heading']}</title><style>{read_text('html', 'report.css')}</style></head><body>"
        f"<header><h1>{words['heading']}</h1>"
    )
    yield f'<p class="soft">{escape(" · ".join(page.facts.values()))}</p>'
    yield f'<p class="note">{escape(page.note)}</p>' if page.note else ""
    yield (
        f'</header><main><section><h2>{words["glance"]}</h2><p class="soft">{words["glance_note"]}</p>'
        f'<div class="cards">{_cards(figures, language)}</div>{_all_figures(report, words)}</section>'
    )
    yield f'<section class="two">{_found(page.curves, words)}{_precision(page.curves, words)}'
    yield f"{_confidence(report, words)}{_thresholds(page.curves, words)}"
    yield _relations(report.confusion, language) if report.confusion is not None else ""
    yield f"{_differences(report, words)}</section>"
    extras = [card(extra.heading, extra.note, table(extra.heads, extra.rows, words=1)) for extra in page.extras]
    yield f'<section class="stack">{"".join(extras)}</section>' if extras else ""
    yield _parts(report.slices, words) if report.slices else ""
    yield miss_section(page.misses, page.texts, language)
    if unmeasured:
        items = "".join(f'<li class="plain">{escape(sentence)}</li>' for sentence in unmeasured)
        yield f"<section><h2>{words['not_measured']}</h2><ul>{items}</ul></section>"
    yield f"<section><h2>{words['facts']}</h2><table>{facts}</table></section>"
    yield f"</main><footer>{words['footer']}</footer></body></html>"
