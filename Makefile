# Everything runs in .venv, which the first target that needs it makes by itself.
# Narrow a send with ISSUE=slug LIST=name SEGMENT=name YES=1.

PYTHON ?= python3
BIN := .venv/bin
NEWSLETTER := $(BIN)/newsletter
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --quiet --only-binary :all: --no-binary dkimpy -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup dev send test test-slow new preview check plan test-send replies archive serve stats doctor compose \
	verify lint types contracts format messages bench crash fuzz wheel gallery

help: ## list all targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# --- for authors: each calls one command -------------------------------------

send: setup ## send the newest ready issue (ISSUE=slug LIST=name SEGMENT=name YES=1)
	@$(NEWSLETTER) send $(ISSUE) $(if $(LIST),--list $(LIST)) $(if $(SEGMENT),--segment '$(SEGMENT)') $(if $(YES),--yes)

new: setup ## start a draft (TITLE="A title")
	@$(NEWSLETTER) new "$(TITLE)"

preview: setup ## preview an issue in the browser, updated whenever you save (ISSUE=slug)
	@$(NEWSLETTER) preview $(ISSUE)

check: setup ## check issues for errors and warnings (ISSUE=slug)
	@$(NEWSLETTER) check $(ISSUE)

plan: setup ## show who would get an issue, who would not and why (ISSUE=slug LIST=name SEGMENT=name)
	@$(NEWSLETTER) plan $(ISSUE) $(if $(LIST),--list $(LIST)) $(if $(SEGMENT),--segment '$(SEGMENT)')

test-send: setup ## send one copy to an address of yours (ISSUE=slug TO=address)
	@$(NEWSLETTER) test-send $(ISSUE) --to $(TO)

replies: setup ## fetch and list what readers wrote back
	@$(NEWSLETTER) replies fetch && $(NEWSLETTER) replies list

archive: setup ## build the static site
	@$(NEWSLETTER) archive build

serve: setup ## run the web server
	@$(NEWSLETTER) serve

stats: setup ## show what became of messages (ISSUE=slug HTML=file)
	@$(NEWSLETTER) stats $(ISSUE) $(if $(HTML),--html $(HTML))

doctor: setup ## check everything that a send needs
	@$(NEWSLETTER) doctor

# --- for developers ----------------------------------------------------------

setup: .venv/.ready ## create .venv if it is missing; then .venv/bin/newsletter works
dev: .venv/.dev ## add what the tests need to .venv

test: dev ## run the tests (ARGS=... for pytest)
	@$(BIN)/pytest -n $(or $(WORKERS),3) --dist worksteal -m "not slow" $(ARGS)

test-slow: dev ## run the slow tests: killed senders, faults, hostile mail, the real commands
	@NEWSLETTER_TEST_ALL=1 $(BIN)/pytest -n $(or $(WORKERS),3) --dist worksteal -m "slow or examples" $(ARGS)

verify: lint types contracts test test-slow ## lint, types, contracts and all tests: what CI runs

lint: dev ## check format and style with ruff
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: dev ## check types with mypy, strict
	@$(BIN)/mypy

contracts: dev ## check which package may import which
	@$(BIN)/lint-imports --no-cache > .venv/contracts.log 2>&1 || (cat .venv/contracts.log; exit 1)
	@tail -n 3 .venv/contracts.log

format: dev ## format the code with ruff
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

messages: dev ## add new sentences to every language's catalogue (NEW=da adds a language)
	@$(BIN)/pybabel --quiet extract --mapping-file newsletter/locales/babel.toml --add-location file --keywords N_ \
		--add-comments Translators: --output-file newsletter/locales/newsletter.pot newsletter templates
	@$(if $(NEW),$(BIN)/pybabel --quiet init --locale $(NEW) --domain newsletter --output-dir newsletter/locales \
		--input-file newsletter/locales/newsletter.pot)
	@$(BIN)/pybabel --quiet update --domain newsletter --output-dir newsletter/locales --ignore-pot-creation-date \
		--width 120 --input-file newsletter/locales/newsletter.pot

bench: dev ## measure speed and memory (a few minutes)
	@for program in bench/*.py; do echo; echo "== $$program"; $(BIN)/python $$program || exit 1; done

gallery: dev ## render every block in every template, on one page in out/gallery
	@$(BIN)/python docs/make_gallery.py

crash: dev ## kill a send 200 times over SMTP, SES and the lean SES client: nobody is lost or mailed twice (KILLS=200 READERS=10000 SEED=n TRANSPORT=smtp)
	@CRASH_KILLS=$(or $(KILLS),200) CRASH_READERS=$(or $(READERS),10000) CRASH_SEED=$(SEED) \
		$(BIN)/pytest -q -s "tests/acceptance/test_kill_9.py::test_kill_9_loses_nobody_and_mails_nobody_twice$(if $(TRANSPORT),[$(TRANSPORT)])"
	@SEND_FAULTS_READERS=$(or $(READERS),10000) $(BIN)/pytest -q -s -k "quota and itself" tests/acceptance/test_send_faults.py

fuzz: dev ## parse random emails (SECONDS=3600 SEED=n); those that break the parser are kept in fuzz-findings/
	@FUZZ_SECONDS=$(or $(SECONDS),3600) FUZZ_SEED=$(SEED) $(BIN)/pytest -q -s tests/fuzz

wheel: dev ## build the wheel into dist/
	@$(BIN)/python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation -w dist .

.venv/bin/python:
	@command -v $(PYTHON) > /dev/null || { echo "newsletter: no $(PYTHON) here. Install Python 3.11 or newer, or name it: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "newsletter: $$($(PYTHON) --version) is too old. Name Python 3.11 or newer: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Setting up .venv, once ..." >&2
	@$(PYTHON) -m venv .venv

.venv/.ready: pyproject.toml constraints.txt | .venv/bin/python
	@$(INSTALL) -e .
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/.ready
	@$(INSTALL) -e '.[dev,postgres]'
	@touch $@
