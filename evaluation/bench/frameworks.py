"""Frameworks of full size, recombined from our own trilingual text: 10,000 units and 43,642 work contents.

    python -m evaluation.bench.frameworks FOLDER [--part 0.01] [--seed 1]

Writes FOLDER/hk.jsonl and FOLDER/cn.jsonl. Nothing in them is official, and nothing in them is a counterpart on
purpose: they measure speed, not quality. Sizes are those of the real ones: a unit has 10 to 20 bullets a language (23
industries, levels 1 to 7 with 1 to 4 the most); a work content has about 3.2 skills (median 15 characters) and 3.5
items of knowledge, an occupation about 31 work contents at five levels. Sentences are made of halves of two sentences
of one subject, so that nearly all are unlike one another; generic ones (training, safety) recur, as they do in reality.
A smaller part is the beginning of the larger: the same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRILINGUAL = Path(__file__).resolve().parents[2] / "corpora/trilingual"
UNITS = 10_000
WORK_CONTENTS = 43_642
INDUSTRIES = 23
OCCUPATIONS = 1_400
# Share of statements that are taken as they are, and recur.
GENERIC = 0.04
_KNOWLEDGE = ("知识", "的使用方法", "的检查要点", "的安全要求", "的工作原理", "的验收标准", "的记录要求")
_LEVELS_HK = (("1", 18), ("2", 28), ("3", 27), ("4", 18), ("5", 6), ("6", 2), ("7", 1))
_LANGUAGES = ((("en", "zh-Hant"), 70), (("en",), 15), (("zh-Hant",), 15))
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One subject's sentences and terms, each in English, Hong Kong's Chinese and the Mainland's."""

    name: str
    sentences: tuple[tuple[str, str, str], ...]
    terms: tuple[tuple[str, str, str], ...]


def _table(path: Path) -> tuple[tuple[str, str, str], ...]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return tuple((row[0].strip(), row[1].strip(), row[2].strip()) for row in rows if len(row) > 2 and all(row[:3]))


def read_subjects() -> list[Subject]:
    """Return the subjects of ``corpora/trilingual`` that have both sentences and terms."""
    subjects = []
    for path in sorted(TRILINGUAL.glob("*.statements.tsv")):
        terms = path.with_name(path.name.replace(".statements.", ".terms."))
        if terms.is_file():
            name = path.name.removesuffix(".statements.tsv")
            subjects.append(Subject(name=name, sentences=_table(path), terms=_table(terms)))
    return [subject for subject in subjects if len(subject.sentences) >= 20 and len(subject.terms) >= 10]


def _weighted(chance: random.Random, choices: Sequence[tuple[Any, int]]) -> Any:
    return chance.choices([value for value, _ in choices], [weight for _, weight in choices])[0]


def _halves(text: str, mark: str) -> tuple[str, str]:
    """Return a sentence's first half and its last, cut at the mark in its middle (both the whole where it has none)."""
    parts = text.split(mark)
    if len(parts) < 2:
        return text, text
    middle = (len(parts) + 1) // 2
    return mark.join(parts[:middle]), mark.join(parts[middle:])


def _joined(first: str, second: str, *, column: int) -> str:
    """Return one sentence made of halves of two."""
    if column == 0:
        return f"{_halves(first, ' and ')[0]} and {_halves(second, ' and ')[1].strip()}"
    return f"{_halves(first, '，')[0]}，{_halves(second, '，')[1].removeprefix('能夠').removeprefix('能')}"


def _contents(number: int, subjects: Sequence[Subject], *, seed: int) -> Record:
    """Return the work content of a number; those of one occupation share its subject."""
    occupation = number % OCCUPATIONS
    own = random.Random(f"{seed} occupation {occupation}")
    subject, other = own.choice(subjects), own.choice(subjects)
    names = own.sample(range(len(subject.terms)), 2)
    chance = random.Random(f"{seed} content {number}")
    serial = number // OCCUPATIONS
    level = "54321"[serial % 5]
    function = subject.terms[(names[0] + serial // 6) % len(subject.terms)][2]
    statements = [{"role": "title", "language": "zh-Hans", "text": chance.choice(subject.terms)[2] + chance.choice(
        ("检查", "操作", "维护", "准备", "调试", "管理"))}]  # fmt: skip
    for _ in range(_weighted(chance, ((1, 10), (2, 25), (3, 30), (4, 20), (5, 10), (7, 5)))):
        source = subject if chance.random() < 0.85 else other
        first, second = chance.choice(source.sentences)[2], chance.choice(source.sentences)[2]
        if chance.random() < GENERIC:
            text = subjects[0].sentences[chance.randrange(10)][2]
        else:
            # Half of them are one half: the real ones have a median of 15 characters.
            text = _joined(first, second, column=2) if chance.random() < 0.5 else _halves(first, "，")[0]
        statements.append({"role": "skill", "language": "zh-Hans", "text": text})
    for _ in range(_weighted(chance, ((1, 5), (2, 20), (3, 25), (4, 25), (5, 15), (6, 10)))):
        one, two = chance.choice(subject.terms)[2], chance.choice(subject.terms)[2]
        text = (one if chance.random() < 0.5 else f"{one}与{two}") + chance.choice(_KNOWLEDGE)
        statements.append({"role": "knowledge", "language": "zh-Hans", "text": text})
    return {
        "code": f"ZZ-{occupation:04d}-{level}-{serial // 5 + 1}",
        "level": level,
        "context": [
            {
                "kind": "occupation",
                "language": "zh-Hans",
                "text": f"{subject.terms[names[0]][2]}{subject.terms[names[1]][2]}员",
            },
            {"kind": "function", "language": "zh-Hans", "text": function},
        ],
        "statements": statements,
    }


def _unit(number: int, subjects: Sequence[Subject], *, seed: int) -> Record:
    """Return the unit of a number; an industry has every twenty-third subject."""
    chance = random.Random(f"{seed} unit {number}")
    industry = number % INDUSTRIES
    mine = subjects[industry::INDUSTRIES]
    subject = chance.choice(mine)
    languages = _weighted(chance, _LANGUAGES)
    level = _weighted(chance, _LEVELS_HK)
    title, object_ = chance.choice(subject.sentences), chance.choice(subject.terms)
    statements: list[Record] = []

    def add(role: str, texts: tuple[str, str]) -> None:
        for language, text in zip(("en", "zh-Hant"), texts, strict=True):
            if language in languages:
                statements.append({"role": role, "language": language, "text": text})

    add("title", (_halves(title[0], " and ")[0], _halves(title[1], "，")[0]))
    add("range", (f"Applies to work with the {object_[0]} and where it is kept; tasks are shared in a team.",
                  f"適用於涉及{object_[1]}的工作及其存放地點；工作由小組分擔。"))  # fmt: skip
    for place in range(chance.randint(10, 20)):
        one, two = chance.choice(subject.sentences), chance.choice(subject.sentences)
        if chance.random() < GENERIC:
            one = two = subjects[0].sentences[chance.randrange(10)]
        texts = (_joined(one[0], two[0], column=0), _joined(one[1], two[1], column=1))
        add("knowledge" if place < 4 else "outcome" if place > 15 else "skill", texts)
    named = mine[0].terms[0]
    labels = (("industry", named), ("area", subject.terms[0]))
    return {
        "code": f"ZZ{number:06d}L{level}",
        "level": level,
        "credit": float(chance.randint(1, 12)),
        "context": [
            {"kind": kind, "language": language, "text": label[column]}
            for kind, label in labels
            for column, language in enumerate(("en", "zh-Hant"))
            if language in languages
        ],
        "statements": statements,
    }


def _framework(side: str, units: Iterator[Record]) -> Iterator[str]:
    hong_kong = side == "hk"
    header = {
        "format": "competency-framework",
        "format_version": 1,
        "id": f"zz-bench-{side}",
        "title": "Generated to measure speed",
        "jurisdiction": "HK" if hong_kong else "CN",
        "publisher": "Competency Matcher project",
        "edition": "generated",
        "level_frame": "hkqf" if hong_kong else "cn-skill",
        "languages": ["en", "zh-Hant"] if hong_kong else ["zh-Hans"],
        "licence": "CC BY 4.0",
        "source": "recombined from the project's own text; nothing here is official",
    }
    for record in (header, *units):
        yield json.dumps(record, ensure_ascii=False) + "\n"


def changed_unit(record: Record) -> Record:
    """Return a unit after an edit: its last statement says something more."""
    statements = [dict(statement) for statement in record["statements"]]
    last = statements[-1]
    last["text"] += " twice a week" if last["language"] == "en" else "，每週兩次"
    return {**record, "statements": statements}


def write_frameworks(folder: Path, *, units: int, contents: int, seed: int = 1, changed: int = 0) -> None:
    """Write hk.jsonl and cn.jsonl.

    Args:
        folder: Where to; it must exist.
        units: How many units of competency.
        contents: How many work contents; 0 leaves cn.jsonl out.
        seed: What everything is drawn with.
        changed: How many of the units were edited (evenly spaced).
    """
    subjects = read_subjects()
    edited = {round(place * units / changed) for place in range(changed)}
    left = (_unit(number, subjects, seed=seed) for number in range(units))
    left = (changed_unit(record) if number in edited else record for number, record in enumerate(left))
    with (folder / "hk.jsonl").open("w", encoding="utf-8") as handle:
        handle.writelines(_framework("hk", left))
    if contents:
        right = (_contents(number, subjects, seed=seed) for number in range(contents))
        with (folder / "cn.jsonl").open("w", encoding="utf-8") as handle:
            handle.writelines(_framework("cn", right))


def main() -> None:
    """Write both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", type=float, default=1.0, help="share of the full size")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    units, contents = round(UNITS * given.part), round(WORK_CONTENTS * given.part)
    write_frameworks(given.folder, units=units, contents=contents, seed=given.seed)
    print(f"wrote {given.folder}: {units} units, {contents} work contents")


if __name__ == "__main__":
    main()
