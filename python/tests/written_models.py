"""A model that is written as an archive, as a safetensors file and as a folder of both."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors.numpy

import wcodec.numpy
from weights import weights

METADATA = {"format": "np", "größe": "🦀"}
MODEL = {
    "layer.weight": weights("F32", 96, 64),
    "layer.bias": weights("F16", 96),
    "quantised": weights("I8", 300, 512),
    "scale": weights("F64").reshape(()),
    "empty": weights("I32", 0, 7),
}


def write_wcodec(folder: Path) -> Path:
    wcodec.numpy.save_file(MODEL, folder / "model.wcodec", METADATA)
    return folder / "model.wcodec"


def write_safetensors(folder: Path) -> Path:
    safetensors.numpy.save_file(MODEL, folder / "model.safetensors", METADATA)
    return folder / "model.safetensors"


def write_folder(folder: Path) -> Path:
    """Two shards, one of them compressed, and their index."""
    model = folder / "model"
    model.mkdir()
    names = sorted(MODEL)
    one, two = ({name: MODEL[name] for name in part} for part in (names[:2], names[2:]))
    shards = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    wcodec.numpy.save_file(one, model / shards[0].replace("safetensors", "wcodec"), METADATA)
    safetensors.numpy.save_file(two, model / shards[1], {"format": "of the second"})
    places = {name: shards[name in two] for name in names}
    index = {"metadata": {}, "weight_map": places}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    return model
