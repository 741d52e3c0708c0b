"""Tasks of Ray, one for each shard, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import ray

from wcodec._progress import Progress, reporting
from wcodec.errors import WcodecError, _make
from wcodec.ray._shards import ARCHIVE, SAFETENSORS, Done, Work, do, tensors_of
from wcodec.ray._stores import Store, absolute

# Tasks that decode share a GPU.
_GPU_SHARE = 0.25
_SECONDS_TO_END = 20


@dataclass(frozen=True)
class Report:
    """What became of a folder.

    Attributes:
        shards: each shard, in the order of their names.
        copied: the other files, which were copied.
    """

    shards: tuple[Done, ...]
    copied: tuple[Done, ...]

    @property
    def failed(self) -> tuple[Done, ...]:
        """The shards and files that failed."""
        return tuple(one for one in (*self.shards, *self.copied) if one.error is not None)

    @property
    def input_bytes(self) -> int:
        """Bytes of all shards."""
        return sum(one.bytes for one in self.shards)

    @property
    def output_bytes(self) -> int:
        """Bytes of all that they became."""
        return sum(one.summary.get("output_bytes", 0) for one in self.shards)


class ShardsFailedError(WcodecError, RuntimeError):
    """Some shards failed, while the others are done.

    Attributes:
        report: what became of all.
    """

    code = "shards_failed"
    report: Report


def run(
    work: Work,
    progress: Progress,
    *,
    storage_options: dict[str, Any] | None = None,
    num_cpus: int = 1,
    num_gpus: float | None = None,
    max_retries: int = 3,
) -> Report:
    """Does work on every shard, and copies the other files where there is a target."""
    if not ray.is_initialized():
        ray.init()
    if num_gpus is None:
        num_gpus = _GPU_SHARE if ray.cluster_resources().get("GPU", 0) > 0 else 0
    work = replace(
        work,
        storage_options=storage_options or {},
        threads=num_cpus,
        device="cuda" if num_gpus > 0 else "cpu",
        run=uuid4().hex,
        # Workers have folders of their own to be in.
        source=absolute(work.source),
        target=None if work.target is None else absolute(work.target),
        base=None if work.base is None else absolute(work.base),
    )
    source = Store(work.source, work.storage_options)
    shards, others = _sorted_out(work, source)
    retries: dict[str, Any] = {"max_retries": max_retries, "retry_exceptions": [OSError]}
    task = ray.remote(do).options(num_cpus=num_cpus, num_gpus=num_gpus, **retries)
    light = ray.remote(do).options(num_cpus=num_cpus, **retries)
    bases = _bases(work, source, shards)
    copying = replace(work, kind="copy", base=None)
    pending = {task.remote(work, name, bases[name]): name for name in shards}
    pending |= {light.remote(copying, name, []): name for name in others}
    sizes = {name: source.size(name) for name in (*shards, *others)}
    try:
        done = _wait(pending, sizes, progress)
    finally:
        if work.target is not None:
            Store(work.target, work.storage_options).remove_scratch(work.run)
    report = Report(tuple(done[name] for name in shards), tuple(done[name] for name in others))
    if report.failed:
        raise _failure(report)
    return report


def _sorted_out(work: Work, source: Store) -> tuple[list[str], list[str]]:
    """The shards, and the files that are copied along."""
    endings = {
        "compress": (SAFETENSORS,),
        "analyze": (SAFETENSORS, ARCHIVE),
    }.get(work.kind, (ARCHIVE,))
    names = source.names()
    shards = [name for name in names if source.path(name).endswith(endings)]
    if not shards:
        raise _make("invalid_argument", f"{work.source} has no files {' or '.join(endings)}")
    others = [] if work.target is None else [name for name in names if name not in shards]
    return shards, others


def _bases(work: Work, source: Store, shards: list[str]) -> dict[str, list[str]]:
    """For each shard the files of the base with tensors of its names; all where none has any."""
    if work.base is None:
        return {name: [] for name in shards}
    base = Store(work.base, work.storage_options)
    files = [name for name in base.names() if base.path(name).endswith((ARCHIVE, SAFETENSORS))]
    if not files:
        raise _make("invalid_argument", f"the base {work.base} has no files of tensors")
    where: dict[str, str] = {}
    for file in files:
        where.update(dict.fromkeys(tensors_of(base, file), file))
    found = {name: {where.get(one) for one in tensors_of(source, name)} for name in shards}
    return {name: sorted(filter(None, found[name])) or files for name in shards}


def _wait(
    pending: dict[ray.ObjectRef, str], sizes: dict[str, int], progress: Progress
) -> dict[str, Done]:
    """Waits for all tasks, in whatever order they end."""
    done: dict[str, Done] = {}
    total = sum(sizes.values())
    with reporting("shards", progress) as told:
        try:
            while pending:
                (ready,), _ = ray.wait(list(pending))
                name = pending.pop(ready)
                done[name] = _result(ready, name, sizes[name])
                if told is not None:
                    told(sum(sizes[one] for one in done), total, name)
        finally:
            # After Ctrl-C, or where progress raises.
            _cancel(list(pending))
    return done


def _result(ready: ray.ObjectRef, name: str, size: int) -> Done:
    try:
        result: Done = ray.get(ready)
    except ray.exceptions.RayTaskError as error:
        return Done(name, size, error=f"{error.cause or error}", code="io")
    except ray.exceptions.RayError as error:
        return Done(name, size, error=f"its worker ended: {error}", code="worker")
    return result


def _cancel(tasks: list[ray.ObjectRef]) -> None:
    """Ends tasks, and waits until they have."""
    for task in tasks:
        ray.cancel(task, force=True)
    if tasks:
        ray.wait(tasks, num_returns=len(tasks), timeout=_SECONDS_TO_END)


def _failure(report: Report) -> ShardsFailedError:
    lines = [f"{one.name or 'the file'}: {one.error}" for one in report.failed]
    count = len(report.shards) + len(report.copied)
    error = ShardsFailedError(f"{len(lines)} of {count} files failed\n" + "\n".join(lines))
    error.report = report
    return error
