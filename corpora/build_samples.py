"""Make corpora/samples and evaluation/gold from the development gold's own files (original text, ours).

    python -m corpora.build_samples --bench FOLDER

FOLDER holds hk.jsonl, cn.jsonl, qrels.tsv and judgements.jsonl. Texts are not changed: the script only adds the trades'
names in both languages and the headers, and writes the canonical form.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

from matcher.readers import read_framework, write_framework
from matcher.schema import ContextLabel, Header, Unit

ROOT = Path(__file__).resolve().parents[1]
TRADES = {
    "hairdressing": ("Hairdressing", "美髮"),
    "chinese-cookery": ("Chinese Cookery", "中式廚藝"),
    "automotive": ("Automotive", "汽車業"),
    "property-management": ("Property Management", "物業管理"),
    "elderly-care": ("Elderly Care", "安老服務"),
    "logistics": ("Logistics", "物流業"),
    "jewellery": ("Jewellery", "珠寶業"),
    "retail": ("Retail", "零售業"),
    "beauty": ("Beauty", "美容"),
}
_COMMON = {
    "publisher": "Competency Matcher project",
    "edition": "2026",
    "licence": "CC BY 4.0",
    "source": "original text, AI-written for this project; codes begin with ZZ; nothing here is official",
}


def _renamed(unit: Unit, *, keep_industry: bool) -> Unit:
    """Return the unit with its trade's names in the languages it has; Mainland items are told by occupation."""
    trade = unit.labels("industry")[0]
    english, chinese = TRADES[trade]
    rest = tuple(label for label in unit.context if label.kind != "industry")
    labels = (
        ContextLabel(kind="industry", language="en", text=english),
        ContextLabel(kind="industry", language="zh-Hant", text=chinese),
    )
    return replace(unit, context=(*labels, *rest) if keep_industry else rest)


def main() -> None:
    """Write both frameworks and the gold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    bench = parser.parse_args().bench
    samples, gold = ROOT / "corpora/samples", ROOT / "evaluation/gold"
    samples.mkdir(parents=True, exist_ok=True)
    gold.mkdir(parents=True, exist_ok=True)
    headers = {
        "hk": Header(
            id="zz-hk-samples", title="Sample units of competency", jurisdiction="HK", level_frame="hkqf",
            languages=("en", "zh-Hant"), **_COMMON,
        ),
        "cn": Header(
            id="zz-cn-samples", title="Sample work contents (工作内容)", jurisdiction="CN", level_frame="cn-skill",
            languages=("zh-Hans",), **_COMMON,
        ),
    }  # fmt: skip
    for side, header in headers.items():
        framework = read_framework(bench / f"{side}.jsonl").framework
        units = tuple(_renamed(unit, keep_industry=side == "hk") for unit in framework.units)
        write_framework(replace(framework, header=header, units=units), samples / f"{side}.jsonl")
    for name in ("qrels.tsv", "judgements.jsonl"):
        shutil.copyfile(bench / name, gold / name)


if __name__ == "__main__":
    main()
