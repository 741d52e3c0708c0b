#!/bin/sh
# Compresses the models that packages ship, and prints a table with the peers beside: `make demo
# MODELS=all`. Takes 3 GB below target/demo, and some minutes. Environment: PEERS, more packages for
# the environment: "zipnn==0.5.4 safetensors torch" for ZipNN, which is built and is not installed
# unless asked for.
set -eu

cd "$(dirname "$0")/.."
folder=target/demo
python=$folder/venv/bin/python

if [ ! -x "$python" ]; then
    mkdir -p "$folder"
    python3 -m venv "$folder/venv"
fi
"$python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: \
    --requirement scripts/demo_models/requirements.txt
if [ -n "${PEERS:-}" ]; then
    # A list of names, split on purpose.
    "$python" -m pip install --quiet --disable-pip-version-check $PEERS
fi
${CARGO:-cargo} build --release --locked -p wcodec-cli
PYTHONPATH=scripts exec "$python" -m demo_models "$folder" target/release/wcodec "$@"
