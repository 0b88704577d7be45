# Every target sets itself up; what is there already is not fetched again, so all of them work offline the second time.
# Needed before: make, gcc, python3 ≥ 3.10 with venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FIRMWARE := firmware_bridge/firmware

.PHONY: demo test check lint bench firmware clips lock clean

demo: $(VENV)/ready firmware clips ## the main job: clip → model → alerts → serial → simulated MCU
	$(BIN)/cabinwatch demo --clip build/clips/WolfgangLanger_Pexels.mp4 --out build/demo

test: $(VENV)/ready firmware clips ## all tests
	$(BIN)/pytest

lint: $(VENV)/ready ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## what CI runs

bench: $(VENV)/ready clips ## ms a frame and memory, beside MediaPipe FaceMesh
	$(BIN)/python -m benchmarks.latency

firmware:
	$(MAKE) --no-print-directory -C $(FIRMWARE)

clips: $(VENV)/ready
	$(BIN)/python scripts/fetch_clips.py

$(VENV)/ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

lock: ## pin every dependency anew, for all supported Pythons (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 \
	    --no-header --no-annotate --no-emit-index-url --quiet | grep -v win32 > requirements.lock

clean:
	rm -rf build $(VENV)
	$(MAKE) --no-print-directory -C $(FIRMWARE) clean
