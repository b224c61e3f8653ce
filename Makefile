# Everything a developer or operator does on one machine. `make` alone lists it.
# The first interpreter that runs and has the right version; the environment's own when there is one.
PYTHON ?= $(shell for found in .venv/bin/python python3 python3.13 python3.12 python3.11; do \
	"$$found" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo "$$found" && break; done)
RUN := .venv/bin/python -m
SEEDS ?= 200
DAYS ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup run stop status reset logs test lint bench simulate lifecycle lock

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup: ## Make the environment .venv from requirements.lock, or bring it in line
	@$(if $(PYTHON),"$(PYTHON)" include/local/setup.py,echo "setup: Python 3.11, 3.12 or 3.13 is needed and none was found (looked for python3, python3.13, python3.12, python3.11)." >&2; exit 1)

run: setup ## Start everything: database, sandbox, mail sink, Airflow; Ctrl-C ends it (CATALOGUE=100000 SKUs, FASHFED_AUTH=roles)
	@$(if $(CATALOGUE),FASHFED_CATALOGUE=$(CATALOGUE)) $(RUN) include.local run

stop: setup ## End what `make run` started
	@$(RUN) include.local stop

status: setup ## What runs, where, how healthy, since when
	@$(RUN) include.local status

reset: setup ## Stop and remove all local data (YES=1 does not ask)
	@$(RUN) include.local reset $(if $(filter 1,$(YES)),--yes)

logs: setup ## Follow the logs (WHAT=scheduler for one of them)
	@$(RUN) include.local logs $(WHAT)

test: setup ## The whole test suite
	@$(RUN) pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: setup ## Style, types and import rules
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@.venv/bin/lint-imports
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml

bench: setup ## Measure the flows with real HTTP, two processes, 0 and 20 ms added per call (ONLY=product picks a case)
	@$(RUN) tests.bench $(if $(ONLY),--only $(ONLY))

simulate: setup ## Long simulation: SEEDS=how many, DAYS=of virtual time, SEED=the first, WHAT=orders for the order side
	@$(RUN) tests.simulation --seeds $(SEEDS) --days $(DAYS) $(if $(SEED),--seed $(SEED)) $(if $(filter orders,$(WHAT)),--orders)

lifecycle: setup ## Lives of orders as Hypothesis plays them: STEPS=how many, SEED=of the first round
	@$(RUN) tests.lifecycle $(if $(STEPS),--steps $(STEPS)) $(if $(SEED),--seed $(SEED))

lock: setup ## Resolve requirements*.txt anew into requirements.lock
	@$(RUN) uv pip compile requirements.txt requirements-dev.txt --universal --python-version 3.11 --no-header --upgrade --quiet --output-file requirements.lock
