# Each target is a line or two of a well-known tool. `make help` lists them.

fits := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
# The first of these that is there and fits. PYTHON=... chooses another, when .venv is made.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3,\
	$(shell $(p) -c '$(fits)' 2>/dev/null && echo $(p))))
python := .venv/bin/python
ready := .venv/ready

.PHONY: help run lab test book slides student notebooks prose bench lock clean

help:  ## list what there is to make
	@sed -n 's/^\([a-z]*\):.*##/make \1\t/p' Makefile | expand -t 16

run: $(ready)  ## run every lesson in a copy, write its page, sum up
	$(python) -m tools.run

lab: $(ready)  ## open the notebooks in JupyterLab
	$(python) -m jupyter lab --LabApp.default_url=/lab/tree/notebooks

slides: $(ready)  ## write slides of every lesson, from the stored outputs
	$(python) -m tools.slides

test: $(ready)  ## check the code, the package, and that every notebook says what it said
	$(python) -m ruff check . && $(python) -m ruff format --check .
	$(python) -m pytest -n 2 --dist loadscope --nbval

book: $(ready)  ## build the lesson as a web book in _build/book
	$(python) -m tools.book

notebooks: $(ready)  ## make the .ipynb files from the .py files
	$(python) -m tools.build

prose: $(ready)  ## copy the shared cells of the PyTorch notebooks into the others
	$(python) -m tools.prose

# QUICK=1 takes a minute, leaves out what is slow, and keeps the stored results.
bench: $(ready)  ## measure how fast it all is, into benchmarks/results.md
	@mkdir -p _build
	$(python) -m pytest benchmarks --override-ini addopts= --override-ini python_files='bench_*.py' \
		--benchmark-disable-gc --benchmark-quiet --benchmark-json=_build/bench.json \
		$(if $(QUICK),-m "not slow" --benchmark-min-rounds=1 --benchmark-max-time=0.1)
	$(python) -m benchmarks.report _build/bench.json $(if $(QUICK),,keep)

student: $(ready)  ## write copies of the lessons for a class, without outputs, to _build/student
	$(python) -m tools.copies

# It needs .venv, but not in step: the versions to mend may be what keeps it from that.
lock:  ## make requirements.txt from pyproject.toml
	$(python) -m uv pip compile --quiet --universal --python-version 3.11 --all-extras \
		--no-annotate --custom-compile-command "make lock" --output-file requirements.txt \
		pyproject.toml

clean:  ## remove .venv and all that was made in _build
	rm -rf .venv _build

$(ready): requirements.txt pyproject.toml
	@$(or $(PYTHON),false) -c '$(fits)' || { echo "d2lmini wants Python 3.11 to 3.14." \
		"Install one, or say where: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up .venv, once: this fetches gigabytes and takes minutes."
	@$(python) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(python) -m pip install --disable-pip-version-check -c requirements.txt \
		-e '.[torch,tensorflow,mxnet,numpy,jax,test]' uv
	@touch $@
