# Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= python3
BIN := .venv/bin
NEWSLETTER := $(BIN)/newsletter
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --only-binary :all: -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup send test

help: ## list all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
