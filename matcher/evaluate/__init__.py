"""Match quality against gold pairs: measures, intervals, breakdowns, and the report as a page."""

from matcher.evaluate.curves import Curves, make_curves
from matcher.evaluate.gold import Gold, read_gold
from matcher.evaluate.miss_page import MissTexts
from matcher.evaluate.misses import Miss, worst_misses
from matcher.evaluate.page import Extra, ReportPage, render_report
from matcher.evaluate.report import Report, evaluate_run, measured_subjects
from matcher.evaluate.run import Answer, Run, read_run
from matcher.evaluate.trec import write_trec

__all__ = [
    "Answer",
    "Curves",
    "Extra",
    "Gold",
    "Miss",
    "MissTexts",
    "Report",
    "ReportPage",
    "Run",
    "evaluate_run",
    "make_curves",
    "measured_subjects",
    "read_gold",
    "read_run",
    "render_report",
    "worst_misses",
    "write_trec",
]
