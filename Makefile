# Each target is a line or two of a well-known tool. `make help` lists them.

fits := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
# The first of these that is there and fits. PYTHON=... chooses another.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3,\
	$(shell $(p) -c '$(fits)' 2>/dev/null && echo $(p))))
bin := .venv/bin
ready := .venv/ready

.PHONY: help run lab test notebooks prose lock

help:  ## list what there is to make
	@sed -n 's/^\([a-z]*\):.*##/make \1\t/p' Makefile | expand -t 16

run: $(ready)  ## run every notebook in a copy, write its page, sum up
	$(bin)/python -m tools.run

lab: $(ready)  ## open the notebooks in JupyterLab
	$(bin)/jupyter lab notebooks

test: $(ready)  ## check the code, the package, and that every notebook says what it said
	$(bin)/ruff check . && $(bin)/ruff format --check .
	$(bin)/pytest -n 2 --dist loadscope --nbval

notebooks: $(ready)  ## make the .ipynb files from the .py files
	$(bin)/python -m tools.build

prose: $(ready)  ## copy the shared cells of the PyTorch lesson into the others
	$(bin)/python -m tools.prose

lock: $(ready)  ## make requirements.txt from pyproject.toml
	$(bin)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate \
		--custom-compile-command "make lock" --output-file requirements.txt pyproject.toml

$(ready): requirements.txt pyproject.toml
	@$(or $(PYTHON),false) -c '$(fits)' || { \
		echo "d2lmini wants Python 3.11 or 3.12. Install one, or say where: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv, once: this fetches gigabytes and takes minutes."
	$(PYTHON) -m venv .venv
	$(bin)/pip install --disable-pip-version-check --requirement requirements.txt --editable .
	@touch $@
