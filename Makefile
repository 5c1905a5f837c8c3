# Every command of this project. The first one makes .venv and installs what it needs into it.

PYTHON := .venv/bin/python
BIN := .venv/bin
INSTALLED := .venv/.installed
ENV ?= dev
export SAM_CLI_TELEMETRY := 0

.PHONY: help install demo up down replay test check system bench sam-local deploy

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | while IFS='|' read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done

demo: $(INSTALLED) ## Bring everything up, replay a real web log, show what came of it
	@$(PYTHON) -m local.demo.replay --demo

up: $(INSTALLED) ## Bring the whole system up on this machine, or up to date
	@$(PYTHON) -m local.up

down: $(INSTALLED) ## Stop it; the next `make up` finds its data
	@$(PYTHON) -m local.down

replay: $(INSTALLED) ## Send the web log to the running system
	@$(PYTHON) -m local.demo.replay

test: $(INSTALLED) ## Unit and integration tests; nothing needs to run
	@$(PYTHON) -m pytest tests/unit tests/integration

check: $(INSTALLED) ## Style, types, dependency direction, template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sam validate --lint

system: $(INSTALLED) ## Tests of the running system from outside, each function held to its role
	@$(PYTHON) -m local.up --enforce-roles
	@$(PYTHON) -m pytest tests/system

bench: $(INSTALLED) ## Count calls, units, requests and dollars per event
	@$(PYTHON) -m tests.bench

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
