"""The changes between two editions as a page: old and new side by side, the words that changed marked.

One self-contained file: no script, nothing fetched. Every text from outside is escaped.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from html import escape

from matcher.export.edition_words import FOOTER, KIND_WORDS, Shown, counts, reasons, title_of, units_by_id
from matcher.export.parts import ORDER, language_tag
from matcher.export.rows import clean
from matcher.resources import read_text
from matcher.schema import Framework, Statement, Unit
from matcher.schema.edition import Change, EditionDiff

# Chinese by the character, everything else by the word; spaces and marks are pieces of their own.
_PIECE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|\w+|\s+|.", re.DOTALL)
# Longer texts are shown whole: the comparison takes time with the square of the pieces.
_LIMIT = 2_000
_WORDS = {
    "en": {
        "heading": "From one edition to the next", "more": "Unchanged units", "again": "review again",
        "carry": "decisions can be carried", "nothing": "–",
    },
    "zh": {
        "heading": "从旧版到新版", "more": "未变的单元", "again": "须再评审", "carry": "决定可以沿用", "nothing": "–",
    },
}  # fmt: skip


def mark(old: str, new: str) -> tuple[str, str]:
    """Return both texts as HTML with what went in ``del`` and what came in ``ins``."""
    a, b = _PIECE.findall(old), _PIECE.findall(new)
    if len(a) > _LIMIT or len(b) > _LIMIT:
        return escape(clean(old)), escape(clean(new))
    left, right = [], []
    for op, a0, a1, b0, b1 in difflib.SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        before, after = (escape(clean("".join(part))) for part in (a[a0:a1], b[b0:b1]))
        if op == "equal":
            left.append(before)
            right.append(after)
        else:
            left.append(f"<del>{before}</del>" if before else "")
            right.append(f"<ins>{after}</ins>" if after else "")
    return "".join(left), "".join(right)


def _cell(body: str, statement: Statement, framework: Framework, *, where: str = "") -> str:
    small = f"<small>{escape(clean(where))}</small>" if where else ""
    return f'<td lang="{language_tag(statement.language, framework)}">{body}{small}</td>'


def _rows(
    diff: EditionDiff, change: Change, old: dict[str, Unit], new: dict[str, Unit]
) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield ((role, place) to sort by, row) of every statement that is not the same on both sides."""
    several = len(change.old) > 1 or len(change.new) > 1
    for m in change.moves:
        left, right = old[m.old_id].statements[m.old_index], new[m.new_id].statements[m.new_index]
        if m.how == "same":
            if several:
                cells = _cell(escape(clean(left.text)), left, diff.old, where=m.old_id)
                cells += _cell(escape(clean(right.text)), right, diff.new, where=m.new_id)
                yield (ORDER.index(left.role), m.old_index), f'<tr class="same">{cells}</tr>'
            continue
        before, after = mark(left.text, right.text)
        cells = _cell(before, left, diff.old, where=m.old_id if several else "")
        cells += _cell(after, right, diff.new, where=m.new_id if several else "")
        yield (ORDER.index(left.role), m.old_index), f"<tr>{cells}</tr>"
    for unit_id, n in change.lost:
        s = old[unit_id].statements[n]
        cell = _cell(f"<del>{escape(clean(s.text))}</del>", s, diff.old, where=unit_id if several else "")
        yield (ORDER.index(s.role), n), f"<tr>{cell}<td></td></tr>"
    for unit_id, n in change.added:
        s = new[unit_id].statements[n]
        cell = _cell(f"<ins>{escape(clean(s.text))}</ins>", s, diff.new, where=unit_id if several else "")
        yield (ORDER.index(s.role), n), f"<tr><td></td>{cell}</tr>"


def _heads(ids: Sequence[str], units: dict[str, Unit], framework: Framework, shown: Shown) -> str:
    found = [f"<code>{escape(clean(i))}</code> {escape(clean(title_of(framework, units[i], shown)))}" for i in ids]
    return "<br>".join(found) or _WORDS[shown]["nothing"]


def _section(diff: EditionDiff, change: Change, old: dict[str, Unit], new: dict[str, Unit], shown: Shown) -> str:
    words = _WORDS[shown]
    rows = "".join(row for _, row in sorted(_rows(diff, change, old, new), key=lambda found: found[0]))
    said = "".join(f"<li>{escape(clean(line))}</li>" for line in reasons(change, shown))
    flag = words["again"] if change.touched else words["carry"]
    return (
        f'<section class="card {change.kind}"><p><b class="kind">{KIND_WORDS[shown][change.kind]}</b> '
        f'<span class="soft">{flag}</span></p><table><thead><tr><th>{_heads(change.old, old, diff.old, shown)}</th>'
        f"<th>{_heads(change.new, new, diff.new, shown)}</th></tr></thead><tbody>{rows}</tbody></table>"
        f'<ul class="soft">{said}</ul></section>\n'
    )


def render_editions(diff: EditionDiff, notes: Sequence[str], shown: Shown) -> Iterator[str]:
    """Yield the page's parts: head with the counts, a section a change, the unchanged units at the end."""
    words = _WORDS[shown]
    old, new = units_by_id(diff.old), units_by_id(diff.new)
    names = [f.header.title or f.header.id for f in (diff.old, diff.new)]
    about = " → ".join(
        f"{name} {f.header.edition}".strip() for name, f in zip(names, (diff.old, diff.new), strict=True)
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    tally = "".join(
        f'<li class="{kind}"><b>{count}</b> {KIND_WORDS[shown][kind]}</li>' for kind, count in counts(diff).items()
    )
    said = "".join(f'<p class="soft">{escape(clean(note))}</p>' for note in notes)
    yield (
        f'<!doctype html>\n<html lang="{"en" if shown == "en" else "zh-Hans-CN"}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{words['heading']}</title><style>{read_text('html', 'page.css')}{read_text('html', 'editions.css')}"
        f"</style></head><body><header><h1>{words['heading']}</h1>"
        f'<p class="soft">{escape(clean(about))}</p><ul class="tally">{tally}</ul>{said}</header><main>\n'
    )
    for change in diff.changes:
        if change.kind != "unchanged":
            yield _section(diff, change, old, new, shown)
    same = [change for change in diff.changes if change.kind == "unchanged"]
    if same:
        lines = "".join(f"<li>{_heads(change.new, new, diff.new, shown)}</li>" for change in same)
        yield f'<details class="card"><summary>{words["more"]} ({len(same)})</summary><ul>{lines}</ul></details>\n'
    yield f"</main><footer>{FOOTER[shown]}</footer></body></html>\n"
