"""Parts of tensors are those that numpy takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

import wcodec
import wcodec.numpy
from weights import same, weights

# Of one tile and of several, of rows that end anywhere in a row of tiles, and of none.
ARRAYS = {
    "tall": weights("I8", 700, 300),
    "long": weights("U16", 50_000),
    "deep": weights("F32", 40, 3, 50, 2),
    "narrow": weights("BF16", 5000, 1),
    "tiled": weights("BF16", 90, 1024),
    "deep and tiled": weights("I8", 6, 11, 1536),
    "scalar": weights("F64").reshape(()),
    "no rows": weights("F32", 0, 4),
    "no columns": weights("F32", 4, 0),
}


@pytest.fixture(scope="module", params=["wcodec", "safetensors"])
def file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> wcodec.safe_open:
    path: Path = tmp_path_factory.mktemp("slices") / f"arrays.{request.param}"
    save = wcodec.numpy if request.param == "wcodec" else safetensors.numpy
    save.save_file(ARRAYS, path)
    return wcodec.safe_open(path, "np")


def assert_same_part(file: wcodec.safe_open, name: str, index: Any) -> None:
    part, expected = file.get_slice(name)[index], ARRAYS[name][index]
    assert type(part) is type(expected)
    assert same(np.asarray(part), np.asarray(expected))


@pytest.mark.parametrize("name", ARRAYS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_parts_are_those_of_numpy(file: wcodec.safe_open, name: str, data: st.DataObject) -> None:
    array = ARRAYS[name]
    index = data.draw(basic_indices(array.shape, allow_newaxis=True, max_dims=array.ndim + 2))
    assert_same_part(file, name, index)


_BOUND = st.none() | st.integers(-900, 900)
_ENTRY = st.integers(-800, 800) | st.builds(
    slice, _BOUND, _BOUND, st.none() | st.integers(-90, 90).filter(bool)
)


@settings(max_examples=160, deadline=None)
@example(name="no rows", index=[slice(None, None, -1)])
@given(name=st.sampled_from(sorted(ARRAYS)), index=st.lists(_ENTRY | st.just(...), max_size=4))
def test_indices_out_of_range_are_errors_where_numpy_has_them(
    file: wcodec.safe_open, name: str, index: list[Any]
) -> None:
    try:
        ARRAYS[name][tuple(index)]
    except IndexError:
        with pytest.raises(IndexError):
            file.get_slice(name)[tuple(index)]
    else:
        assert_same_part(file, name, tuple(index))


def test_columns_decode_their_tiles_alone(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "one.wcodec"
    array = weights("BF16", 400, 2048)
    wcodec.numpy.save_file({"a": array}, path)
    with wcodec.safe_open(path, "np") as file:
        decoded: list[Any] = []
        native = file._source.native

        class Recorded:
            """The open file, and what it is asked to decode."""

            is_closed = False

            def close(self) -> None:
                native.close()

            def decode(self, jobs: list[Any]) -> None:
                decoded.extend(job[:3] + job[4:] for job in jobs)
                native.decode(jobs)

        monkeypatch.setattr(file._source, "native", Recorded())
        part = file.get_slice("a")
        assert same(part[:, 256:512], array[:, 256:512])
        assert same(part[100:, -1], array[100:, -1])
        # Of few rows the rows are decoded, as less of the file is read for them.
        assert same(part[3:7, 256:512], array[3:7, 256:512])
    assert decoded == [
        ("a", None, (256, 512), 400 * 256 * 2),
        ("a", (100, 400), (2047, 2048), 300 * 2),
        ("a", (3, 7), None, 4 * 2048 * 2),
    ]


def test_integers_of_numpy_are_indices(file: wcodec.safe_open) -> None:
    assert_same_part(file, "tall", (np.int64(-3), slice(np.uint8(1), np.int16(9))))


@pytest.mark.parametrize("index", [True, [0, 1], "a", 1.0, np.array([1]), (0, [1])])
def test_what_is_no_index(file: wcodec.safe_open, index: Any) -> None:
    with pytest.raises(wcodec.ArgumentError, match="a part is taken by integers"):
        file.get_slice("tall")[index]


def test_a_step_of_zero(file: wcodec.safe_open) -> None:
    with pytest.raises(ValueError, match="zero"):
        file.get_slice("tall")[::0]


def test_rows_read_their_tiles_alone(tmp_path: Path) -> None:
    """Damage in other tiles is not met once the checksum has been compared."""
    path = tmp_path / "one.wcodec"
    wcodec.numpy.save_file({"a": weights("I8", 4000, 2048)}, path)
    with wcodec.safe_open(path, "np") as file:
        part = file.get_slice("a")
        first = part[:4]
        content = bytearray(path.read_bytes())
        # In place, so that the open file has it: all of the second half of the blob.
        middle = len(content) // 2
        with path.open("r+b") as raw:
            raw.seek(middle)
            raw.write(bytes(len(content) - middle - 2000))
        assert same(part[:4], first)
        with pytest.raises(wcodec.BadDataError):
            part[:]
