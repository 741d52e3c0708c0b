"""Tensors of torch on a GPU. Every test here needs one."""

from __future__ import annotations

import gc
import multiprocessing
from pathlib import Path

import pytest
import safetensors.torch

import torch
import wcodec
import wcodec.torch

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")


def model(rows: int = 3000) -> dict[str, torch.Tensor]:
    """Weights of several dtypes and sizes, small ones that share a blob among them."""
    torch.manual_seed(1)
    weights = {
        "bf16": torch.randn(rows, 1000).to(torch.bfloat16),
        "f32": torch.randn(700, 300),
        "int8": torch.randint(-20, 20, (rows, 512), dtype=torch.int8),
        "fp8": torch.randn(512, 512).to(torch.float8_e4m3fn),
        "scalar": torch.tensor(3.5),
        "empty": torch.empty(0, 8),
    }
    weights.update({f"bias.{n}": torch.randn(33).half() for n in range(40)})
    return weights


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether a tensor on a GPU has the dtype, shape and bytes of one in host memory."""
    one = one.cpu()
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    one, other = (tensor.contiguous().reshape(-1).view(torch.uint8) for tensor in (one, other))
    return bool(torch.equal(one, other))


def write(folder: Path = Path()) -> dict[str, torch.Tensor]:
    """Writes the model as a compressed file, and as a safetensors file."""
    weights = model()
    safetensors.torch.save_file(weights, folder / "model.safetensors")
    wcodec.compress(folder / "model.safetensors", folder / "model.wcodec", device="cpu")
    return weights


@pytest.mark.parametrize("device", ["cuda", "cuda:0", 0, torch.device("cuda")])
def test_whole_files(device: object) -> None:
    weights = write()
    for path in ("model.wcodec", "model.safetensors"):
        loaded = wcodec.torch.load_file(path, device=device)
        assert sorted(loaded) == sorted(weights)
        for name, tensor in loaded.items():
            assert tensor.device == torch.device("cuda:0")
            assert same(tensor, weights[name]), name


def test_a_folder_of_both_kinds() -> None:
    folder = Path("model")
    folder.mkdir()
    weights = model()
    half = dict(list(weights.items())[:3])
    wcodec.torch.save_file(half, folder / "one.wcodec")
    rest = {name: tensor for name, tensor in weights.items() if name not in half}
    safetensors.torch.save_file(rest, folder / "two.safetensors")
    loaded = wcodec.load_wcodec_checkpoint(folder)
    assert all(same(loaded[name], weights[name]) for name in weights)


def test_single_tensors_and_slices() -> None:
    weights = write()
    with wcodec.safe_open("model.wcodec", "pt", device="cuda") as file:
        for name in ("bf16", "scalar", "empty", "bias.7"):
            assert same(file.get_tensor(name), weights[name])
        part = file.get_slice("bf16")
        for index in (slice(5, 900), (slice(None), slice(3, 9)), -1, (7, 7), slice(9, 9)):
            found = part[index]
            assert found.device.type == "cuda"
            assert same(found, weights["bf16"][index])
        with pytest.raises(KeyError):
            file.get_tensor("absent")


def test_on_a_stream_of_the_callers() -> None:
    weights = write()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        # Its memory is taken for the loaded tensors while the stream still writes to it.
        for _ in range(20):
            block = torch.empty(64 << 20, device="cuda", dtype=torch.uint8)
            block.fill_(255)
            del block
        loaded = wcodec.torch.load_file("model.wcodec", device="cuda")
        sums = {name: tensor.clone() for name, tensor in loaded.items()}
    stream.synchronize()
    assert all(same(sums[name], weights[name]) for name in weights)


def test_prefetch_on_a_stream_of_the_callers() -> None:
    weights = write()
    stream = torch.cuda.Stream()
    with wcodec.safe_open("model.wcodec", "pt", device="cuda") as file, torch.cuda.stream(stream):
        with file.prefetch() as loader:
            found = {name: tensor.clone() for name, tensor in loader}
        with file.prefetch({"bf16": slice(7, 900)}, device="cpu") as loader:
            assert torch.equal(loader.take("bf16"), weights["bf16"][7:900])
    stream.synchronize()
    assert all(same(found[name], weights[name]) for name in weights)


def test_damage_is_told_and_the_next_load_is_right() -> None:
    weights = write()
    content = bytearray(Path("model.wcodec").read_bytes())
    content[len(content) // 3] ^= 1
    Path("broken.wcodec").write_bytes(content)
    with pytest.raises(wcodec.BadDataError):
        wcodec.torch.load_file("broken.wcodec", device="cuda")
    loaded = wcodec.torch.load_file("model.wcodec", device="cuda")
    assert all(same(loaded[name], weights[name]) for name in weights)


def test_memory_is_torchs() -> None:
    write()
    wcodec.torch.load_file("model.wcodec", device="cuda")
    gc.collect()
    before = torch.cuda.memory_allocated()
    loaded = wcodec.torch.load_file("model.wcodec", device="cuda")
    held = torch.cuda.memory_allocated() - before
    assert held >= sum(tensor.nbytes for tensor in loaded.values())
    del loaded
    gc.collect()
    assert torch.cuda.memory_allocated() == before


def test_a_device_without_room() -> None:
    weights = write()
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-5)
    try:
        with pytest.raises(wcodec.OutOfMemoryError, match="no room for tensor"):
            wcodec.torch.load_file("model.wcodec", device="cuda")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    loaded = wcodec.torch.load_file("model.wcodec", device="cuda")
    assert all(same(loaded[name], weights[name]) for name in weights)


def test_a_stream_of_another_device_is_not_used() -> None:
    """The stream is that of the device that is loaded to, whatever device is current."""
    weights = write()
    other = torch.device("cuda", torch.cuda.device_count() - 1)
    with torch.cuda.device(other), torch.cuda.stream(torch.cuda.Stream(other)):
        loaded = wcodec.torch.load_file("model.wcodec", device="cuda:0")
        assert all(same(loaded[name], weights[name]) for name in weights)
    torch.cuda.set_device(0)


def test_devices_that_are_not_there() -> None:
    write()
    with pytest.raises(wcodec.GpuError, match="torch cannot use the device"):
        wcodec.torch.load_file("model.wcodec", device="cuda:99")


def load_sum(path: str) -> float:
    return float(wcodec.torch.load_file(path, device="cuda")["f32"].double().sum())


def test_a_process_that_is_spawned() -> None:
    weights = write()
    load_sum("model.wcodec")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(load_sum, ["model.wcodec"])
    assert found == pytest.approx(float(weights["f32"].double().sum()))


def fails_in_fork(path: str) -> str:
    try:
        load_sum(path)
    except wcodec.GpuError as error:
        return str(error)
    return "no error"


def test_a_process_that_is_forked() -> None:
    write()
    load_sum("model.wcodec")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert "fork" in pool.apply(fails_in_fork, ["model.wcodec"])
