"""Make the framework files of corpora/samples/frameworks from the spreadsheets beside them, as a user would.

    python -m corpora.build_frameworks

Each spreadsheet has the headings and the manner of the lists of its country; the shipped map of that country reads it.
Texts are original, written by AI for this project; codes begin with ZZ; nothing in them is official.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matcher.readers import ReadOptions, read_framework, write_framework

FOLDER = Path(__file__).resolve().parent / "samples/frameworks"
SOURCE = (
    "original text in the manner of the lists of {place}, AI-written for this project, not by a human expert; codes "
    "begin with ZZ; nothing here is official"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample framework: its name in the folder, the map that reads it, its title, whose manner it has."""

    name: str
    map: str
    title: str
    place: str


SAMPLES = (
    Sample(name="zz-nz", map="nz-unit-standard", title="Sample unit standards", place="New Zealand"),
    Sample(name="zz-scotland", map="uk-nos", title="Sample occupational standards", place="Scotland"),
    Sample(name="zz-esco", map="esco-list", title="Sample skills", place="ESCO"),
    Sample(name="zz-ireland", map="ie-component", title="Sample components", place="Ireland"),
    Sample(name="zz-thailand", map="th-tpqi", title="Sample units of competence", place="Thailand"),
)


def build(sample: Sample, folder: Path) -> Path:
    """Write one framework file and return its path."""
    options = ReadOptions(
        map_file=Path(sample.map),
        id=f"{sample.name}-samples",
        title=sample.title,
        publisher="Competency Matcher project",
        edition="2026",
        licence="CC BY 4.0",
        source=SOURCE.format(place=sample.place),
    )
    path = folder / f"{sample.name}.jsonl"
    write_framework(read_framework(FOLDER / f"{sample.name}.csv", options=options).framework, path)
    return path


def main() -> None:
    """Write all framework files."""
    for sample in SAMPLES:
        print(build(sample, FOLDER).relative_to(FOLDER))


if __name__ == "__main__":
    main()
