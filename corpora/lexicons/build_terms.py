"""Make the Hong Kong to Mainland term table from the project's own trilingual term lists.

    python -m corpora.lexicons.build_terms

A pair enters when the two sides differ after folding, the Hong Kong side has two to ten characters and is Chinese only,
one Mainland word stands for it in more than half of its rows, and (the safety rule) the Hong Kong form occurs in no
Mainland statement or term of the lists: a form that the Mainland also uses is not replaced. Writes
``corpora/lexicons/hk_mainland_terms.tsv`` and the copy that the package ships.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

from matcher.text.normalize import fold

_HAN = re.compile(r"[\u3400-\u9fff]{2,10}")
# Lists of whole phrases (处理污水 / 处理废水): other ways to say it, not other words for a thing.
_PHRASES = ("adjectives-and-criteria-of-quality.terms.tsv", "verbs-and-objects-of-work.terms.tsv")
# The hand-picked list has the last word where the trades' lists differ (波箱: 变速箱, 变速器, 减速机).
_CHOSEN = 1_000
_HEAD = "# Hong Kong word (folded) <tab> Mainland word. Ours, CC BY 4.0. Made by corpora/lexicons/build_terms.py\n"


def build(folders: list[Path]) -> dict[str, str]:
    """Return the table, Hong Kong form to Mainland form, both folded."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    mainland_text: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob("*.tsv")):
            for line in path.read_text(encoding="utf-8").splitlines():
                cells = [fold(cell.strip()) for cell in line.split("\t")]
                if len(cells) != 3 or cells == ["en", "hk", "cn"]:
                    continue
                mainland_text.append(cells[2])
                if path.name in _PHRASES:
                    continue
                if path.name.endswith(".terms.tsv") and _HAN.fullmatch(cells[1]) and _HAN.fullmatch(cells[2]):
                    seen[cells[1]][cells[2]] += _CHOSEN if path.name == "general.terms.tsv" else 1
    everything = "\n".join(mainland_text)
    table = {}
    for hong_kong, found in sorted(seen.items()):
        mainland, count = min(found.items(), key=lambda item: (-item[1], item[0]))
        if hong_kong != mainland and count * 2 > found.total() and hong_kong not in everything:
            table[hong_kong] = mainland
    # Idempotent: a Mainland form must not be rewritten again.
    return {hk: cn for hk, cn in table.items() if not any(other in cn for other in table)}


def main() -> None:
    """Write the table in both places."""
    root = Path(__file__).resolve().parents[2]
    table = build([root / "corpora/lexicons", root / "corpora/trilingual"])
    text = _HEAD + "".join(f"{hk}\t{cn}\n" for hk, cn in sorted(table.items()))
    for target in (root / "corpora/lexicons/hk_mainland_terms.tsv", root / "matcher/data/hk_mainland_terms.tsv"):
        target.write_text(text, encoding="utf-8")
    print(f"{len(table)} terms")


if __name__ == "__main__":
    main()
