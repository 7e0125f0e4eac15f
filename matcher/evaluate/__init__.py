"""Match quality against gold pairs: measures, intervals, breakdowns."""

from matcher.evaluate.gold import Gold, read_gold
from matcher.evaluate.report import Report, evaluate_run
from matcher.evaluate.run import Run, read_run
from matcher.evaluate.trec import write_trec

__all__ = ["Gold", "Report", "Run", "evaluate_run", "read_gold", "read_run", "write_trec"]
