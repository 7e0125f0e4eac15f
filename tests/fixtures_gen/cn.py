"""Mainland standards: cover, 职业概况, 基本要求, a table a level, 权重表; and damage of every known kind."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from matcher.schema import Language, Statement, Unit
from tests.fixtures_gen.content import sentences
from tests.fixtures_gen.model import Block, Break, Doc, Para, Spot, Tab

_ZH: Language = "zh-Hans"
_SKILL_LEVELS = (
    ("5", "五级/初级工"),
    ("4", "四级/中级工"),
    ("3", "三级/高级工"),
    ("2", "二级/技师"),
    ("1", "一级/高级技师"),
)
_OLD_LEVELS = (("5", "初级(国家职业资格五级)"), ("4", "中级(国家职业资格四级)"), ("3", "高级(国家职业资格三级)"),
               ("2", "技师(国家职业资格二级)"), ("1", "高级技师(国家职业资格一级)"))  # fmt: skip
_ENGINEERING = (("初级", "初级"), ("中级", "中级"), ("高级", "高级"))
_FUNCTIONS = (
    "作业准备",
    "设备操作",
    "质量检查",
    "故障处理",
    "安全管理",
    "客户服务",
    "工艺执行",
    "设备维护",
    "培训指导",
    "技术管理",
    "材料验收",
    "现场清理",
)
_NAMES = ("样本修理工", "样本装配工", "样本检测员", "样本服务员", "样本操作工", "样本工程技术人员")
# Latin words in brackets, for the damage that moves them; original sentences.
_LATIN = (
    ("能配置虚拟局域网(VLAN)并测试各端口的连通性", "能配置虚拟局域VLAN(网)并测试各端口的连通性"),
    ("能按操作规程启动可编程控制器(PLC)并查看输入状态", "能按操作规程启动可编程控制PLC(器)并查看输入状态"),
    ("能用计算机辅助设计软件(CAD)绘制零件的三面视图", "能用计算机辅助设计软CAD(件)绘制零件的三面视图"),
    ("能检查不间断电源(UPS)的电池电压并登记读数", "能检查不间断电UPS(源)的电池电压并登记读数"),
)
_SUPPORT = (
    "能按MD5校验值核对下载的安装包",
    "能用SM3算法核对配置文件是否被改动",
    "能用3D打印机打印简单的样件",
    "能按1.5mm的间隙调整刀片",
)
DAMAGES = (
    "rise",
    "displaced",
    "work-displaced",
    "latin",
    "leak-head",
    "leak-continued",
    "leak-heading",
    "merged-levels",
    "font",
)
Scheme = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A standard to typeset, the truth about its units and weights, and how many cells were damaged by kind.

    ``weights``: (part, level, function) to per cent.
    """

    doc: Doc
    truth: tuple[Unit, ...]
    damaged: dict[str, int] = field(default_factory=dict)
    weights: dict[tuple[str, str, str], float] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _pool() -> tuple[tuple[str, ...], tuple[str, ...]]:
    # Texts that end in a mark or hold brackets without words would blur what is compared.
    texts = [row[2].rstrip("。；") for row in sentences()]
    fit = [text for text in texts if 6 <= len(text) <= 46 and "（）" not in text]
    skills = tuple(text for text in fit if re.match(r"能(?!源|力|量|效|耗)", text))
    knowledge = tuple(text for text in fit if not text.startswith(("能", "Be")))
    return skills, knowledge


@dataclass(slots=True, kw_only=True)
class _Style:
    levels: tuple[tuple[str, str], ...]
    scheme: str
    skill_head: str
    knowledge_head: str
    dotted: bool
    vertical: bool
    open_sides: bool
    size: float
    dot: str
    heading_space: str
    widths: tuple[float, ...]
    damage: frozenset[str]
    rate: float


def _style(rng: random.Random, scheme: Scheme, damage: frozenset[str], rate: float) -> _Style:
    levels = {"skill": _SKILL_LEVELS, "old": _OLD_LEVELS, "engineering": _ENGINEERING}[scheme]
    if scheme == "skill":
        levels = rng.choice((levels, levels[:3], levels[1:], levels[2:], levels[:4]))
    return _Style(
        levels=levels,
        scheme=scheme,
        skill_head="专业能力要求" if scheme == "engineering" else "技能要求",
        knowledge_head="相关知识" if scheme == "old" else "相关知识要求",
        dotted=scheme != "old",
        vertical=rng.random() < 0.4,
        open_sides=rng.random() < 0.5,
        size=rng.choice((9.0, 10.0, 10.5)),
        dot=rng.choice((".", ". ", "．")) if scheme != "old" else "、",
        heading_space=rng.choice((" ", "  ", "")),
        widths=rng.choice(((0.1, 0.16, 0.4, 0.34), (0.12, 0.18, 0.35, 0.35), (0.14, 0.15, 0.41, 0.3))),
        damage=damage,
        rate=rate,
    )


def _short(text: str) -> str:
    body = re.sub(r"^能够?", "", text)
    clause = re.split(r"[，、。；（(]", body)[0]
    return clause[:12]


@dataclass(slots=True, kw_only=True)
class _Cellmaker:
    """Makes the paragraphs of a cell, damaged or not, and counts the damage."""

    rng: random.Random
    style: _Style
    counts: dict[str, int] = field(default_factory=dict)

    def hit(self, kind: str) -> bool:
        if kind not in self.style.damage or self.rng.random() >= self.style.rate:
            return False
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return True

    def numbered(self, number: str, text: str, *, kind: str = "displaced") -> Para:
        rng, size = self.rng, self.style.size
        if self.hit(kind) and len(text) > 4:
            at = rng.randint(2, len(text) - 1)
            return Para(text=f"{text[:at]}{number}{text[at:]}", size=size)
        if self.hit("rise"):
            rise = rng.choice((-1, 1)) * rng.uniform(0.15, 0.4)
            return Para(text=text, number=number, rise=rise, size=size)
        return Para(text=f"{number} {text}", size=size)

    def extra(self, head: str) -> list[Para]:
        if self.hit("leak-head"):
            return [Para(text=head, size=self.style.size)]
        if self.hit("leak-continued"):
            return [Para(text="续表", size=self.style.size)]
        return []

    def words(self, text: str) -> str:
        if not self.hit("font"):
            return text
        at = self.rng.randrange(len(text))
        return text[:at] + "\ue123" + text[at + 1 :]


def _level_rows(
    maker: _Cellmaker, code: str, edition: str, level: str, head: str
) -> tuple[list[tuple[Spot, ...]], list[Unit], list[str]]:
    rng, style = maker.rng, maker.style
    skills, knowledge = _pool()
    rows: list[tuple[Spot, ...]] = []
    truth: list[Unit] = []
    names = rng.sample(_FUNCTIONS, rng.randint(2, 4))
    for f, function in enumerate(names, 1):
        works = rng.randint(1, 3)
        for w in range(1, works + 1):
            number = f"{f}.{w}"
            s_texts = rng.sample(skills, rng.randint(2, 4))
            k_texts = rng.sample(knowledge, rng.randint(2, 4))
            title = _short(rng.choice(skills))
            drawn = list(s_texts)
            if rng.random() < 0.25:
                s_texts.append(rng.choice(_SUPPORT))
                drawn.append(s_texts[-1])
            if rng.random() < 0.3:
                right, wrong = rng.choice(_LATIN)
                if right not in s_texts:
                    s_texts.append(right)
                    drawn.append(wrong if maker.hit("latin") else right)
            marks = [f"{number}.{n}" if style.dotted else f"{n}." for n in range(1, 9)]
            s_cell = [maker.numbered(mark, maker.words(text)) for mark, text in zip(marks, drawn, strict=False)]
            k_cell = [maker.numbered(mark, maker.words(text)) for mark, text in zip(marks, k_texts, strict=False)]
            s_cell += maker.extra(head)
            if style.dotted:
                w_para = maker.numbered(number, title, kind="work-displaced")
            else:
                w_para = Para(text=f"（{'一二三四五'[w - 1]}）{title}", size=style.size)
            row = [Spot(paras=(w_para,)), Spot(paras=tuple(s_cell)), Spot(paras=tuple(k_cell))]
            if w == 1:
                mark = f"{f}{style.dot}" if style.dotted else f"{'一二三四五'[f - 1]}、"
                row.insert(
                    0,
                    Spot(paras=(Para(text=f"{mark}{function}", size=style.size),), rows=works, vertical=style.vertical),
                )
            rows.append(tuple(row))
            statements = [
                Statement(role="title", language=_ZH, text=title),
                *(Statement(role="skill", language=_ZH, text=text) for text in s_texts),
                *(Statement(role="knowledge", language=_ZH, text=text) for text in k_texts),
            ]
            truth.append(
                Unit(code=f"{code}-{level}-{number}", version=edition, level=level, occupation_code=code,
                     statements=tuple(dict.fromkeys(statements)))
            )  # fmt: skip
    return rows, truth, names


def _weight_tables(
    rng: random.Random, style: _Style, names: dict[str, list[str]]
) -> tuple[list[Block], dict[tuple[str, str, str], float]]:
    truth: dict[tuple[str, str, str], float] = {}
    everything = list(dict.fromkeys(name for level in names.values() for name in level))
    blocks: list[Block] = [Para(text="4" + style.heading_space + "权重表", size=14)]
    for part, title in enumerate(("理论知识权重表", f"{style.skill_head}权重表"), 1):
        blocks.append(Para(text=f"4.{part} {title}", size=12))
        columns: dict[str, dict[str, int]] = {}
        for level, _ in style.levels:
            wanted = names[level]
            base = {"职业道德": 5, "基础知识": 20} if part == 1 else {}
            rest = 100 - sum(base.values())
            shares = [rest // len(wanted)] * len(wanted)
            for _ in wanted:
                one, other = rng.randrange(len(wanted)), rng.randrange(len(wanted))
                moved = rng.randint(0, shares[one] // 2)
                shares[one] -= moved
                shares[other] += moved
            shares[0] += rest - sum(shares)
            columns[level] = {**base, **dict(zip(wanted, shares, strict=True))}
            truth.update({("theory" if part == 1 else "skill", level, n): w for n, w in columns[level].items()})
        head = [Spot(paras=(Para(text="技能等级 项目", size=9),), columns=2)]
        head += [Spot(paras=(Para(text=f"{word}(%)", size=9),)) for _, word in style.levels]
        rows: list[tuple[Spot, ...]] = [tuple(head)]
        groups = ([("基本要求", ["职业道德", "基础知识"])] if part == 1 else []) + [
            ("相关知识要求" if part == 1 else style.skill_head, everything)
        ]
        for group, members in groups:
            for n, name in enumerate(members):
                row = [Spot(paras=(Para(text=group, size=9),), rows=len(members))] if n == 0 else []
                row.append(Spot(paras=(Para(text=name, size=9),)))
                for level, _ in style.levels:
                    value = columns[level].get(name)
                    row.append(Spot(paras=(Para(text="-" if value is None else str(value), size=9),)))
                rows.append(tuple(row))
        total = [Spot(paras=(Para(text="合计", size=9),), columns=2)]
        total += [Spot(paras=(Para(text="100", size=9),)) for _ in style.levels]
        rows.append(tuple(total))
        share = 0.64 / len(style.levels)
        blocks.append(
            Tab(widths=(0.16, 0.2, *([share] * len(style.levels))), rows=tuple(rows), open_sides=style.open_sides)
        )
    return blocks, truth


def _front(style: _Style, name: str, code: str, edition: str, rng: random.Random) -> tuple[list[Block], list[Unit]]:
    kind = {
        "engineering": "国家职业技术技能标准",
        "skill": rng.choice(("国家职业标准", "国家职业技能标准")),
        "old": "国家职业标准",
    }
    words = "、".join(word for _, word in style.levels)
    gap = style.heading_space
    blocks: list[Block] = [
        Para(text=kind[style.scheme], size=20, center=True), Para(text=f"职业编码：{code}", size=12),
        Para(text=name, size=24, center=True), Para(text=f"（{edition}年版）", size=14, center=True),
        Para(text="样本标准制定组 制定", size=14, center=True), Break(),
        Para(text=f"1{gap}职业概况", size=14),
        Para(text="1.1 职业名称"), Para(text=name), Para(text="1.2 职业编码"), Para(text=code),
        Para(text="1.3 职业定义"), Para(text="从事样本作业的人员。"),
        Para(text="1.4 职业技能等级" if style.scheme != "engineering" else "1.4 专业技术等级"),
        Para(text=f"本职业共设{'零一二三四五'[len(style.levels)]}个等级，分别为：{words}。"),
        Para(text="1.5 职业环境条件"), Para(text="室内，常温。"),
        Para(text=f"2{gap}基本要求", size=14), Para(text="2.1 职业道德"), Para(text="2.1.1 职业道德基本知识"),
        Para(text="2.1.2 职业守则"), Para(text="（1）爱岗敬业，忠于职守。"), Para(text="（2）遵守样本作业规程。"),
        Para(text="2.2 基础知识"), Para(text="2.2.1 安全知识"),
    ]  # fmt: skip
    _, knowledge = _pool()
    chosen = rng.sample(knowledge, 4)
    blocks += [Para(text=f"（{n}）{text}。") for n, text in enumerate(chosen[:2], 1)]
    blocks.append(Para(text="2.2.2 工具知识"))
    blocks += [Para(text=f"（{n}）{text}。") for n, text in enumerate(chosen[2:], 1)]
    blocks.append(Break())
    truth = [
        _base(code, edition, "2.1", "职业道德", ["职业道德基本知识", "爱岗敬业，忠于职守", "遵守样本作业规程"]),
        _base(code, edition, "2.2", "基础知识", chosen),
    ]
    return blocks, truth


def _base(code: str, edition: str, number: str, name: str, items: list[str]) -> Unit:
    return Unit(
        code=f"{code}-base-{number}",
        version=edition,
        occupation_code=code,
        statements=(
            Statement(role="title", language=_ZH, text=name),
            *(Statement(role="knowledge", language=_ZH, text=item) for item in items),
        ),
    )


def make_standard(
    seed: int, *, scheme: Scheme = "skill", damage: frozenset[str] = frozenset(), rate: float = 0.3
) -> Standard:
    """Return a standard, every layout detail drawn from the seed; ``damage`` names the kinds that may hit it."""
    rng = random.Random(f"standard-{seed}-{scheme}")
    style = _style(rng, scheme, damage, rate)
    maker = _Cellmaker(rng=random.Random(f"damage-{seed}-{scheme}"), style=style)
    maker.rng = rng
    code = f"9-99-{seed // 100 % 100:02d}-{seed % 100:02d}"
    edition = str(rng.randint(2012, 2025)) if scheme != "old" else str(rng.randint(2001, 2009))
    name = rng.choice(_NAMES)
    running = f"职业编码：{code}"
    blocks, truth = _front(style, name, code, edition, rng)
    blocks += [
        Para(text=f"3{style.heading_space}工作要求", size=14),
        Para(text=f"本标准对各等级的{style.skill_head}和相关知识要求依次递进，高级别涵盖低级别的要求。"),
    ]
    heads = ("职业功能", "工作内容", style.skill_head, style.knowledge_head)
    header = tuple(Spot(paras=(Para(text=head, size=style.size, bold=True),)) for head in heads)
    names: dict[str, list[str]] = {}
    repeat = rng.random() < 0.7
    continued = "续表" if rng.random() < 0.5 else ""
    open_table: list[tuple[Spot, ...]] = []
    for number, (level, words) in enumerate(style.levels, 1):
        rows, units, functions = _level_rows(maker, code, edition, level, running)
        truth += units
        names[level] = functions
        heading = f"3.{number}{style.heading_space or ' '}{words}"
        if open_table:
            # The heading of this level leaked into the table of the level before.
            if maker.style.damage and "leak-heading" in damage:
                open_table.append((Spot(paras=(Para(text=heading, size=style.size),), columns=4),))
                maker.counts["leak-heading"] = maker.counts.get("leak-heading", 0) + 1
            else:
                maker.counts["merged-levels"] = maker.counts.get("merged-levels", 0) + 1
            rows = [*open_table, *rows]
            open_table = []
        else:
            blocks.append(Para(text=heading, size=12))
        leaks = {"leak-heading", "merged-levels"} & damage
        if leaks and number < len(style.levels) and rng.random() < rate:
            open_table = rows
            continue
        blocks.append(
            Tab(
                widths=style.widths,
                rows=(header, *rows),
                header=1 if repeat else 0,
                open_sides=style.open_sides,
                continued=continued,
            )
        )
        if rng.random() < 0.3:
            blocks.append(Break())
    blocks.append(Break())
    tables, weights = _weight_tables(rng, style, names)
    blocks += tables
    doc = Doc(
        blocks=tuple(blocks), running_head=running, language="zh-Hans", seed=seed, breaks_in_rows=rng.random() < 0.8
    )
    return Standard(doc=doc, truth=tuple(truth), damaged=maker.counts, weights=weights)


def undamaged(standard: Standard) -> Standard:
    """Return the same record without its counts."""
    return replace(standard, damaged={})
