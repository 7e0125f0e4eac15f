"""Which family of documents a text is of; look-alikes are refused by their names."""

from __future__ import annotations

import re
from typing import Literal

from matcher.errors import InputError
from matcher.readers.blocks import Document
from matcher.text.normalize import simplify

Family = Literal["scs", "cn-standard"]

# Look-alikes: what they call themselves (simplified, without spaces), their name for the message, what to do.
_FOREIGN: tuple[tuple[str, str, str], ...] = (
    (
        r"职业技能等级标准|1\+X",
        "a 1+X 职业技能等级标准 (a certificate's standard)",
        "look for the 国家职业标准 of the occupation",
    ),
    (
        r"专项职业能力考核规范|专项能力考核规范",
        "a 专项职业能力考核规范 (a single skill's examination)",
        "look for the 国家职业标准 of the occupation",
    ),
    (
        r"鉴定要素细目表|理论知识鉴定要素|操作技能鉴定要素",
        "a 鉴定要素细目表 (an examination's table of elements)",
        "look for the 国家职业标准 it is made from",
    ),
    (r"职能基准|iCAP", "a 職能基準 of Taiwan's iCAP", "make a spreadsheet of it (see corpora/README.md)"),
)
_STANDARD_NAME = re.compile(r"国家职业(?:技能|技术技能)?标准")
_STANDARD = re.compile(r"国家职业(?:技能|技术技能)?标准|职业编码")
_WORK_TABLE = re.compile(r"职业功能.{0,12}工作内容|工作内容.{0,12}(?:技能要求|专业能力要求)")
_SCS = re.compile(
    r"能力标准说明|能力单元|单元能力|specificationofcompetencystandards|unitofcompetency|uoccode", re.IGNORECASE
)
_SCS_LABELS = re.compile(r"assessmentcriteria|评核指引|performancerequirement|应用范围", re.IGNORECASE)


def family_of(document: Document, *, where: str) -> Family:
    """Return the family that a document's words tell.

    Raises:
        InputError: It is a look-alike, or of no family that is known.
    """
    opening = simplify("".join(document.opening(8).split()))
    # The cover decides: a standard may name the look-alikes in its text, and the other way round.
    cover = opening[:600]
    for pattern, name, step in _FOREIGN:
        found, own = re.search(pattern, cover), _STANDARD_NAME.search(cover)
        # The name that comes first is the title's: a 1+X standard's foreword cites the national one.
        if found and (own is None or found.start() < own.start()):
            raise InputError(f"is {name}", where=where, expected="a 国家职业标准 or an SCS", do=step)
    whole = opening if len(document.pages) <= 8 else simplify("".join(document.opening(40).split()))
    standard = bool(_STANDARD.search(opening)) + 2 * bool(_WORK_TABLE.search(whole))
    book = bool(_SCS.search(opening)) + bool(_SCS_LABELS.search(whole))
    if standard > book:
        return "cn-standard"
    if book:
        return "scs"
    raise InputError(
        "is neither an SCS book nor a 国家职业标准 (none of their headings was found)",
        where=where,
        expected="unit tables (Code, Level, Competency …) or work tables (职业功能, 工作内容 …)",
        do="name the reader with --reader, or make a spreadsheet of it (see corpora/README.md)",
    )
