# Each target is a line or two of a well-known tool. `make help` lists them.

# PYTHON=python3.13 works with that Python, in an environment of its own. Otherwise the first of
# these that is there and fits makes .venv, which grows as more is asked for.
fits := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
ifdef PYTHON
venv := .venv-$(shell env -u PYTHONHOME "$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
else
PYTHON := $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3,\
	$(shell env -u PYTHONHOME $(p) -c '$(fits)' 2>/dev/null && echo $(p))))
venv := .venv
endif
python := $(venv)/bin/python
# With BACKENDS="torch numpy" no other framework is installed, run or tested.
install := @$(python) -m tools.install
# With LANGUAGE=vi, book, slides, student, run and hub make theirs in Vietnamese, in folders named vi.
# What is printed is UTF-8, too, whatever the locale.
export PYTHONUTF8 := 1
# Nor does anything else count that is set for some other Python: PYTHONPATH, PYTHONSAFEPATH and so on.
unexport $(filter-out PYTHONUTF8,$(filter PYTHON%,$(.VARIABLES)))

.PHONY: help run lab test test-all elsewhere book pictures slides student grade hub hub-load notebooks \
	prose translate bench study lock clean

tests := $(python) -m pytest -n auto --no-loadscope-reorder --max-worker-restart=0 --nbval
# What a reader tests, in minutes: the package, the lessons as files and in their steps, the checks
# of a student's work, and that the lessons still say what they said, and what was measured.
readers := tests/d2lmini tests/lessons tests/d2lcheck tests/benchmarks/test_study.py \
	$(filter-out %_faster.ipynb %_solutions.ipynb notebooks/faces/%,$(wildcard notebooks/*/*.ipynb))

help:  ## list what there is to make
	@sed -n 's/^\([a-z-]*\):.*##/make \1\t/p' Makefile | expand -t 16

run: $(python)  ## run every lesson in a copy, write its page, sum up
	$(install) run frameworks
	$(python) -m tools.run

lab: $(python)  ## open the notebooks in JupyterLab
	$(install) lab frameworks
	JUPYTER_PATH="$$PWD/$(venv)/share/jupyter$${JUPYTER_PATH:+:$$JUPYTER_PATH}" \
		$(python) -m jupyterlab --LabApp.default_url=/lab/tree/notebooks

pictures: book  ## take the pictures that README and the book show
	$(install) test
	$(python) -m tools.pictures

slides: $(python)  ## write slides of every lesson, from the stored outputs
	$(install) book
	$(python) -m tools.slides

test: $(python)  ## check the code, the package, and that every lesson says what it said
	$(install) test frameworks
	$(python) -m ruff check . && $(python) -m ruff format --check .
	$(tests) $(readers)

test-all: test  ## check all the rest, too: each command, the pages, the hub, other processors
	$(tests) tests notebooks/faces $(readers:%=--ignore=%)
	$(MAKE) --no-print-directory elsewhere

# With other instructions a training rounds otherwise, and ends elsewhere. With those of old ones the
# second lesson trains for many minutes: `make notebooks` compares it, whenever it has run.
elsewhere: $(python)  ## check that the first lesson says what it said on older processors, too
	$(install) test frameworks
	for name in $$($(python) -m tools.elsewhere); do $(tests) --processor=$$name --ignore=notebooks/faces notebooks || exit; done

book: $(python)  ## build the lesson as a web book in _build/book
	$(install) book
	$(python) -m tools.book

notebooks: $(python)  ## make the .ipynb files from the .py files
	$(install) test frameworks
	$(python) -m tools.build

prose: $(python)  ## copy the shared cells of the PyTorch notebooks, or of FROM's, into the others
	$(install) book
	$(python) -m tools.prose

translate: $(python)  ## bring the catalogues in locale/, and README.*.md, up to date with the texts
	$(install) book
	$(python) -m tools.translate

# Each framework in a process of its own. QUICK=1 takes a minute and leaves out what is slow. Only a
# whole run replaces the stored results.
bench: $(python)  ## measure how fast it all is, into benchmarks/results.md
	$(install) test frameworks
	@rm -rf _build/bench && mkdir -p _build/bench
	keys=`$(python) -c 'from benchmarks.bench_steps import INSTALLED; print(*INSTALLED)'` && \
		test -n "$$keys" || { echo "There is no framework to measure."; exit 1; }; \
	for key in $$keys; do \
		BACKENDS=$$key $(python) -m pytest benchmarks \
			--override-ini addopts= --override-ini python_files='bench_*.py' \
			--benchmark-disable-gc --benchmark-quiet --benchmark-json=_build/bench/$$key.json \
			$(if $(QUICK),-m "not slow" --benchmark-min-rounds=1 --benchmark-max-time=0.1,\
			--benchmark-min-rounds=3) || exit; done
	$(python) -m benchmarks.report _build/bench/*.json $(if $(QUICK)$(BACKENDS),,keep)

study: $(python)  ## train the GANs of each change that the lessons show, some 25 minutes
	$(install) test torch
	$(python) -m benchmarks.study $(if $(QUICK),draw)
	$(if $(QUICK),,$(python) -m benchmarks.faces_study)

student: $(python)  ## write copies of the lessons for a class, without outputs, to _build/student
	$(install) book
	$(python) -m tools.copies

grade: $(python)  ## grade the workbooks in SUBMISSIONS=folder, into _build/grade
	$(install) run frameworks
	$(python) -m tools.grade

hub: $(python)  ## run a JupyterHub for the students in STUDENTS=class.csv
	$(install) hub frameworks
	$(python) -m hub

hub-load: $(python)  ## let STUDENTS=n simulated students work on a Hub of their own
	$(install) test frameworks
	$(python) -m benchmarks.hub_load $(KEEP)

lock: $(python)  ## make requirements.txt from pyproject.toml
	$(python) -m uv pip compile --quiet --universal --python-version 3.11 --all-extras \
		--no-annotate --custom-compile-command "make lock" --output-file requirements.txt \
		pyproject.toml

clean:  ## remove the environments and all that was made in _build
	rm -rf .venv .venv-3.* _build

$(python):
	@"$(or $(PYTHON),false)" -c '$(fits)' || { echo "d2lmini wants Python 3.11 to 3.14." \
		"Install one, or say where: make PYTHON=/path/to/python3.13"; exit 1; }
	@"$(PYTHON)" -m venv $(venv) || { rm -f $@; exit 1; }
	@$(python) -m tools.install
