"""Make matcher/data/genre.tsv, the sample of the genre's voice by which small frameworks are centred.

    python -m corpora.lexicons.build_genre

Three lines a trade of corpora/trilingual, chosen by a generator seeded with the file's name.
"""

from __future__ import annotations

import random
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINES_PER_TRADE = 3
_HEAD = "# Three lines a trade of corpora/trilingual. Ours, CC BY 4.0. Made by build_genre.py\nen\thk\tcn\n"


def main() -> None:
    """Write the sample."""
    rows = []
    for path in sorted((ROOT / "corpora/trilingual").glob("*.statements.tsv")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line != "en\thk\tcn"]
        rows += random.Random(path.name).sample(lines, LINES_PER_TRADE)
    (ROOT / "matcher/data/genre.tsv").write_text(_HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
