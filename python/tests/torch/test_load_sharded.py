"""Each of several processes reads and decodes what it owns, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import pytest
import safetensors.torch
from fsspec.implementations.memory import MemoryFileSystem
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor

import processes
import torch
import wcodec
import wcodec.torch
from wcodec.torch import load_sharded, plan_from_placements

ROWS, COLUMNS = 2048, 4096


def gaussian(*shape: int, dtype: torch.dtype = torch.bfloat16, seed: int = 1) -> torch.Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) / 50
    return values.to(dtype)


def model() -> dict[str, torch.Tensor]:
    """Layers as a tensor parallel model has them, experts, and small ones."""
    weights = {
        "layer.q_proj.weight": gaussian(ROWS, COLUMNS),
        "layer.o_proj.weight": gaussian(ROWS, COLUMNS, seed=2),
        "layer.experts.weight": gaussian(8, 512, 768, seed=3),
        "embed.weight": gaussian(4000, 1000, dtype=torch.float32, seed=4),
        "layer.norm.weight": gaussian(777, seed=5),
        "step": torch.tensor(7),
    }
    return weights


def save(weights: dict[str, torch.Tensor], form: str) -> str:
    """The weights in one of the forms that they are read from."""
    safetensors.torch.save_file(weights, "model.safetensors")
    if form == "archive":
        wcodec.compress("model.safetensors", "model.wcodec", device="cpu")
        return "model.wcodec"
    if form == "safetensors":
        return "model.safetensors"
    Path("plain").mkdir()
    Path("model.safetensors").rename("plain/model.safetensors")
    if form == "folder":
        wcodec.compress("plain", "model.wcodec", device="cpu")
        return "model.wcodec"
    wcodec.pack_safetensors("plain", "packed", device="cpu")
    return "packed"


FORMS = ["archive", "safetensors", "folder", "packed"]
PLANS: dict[str, Any] = {
    "layer.q_proj.weight": slice(300, 1111),
    "layer.o_proj.weight": (slice(None), slice(1000, 2000)),
    "layer.experts.weight": [1, 2, 6],
    "embed.weight": (slice(17, 3000), slice(250, 500)),
    "layer.norm.weight": slice(5, 9),
    "step": None,
}


@pytest.mark.parametrize("form", FORMS)
def test_parts_are_those_of_the_whole(form: str) -> None:
    weights = model()
    loaded = load_sharded(save(weights, form), PLANS)
    assert list(loaded) == list(PLANS)
    for name, index in PLANS.items():
        expected = weights[name] if index is None else weights[name][index]
        assert loaded[name].dtype == expected.dtype
        assert loaded[name].is_contiguous()
        assert torch.equal(loaded[name], expected), name


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.int8, torch.float64, torch.bool])
def test_other_dtypes(dtype: torch.dtype) -> None:
    weight = (gaussian(300, 2048, dtype=torch.float32) * 90).to(dtype)
    wcodec.torch.save_file({"a": weight}, "a.wcodec")
    plan = {"a": (slice(33, 250), slice(700, 1500))}
    part = load_sharded("a.wcodec", plan)["a"]
    same = part.view(torch.uint8) == weight[plan["a"]].contiguous().view(torch.uint8)
    assert part.shape == (217, 800)
    assert same.all()


def test_packed_elements_are_taken_by_rows() -> None:
    weight = torch.arange(90 * 64, dtype=torch.uint8).reshape(90, 64).view(torch.float4_e2m1fn_x2)
    wcodec.torch.save_file({"a": weight}, "a.wcodec")
    part = load_sharded("a.wcodec", {"a": slice(7, 31)})["a"]
    assert torch.equal(part.view(torch.uint8), weight.view(torch.uint8)[7:31])


def test_the_middle_dimension() -> None:
    """As gate and up projections of fused experts are shared."""
    weights = {"e": gaussian(6, 512, 256)}
    wcodec.torch.save_file(weights, "e.wcodec")
    index = (slice(1, 5), slice(128, 256))
    assert torch.equal(load_sharded("e.wcodec", {"e": index})["e"], weights["e"][index])


def test_plans_that_do_not_fit() -> None:
    wcodec.torch.save_file({"a": gaussian(4, 4)}, "a.wcodec")
    with pytest.raises(wcodec.NoSuchTensorError):
        load_sharded("a.wcodec", {"b": None})
    with pytest.raises(wcodec.ArgumentError, match="a plan is a dict"):
        load_sharded("a.wcodec", ["a"])  # type: ignore[arg-type]
    with pytest.raises(wcodec.ArgumentError, match="slices of step 1"):
        load_sharded("a.wcodec", {"a": 1})
    with pytest.raises(wcodec.ArgumentError, match="init_process_group"):
        load_sharded("a.wcodec", {"a": None}, check=True)


def test_a_part_of_a_store_costs_its_tiles() -> None:
    weights = model()
    with fsspec.open("memory://model.wcodec", "wb") as file:
        file.write(wcodec.torch.save(weights))
    blobs = len(MemoryFileSystem.store["/model.wcodec"].getvalue())
    name = "layer.q_proj.weight"
    for index in (slice(512, 768), (slice(None), slice(512, 1024))):
        loaded = load_sharded("memory://model.wcodec", {name: index})
        assert torch.equal(loaded[name], weights[name][index])
        assert 0 < loaded.bytes_read < blobs / 4
    MemoryFileSystem.store.clear()


def test_a_damaged_tile_is_an_error_of_the_part_that_has_it() -> None:
    wcodec.torch.save_file({"a": gaussian(ROWS, COLUMNS)}, "a.wcodec")
    content = bytearray(Path("a.wcodec").read_bytes())
    size = len(content)
    # Words come first in a blob: these are of the first rows.
    content[size // 20 : size // 20 + 4096] = bytes(4096)
    Path("a.wcodec").write_bytes(content)
    with pytest.raises(wcodec.BadDataError):
        load_sharded("a.wcodec", {"a": slice(0, ROWS // 2)})
    load_sharded("a.wcodec", {"a": slice(ROWS // 2 + 512, ROWS)})


def own(rank: int, path: str, ranks: int) -> tuple[int, dict[str, torch.Tensor]]:
    """What one process of a tensor parallel model reads."""
    mesh = init_device_mesh("cpu", (ranks,))
    placements = {
        "*.q_proj.*": Shard(0),
        "*.o_proj.*": Shard(1),
        "*.experts.*": Shard(0),
        "embed.*": [Shard(0)],
        "step": None,
        "*": Replicate(),
    }
    plan = plan_from_placements(path, placements, mesh)
    assert "step" not in plan
    loaded = load_sharded(path, plan)
    for name, part in loaded.items():
        if name != "layer.norm.weight":
            # What DTensor takes to be this process's.
            given = next(value for key, value in placements.items() if _fits(name, key))
            given = given if isinstance(given, list) else [given]
            whole = distribute_tensor(model()[name], mesh, given, src_data_rank=None)
            assert isinstance(whole, DTensor)
            assert torch.equal(whole.to_local(), part), name
    return loaded.bytes_read, dict(loaded)


def _fits(name: str, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(name, pattern)


@pytest.mark.parametrize(("ranks", "form"), [(2, "archive"), (4, "archive"), (2, "packed")])
def test_processes_read_what_they_own(ranks: int, form: str) -> None:
    weights = model()
    path = save(weights, form)
    size = sum(file.stat().st_size for file in _files(path))
    found = processes.run(ranks, own, path, ranks)
    for read, _ in found:
        assert size / ranks * 0.9 < read <= size * (1 / ranks + 0.03)
    parts = [loaded for _, loaded in found]
    for name, axis in {"layer.q_proj.weight": 0, "layer.o_proj.weight": 1}.items():
        joined = torch.cat([part[name] for part in parts], axis)
        assert torch.equal(joined, weights[name])


def _files(path: str) -> list[Path]:
    found = Path(path)
    return [file for file in found.iterdir() if file.is_file()] if found.is_dir() else [found]


def two_dimensions(rank: int, path: str) -> dict[str, Any]:
    mesh = init_device_mesh("cpu", (2, 2))
    plan = plan_from_placements(path, {"*": [Shard(0), Shard(1)]}, mesh)
    for placements, reason in (
        ([Shard(0)], "1 placements on a mesh of 2"),
        ([Shard(2), Shard(0)], "no dimension 2"),
        ([Partial(), Shard(0)], "not by Shard or Replicate"),
    ):
        with pytest.raises(wcodec.ArgumentError, match=reason):
            plan_from_placements(path, {"*": placements}, mesh)
    return plan


def test_a_mesh_of_two_dimensions() -> None:
    wcodec.torch.save_file({"a": gaussian(5, 9)}, "a.wcodec")
    plans = processes.run(4, two_dimensions, "a.wcodec")
    assert [plan["a"] for plan in plans] == [
        (slice(rows, min(rows + 3, 5)), slice(columns, min(columns + 5, 9)))
        for rows in (0, 3)
        for columns in (0, 5)
    ]


def checked(rank: int, path: str) -> str | None:
    try:
        load_sharded(path, {"a": slice(600 * rank, 600 * rank + 600)}, check=True)
    except wcodec.BadDataError as error:
        return str(error)
    return None


def test_checksums_are_compared_together() -> None:
    wcodec.torch.save_file({"a": gaussian(ROWS, COLUMNS)}, "a.wcodec")
    assert processes.run(2, checked, "a.wcodec") == [None, None]
    content = bytearray(Path("a.wcodec").read_bytes())
    # A mantissa, which stands in the file as it is.
    content[-8000] ^= 1
    Path("a.wcodec").write_bytes(content)
    load_sharded("a.wcodec", {"a": slice(0, 600)})
    first, second = processes.run(2, checked, "a.wcodec")
    assert first is not None
    assert "checksum" in first
    assert second == f"process 0 found: {first}"
