.DEFAULT_GOAL := help
.PHONY: help demo test test-kafka check audit format schemas monitoring bench chaos once hostile fuzz run lock clean
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed

help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): deploy/requirements/dev.txt pyproject.toml
	@echo "Installing into .venv: a minute the first time."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parley needs Python 3.11 or newer; say which with PYTHON=python3.12")'
	@$(PYTHON) -m venv .venv || { echo "python3 has no venv module: on Debian, apt install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Run the whole product on this machine and watch it work (DEMO_SECONDS=20 ends by itself)
	@$(BIN)/parley dev $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: $(READY) ## Unit, contract and flow tests on the embedded broker and Postgres
	@$(BIN)/pytest -m "not kafka" --numprocesses auto --dist loadgroup

test-kafka: $(READY) ## The stream and flow suites on a real Apache Kafka (needs a JDK 17+ and Maven)
	@$(BIN)/pytest -m kafka

check: $(READY) ## Linters, types, architecture, known weaknesses
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/parley schema check
	@$(BIN)/python -m deploy.requirements.audit

audit: $(READY) ## Ask the package registry for known weaknesses in what is pinned
	@$(BIN)/python -m deploy.requirements.audit

format: $(READY) ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format --quiet

schemas: $(READY) ## Write the documents for other teams again: examples, JSON Schemas, AsyncAPI
	@$(BIN)/python -m tests.examples
	@$(BIN)/parley schema export

monitoring: $(READY) ## Write what SREs read again: the catalogue of metrics, burn rates, dashboards
	@$(BIN)/parley metrics catalog > deploy/metrics.md
	@$(BIN)/python -m deploy.prometheus.objectives
	@$(BIN)/python -m deploy.grafana

bench: $(READY) ## Measure, as ratios against a limit in the same run, and keep it in tests/bench/RESULTS.md (15 minutes)
	@$(BIN)/python -m tests.bench --write-results

chaos: $(READY) ## Break everything while traffic flows; is anything lost? (FAULTS=10 SEED=7 for a quick one)
	@$(BIN)/python -m tests.system $(if $(FAULTS),--faults $(FAULTS)) $(if $(SEED),--seed $(SEED)) $(if $(EVENTS),--events $(EVENTS))

once: $(READY) ## Kill who decides and who acts, ten times 5,000 actions; is each done at Meta exactly once? (SEEDS=1 for a quick one; needs a JDK and Maven)
	@$(BIN)/python -m tests.system.exactly_once $(if $(SEEDS),--seeds $(SEEDS),--write-results)

hostile: $(READY) ## Attack the receiver while good traffic flows (ATTACKS="slow headers" for some)
	@$(BIN)/python -m tests.system.hostile $(ATTACKS)

fuzz: $(READY) ## Throw INPUTS=1000000 inputs at signature, splitter and enricher
	@$(BIN)/python -m tests.system.fuzz --inputs $(or $(INPUTS),1000000)

run: $(READY) ## Run one service for real: make run SERVICE=receiver
	@test -n "$(SERVICE)" || { echo "Which one? make run SERVICE=receiver|enricher|moderator|executor|persister|simulator" >&2; exit 2; }
	@$(BIN)/parley run $(SERVICE)

lock: ## Pin the dependencies of pyproject.toml with their hashes (needs uv)
	@uv pip compile --universal --generate-hashes --no-header --quiet --python-version 3.11 --extra image pyproject.toml -o deploy/requirements/image.txt
	@uv pip compile --universal --generate-hashes --no-header --quiet --python-version 3.11 --extra dev pyproject.toml -o deploy/requirements/dev.txt

clean: ## Remove all that was installed or made
	@rm -rf .venv .cache .hypothesis .pytest_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
