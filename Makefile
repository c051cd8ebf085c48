# Everything a fresh checkout needs; works with GNU make 3.81 (macOS) and later. `make help` lists the targets.
#   make PYTHON=python3.12 VENV=.venv312 test     with another Python, in an environment of its own
PYTHON    ?=
VENV      ?= .venv
WORKERS   ?= 2
BIN       := $(VENV)/bin
INSTALLED := $(VENV)/installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test proof bench gate lint format pages wheel clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) ## Make the environment (the others do it by themselves)

$(INSTALLED): pyproject.toml constraints.txt tools/set_up.sh
	@PYTHON="$(PYTHON)" sh tools/set_up.sh "$(VENV)"
	@touch "$@"

demo: $(INSTALLED) ## Simulate a Friday evening; print the report and where the files are
	@$(BIN)/delivsim run scenarios/friday_evening.yaml --out runs/friday_evening --force || [ $$? -eq 3 ]
	@$(BIN)/delivsim plot runs/friday_evening
	@$(BIN)/delivsim report runs/friday_evening

test: $(INSTALLED) ## Run the tests
	$(BIN)/python -m pytest -n $(WORKERS)

proof: $(INSTALLED) ## Run the long proofs and write docs/proof.md
	$(BIN)/python tools/proof.py

bench: $(INSTALLED) ## Measure speed, on one core
	@for file in benchmarks/speed/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

gate: $(INSTALLED) ## Hold dispatch against benchmarks/baseline.json
	@$(BIN)/delivsim bench check

lint: $(INSTALLED) ## Check style, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED) ## Mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pages: $(INSTALLED) ## Write the pages and the schema that are rendered from the code
	$(BIN)/python -m delivsim.record.contract docs
	$(BIN)/python -m delivsim.scenario.reference docs
	$(BIN)/python -m delivsim.scenario.formats.page docs
	$(BIN)/python -m delivsim.scenario.imports.page docs
	$(BIN)/delivsim schema > scenarios/delivsim.schema.json
	$(BIN)/delivsim schema problem > docs/problem.schema.json
	$(BIN)/delivsim schema assignment > docs/assignment.schema.json

wheel: $(INSTALLED) ## Build a wheel, install it into an empty environment, run a scenario there
	@sh tools/try_wheel.sh "$(BIN)/python"

clean: ## Remove the environment, builds and caches; runs stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
