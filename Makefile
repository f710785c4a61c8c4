# Everything is set up inside this checkout, in .envs/; `make clean` removes it.
PYTHON ?= python3
ENV := .envs/armarius
KRAKEN := .envs/kraken
ENDPOINT := .envs/endpoint
OLD_KRAKENS := .envs/kraken-5.3/.ready .envs/kraken-6.0/.ready
# They need Python 3.10 to 3.12.
OLD_PYTHON ?= $(PYTHON)
DATA ?=
OUT ?= demo
ACCOUNTS ?=

.PHONY: help demo federation cluster docs notebook test test-slow test-fast live lint clean envs servers
.DEFAULT_GOAL := help

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: envs ## Train a model on this machine and open the result (DATA=folder for your own pages)
	@ARMARIUS_KRAKEN_PYTHON=$(CURDIR)/$(KRAKEN)/bin/python $(ENV)/bin/python -m armarius.client.demo --out "$(OUT)" $(if $(DATA),--data "$(DATA)")

federation: envs servers ## Two institutions and one pool on this machine, with a test double of Globus' cloud (Ctrl-C ends it)
	@PYTHONPATH=tests ARMARIUS_KRAKEN_PYTHON=$(CURDIR)/$(KRAKEN)/bin/python $(ENV)/bin/python -m support.federation federation

cluster: $(ENV)/.ready servers ## A real Slurm cluster of three small nodes on this machine, to try things on (Ctrl-C ends it; ACCOUNTS="htr fondue" for slurmdbd)
	@PYTHONPATH=tests $(ENV)/bin/python -m cluster $(foreach account,$(ACCOUNTS),--account $(account))

docs: $(ENV)/.ready ## Build the documentation as a site, to be opened at site/index.html: no server, no network
	NO_MKDOCS_2_WARNING=1 $(ENV)/bin/python -m mkdocs build --strict --quiet

notebook: envs ## Run docs/notebook.ipynb and keep what its cells say, after a change of it
	PYTHONPATH=tests ARMARIUS_KRAKEN_PYTHON=$(CURDIR)/$(KRAKEN)/bin/python $(ENV)/bin/python -m support.notebook docs/notebook.ipynb

test: lint envs servers ## Everything: style, types, unit, integration and fault tests
	$(ENV)/bin/python -m pytest -n auto

test-slow: envs servers $(OLD_KRAKENS) ## What takes too long for every day: walltimes cut three times, our models in older krakens
	$(ENV)/bin/python -m pytest -m slow

test-fast: lint $(ENV)/.ready ## Style, types and unit tests: what to run while you write
	$(ENV)/bin/python -m pytest -n auto tests/unit

lint: $(ENV)/.ready
	$(ENV)/bin/ruff check .
	$(ENV)/bin/ruff format --check .
	$(ENV)/bin/mypy

envs: $(ENV)/.ready $(KRAKEN)/.ready $(ENDPOINT)/.ready

# The client, Parsl and the tools. Light.
$(ENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(ENV)
	$(ENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

# kraken and torch, apart from everything else as on a cluster. Several gigabytes, a few minutes.
$(KRAKEN)/.ready: pyproject.toml
	@echo "Setting up kraken (torch is large: some minutes the first time)"
	$(PYTHON) -m venv $(KRAKEN)
	$(KRAKEN)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[kraken]'
	@touch $@

# The krakens of older eScriptorium servers. One torch for both, the only one that kraken 5.3 takes: 3 GB to fetch.
.envs/kraken-5.3/.ready: KRAKEN_RELEASE := 5.3.0
.envs/kraken-6.0/.ready: KRAKEN_RELEASE := 6.0.3
$(OLD_KRAKENS):
	$(OLD_PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check kraken==$(KRAKEN_RELEASE) torch==2.4.1 torchvision==0.19.1
	@touch $@

# Globus Compute's endpoint, whose click cannot live beside kraken's.
$(ENDPOINT)/.ready: pyproject.toml
	$(PYTHON) -m venv $(ENDPOINT)
	$(ENDPOINT)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[endpoint]'
	@touch $@

servers: ## Install the servers that the tests start (needs Debian and root; else their tests are skipped)
	@tests/install-servers

live: $(ENV)/.ready ## Try a real site over the real Globus (ARMARIUS_LIVE_SITE=its name; see docs/operate.md)
	$(ENV)/bin/python -m pytest tests/live

clean: ## Remove environments, caches and the folder demo
	rm -rf .envs demo federation site .mypy_cache .pytest_cache .ruff_cache .hypothesis
