"""Tensors that are decoded in the background, and handed out as they are ready."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple

from wcodec._batches import batches
from wcodec._frameworks import Framework
from wcodec._slice import TensorSlice
from wcodec._source import Source, Wanted
from wcodec.errors import _make

# Decoded bytes that are decoded in one call: on a CPU enough to keep all cores busy, on a GPU so
# that the end of one call, which waits for the device, costs little beside the rest.
_BATCH_BYTES = {"cpu": 16 << 20, "gpu": 512 << 20}
_MOST_THREADS = 64


class _Item(NamedTuple):
    """A tensor or a part of one, and what is left to do to the rows that are decoded."""

    name: str
    wanted: Wanted
    inner: tuple[Any, ...] | None


class PrefetchLoader:
    """Tensors on their way, from `safe_open.prefetch`. Each is handed out once.

    Threads decode them in the order of the file, but one that `take` waits for comes next. On a
    GPU they belong to the stream that was current when the loader was made.

    >>> import numpy as np
    >>> import wcodec, wcodec.numpy
    >>> wcodec.numpy.save_file({"a": np.arange(4.0), "b": np.eye(2), "c": np.eye(3)}, "m.wcodec")
    >>> with wcodec.safe_open("m.wcodec", "np") as file:
    ...     with file.prefetch({"a": slice(1, 3), "b": None}) as loader:
    ...         print(loader.take("a"))
    ...         print([name for name, _ in loader])
    [1. 2.]
    ['b']
    """

    def __init__(
        self,
        source: Source,
        plan: Mapping[str, Any] | None,
        framework: Framework,
        device: Any,
        threads: int,
    ) -> None:
        if not 1 <= threads <= _MOST_THREADS:
            message = f"threads is not a number from 1 to {_MOST_THREADS}"
            raise _make("invalid_argument", message)
        self._source = source
        self._framework = framework
        self._device = device
        self._on_stream = framework.current_stream(device)
        items = _items(source, plan, framework, device)
        self._names = [item.name for item in items]
        is_gpu = framework.gpu(device) is not None
        most = _BATCH_BYTES["gpu" if is_gpu else "cpu"]
        self._batches = deque(batches(items, lambda item: item.wanted.info.byte_len, most))
        self._waiting = set(self._names)
        self._ready: dict[str, Any] = {}
        self._error: BaseException | None = None
        self._is_closed = False
        self._changed = threading.Condition()
        count = min(threads, len(self._batches))
        self._workers = [threading.Thread(target=self._work) for _ in range(count)]
        for worker in self._workers:
            worker.start()

    def names(self) -> list[str]:
        """The names of all tensors of the plan, in the order of the file."""
        return list(self._names)

    def take(self, name: str) -> Any:
        """Waits until a tensor is decoded, and hands it out.

        Raises:
            NoSuchTensorError: it is not in the plan; it is also a KeyError.
            ArgumentError: it was handed out before, or the loader is closed.
            BadDataError: it, or another tensor of the plan, is damaged.
        """
        with self._changed:
            if name not in self._names:
                raise _make("no_such_tensor", f"the plan has no tensor named {name!r}")
            self._hurry(name)
            self._changed.wait_for(lambda: name in self._ready or not self._may_come(name))
            if name in self._ready:
                return self._ready.pop(name)
            raise self._reason(f"tensor {name!r} was handed out before")

    def close(self) -> None:
        """Stops, and frees every tensor that was not handed out. Twice is no error."""
        with self._changed:
            self._is_closed = True
            self._batches.clear()
            self._ready.clear()
            self._waiting.clear()
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Names and tensors as they are ready, without those that were handed out."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready or self._error or not self._waiting)
                if not self._ready:
                    if self._error is not None or self._is_closed:
                        raise self._reason("all tensors were handed out")
                    return
                item = next(iter(self._ready))
                pair = item, self._ready.pop(item)
            yield pair

    def __enter__(self) -> PrefetchLoader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._is_closed:
            return f"<PrefetchLoader of {self._source.name!r}, closed>"
        ready, names = len(self._ready), len(self._names)
        return f"<PrefetchLoader of {self._source.name!r}, {ready} of {names} tensors ready>"

    def _work(self) -> None:
        try:
            self._decode_batches()
        finally:
            self._source.free_memory(self._framework, self._device)

    def _decode_batches(self) -> None:
        while True:
            with self._changed:
                # A program that ends, as after Ctrl-C, waits for no more than what has begun.
                if not self._batches or not threading.main_thread().is_alive():
                    return
                batch = self._batches.popleft()
            try:
                arrays = self._decode(batch)
            except BaseException as error:
                with self._changed:
                    self._error = self._error or error
                    self._batches.clear()
                    self._changed.notify_all()
                return
            with self._changed:
                if not self._is_closed:
                    self._ready.update(arrays)
                    self._waiting.difference_update(arrays)
                self._changed.notify_all()

    def _decode(self, batch: list[_Item]) -> dict[str, Any]:
        with self._on_stream():
            wanted = [item.wanted for item in batch]
            arrays = self._source.decode_wanted(
                wanted, self._framework, self._device, keeps_memory=True
            )
        pairs = zip(batch, arrays, strict=True)
        return {
            item.name: array if item.inner is None else array[item.inner] for item, array in pairs
        }

    def _hurry(self, name: str) -> None:
        """Puts the batch of a tensor that has not begun first."""
        for batch in self._batches:
            if any(item.name == name for item in batch):
                self._batches.remove(batch)
                self._batches.appendleft(batch)
                return

    def _may_come(self, name: str) -> bool:
        return name in self._waiting and self._error is None and not self._is_closed

    def _reason(self, otherwise: str) -> BaseException:
        if self._error is not None:
            return self._error
        return _make("invalid_argument", "the loader is closed" if self._is_closed else otherwise)


def _items(
    source: Source, plan: Mapping[str, Any] | None, framework: Framework, device: Any
) -> list[_Item]:
    """What a plan asks for, in the order of the file."""
    if plan is None:
        plan = dict.fromkeys(source.infos)
    elif not isinstance(plan, Mapping):
        kind = type(plan).__name__
        message = f"a plan is a dict of names to None or an index, not a {kind}"
        raise _make("invalid_argument", message)
    for name in plan:
        source.info(name)
    items = []
    for name in (name for name in source.infos if name in plan):
        index = plan[name]
        part = TensorSlice(source, name, framework, device)
        wanted, inner = part.wanted(index) if index is not None else (source.wanted(name), None)
        items.append(_Item(name, wanted, inner))
    return items
