"""Several processes of torch.distributed on one machine, over gloo."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

# One that waits for another that has failed ends after as long.
_SECONDS = 120


def run(count: int, work: Callable[..., Any], *arguments: Any) -> list[Any]:
    """Calls a function of a module in so many processes, and gives what each returned, or raises.

    Args:
        count: how many processes.
        work: what each does; it gets its rank and these arguments.
        *arguments: what can be pickled.
    """
    context = get_context("spawn")
    results = context.SimpleQueue()
    meeting = str(Path("meeting").absolute())
    Path(meeting).unlink(missing_ok=True)
    processes = [
        context.Process(target=_begin, args=(rank, count, meeting, results, work, arguments))
        for rank in range(count)
    ]
    for process in processes:
        process.start()
    found: dict[int, Any] = {}
    try:
        for _ in processes:
            rank, result, failure = results.get()
            assert failure is None, f"process {rank}:\n{failure}"
            found[rank] = pickle.loads(result)
    finally:
        for process in processes:
            process.join(_SECONDS if len(found) == count else 1)
            if process.is_alive():
                process.kill()
    return [found[rank] for rank in range(count)]


def _begin(
    rank: int, count: int, meeting: str, results: Any, work: Callable[..., Any], arguments: Any
) -> None:
    from datetime import timedelta

    import torch.distributed as dist

    try:
        limit = timedelta(seconds=_SECONDS)
        dist.init_process_group(
            "gloo", init_method=f"file://{meeting}", rank=rank, world_size=count, timeout=limit
        )
        result = work(rank, *arguments)
        dist.barrier()
        dist.destroy_process_group()
        # As bytes: tensors would be shared, and are gone with this process.
        results.put((rank, pickle.dumps(result), None))
    except BaseException:
        results.put((rank, None, traceback.format_exc()))
