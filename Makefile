# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run demo test fast check bench lock docs clean

help:
	@echo "make run     Relevo with an embedded store, two demo desks, a postbox and a phone, until Ctrl-C"
	@echo "make demo    the main job by itself: OUTAGE=kill|hang|error|gray (kill unless given)"
	@echo "make test    every test"
	@echo "make fast    the quick tests alone"
	@echo "make check   format, lint, types, import contracts, dead code, generated documents"
	@echo "make bench   measurements, with their report: all, or PART=intake|backlog|mail|webhooks|corpus|million|takeover|rt"
	@echo "make docs    the generated documents"
	@echo "make lock    the lock files, from pyproject.toml"

# The environment holds exactly what the lock file names; a changed lock makes it anew.
$(BIN)/.run: requirements.lock pyproject.toml
	@deploy/environment.sh "$(PYTHON)" $(VENV) requirements.lock
	@touch $@

$(BIN)/.dev: requirements-dev.lock pyproject.toml
	@deploy/environment.sh "$(PYTHON)" $(VENV) requirements-dev.lock
	-@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q --collect-only tests >/dev/null # compiles all, once
	@touch $@ $(BIN)/.run

run: $(BIN)/.run
	@$(BIN)/relevo demo

OUTAGE ?= kill
demo: $(BIN)/.run
	@$(BIN)/relevo demo --outage $(OUTAGE)

# The tests start hundreds of processes: what one has compiled the others need not, whatever the environment says.
test fast: export PYTHONDONTWRITEBYTECODE =

FAST := not postgresql and not simulation and not costly

test: $(BIN)/.dev
	@tests/install_needs.sh
	$(BIN)/python -m pytest -n auto -m "$(FAST)" tests/unit
	$(BIN)/python -m pytest -n 2 --dist loadfile tests/contract
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not ($(FAST))" tests/unit
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder \
		tests/faults tests/browser tests/integration tests/bench # the longest modules first

fast: $(BIN)/.dev
	$(BIN)/python -m pytest -n auto -m "$(FAST)" tests/unit

check: $(BIN)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/relevo reference --check

PART ?=
bench: $(BIN)/.dev
	@tests/bench/install_needs.sh $(PART)
	$(BIN)/python -m tests.bench $(PART)

docs: $(BIN)/.run
	$(BIN)/relevo reference --write

lock: $(BIN)/.dev
	$(BIN)/uv export -q --no-dev --group build --no-emit-project --no-annotate --no-header -o requirements.lock
	$(BIN)/uv export -q --all-extras --no-emit-project --no-annotate --no-header -o requirements-dev.lock

clean:
	rm -rf $(VENV) var
