# `make run` and `make test` install what is missing first; see scripts/install-deps.

SHELL := /bin/bash
SLUICE := .build/release/sluice
PYTEST := .venv/bin/pytest
# Warnings fail the build of our own targets in tests and CI (Package.swift).
STRICT := SLUICE_STRICT=1

.PHONY: run build test test-swift test-blackbox lake test-lake lint format bench bench-drain kill deps test-deps venv venv-lake clean

run: build
	$(SLUICE) serve --config config/local.yaml

build: deps
	$(STRICT) swift build -c release --product sluice

test: build venv lint test-swift test-blackbox

test-swift: deps
	$(STRICT) swift test --no-parallel

test-blackbox: build venv
	$(PYTEST) -q Tests/Blackbox

# What the local gateway has landed, through the lake's own SQL to Gold.
lake: venv-lake
	@.venv-lake/bin/python Tests/Lake/local.py $(or $(LANDING),var/landing)

# The SQL that ships, on Spark over what real gateways landed. Needs Java 17; not part of `make test` yet.
test-lake: build venv-lake
	.venv-lake/bin/pytest -q Tests/Lake

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

# A long run of kill -9 under load: make kill KILLS=5000
KILLS ?= 2000
kill: build venv
	SLUICE_KILLS=$(KILLS) $(PYTEST) -q -s Tests/Blackbox/test_kill.py

deps:
	@scripts/install-deps

test-deps:
	@scripts/install-deps --tests

venv: test-deps .venv/.ready
.venv/.ready: Tests/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	touch $@

venv-lake: .venv-lake/.ready
.venv-lake/.ready: Tests/requirements.txt Tests/Lake/requirements.txt
	python3 -m venv .venv-lake
	.venv-lake/bin/pip install --quiet --disable-pip-version-check -r Tests/Lake/requirements.txt
	touch $@

clean:
	rm -rf .build .venv .venv-lake var
