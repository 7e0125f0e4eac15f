"""Make a new edition of a framework with known changes of every kind, from our own sample and trilingual text.

Everything comes from one seed: which units change, how each sentence is reworded, which codes are given anew.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.readers import ReadOptions, read_framework
from matcher.schema import Framework, Language, Statement, Unit
from matcher.schema.edition import ChangeKind

ROOT = Path(__file__).resolve().parents[1]
Pool = Mapping[str, Sequence[tuple[str, str, str]]]
# How many changes of each kind one edition has; "shifted" are two units of which one takes a statement of the other.
COUNTS: Mapping[str, int] = {
    "reworded": 50, "levels": 6, "shifted": 6, "renumbered": 30, "renumbered and reworded": 15, "split": 30,
    "merged": 30, "regrouped": 12, "retired": 25, "new": 25, "reused": 6, "form": 30,
}  # fmt: skip
# "word=other word", in the order they are tried before the shuffle.
_SWAPS: Mapping[str, str] = {
    "en": (
        "be able to=can|check=verify|use=make use of|before=prior to|explain=set out|"
        "according to=in line with|such as=for example|prepare=get ready|know=understand|"
        "select=choose|keep=maintain|record=note down|correct=right|client=customer|"
        "tools=equipment|carry out=perform|identify=pick out|ensure=make sure|and=as well as"
    ),
    "zh": (
        "能夠=可以|能够=可以|檢查=查核|检查=查核|使用=運用|按照=依照|例如=譬如|準備=預備|准备=预备|認識=了解|了解=认识|選擇=選用|选择=选用|記錄=登記|"
        "记录=登记|工具=器具|顧客=客人|顾客=客人|確保=保證|确保=保证|及=以及|進行=作|进行=作|正確=準確|正确=准确|能=能够|並=而且|并=而且"
    ),
}
_TAILS: Mapping[str, Sequence[str]] = {
    "en": (
        ", following the instructions of the workplace", " within the time allowed", ", and report anything unusual",
        " under normal working conditions", ", with regard to the environment", " as agreed with the supervisor",
    ),
    "zh": (
        ",並遵守工作場所指引", ",按時完成", ",如有異常須報告", ",並注意環境保護", ",與主管商定後進行",
        ",符合質量要求",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One change that was made: ids of the old and of the new edition."""

    kind: ChangeKind
    old: tuple[str, ...]
    new: tuple[str, ...]
    touched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Two editions and what was done to every unit."""

    old: Framework
    new: Framework
    known: tuple[Known, ...]


def read_pool() -> Pool:
    """Return the trilingual statements by trade: English, Hong Kong, Mainland."""
    out = {}
    for path in sorted((ROOT / "corpora" / "trilingual").glob("*.statements.tsv")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        out[path.name.removesuffix(".statements.tsv")] = [(row[0], row[1], row[2]) for row in rows if len(row) == 3]
    return out


def base(name: str, pool: Pool, seed: int) -> Framework:
    """Return an old edition: the samples of one side, and (Hong Kong's) as many units again from trilingual text."""
    read = read_framework(ROOT / "corpora" / "samples" / f"{name}.jsonl", options=ReadOptions()).framework
    rng = random.Random(f"base {name} {seed}")
    units = list(read.units)
    trades = sorted(pool)
    rng.shuffle(trades)
    # The last trades are left for new units.
    for number, trade in enumerate(trades[:100]):
        rows = list(pool[trade])
        rng.shuffle(rows)
        for part in range(2):
            chosen = rows[part * 14 : part * 14 + rng.randint(7, 13)]
            units.append(_unit(f"ZZ{'XH' if name == 'hk' else '-X-'}{number:03d}{part}", chosen, name, rng))
    return replace(read, header=replace(read.header, edition="2024"), units=tuple(units))


def _unit(code: str, rows: Sequence[tuple[str, str, str]], name: str, rng: random.Random) -> Unit:
    languages: tuple[Language, ...] = ("en", "zh-Hant") if name == "hk" else ("zh-Hans",)
    column = {"en": 0, "zh-Hant": 1, "zh-Hans": 2}
    statements = []
    for language in languages:
        texts = [row[column[language]] for row in rows]
        title = re.sub(r"^(Be able to |能夠|能够|能)", "", texts[0])
        statements.append(Statement(role="title", language=language, text=title[:1].upper() + title[1:]))
        statements += [Statement(role="skill", language=language, text=text) for text in texts[1:]]
    level = rng.choice(("1", "2", "3", "4")) if name == "hk" else rng.choice(("5", "4", "3", "2"))
    return Unit(code=code, level=level, credit=6.0, statements=tuple(statements))


def reworded(statement: Statement, rng: random.Random) -> Statement:
    """Return a statement in other words: some words replaced, perhaps clauses turned, an ending added or taken."""
    family = "en" if statement.language == "en" else "zh"
    text = statement.text
    swaps = [pair.split("=") for pair in _SWAPS[family].split("|")]
    rng.shuffle(swaps)
    done = 0
    for before, after in swaps:
        pattern = rf"\b{before}\b" if family == "en" else before
        if re.search(pattern, text, re.IGNORECASE) and done < 4:
            text = re.sub(pattern, after, text, count=1, flags=re.IGNORECASE)
            done += 1
    parts = re.split(r"[,\uff0c、]\s*", text)
    if len(parts) > 2 and rng.random() < 0.3:
        text = text[: text.rindex(parts[-1])].rstrip(" ,\uff0c、")
    elif len(parts) > 1 and rng.random() < 0.4:
        text = (", " if family == "en" else ",").join([*parts[1:], parts[0]])
    if done == 0 or rng.random() < 0.5:
        text = text.rstrip(".。") + rng.choice(_TAILS[family])
    return (
        replace(statement, text=text) if text != statement.text else replace(statement, text=text + _TAILS[family][0])
    )


def _reword_unit(unit: Unit, rng: random.Random, spare: list[tuple[str, str, str]], *, code: str = "") -> Unit:
    share = rng.choice((0.1, 0.3, 0.6, 1.0))
    statements = []
    for number, s in enumerate(unit.statements):
        # The first statement always: one changed word is a change.
        statements.append(reworded(s, rng) if number == 1 or rng.random() < share else s)
    body = [n for n, s in enumerate(statements) if s.role not in ("title", "range")]
    if rng.random() < 0.3 and len(body) > 4:
        del statements[rng.choice(body)]
    if rng.random() < 0.3:
        statements += _from(spare.pop(), unit)
    return replace(unit, code=code or unit.code, statements=tuple(statements))


def _from(row: tuple[str, str, str], like: Unit) -> list[Statement]:
    column = {"en": 0, "zh-Hant": 1, "zh-Hans": 2}
    return [Statement(role="skill", language=lang, text=row[column[lang]]) for lang in like.languages]


def _shuffled_form(unit: Unit, rng: random.Random) -> Unit:
    """Return the same text set otherwise: order, spaces, width of commas, a full stop."""
    statements = list(unit.statements)
    rng.shuffle(statements)
    out = []
    for s in statements:
        text = s.text.replace(",", "\uff0c") if s.language != "en" else s.text.replace(" ", "  ", 1)
        out.append(replace(s, text=text + rng.choice(("", ".", "。")) if s.language != "en" else text))
    return replace(unit, statements=tuple(out))


def _bodies(unit: Unit, rng: random.Random, parts: int) -> list[list[Statement]]:
    """Deal a unit's statements out to so many parts, the same places in every language."""
    out: list[list[Statement]] = [[] for _ in range(parts)]
    lean = rng.choice((1.0, 0.7, 1.5)) if parts == 2 else 1.0
    for language in unit.languages:
        mine = [s for s in unit.statements if s.language == language and s.role != "title"]
        # Seldom in equal parts: the first one takes up to three times its share.
        cuts = [round(len(mine) * min(1.0, ((n + 1) / parts) ** lean)) for n in range(parts)]
        for number, s in enumerate(mine):
            out[next(p for p in range(parts) if number < cuts[p])].append(s)
    rng.shuffle(out)
    return out


def _title(unit: Unit, statements: Sequence[Statement], number: int) -> list[Statement]:
    """Return titles for a part: the old one, and for further parts one made of the part's first statement."""
    old = [s for s in unit.statements if s.role == "title"]
    if number == 0:
        return old
    firsts = {s.language: s for s in reversed(statements)}
    return [
        replace(firsts[t.language], role="title", text=firsts[t.language].text.split(",")[0][:60])
        for t in old
        if t.language in firsts
    ]


def make_edition(old: Framework, pool: Pool, seed: int, counts: Mapping[str, int] = COUNTS) -> Edition:
    """Return a new edition with ``counts`` changes, and what was done to every unit."""
    rng = random.Random(f"edition {seed}")
    trades = sorted(pool)
    used = {s.text for unit in old.units for s in unit.statements}
    spare = [row for trade in trades for row in pool[trade] if not used & set(row)]
    rng.shuffle(spare)
    todo = list(old.units)
    rng.shuffle(todo)
    maker = _Maker(rng, spare, pool, used, [])
    for name, count in counts.items():
        for _ in range(count):
            maker.make(name, todo)
    for unit in todo:
        maker.keep("unchanged", [unit], [replace(unit, version="2")], touched=False)
    units = maker.units
    rng.shuffle(units)
    new = replace(old, header=replace(old.header, edition="2026"), units=tuple(units))
    return Edition(old=old, new=new, known=tuple(maker.known))


class _Maker:
    """Makes one change after another; ``todo`` shrinks as units are used up."""

    def __init__(
        self, rng: random.Random, spare: list[tuple[str, str, str]], pool: Pool, used: set[str], units: list[Unit]
    ) -> None:
        self.rng, self.spare, self.pool, self.used, self.units = rng, spare, pool, used, units
        self.known: list[Known] = []
        self._number = 0
        self._free: list[str] = []

    def _code(self) -> str:
        self._number += 1
        return f"ZZNEW{self._number:04d}"

    def keep(self, kind: ChangeKind, olds: Sequence[Unit], news: Sequence[Unit], *, touched: bool) -> None:
        self.units += news
        self.known.append(
            Known(
                kind=kind,
                old=tuple(sorted(u.code for u in olds)),
                new=tuple(sorted(u.code for u in news)),
                touched=touched,
            )
        )

    def make(self, name: str, todo: list[Unit]) -> None:
        rng, spare = self.rng, self.spare
        if name == "new":
            self.keep("new", [], [self._fresh(self._code(), todo[0])], touched=True)
            return
        unit = todo.pop()
        if name == "reworded":
            self.keep("reworded", [unit], [_reword_unit(unit, rng, spare)], touched=True)
        elif name == "levels":
            changed = replace(unit, level="3" if unit.level != "3" else "4")
            self.keep("reworded", [unit], [changed], touched=True)
        elif name == "shifted":
            other = todo.pop()
            moved = [s for s in unit.statements if s.role not in ("title", "range")][-1:]
            giver = replace(unit, statements=tuple(s for s in unit.statements if s not in moved))
            taker = replace(other, statements=(*other.statements, *moved))
            self.keep("reworded", [unit], [giver], touched=True)
            self.keep("reworded", [other], [taker], touched=True)
        elif name == "renumbered":
            code = self._code()
            notes = (f"old code {unit.code}",) if rng.random() < 0.3 else ()
            self.keep("renumbered", [unit], [replace(unit, code=code, notes=notes)], touched=False)
        elif name == "renumbered and reworded":
            self.keep("renumbered", [unit], [_reword_unit(unit, rng, spare, code=self._code())], touched=True)
        elif name == "split":
            self.keep("split", [unit], self._split(unit, rng.choice((2, 2, 3))), touched=True)
        elif name == "merged":
            others = [unit, *(todo.pop() for _ in range(rng.choice((1, 1, 2))))]
            self.keep("merged", others, [self._merge(others)], touched=True)
        elif name == "regrouped":
            self._regroup(unit, todo.pop())
        elif name == "retired":
            self.keep("retired", [unit], [], touched=True)
        elif name == "reused":
            self.keep("retired", [unit], [], touched=True)
            self.keep("new", [], [self._fresh(unit.code, unit)], touched=True)
        else:
            self.keep("unchanged", [unit], [_shuffled_form(unit, rng)], touched=False)

    def _fresh(self, code: str, like: Unit) -> Unit:
        name = "hk" if "en" in like.languages else "cn"
        trade = self.rng.choice(sorted(self.pool))
        rows = [row for row in self.pool[trade] if not self.used & set(row)]
        self.rng.shuffle(rows)
        rows = rows[: self.rng.randint(7, 12)]
        self.used.update(text for row in rows for text in row)
        made = _unit(code, rows, name, self.rng)
        # A new unit often takes a sentence or two over from others.
        copied = [self.rng.choice(self.units) for _ in range(self.rng.choice((0, 1, 2)))]
        taken = [self.rng.choice([s for s in unit.statements if s.role not in ("title", "range")]) for unit in copied]
        return replace(made, statements=tuple(dict.fromkeys((*made.statements, *taken))))

    def _split(self, unit: Unit, parts: int) -> list[Unit]:
        bodies = _bodies(unit, self.rng, parts)
        out = []
        for number, body in enumerate(bodies):
            code = unit.code if number == 0 and self.rng.random() < 0.5 else self._code()
            statements = [reworded(s, self.rng) if self.rng.random() < 0.3 else s for s in body]
            if self.rng.random() < 0.4:
                statements += _from(self.spare.pop(), unit)
            out.append(replace(unit, code=code, statements=(*_title(unit, body, number), *statements)))
        return out

    def _merge(self, units: Sequence[Unit]) -> Unit:
        first = units[0]
        code = first.code if self.rng.random() < 0.5 else self._code()
        bodies = [s for unit in units for s in unit.statements if s.role != "title"]
        # A merger drops what is said twice, and rewrites some of the rest.
        bodies = [s for s in bodies if self.rng.random() < 0.85]
        bodies = [reworded(s, self.rng) if self.rng.random() < 0.3 else s for s in bodies]
        titles = [s for s in first.statements if s.role == "title"]
        return replace(first, code=code, statements=tuple(dict.fromkeys((*titles, *bodies))))

    def _regroup(self, one: Unit, two: Unit) -> None:
        """Let two units exchange halves: each old one stands in both new ones."""
        halves = [_bodies(unit, self.rng, 2) for unit in (one, two)]
        news = []
        for number, unit in enumerate((one, two)):
            body = [*halves[0][number], *halves[1][1 - number]]
            title = [s for s in unit.statements if s.role == "title"]
            code = unit.code if self.rng.random() < 0.5 else self._code()
            news.append(replace(unit, code=code, statements=tuple(dict.fromkeys((*title, *body)))))
        self.keep("regrouped", [one, two], news, touched=True)
