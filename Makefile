# Every target makes the environment it needs. CI runs the same lines.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc)
SOURCES := grader tests benchmarks exercises solutions

.PHONY: demo test test-slow test-gpu test-cluster check verify bench docs format clean

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cnn-grader needs Python >= 3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(VENV)/.ready  ## judge one learner, grade a small class, ask a quiz
	$(BIN)/python -m grader.cli.demo

test: $(VENV)/.ready  ## the test suite, JOBS processes at a time
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

test-slow: $(VENV)/.ready  ## the longer checks
	$(BIN)/python -m pytest -m slow

test-cluster: $(VENV)/.ready  ## a class through two local Ray nodes; installs Ray, which is 240 MB
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[cluster]'
	$(BIN)/python -m pytest -m cluster tests/batch

test-gpu: $(VENV)/.ready  ## what needs a GPU; skips where there is none (docs/gpu.md)
	$(BIN)/python -m pytest -m cuda -rs

check: $(VENV)/.ready  ## format, lint, types
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy

format: $(VENV)/.ready
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

verify: $(VENV)/.ready  ## prove the course, JOBS processes at a time; what has not changed since the last time is not done again
	$(BIN)/grader verify --jobs $(JOBS) --brief

bench: $(VENV)/.ready  ## speed, side by side, as ratios
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
