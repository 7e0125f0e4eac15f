"""The bench as a page of Markdown and as a chart."""

from __future__ import annotations

from typing import Any

from matcher.evaluate.svg import Axis, Line, plot

Record = dict[str, Any]
# What the project set out for (full size, two cores, the fast encoder).
_GOALS = {"wall": 120.0, "megabytes": 3_000.0, "match": 1.5, "second": 20.0, "exponent": 1.1, "encoder": 100.0}
_COLOURS = ("#1f4e79", "#c55a11", "#548235")
_STYLE = (
    "<style>text{font:12px sans-serif;fill:#444}.grid{stroke:#ddd}.line{fill:none;stroke-width:2}"
    + "".join(f".line.c{n}{{stroke:{colour}}}.dot.c{n}{{fill:{colour}}}" for n, colour in enumerate(_COLOURS))
    + ".dashed{stroke-dasharray:6 4}</style>"
)


def _met(value: float, goal: float, *, most: bool = True) -> str:
    return "met" if (value <= goal if most else value >= goal) else "not met"


def _goals(record: Record) -> list[str]:
    largest, second = record["screenings"][-1], record["second"]
    again = second["index"]["wall"] + second["screening"]["wall"]
    best = record["encoders"]["embedded"] / record["minilm"]
    rows = [
        ("framework files to table, k = 10, all evidence", f"{largest['wall']:.1f} s", "<= 120 s",
         _met(largest["wall"], _GOALS["wall"])),
        ("memory at the peak, all processes", f"{largest['megabytes']:,.0f} MB", "<= 3,000 MB",
         _met(largest["megabytes"], _GOALS["megabytes"])),
        (f"second run after changing {second['changed']} units (index and screening)", f"{again:.1f} s", "<= 20 s",
         _met(again, _GOALS["second"])),
        ("growth exponent in the number of units, fixed targets", f"{record['exponent']:.2f}", "<= 1.1",
         _met(record["exponent"], _GOALS["exponent"])),
        ("matcher match, cold, prepared indexes (median of 5)", f"{record['match']['median']:.2f} s", "<= 1.5 s",
         _met(record["match"]["median"], _GOALS["match"])),
        ("embedded encoder over the MiniLM-L12 architecture", f"{best:,.0f} x", ">= 100 x",
         _met(best, _GOALS["encoder"], most=False)),
    ]  # fmt: skip
    head = f"At {largest['part']:.0%} of full size ({largest['units']:,} units x {largest['contents']:,} work contents)"
    lines = [f"## {head}", "", "| what | measured | goal | |", "|---|---|---|---|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def page(record: Record) -> str:
    """Return the report."""
    loads = " / ".join(f"{load:.1f}" for load in (*record["load_before"][:1], *record["load_after"][:1]))
    lines = ["# Speed", "", "Units and work contents recombined from our own text (`evaluation/bench/frameworks.py`)."]
    lines += ["", *(f"- {name}: {value}" for name, value in record["facts"].items())]
    lines.append(f"- load average before / after: {loads} on {record['cores']} cores (a free machine: below 1 before)")
    lines += ["", *_goals(record), "", "![Wall time against the number of units](bench.svg)", ""]
    lines += ["## Whole screenings: ingest, encode, index, screen, write", ""]
    lines += ["| part | units | work contents | wall s | CPU s | peak MB |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {r['part']:.0%} | {r['units']:,} | {r['contents']:,} | {r['wall']:.1f} | {r['cpu']:.1f} | "
        f"{r['megabytes']:,.0f} |"
        for r in record["screenings"]
    ]
    lines += [
        "",
        "## Prepared indexes, the same targets",
        "",
        "| units | wall s | CPU s | peak MB |",
        "|---|---|---|---|",
    ]
    lines += [f"| {r['units']:,} | {r['wall']:.1f} | {r['cpu']:.1f} | {r['megabytes']:,.0f} |" for r in record["fixed"]]
    lines += ["", f"Exponent (least squares on logarithms): {record['exponent']:.2f}.", ""]
    floor, match, search = record["floor"], record["match"], record["search"]
    lines += ["## Parts", "", "| what | figure |", "|---|---|"]
    lines += [f"| encoder `{name}` | {rate:,.0f} texts/s |" for name, rate in record["encoders"].items()]
    lines += [
        f"| the MiniLM-L12 architecture, torch | {record['minilm']:,.0f} texts/s |",
        f"| index of the work contents | {record['index']['wall']:.1f} s, {record['index']['megabytes']:,.0f} MB |",
        f"| exact search of the whole score, 164 of all | {search['queries']:,.0f} queries/s |",
        f"| BM25 by bm25s over the same words, 100 of all | {search['bm25s']:,.0f} queries/s |",
        f"| matcher match, first use of two indexes | {match['first']:.1f} s |",
        f"| matcher match, cold | {match['median']:.2f} s ({min(match['cold']):.2f}-{max(match['cold']):.2f}) |",
        f"| plain float32 matrix product | {floor['rate'] / 1e9:,.0f} GFLOP/s |",
        f"| floor: comparing all with all, {floor['operations'] / 1e12:.2f} TFLOP at that rate | "
        f"{floor['seconds']:.1f} s |",
    ]
    return "\n".join(lines) + "\n"


def _ticks(low: float, high: float) -> tuple[float, ...]:
    powers = [10.0**power for power in range(-2, 7)]
    return tuple(power for power in powers if low <= power <= high)


def chart(record: Record) -> str:
    """Return wall time against the number of units: whole screenings, prepared indexes, and the floor."""
    whole = [(row["units"], row["wall"]) for row in record["screenings"]]
    fixed = [(row["units"], row["wall"]) for row in record["fixed"]]
    last = record["screenings"][-1]
    floor = [
        (r["units"], record["floor"]["seconds"] * r["units"] * r["contents"] / last["units"] / last["contents"])
        for r in record["screenings"]
    ]
    seconds = [value for _, value in (*whole, *fixed)]
    low, high = 10.0 ** power_below(min(seconds) / 2), 10.0 ** (power_below(max(seconds)) + 1)
    left, right = 10.0 ** power_below(whole[0][0]), 10.0 ** (power_below(whole[-1][0] * 0.999) + 1)
    x = Axis(low=left, high=right, ticks=_ticks(left, right), label="units", log=True)
    y = Axis(low=low, high=high, ticks=_ticks(low, high), label="seconds", log=True)
    lines = (
        Line(points=tuple(whole), dots=True),
        Line(points=tuple(fixed), colour=1, dots=True),
        Line(points=tuple((u, max(s, low)) for u, s in floor), colour=2, dashed=True),
    )
    drawn = plot(lines, x=x, y=y, title="Wall time against the number of units")
    names = ("files to table, both sides grow", "prepared indexes, all targets", "floor: the products alone")
    legend = "".join(
        f'<text x="64" y="{28 + 16 * n}" style="fill:{colour}">{name}</text>'
        for n, (name, colour) in enumerate(zip(names, _COLOURS, strict=True))
    )
    head, _, rest = drawn.partition(">")
    space = "" if "xmlns" in head else ' xmlns="http://www.w3.org/2000/svg"'
    body, _, _ = rest.rpartition("</svg>")
    return f'{head}{space}>{_STYLE}<rect width="100%" height="100%" fill="#fff"/>{body}{legend}</svg>\n'


def power_below(value: float) -> int:
    """Return the power of ten at or below a value."""
    power = 0
    while 10.0 ** (power + 1) <= value:
        power += 1
    while 10.0**power > value:
        power -= 1
    return power
