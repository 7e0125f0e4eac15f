"""The summary of a screening as a page: counts by area and level, and how confidence and set sizes are spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal

from matcher.export.rows import DisplayLanguage, clean, resolve
from matcher.export.triage import BINS, TRIAGE_WORDS, TRIAGES, Part, Summary
from matcher.schema import Query

_WORDS = {
    "en": {
        "title": "Screening: what needs which look",
        "unit": "units",
        "area": "By area",
        "level": "By level",
        "none": "(not named)",
        "total": "Units",
        "confidence": "Confidence of the best candidate",
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
        "total": "单元数",
        "confidence": "最佳候选的置信度",
        "sets": "共形集合内的候选数",
        "no_confidence": "本次筛选没有校准的置信度，所有单元都需人工查看。",
        "foot": "候选仅供参考，由专家评审。文字与级别的比较不构成任何认可。",
    },
}
_COLORS = {"strong": "#2f7d4f", "look": "#c98a1b", "none": "#8a8f98", "unknown": "#b9bec7"}
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: middle; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
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
    for heading, parts in (("area", summary.areas), ("level", summary.levels)):
        yield f"<h2>{escape(words[heading])}</h2>\n"
        yield from _table(parts, shown)
    if summary.confidences:
        yield f"<h2>{escape(words['confidence'])}</h2>\n"
        yield _bars([f"{n / BINS:.1f}–{(n + 1) / BINS:.1f}" for n in range(BINS)], summary.confidences)
    if summary.set_sizes:
        yield f"<h2>{escape(words['sets'])}</h2>\n"
        yield _bars([str(size) for size in summary.set_sizes], list(summary.set_sizes.values()))
    yield f"<p><small>{escape(words['foot'])}</small></p>\n</main>\n</html>\n"


def _table(parts: Sequence[Part], shown: Literal["en", "zh"]) -> Iterator[str]:
    words = _WORDS[shown]
    heads = "".join(f'<th scope="col">{escape(TRIAGE_WORDS[shown][kind])}</th>' for kind in TRIAGES)
    yield f'<table>\n<tr><th scope="col"></th><th scope="col">{escape(words["total"])}</th>{heads}'
    yield '<th scope="col"></th></tr>\n'
    for part in parts:
        cells = "".join(f'<td class="n">{part.counts[kind]}</td>' for kind in TRIAGES)
        name = escape(clean(part.name)) or escape(words["none"])
        yield f'<tr><th scope="row">{name}</th><td class="n">{part.total}</td>{cells}<td>{_strip(part)}</td></tr>\n'
    yield "</table>\n"


def _strip(part: Part) -> str:
    """Return one bar of 100 units of width, cut by triage."""
    pieces, at = [], 0.0
    for kind in TRIAGES:
        width = 100 * part.counts[kind] / max(1, part.total)
        pieces.append(f'<rect x="{at:.2f}" width="{width:.2f}" height="10" fill="{_COLORS[kind]}"/>')
        at += width
    return f'<svg viewBox="0 0 100 10" style="width:8rem" aria-hidden="true">{"".join(pieces)}</svg>'


def _bars(labels: Sequence[str], counts: Sequence[int]) -> str:
    """Return a bar chart with its numbers, readable without colour."""
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
    return f'<svg viewBox="0 0 640 165" role="img">{"".join(pieces)}</svg>\n'
