# Set-up makes .venv in the clone, once; `make help` lists the targets.
#
#   PYTHON          the interpreter that makes .venv (3.11 or newer)
#   PIP_TORCH_ARGS  more arguments for the installation of torch: on Linux the registry's default build brings several
#                   GB of CUDA packages, `make test PIP_TORCH_ARGS='--index-url URL'` takes a CPU-only build from URL
#   PYTEST_ARGS     more arguments for pytest, e.g. PYTEST_ARGS='-k levels'

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= python3
PIP_TORCH_ARGS ?=
PYTEST_ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
MATCHER := $(VENV)/bin/matcher
PIP := $(PY) -m pip --disable-pip-version-check install --quiet -c constraints.txt
BUILD := --build-constraint constraints.txt
TORCH := torch==2.13.0
DEMO_LIMIT_MB := 500

HK := corpora/samples/hk.jsonl
CN := corpora/samples/cn.jsonl
GOLD := evaluation/gold/qrels.tsv
OUT := demo-output
PACKAGE := $(shell find matcher -type f -not -name '*.pyc')

# The stamps name the folder they were made in: scripts of an environment hold its path, so a moved clone makes its own.
# An environment that lacks a module it is stamped for is made again from nothing.
NEEDED := pip $(if $(wildcard $(VENV)/.slim),faiss jieba jsonschema_rs lxml numpy opencc openpyxl pypdfium2 rich tokenizers typer) \
	$(if $(wildcard $(VENV)/.full),torch sentence_transformers sklearn bm25s model2vec pytest hypothesis mypy ruff build reportlab docx)
VENV_FITS := $(shell [ "$$(cat $(VENV)/.base 2>/dev/null)" = "$(CURDIR)" ] && $(PY) -c 'import importlib.util as u, sys; \
	sys.exit(not all(map(u.find_spec, sys.argv[1:])))' $(NEEDED) 2>/dev/null && echo yes)

.PHONY: help setup demo test check fit eval eval-encoder eval-public eval-readers bench soak clean FORCE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.full ## Install the full set (torch, sentence-transformers, test tools) into .venv

demo: $(VENV)/.slim ## Match the samples with the embedded encoder; installs no torch; writes demo-output/
	@mkdir -p $(OUT)
	@size=$$(du -sm $(VENV) | cut -f1); \
	if [ -f $(VENV)/.full ]; then echo "$(VENV): $$size MB (the full set)"; \
	else echo "$(VENV): $$size MB (at most $(DEMO_LIMIT_MB))"; [ "$$size" -le $(DEMO_LIMIT_MB) ]; fi
	$(MATCHER) match ZZHDSC201A --from $(HK) --to $(CN) -k 3
	$(MATCHER) match ZZHDSC201A --from $(HK) --to $(CN) --format html -o $(OUT)/ZZHDSC201A.html
	$(MATCHER) screen $(HK) $(CN) -k 50 --format trec -o $(OUT)/run.trec
	$(MATCHER) evaluate $(OUT)/run.trec --gold $(GOLD) --units $(HK)
	@echo "These units taught the rescorer; for trades that it has not seen: evaluation/reports/samples.md (make eval)"

test: $(VENV)/.full ## Run the tests (soak runs at a tenth)
	$(PY) -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.full ## Check format, lint, types, architecture, docs and wheel
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_architecture.py tests/test_style.py tests/test_docs.py tests/test_wheel.py

eval: $(VENV)/.full ## Measure the samples against the gold, into evaluation/reports/
	$(PY) -m evaluation.measure

fit: $(VENV)/.full ## Fit the rescorers to the encoders (after a new one); leave-one-trade-out runs into evaluation/reports/
	OPENBLAS_NUM_THREADS=1 $(PY) -m evaluation.fit

eval-encoder: $(VENV)/.full ## Score the encoder; the public test sets need MATCHER_DATA, else they are skipped
	$(PY) -m models.recipes.embedded.score

eval-public: $(VENV)/.full ## Measure MELO and the typed O*NET to ESCO crosswalk; needs MATCHER_DATA, else it is skipped
	$(PY) -m evaluation.public

eval-readers: $(VENV)/.full ## Measure the readers on generated and hostile documents; open data needs MATCHER_DATA
	$(PY) -m evaluation.readers

bench: $(VENV)/.full ## Measure speed at 1, 10, 100 % of full size into evaluation/reports/ (15 min, 6 GB); nothing else should run
	$(PY) -m evaluation.bench

soak: $(VENV)/.full ## Run the long randomised tests in full
	MATCHER_SOAK=1 $(PY) -m pytest -m soak $(PYTEST_ARGS)

clean: ## Remove .venv, caches and the demo's output
	rm -rf $(VENV) $(OUT) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.base: $(if $(VENV_FITS),,FORCE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=python3.11" >&2; exit 2; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PIP) pip setuptools
	@echo "$(CURDIR)" > $@

# An editable install (the full set) already shows every change; the slim one is a copy, as a user has it.
$(VENV)/.slim: $(VENV)/.base requirements-slim.txt constraints.txt pyproject.toml $(PACKAGE)
	@if [ ! -f $(VENV)/.full ]; then \
		echo "installing the slim set into $(VENV)"; \
		$(PIP) -r requirements-slim.txt; \
		$(PIP) $(BUILD) --no-deps --force-reinstall .; \
	fi
	@touch $@

$(VENV)/.full: $(VENV)/.base constraints.txt pyproject.toml
	@echo "installing the full set into $(VENV)"
	$(PIP) $(PIP_TORCH_ARGS) $(TORCH)
	$(PIP) $(BUILD) --group dev -e .
	@touch $@
