"""Folders of safetensors files whose tensors are archives, and back."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

from wcodec import _native
from wcodec._files import Settings
from wcodec._folders import files_in, made_from
from wcodec._progress import Progress, reporting
from wcodec.errors import BadDataError, ModelWarning, _make

_Path = str | os.PathLike[str]
_SUFFIX = ".safetensors"
_CONFIG = Path("config.json")
# Begins the object in `config.json`, so that no program takes archives for weights.
_MARK = b'"quantization_config": {"quant_method": "wcodec"}, '


@dataclass(frozen=True)
class PackSummary:
    """Sizes of a folder that was packed.

    Attributes:
        path: the folder that was written.
        tensors: how many tensors there are.
        archives: how many of them are archives now; the others would not have become smaller.
        input_bytes: bytes of the safetensors files that were read.
        output_bytes: bytes of those that they became.
    """

    path: Path
    tensors: int
    archives: int
    input_bytes: int
    output_bytes: int


def pack_safetensors(
    src_folder: _Path,
    dst_folder: _Path,
    *,
    profile: str = "balanced",
    verify: bool = True,
    device: str = "auto",
    threads: int = 0,
    progress: Progress = None,
) -> PackSummary:
    """Compresses the tensors of a folder's safetensors files, which stay safetensors files.

    Each tensor that becomes smaller is replaced by its archive, of dtype U8 and under its own name.
    `safe_open` and `load_file` of wcodec give the tensors themselves; every other program sees
    sound files, with an index that still holds. `config.json` is given a `quantization_config`, if
    it has none. All other files are copied, but for hidden folders.

    Args:
        src_folder: the folder, as Hugging Face lays models out.
        dst_folder: the folder to write, which appears whole or not at all.
        profile: `"ratio"` for the fewest bytes, `"balanced"`, or `"fast"` to decode fastest.
        verify: whether every tensor is decoded again from the files as written.
        device: what decodes for that: `"auto"`, `"cpu"`, `"cuda"` or `"cuda:1"`.
        threads: how many threads work; as many as there are cores where 0.
        progress: as for `compress`.

    Raises:
        OutputExistsError: there is a file or folder at `dst_folder`.
        ArgumentError: a file holds archives already.
        MissingFileError: there is no folder at `src_folder`.

    >>> import numpy as np, safetensors.numpy, wcodec, wcodec.numpy
    >>> from pathlib import Path
    >>> Path("model").mkdir()
    >>> weights = {"a": np.zeros((64, 64), np.float32)}
    >>> safetensors.numpy.save_file(weights, "model/model.safetensors")
    >>> wcodec.pack_safetensors("model", "packed", device="cpu").archives
    1
    >>> safetensors.numpy.load_file("packed/model.safetensors")["a"].dtype
    dtype('uint8')
    >>> wcodec.numpy.load_file("packed/model.safetensors")["a"].dtype
    dtype('float32')
    """
    source, target = Path(src_folder), Path(dst_folder)
    sums = [0, 0, 0, 0]
    with made_from(source, target) as folder, reporting("pack", progress) as told:
        settings = Settings(device, threads, {}, told)
        for name in files_in(source):
            file, out = source / name, folder / name
            out.parent.mkdir(parents=True, exist_ok=True)
            holds_archives = _holds_archives(file)
            if holds_archives:
                raise _make("invalid_argument", f"{file} holds archives already")
            if holds_archives is not None:
                done = _native.embed_file(file, out, profile, verify, settings)
                sums = [one + more for one, more in zip(sums, done, strict=True)]
            elif name == _CONFIG:
                out.write_bytes(_marked(file.read_bytes(), file))
            else:
                shutil.copyfile(file, out)
            shutil.copystat(file, out)
    return PackSummary(target, *sums)


def unpack_safetensors(
    src_folder: _Path,
    dst_folder: _Path,
    *,
    device: str = "auto",
    threads: int = 0,
    progress: Progress = None,
) -> Path:
    """Restores the folder that `pack_safetensors` packed, to the byte.

    Args:
        src_folder: the packed folder.
        dst_folder: the folder to write, which appears whole or not at all.
        device: what decodes: `"auto"`, `"cpu"`, `"cuda"` or `"cuda:1"`.
        threads: as for `pack_safetensors`.
        progress: as for `compress`.

    Returns:
        The folder that was written.

    Raises:
        OutputExistsError: there is a file or folder at `dst_folder`.
        BadDataError: an archive is damaged.
        MissingFileError: there is no folder at `src_folder`.
    """
    source, target = Path(src_folder), Path(dst_folder)
    with made_from(source, target) as folder, reporting("unpack", progress) as told:
        settings = Settings(device, threads, {}, told)
        for name in files_in(source):
            file, out = source / name, folder / name
            out.parent.mkdir(parents=True, exist_ok=True)
            if _holds_archives(file):
                _native.restore_file(file, out, settings)
            elif name == _CONFIG:
                out.write_bytes(_unmarked(file.read_bytes()))
            else:
                shutil.copyfile(file, out)
            shutil.copystat(file, out)
    return target


def _holds_archives(file: Path) -> bool | None:
    """Whether a safetensors file says that it holds archives; None for any other file."""
    if file.suffix != _SUFFIX:
        return None
    try:
        return _native.holds_archives(file)
    except BadDataError as error:
        warnings.warn(f"copied as it is: {error}", ModelWarning, stacklevel=3)
        return None


def _marked(config: bytes, file: Path) -> bytes:
    """A `config.json` that says that there are archives, unless it has something in that place."""
    start = config.find(b"{") + 1
    if config[start:].startswith(_MARK):
        raise _make("invalid_argument", f"{file} says that there are archives already")
    try:
        members = json.loads(config)
    except ValueError:
        return config
    # An object that is empty would end with a comma.
    if not isinstance(members, dict) or not members or "quantization_config" in members:
        return config
    return config[:start] + _MARK + config[start:]


def _unmarked(config: bytes) -> bytes:
    start = config.find(b"{") + 1
    return config[:start] + config[start:].removeprefix(_MARK)
