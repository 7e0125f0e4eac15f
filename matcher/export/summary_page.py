"""The summary of a screening as a page: counts by area and level, and how confidence and set sizes are spread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Literal

from matcher.export.rows import DisplayLanguage, clean, resolve
from matcher.export.triage import BINS, TRIAGE_WORDS, TRIAGES, Part, Spread, Summary
from matcher.schema import Query

_WORDS = {
    "en": {
        "title": "Screening: what needs which look",
        "unit": "units",
        "area": "By area",
        "level": "By level",
        "none": "(not named)",
        "all": "All",
        "total": "Units",
        "triage": "Triage",
        "confidence": "Confidence of the best candidate",
        "coverage": "How much of the unit the best candidate covers",
        "spread": "Dot and figure: median; bar: the middle half of the units; line: all of them, from 0 to 100 %.",
        "sets": "Candidates in the conformal set",
        "no_confidence": "This run has no calibrated confidence: every unit has to be looked at.",
        "foot": "Candidates are indicative and for expert review. Comparing texts and levels decides nothing.",
    },
    "zh": {
        "title": "筛选概况：哪些需要怎样的查看",
        "unit": "个单元",
        "area": "按范畴",
        "level": "按级别",
        "none": "（未注明）",
        "all": "全部",
        "total": "单元数",
        "triage": "初步分类",
        "confidence": "最佳候选的置信度",
        "coverage": "最佳候选涵盖单元的程度",
        "spread": "圆点及数字：中位数；粗条：居中的一半单元；细线：全部单元（0 至 100%）。",
        "sets": "共形集合内的候选数",
        "no_confidence": "本次筛选没有校准的置信度，所有单元都需人工查看。",
        "foot": "候选仅供参考，由专家评审。文字与级别的比较不构成任何认可。",
    },
}
_SPREADS: Mapping[str, Callable[[Part], Spread | None]] = {
    "confidence": lambda part: part.confidence,
    "coverage": lambda part: part.coverage,
}
_COLORS = {"strong": "#2f7d4f", "look": "#c98a1b", "none": "#8a8f98", "unknown": "#b9bec7"}
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2rem auto;
  max-width: 76rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
.wide { overflow-x: auto; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8884; vertical-align: middle; }
thead th { font-size: .85rem; vertical-align: bottom; max-width: 12rem; }
tbody th { font-weight: 500; min-width: 15rem; }
thead th.n { max-width: 6.5rem; white-space: normal; word-break: keep-all; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.spread { display: flex; align-items: center; gap: .6rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.spread svg { width: 9rem; flex: none; }
.spread .grid { stroke: #8886; stroke-width: 1; }
.spread .all { stroke: #3a78b5; stroke-width: 1.5; }
.spread .half { fill: #3a78b5; opacity: .45; }
.spread circle { fill: #3a78b5; }
@media (prefers-color-scheme: dark) { .spread .all { stroke: #84b9f3; }
  .spread .half, .spread circle { fill: #84b9f3; } }
svg { display: block; width: 100%; height: auto; max-width: 40rem; }
svg text { fill: currentColor; font-size: 12px; }
.key span { display: inline-block; margin-right: 1.2rem; }
.key i { display: inline-block; width: .9em; height: .9em; margin-right: .4em; vertical-align: -1px; }
"""


def render_summary(summary: Summary, query: Query, display: DisplayLanguage) -> Iterator[str]:
    """Yield a self-contained page; every text from outside is escaped."""
    shown = resolve(display, query)
    words = _WORDS[shown]
    title = escape(words["title"])
    yield f'<!doctype html>\n<html lang="{"en" if shown == "en" else "zh-Hans"}">\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n<main>\n<h1>{title}</h1>\n"
    sides = (query.subjects.header, query.objects.header)
    names = " → ".join(escape(clean(header.title or header.id)) for header in sides)
    yield f"<p>{names} · {summary.whole.total} {escape(words['unit'])}</p>\n"
    yield '<p class="key">'
    for kind in TRIAGES:
        label = f"{TRIAGE_WORDS[shown][kind]}: {summary.whole.counts[kind]}"
        yield f'<span><i style="background:{_COLORS[kind]}"></i>{escape(label)}</span>'
    yield "</p>\n"
    if summary.whole.counts["unknown"] == summary.whole.total:
        yield f"<p>{escape(words['no_confidence'])}</p>\n"
    if summary.confidences or summary.coverages:
        yield f"<p><small>{escape(words['spread'])}</small></p>\n"
    for heading, parts in (("level", summary.levels), ("area", summary.areas)):
        yield f"<h2>{escape(words[heading])}</h2>\n"
        yield from _table([*parts, replace(summary.whole, name=words["all"])], shown)
    for name, counts in (("confidence", summary.confidences), ("coverage", summary.coverages)):
        if counts:
            yield f"<h2>{escape(words[name])}</h2>\n"
            yield _bars([f"{100 * n // BINS}–{100 * (n + 1) // BINS} %" for n in range(BINS)], counts, words[name])
    if summary.set_sizes:
        yield f"<h2>{escape(words['sets'])}</h2>\n"
        yield _bars([str(size) for size in summary.set_sizes], list(summary.set_sizes.values()), words["sets"])
    yield f"<p><small>{escape(words['foot'])}</small></p>\n</main>\n</html>\n"


def _table(parts: Sequence[Part], shown: Literal["en", "zh"]) -> Iterator[str]:
    words = _WORDS[shown]
    kinds = [kind for kind in TRIAGES if any(part.counts[kind] for part in parts)]
    spreads = [name for name in _SPREADS if any(_SPREADS[name](part) for part in parts)]
    heads = "".join(
        f'<th scope="col" class="n">{escape(text)}</th>'
        for text in (words["total"], *(TRIAGE_WORDS[shown][kind] for kind in kinds))
    ) + "".join(f'<th scope="col">{escape(words[name])}</th>' for name in ("triage", *spreads))
    yield f'<div class="wide" tabindex="0"><table>\n<thead><tr><th scope="col"></th>{heads}</tr></thead>\n<tbody>\n'
    for part in parts:
        cells = "".join(f'<td class="n">{part.counts[kind]}</td>' for kind in kinds)
        cells += f"<td>{_strip(part)}</td>" + "".join(f"<td>{_spread(_SPREADS[name](part))}</td>" for name in spreads)
        name = escape(clean(part.name)) or escape(words["none"])
        yield f'<tr><th scope="row">{name}</th><td class="n">{part.total}</td>{cells}</tr>\n'
    yield "</tbody></table></div>\n"


def _spread(spread: Spread | None) -> str:
    """Return a bar from 0 to 1: all values as a line, the middle half as a band, the median as a dot and in figures."""
    if spread is None:
        return "–"
    at = {name: 6 + 188 * getattr(spread, name) for name in ("low", "quarter", "median", "three_quarters", "high")}
    grid = "".join(f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="20"/>' for x in (6, 100, 194))
    return (
        f'<span class="spread"><svg viewBox="0 0 200 20" aria-hidden="true">{grid}'
        f'<line class="all" x1="{at["low"]:.1f}" x2="{at["high"]:.1f}" y1="10" y2="10"/>'
        f'<rect class="half" x="{at["quarter"]:.1f}" width="{max(1.5, at["three_quarters"] - at["quarter"]):.1f}" '
        f'y="4" height="12"/><circle cx="{at["median"]:.1f}" cy="10" r="5"/></svg>{spread.median:.0%}</span>'
    )


def _strip(part: Part) -> str:
    """Return one bar of 100 units of width, cut by triage."""
    pieces, at = [], 0.0
    for kind in TRIAGES:
        width = 100 * part.counts[kind] / max(1, part.total)
        pieces.append(f'<rect x="{at:.2f}" width="{width:.2f}" height="10" fill="{_COLORS[kind]}"/>')
        at += width
    return f'<svg viewBox="0 0 100 10" style="width:8rem" aria-hidden="true">{"".join(pieces)}</svg>'


def _bars(labels: Sequence[str], counts: Sequence[int], title: str) -> str:
    """Return a bar chart with its numbers, readable without colour; ``title`` is what a screen reader says of it."""
    most = max(1, *counts)
    step = 640 / len(labels)
    pieces = []
    for number, (label, count) in enumerate(zip(labels, counts, strict=True)):
        height = 120 * count / most
        x, top = number * step, 140 - height
        pieces.append(
            f'<rect x="{x + 4:.1f}" y="{top:.1f}" width="{step - 8:.1f}" height="{height:.1f}" fill="#3a78b5"/>'
            f'<text x="{x + step / 2:.1f}" y="{top - 6:.1f}" text-anchor="middle">{count}</text>'
            f'<text x="{x + step / 2:.1f}" y="158" text-anchor="middle">{escape(label)}</text>'
        )
    return f'<svg viewBox="0 0 640 165" role="img" aria-label="{escape(title)}">{"".join(pieces)}</svg>\n'
