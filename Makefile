# make demo    from nothing to predictions: installs, trains, exports, predicts
# make test    installs and runs the tests
# make lint, make docs-check, make generate
# All it takes is Python 3.11 or newer; name another one with PYTHON=.

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?= -n 2
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1

.PHONY: help demo test lint docs-check generate

help:
	@sed -n '1,4s/^# //p' Makefile

# torch goes first and alone, so that a build of it that is already on the machine is taken
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("mlpspec needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "installing mlpspec into $(VENV) (a few minutes the first time)"
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) "$$(grep '^torch==' constraints.txt)"
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(INSTALL) --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/mlpspec train specs/penguins.yaml
	$(BIN)/mlpspec export runs/penguins/latest
	$(BIN)/mlpspec predict runs/penguins/latest/model.onnx examples/data/penguins_new.csv -o runs/penguins/latest/predictions.csv
	@echo; cat runs/penguins/latest/predictions.csv

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

docs-check: $(VENV)/.installed-dev
	$(BIN)/python scripts/generate.py --check

generate: $(VENV)/.installed-dev
	$(BIN)/python scripts/generate.py
