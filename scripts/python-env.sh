#!/bin/sh
# Makes target/python/env, a Python environment with what builds and tests the package in python/, or with the argument
# `torch` also what tests it with torch and JAX. Does nothing, and says nothing, where it is already as it should be.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
env=$root/target/python/env
requirements=$root/python/requirements

# Debian keeps a part of `venv` in a package of its own.
if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo "$0: Python lacks the module venv: install Debian's package python3-venv" >&2
        exit 1
    fi
    echo "Installing python3-venv ..."
    apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends python3-venv
fi

[ -x "$env/bin/python" ] || python3 -m venv "$env"
for list in test "$@"; do
    if ! cmp -s "$requirements/$list.txt" "$env/$list.txt"; then
        echo "Installing what python/requirements/$list.txt lists ..."
        "$env/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements/$list.txt"
        cp "$requirements/$list.txt" "$env/$list.txt"
    fi
done
