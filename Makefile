# `make run` and `make test` install what is missing first; see scripts/install-deps.

SHELL := /bin/bash
SLUICE := .build/release/sluice
PYTEST := .venv/bin/pytest
# Warnings fail the build of our own targets in tests and CI (Package.swift).
STRICT := SLUICE_STRICT=1

.PHONY: run build test test-swift test-blackbox lake test-lake lint format lake-bench lake-mutants bench bench-drain bench-s3 torture \
	canaries fuzz deps test-deps lake-deps venv venv-lake clean

run: build
	$(SLUICE) serve --config config/local.yaml

build: deps
	$(STRICT) swift build -c release --product sluice

test: build venv venv-lake lint
	$(STRICT) scripts/test-all

# With the binary that ships, whose histories some tests compare with their own.
test-swift: build
	$(STRICT) swift test --no-parallel

test-blackbox: build venv
	$(PYTEST) -q -n 2 --dist loadfile Tests/Blackbox

# What the local gateway has landed, through the lake's own SQL to Gold.
lake: venv-lake
	@.venv-lake/bin/python Tests/Lake/local.py $(or $(LANDING),var/landing)

# The SQL that ships, on Spark over what real gateways landed; one Spark on each of two cores. The first time it fetches Spark,
# some 500 MB.
test-lake: build venv-lake
	.venv-lake/bin/pytest -q -n 2 --dist loadfile Tests/Lake

# Every query of the dashboards and alerts at 13 months of rows, under 3 s each; and what deciding completeness costs.
lake-bench: venv-lake
	.venv-lake/bin/python Tests/Lake/dashboards.py
	.venv-lake/bin/python Tests/Lake/deciding.py

# Mistakes in the lake's SQL, one at a time, each of which its test must find; an hour or more. MUTANTS=... picks by words.
lake-mutants: build venv-lake
	.venv-lake/bin/python Tests/Lake/mutants.py $(MUTANTS)

lint: deps
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	scripts/check-layers

format:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

# CPU microseconds per event from socket to landed object, beside a reference that does only the unavoidable.
bench: build
	python3 Benchmarks/bench.py

# A backlog that drains into S3 while intake goes on: how fast, and what producers notice.
bench-drain: build venv
	.venv/bin/python Benchmarks/drain.py

# What landing in S3 adds to that, at objects of 64 MiB over plain HTTP on loopback, beside a directory as landing zone.
bench-s3: build
	python3 Benchmarks/bench_s3.py

# The real process attacked, in the long form: kills, deaths at system calls, I/O errors, full disks, cut links, S3 faults. It
# ends with what was injected how often, and fails where that is less than Tests/Blackbox/torture.py promises, or where a test
# was skipped. `make test` has all of it in small; make torture HARDER=10 takes hours.
HARDER ?= 1
torture: build venv
	SLUICE_TORTURE=1 \
	SLUICE_KILLS=$$((500 * $(HARDER))) SLUICE_S3_KILLS=$$((100 * $(HARDER))) SLUICE_S3_RUNS=$$((1000 * $(HARDER))) \
	SLUICE_EIO_SECONDS=$$((30 * $(HARDER))) SLUICE_DISK_ROUNDS=$$((7 * $(HARDER))) SLUICE_CUTS=$$((30 * $(HARDER))) \
	$(PYTEST) -q -s $(addprefix Tests/Blackbox/,test_kill.py test_faults.py test_s3_kill.py test_s3_faults.py test_s3_strong.py \
	test_s3_partition.py test_s3_credentials.py test_regions.py test_failing_calls.py test_interrupted_calls.py \
	test_descriptors.py test_large_journal.py)

# Bugs put in on purpose: each must be noticed in one of the first so many simulated worlds. Built apart, since no other
# build has them.
SEEDS ?= 500
canaries: deps
	SLUICE_CANARIES=1 $(STRICT) swift build -c release --product canaries --scratch-path .build/canaries
	.build/canaries/release/canaries --seeds $(SEEDS)

# libFuzzer, with the address sanitizer, on everything that reads bytes from outside: each target for SECONDS_EACH, or the one
# that TARGET names. Built apart.
SECONDS_EACH ?= 60
fuzz: deps
	$(STRICT) SECONDS_EACH=$(SECONDS_EACH) TARGET="$(TARGET)" scripts/fuzz

deps:
	@scripts/install-deps

test-deps:
	@scripts/install-deps --tests

lake-deps:
	@scripts/install-deps --lake

venv: test-deps .venv/.ready
.venv/.ready: Tests/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	touch $@

venv-lake: lake-deps .venv-lake/.ready
.venv-lake/.ready: Tests/requirements.txt Tests/Lake/requirements.txt
	python3 -m venv .venv-lake
	.venv-lake/bin/pip install --quiet --disable-pip-version-check -r Tests/Lake/requirements.txt
	touch $@

clean:
	rm -rf .build .venv .venv-lake var
