"""Checkpoints of many shards, compressed and checked by Ray: a task for each shard.

Shards lie in folders of any store that fsspec knows. Workers read and write them there; nothing
half-written is visible, and work that was stopped goes on where it was. It needs the package `ray`.
"""

from __future__ import annotations

from typing import Any

from wcodec._progress import Progress
from wcodec.ray._run import Report, ShardsFailedError, run
from wcodec.ray._shards import Done, Work

__all__ = [
    "Done",
    "Report",
    "ShardsFailedError",
    "analyze",
    "compress",
    "decompress",
    "delta",
    "verify",
]


def compress(
    src_uri: str,
    dst_uri: str,
    *,
    profile: str = "balanced",
    check: bool = True,
    resume: bool = True,
    progress: Progress = None,
    **options: Any,
) -> Report:
    """Compresses the safetensors files of a folder, and copies its other files.

    Args:
        src_uri: the folder, or one file, by a path or a URI of fsspec.
        dst_uri: the folder that is made of it, or the file.
        profile: as for `wcodec.compress`.
        check: whether each shard is decoded again and compared.
        resume: whether shards that an earlier run made are left as they are: those of which the
            source and the target have the hashes that were written down beside the target.
        progress: as for `wcodec.compress`, of the bytes of finished shards.
        **options: `storage_options` for fsspec; `num_cpus` of a task (1), which is how many threads
            it uses; `num_gpus` of a task (a quarter where the cluster has GPUs, and 0 otherwise);
            `max_retries` of a task whose worker dies, or that the store refuses (3).

    Raises:
        ShardsFailedError: some shards failed, which it names; the others are done.
        FileNotFoundError: there is nothing at the source.
    """
    work = Work("compress", src_uri, dst_uri, profile=profile, check=check, resume=resume)
    return run(work, progress, **options)


def delta(
    src_uri: str,
    dst_uri: str,
    base_uri: str,
    *,
    profile: str = "balanced",
    check: bool = True,
    resume: bool = True,
    progress: Progress = None,
    **options: Any,
) -> Report:
    """Compresses a folder against another, such as the model before it was fine-tuned.

    Each shard gets those shards of the base that have tensors of its names.

    Args:
        src_uri: as for `compress`.
        dst_uri: as for `compress`.
        base_uri: the folder or file that shards are coded against: safetensors or archives.
        profile: as for `compress`.
        check: as for `compress`.
        resume: as for `compress`.
        progress: as for `compress`.
        **options: as for `compress`.

    Raises:
        ShardsFailedError: as `compress`.
    """
    work = Work("compress", src_uri, dst_uri, base_uri, profile=profile, check=check, resume=resume)
    return run(work, progress, **options)


def decompress(
    src_uri: str,
    dst_uri: str,
    *,
    base_uri: str | None = None,
    resume: bool = True,
    progress: Progress = None,
    **options: Any,
) -> Report:
    """Restores what `compress` or `delta` made, to the byte, and copies the other files.

    Args:
        src_uri: the folder of archives, or one.
        dst_uri: the folder that is made of it, or the file.
        base_uri: what they are coded against, if anything.
        resume: as for `compress`.
        progress: as for `compress`.
        **options: as for `compress`.

    Raises:
        ShardsFailedError: as `compress`.
    """
    work = Work("decompress", src_uri, dst_uri, base_uri, resume=resume)
    return run(work, progress, **options)


def verify(
    src_uri: str, *, base_uri: str | None = None, progress: Progress = None, **options: Any
) -> Report:
    """Checks that every archive of a folder is whole and decodes to the original bytes.

    Args:
        src_uri: the folder of archives, or one.
        base_uri: what they are coded against, if anything.
        progress: as for `compress`.
        **options: as for `compress`.

    Raises:
        ShardsFailedError: some are damaged, which it names.
    """
    return run(Work("verify", src_uri, None, base_uri), progress, **options)


def analyze(
    src_uri: str, *, profile: str = "balanced", progress: Progress = None, **options: Any
) -> Report:
    """How much each shard of a folder could shrink: `wcodec.analyze` of each, in its `summary`.

    Args:
        src_uri: the folder of safetensors files or archives, or one.
        profile: as for `wcodec.analyze`.
        progress: as for `compress`.
        **options: as for `compress`.

    Raises:
        ShardsFailedError: some are damaged, which it names.
    """
    return run(Work("analyze", src_uri, profile=profile), progress, **options)
