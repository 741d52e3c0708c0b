#!/bin/sh
# Tests the Python package: what needs neither torch nor JAX nor a GPU, or with the argument `torch` the rest that needs
# no GPU.
set -eu
cd "$(dirname "$0")/.."

scripts/python-env.sh "$@"
scripts/build-python.sh
cd python
sources=python/wcodec
case ${1:-} in
torch) set -- tests/torch tests/gpu tests/cluster "$sources/torch" "$sources/transformers" "$sources/jax.py" ;;
*) set -- tests "$sources" --ignore tests/torch --ignore tests/gpu --ignore tests/cluster --ignore "$sources/__main__.py" --ignore "$sources/torch" --ignore "$sources/ray" --ignore "$sources/vllm" --ignore "$sources/transformers" --ignore "$sources/jax.py" \
    --ignore "$sources/_aliases.py" --ignore "$sources/_frameworks/torch.py" --ignore "$sources/_frameworks/jax.py" ;;
esac
exec ../target/python/env/bin/python -m pytest --quiet --doctest-modules -p no:cacheprovider "$@"
