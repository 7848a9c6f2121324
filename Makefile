# Each target sets up what it needs. `make demo` and `make test` are all that a fresh machine needs; `make help` lists all.
PYTHON ?= python3
VENV := .venv
BUILD := build
JOBS := $(shell nproc)
DATA ?= ../shared/data
FUZZ_SECONDS ?= 20
FUZZ_TARGETS ?=
FUZZ_FLAGS := -DCMAKE_CXX_COMPILER=clang++ -DAMALGAM_FUZZ=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1"
export AMALGAM_DATA := $(abspath $(DATA))

.PHONY: setup help configure build test test-cpp test-python test-full test-sanitized fuzz fuzz-coverage fuzz-build demo bench docs format format-check lint clean

setup: $(VENV)/.ready ## install what is missing: Debian packages, Python packages in .venv

$(VENV)/.ready: scripts/setup.sh requirements-dev.txt
	@scripts/setup.sh $(PYTHON) $(VENV)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

configure: setup ## run CMake, as build does
	@cmake -S . -B $(BUILD) -G Ninja -DAMALGAM_WERROR=ON -DAMALGAM_PYTHON=ON -DPython_EXECUTABLE=$(abspath $(VENV))/bin/python \
	  $(CMAKE_FLAGS) > $(BUILD).log 2>&1 || (cat $(BUILD).log; exit 1)

build: configure ## build/amalgam, and the Python package in .venv
	@cmake --build $(BUILD) -j $(JOBS)
	@cmake --install $(BUILD) --component python \
	  --prefix $$($(VENV)/bin/python -c "import sysconfig; print(sysconfig.get_path('platlib'))") > /dev/null

test: format-check build test-cpp test-python ## check the format and run all quick tests

test-cpp: build ## the C++ tests alone
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

test-python: build ## the quick Python tests alone
	@scripts/browser.sh
	@$(VENV)/bin/pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not full" tests

test-full: test ## all tests, those of full size and fuzzing among them, and the benchmarks
	@$(VENV)/bin/pytest -m full tests
	@$(MAKE) fuzz
	@$(MAKE) bench

test-sanitized: setup ## the C++ tests and fuzz targets under ASan and UBSan
	@cmake -S . -B build-sanitized -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DAMALGAM_SANITIZE=address,undefined > build-sanitized.log 2>&1 \
	  || (cat build-sanitized.log; exit 1)
	@cmake --build build-sanitized --target cpp_tests -j $(JOBS)
	@ctest --test-dir build-sanitized --output-on-failure -j $(JOBS)

# libFuzzer over each reader of what others wrote: FUZZ_SECONDS each, FUZZ_TARGETS all or those named.
fuzz: fuzz-build ## libFuzzer over each reader [FUZZ_SECONDS=20] [FUZZ_TARGETS=key]
	@scripts/fuzz.sh build-fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# How much of each reader the corpus of `make fuzz` reaches.
fuzz-coverage: fuzz-build ## how many lines of the readers fuzz's corpus reaches
	@scripts/fuzz_coverage.sh build-fuzz build-fuzz/corpus $(FUZZ_TARGETS)

# One build for both: compiling takes longer than counting lines.
fuzz-build: setup ## what these two run
	@scripts/clang.sh
	@cmake -S . -B build-fuzz -G Ninja $(FUZZ_FLAGS) -DAMALGAM_SANITIZE=address,undefined -DAMALGAM_COVERAGE=ON \
	  > build-fuzz.log 2>&1 || (cat build-fuzz.log; exit 1)
	@cmake --build build-fuzz --target fuzz_all -j $(JOBS)

demo: build ## the whole road on small data, a few minutes
	@$(VENV)/bin/python examples/demo.py --amalgam $(BUILD)/amalgam

bench: build ## the benchmarks
	@cmake -S . -B build-bench -G Ninja -DAMALGAM_BENCH=ON -DAMALGAM_TESTS=OFF > build-bench.log 2>&1 \
	  || (cat build-bench.log; exit 1)
	@cmake --build build-bench -j $(JOBS)
	@build-bench/bench/weave_bench
	@$(VENV)/bin/python bench/large_model.py --amalgam build-bench/amalgam
	@$(VENV)/bin/python bench/training_cost.py --amalgam build-bench/amalgam
	@$(VENV)/bin/python bench/apart.py --amalgam build-bench/amalgam
	@$(VENV)/bin/python bench/predicted_cost.py --amalgam build-bench/amalgam
	@$(VENV)/bin/python bench/python_overhead.py --amalgam build/amalgam

docs: setup ## the documentation as pages
	@NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict -q

CXX_FILES := $(shell git ls-files -co --exclude-standard '*.cpp' '*.h')

format: setup ## format C++ and Python in place
	@clang-format -i $(CXX_FILES)
	@$(VENV)/bin/ruff format -q .
	@$(VENV)/bin/ruff check -q --fix .

format-check: setup ## say what is not formatted, or too long
	@clang-format --dry-run --Werror $(CXX_FILES)
	@$(VENV)/bin/ruff format -q --check .
	@$(VENV)/bin/ruff check -q .
	@$(PYTHON) scripts/check_sizes.py

# Any finding of .clang-tidy in src/ and include/ fails. The sources must be configured, not built.
lint: configure ## clang-tidy over src/ and include/
	@$(VENV)/bin/run-clang-tidy.py -clang-tidy-binary $(VENV)/bin/clang-tidy -quiet -hide-progress -p $(BUILD) -j $(JOBS) \
	  '^$(CURDIR)/src/'

clean: ## remove what was built, but .venv
	@rm -rf build build-bench build-sanitized build-fuzz build*.log demo-output
