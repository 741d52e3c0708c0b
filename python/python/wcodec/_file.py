"""`safe_open`, with the verbs of safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple

from wcodec._bases import Base
from wcodec._frameworks import framework_of
from wcodec._prefetch import PrefetchLoader
from wcodec._slice import TensorSlice
from wcodec._source import File, Source


class TensorMeta(NamedTuple):
    """What a file says of a tensor.

    Attributes:
        dtype: the dtype of its elements, such as `"BF16"`.
        shape: its extents, outermost first.
        data_offsets: where its bytes begin and end among the decoded bytes of its file.
    """

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


class safe_open:
    """Tensors of a `.wcodec` file, a folder of them, or a safetensors file, decoded when asked for.

    Only headers are read to open it. Any number of threads may use it at once, and others go on
    while it decodes. What it gives is checked by the checksums of the file.

    >>> import numpy as np
    >>> import wcodec, wcodec.numpy
    >>> wcodec.numpy.save_file({"a": np.arange(6, dtype=np.int8), "b": np.eye(2)}, "m.wcodec")
    >>> with wcodec.safe_open("m.wcodec", framework="numpy") as file:
    ...     print(file)
    ...     print(file.keys(), file.get_tensor_meta("a").dtype)
    ...     file.get_tensor("a")
    <safe_open 'm.wcodec', 2 tensors for numpy>
    ['a', 'b'] I8
    array([0, 1, 2, 3, 4, 5], dtype=int8)
    """

    def __init__(
        self,
        filename: File,
        framework: str,
        device: Any = "cpu",
        *,
        backend: str | None = None,
        base: Base = None,
    ) -> None:
        """Opens a file, or a folder of shards.

        Args:
            filename: the path. A folder is read as Hugging Face lays models out: by its index,
                or else all its shards. A `.wcodec` file may also be given by its URL, as fsspec
                takes it, or as a binary file object: of those no more is read than is asked for.
            framework: `"numpy"`, `"torch"` or `"jax"`, or as safetensors calls them.
            device: where tensors are to be, as the framework names devices.
            backend: taken for the sake of safetensors, and ignored: files are read at positions.
            base: a safetensors file, an archive or a folder, or several, that its tensors are coded
                against, as `wcodec.compress` was told, under whatever names; opened once, and read
                as tensors are decoded.

        Raises:
            MissingFileError: there is no such file.
            BadDataError: it is damaged, or neither a `.wcodec` nor a safetensors file.
            ArgumentError: the framework or device is not known.
            GpuError: the device is a GPU, and cannot be used.
        """
        self._framework_name = framework
        self._framework = framework_of(framework)
        self._device = self._framework.device(device)
        self._source = Source.of_path(filename, base=base)

    def keys(self) -> list[str]:
        """The names of the tensors, sorted."""
        return sorted(self.offset_keys())

    def offset_keys(self) -> list[str]:
        """The names of the tensors, in the order of their bytes."""
        self._source.native.files()
        return list(self._source.infos)

    def metadata(self) -> dict[str, str] | None:
        """The strings of the header's `__metadata__`; None where there are none.

        Of a folder those of all files, and of two with one name the first.
        """
        return self._source.native.metadata()

    def get_tensor(self, name: str, *, out: Any = None) -> Any:
        """Decodes a tensor.

        Args:
            name: its name.
            out: what to decode to, in place of a new array, on the CPU: an array of numpy, torch,
                or any library that has DLPack, in host memory, of the tensor's dtype and shape,
                contiguous and writable. Where decoding fails its content is undefined.

        Returns:
            The array, or `out` itself.

        Raises:
            NoSuchTensorError: there is none of that name; it is also a KeyError.
            ArgumentError: the framework has no type for its dtype, the file is closed, or `out`
                does not fit.
            BadDataError: its bytes are damaged.

        >>> import numpy as np, wcodec, wcodec.numpy
        >>> wcodec.numpy.save_file({"a": np.arange(3.0)}, "a.wcodec")
        >>> room = np.empty(3)
        >>> with wcodec.safe_open("a.wcodec", "np") as file:
        ...     file.get_tensor("a", out=room) is room
        True
        >>> room
        array([0., 1., 2.])
        """
        if out is not None:
            self._source.decode_to(name, out)
            return out
        return self._source.decode_one(name, self._framework, self._device)

    def get_tensors(self, names: list[str] | None = None) -> dict[str, Any]:
        """Decodes several tensors at once, all unless they are named.

        Raises:
            NoSuchTensorError: as `get_tensor`, and so on.
        """
        names = self.offset_keys() if names is None else names
        return self._source.decode(names, self._framework, self._device)

    def get_slice(self, name: str) -> TensorSlice:
        """A tensor of which parts are decoded as they are asked for.

        Raises:
            NoSuchTensorError: there is none of that name; it is also a KeyError.
        """
        return TensorSlice(self._source, name, self._framework, self._device)

    def get_tensor_meta(self, name: str) -> TensorMeta:
        """What the file says of a tensor: nothing is decoded.

        Raises:
            NoSuchTensorError: there is none of that name; it is also a KeyError.
        """
        found = self._source.info(name)
        start = 0
        for other, info in self._source.infos.items():
            if other == name:
                break
            start += info.byte_len if info.file == found.file else 0
        return TensorMeta(found.dtype, found.shape, (start, start + found.byte_len))

    def prefetch(
        self, plan: Mapping[str, Any] | None = None, *, device: Any = None, threads: int = 2
    ) -> PrefetchLoader:
        """Begins to decode tensors in the background.

        Args:
            plan: the names of those that are wanted, each with None for the whole tensor, or with
                the index of a part, as `get_slice` takes it; all, whole, where None.
            device: where they are to be; the file's unless given.
            threads: how many calls decode at a time, each of them on all cores.

        Returns:
            The loader, which hands each out once: by `take`, or by iterating.

        Raises:
            NoSuchTensorError: there is none of a name; it is also a KeyError.
            IndexError: a tensor has no such part.
            ArgumentError: the plan is no dict, or the file is closed.
            GpuError: the device is a GPU, and cannot be used.
        """
        place = self._device if device is None else self._framework.device(device)
        return PrefetchLoader(self._source, plan, self._framework, place, threads)

    def close(self) -> None:
        """Closes the file, once decoding that is under way is done. Twice is no error."""
        self._source.native.close()

    def __enter__(self) -> safe_open:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._source.native.is_closed:
            return f"<safe_open {self._source.name!r}, closed>"
        count = len(self._source.infos)
        return f"<safe_open {self._source.name!r}, {count} tensors for {self._framework_name}>"
