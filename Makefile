# Every command of this project. The first one makes .venv and installs what it needs into it.

PYTHON := .venv/bin/python
BIN := .venv/bin
INSTALLED := .venv/.installed
ENV ?= dev
EVENTS ?= 200000
EXAMPLES ?= 50
DATA ?= ../shared/data/leads
SPREAD := --numprocesses logical --dist
export SAM_CLI_TELEMETRY := 0

.PHONY: help install demo up down replay test check proof soak mutants system schemathesis data bench bench-model sam-local deploy

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | while IFS='|' read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

demo: $(INSTALLED) ## Bring everything up, replay a real web log, show what came of it
	@$(PYTHON) -m local.demo.replay --demo

up: $(INSTALLED) ## Bring the whole system up on this machine, or up to date
	@$(PYTHON) -m local.up

down: $(INSTALLED) ## Stop it; the next `make up` finds its data
	@$(PYTHON) -m local.down

replay: $(INSTALLED) ## Send the web log to the running system
	@$(PYTHON) -m local.demo.replay

test: $(INSTALLED) ## Unit and integration tests; nothing needs to run
	@$(PYTHON) -m pytest $(SPREAD) worksteal tests/unit tests/integration

check: $(INSTALLED) ## Style, types, dependency direction, template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sam validate --lint

proof: $(INSTALLED) ## Break every single call of the whole path, one after another; a short soak
	@$(PYTHON) -m pytest $(SPREAD) loadfile tests/proof

soak: $(INSTALLED) ## EVENTS events of 20 tenants while calls fail; then every invariant
	@$(PYTHON) -m tests.proof.soak --events $(EVENTS)

mutants: $(INSTALLED) ## Take each guard out of a copy of the code; a test must notice
	@$(PYTHON) -m tests.proof.mutants

system: $(INSTALLED) ## Tests of the running system from outside, each function held to its role
	@$(PYTHON) -m local.up --enforce-roles
	@$(PYTHON) -m pytest tests/system

schemathesis: $(INSTALLED) ## Try every operation of the running system with EXAMPLES requests and more
	@$(PYTHON) -m local.up --enforce-roles
	@$(PYTHON) -m tests.fuzz --examples $(EXAMPLES)

data: $(INSTALLED) ## Make the embedded data anew from the folder SOURCES
	@$(PYTHON) -m local.data.build --sources $(or $(SOURCES),$(error name the folder of the sources: make data SOURCES=…))

bench: $(INSTALLED) ## Count calls, units, requests and dollars per event
	@$(PYTHON) -m tests.bench

bench-model: $(INSTALLED) ## The model beside scikit-learn's, on public leads in the folder DATA
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@$(PYTHON) -m tests.bench.model --data $(DATA)

sam-local: $(INSTALLED) ## Each function in its container, and the API of SAM; needs Docker
	@$(PYTHON) -m local.sam_local

deploy: $(INSTALLED) ## Deploy to AWS: ENV=dev (default) or ENV=prod
	$(BIN)/sam build --config-env $(ENV) --build-dir .aws-sam/$(ENV)
	$(PYTHON) -m local.bytecode .aws-sam/$(ENV)
	$(BIN)/sam deploy --config-env $(ENV) --template-file .aws-sam/$(ENV)/template.yaml

install: $(INSTALLED)

$(INSTALLED): pyproject.toml layers/deps/requirements.txt .python-version
	@.ci/install
	@touch $@
