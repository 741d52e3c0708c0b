"""Plans of what each process loads, from placements of DTensor over a mesh of devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from wcodec._frameworks import framework_of
from wcodec._source import File, Source
from wcodec.errors import _make

if TYPE_CHECKING:
    from torch.distributed.tensor import Placement


def plan_from_placements(
    path: File,
    placements: Mapping[str, Placement | Sequence[Placement] | None],
    device_mesh: Any,
) -> dict[str, Any]:
    """What this process owns of each tensor, as `load_sharded` takes it.

    Args:
        path: the file or folder, of which headers are read.
        placements: by names or patterns of names, as `fnmatch` has them, the placement of a tensor:
            one for each dimension of the mesh, or one alone for a mesh of one. `Shard(n)` cuts
            dimension n as `DTensor` does, `Replicate()` gives all of it to each; None leaves it
            out. The first pattern that fits counts; a tensor that none fits is replicated.
        device_mesh: the mesh, of which this process is a part.

    Raises:
        ArgumentError: this process is not in the mesh, placements are not as many as its
            dimensions or of another kind, or a tensor has no such dimension.
    """
    # It takes a while, which other users of the package need not wait.
    from torch.distributed.tensor import Placement

    coordinate = device_mesh.get_coordinate()
    if coordinate is None:
        raise _make("invalid_argument", "this process is not in the mesh of devices")
    places = list(zip(coordinate, device_mesh.shape, strict=True))
    source = Source.of_path(path)
    framework = framework_of("torch")
    plan: dict[str, Any] = {}
    for name, info in source.infos.items():
        wanted = _first_that_fits(name, placements)
        if wanted is None:
            continue
        given = [wanted] if isinstance(wanted, Placement) else list(wanted)
        if len(given) != len(places):
            message = f"tensor {name!r} has {len(given)} placements on a mesh of {len(places)}"
            raise _make("invalid_argument", message)
        shape = framework.visible_shape(name, info.dtype, info.shape)
        plan[name] = _part(name, shape, given, places)
    return plan


def _first_that_fits(name: str, placements: Mapping[str, Any]) -> Any:
    from torch.distributed.tensor import Replicate

    for pattern, wanted in placements.items():
        if fnmatchcase(name, pattern):
            return wanted
    return Replicate()


def _part(
    name: str, shape: tuple[int, ...], placements: list[Placement], places: list[tuple[int, int]]
) -> tuple[slice, ...] | None:
    """The slices of one process, from the first dimension of the mesh to the last."""
    from torch.distributed.tensor import Replicate, Shard

    bounds = [(0, extent) for extent in shape]
    for placement, (number, count) in zip(placements, places, strict=True):
        if isinstance(placement, Replicate):
            continue
        # A subclass may cut otherwise.
        if type(placement) is not Shard:
            message = f"tensor {name!r} is placed by {placement}, not by Shard or Replicate"
            raise _make("invalid_argument", message)
        axis = placement.dim
        if not -len(shape) <= axis < len(shape):
            message = f"tensor {name!r} has no dimension {axis}, but {len(shape)} of them"
            raise _make("invalid_argument", message)
        start, end = bounds[axis]
        # As torch.chunk does: the last may be shorter, or empty.
        length = -(-(end - start) // count)
        bounds[axis] = (
            min(end, start + number * length),
            min(end, start + (number + 1) * length),
        )
    if bounds == [(0, extent) for extent in shape]:
        return None
    return tuple(slice(start, end) for start, end in bounds)
