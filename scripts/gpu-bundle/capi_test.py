"""Tests the C interface on a GPU, in one process with PyTorch: capi_test.py LIBRARY."""

import ctypes
import sys
from ctypes import byref, c_uint64, c_void_p

import torch

from capi import (
    ALL,
    BF16,
    FAST,
    WHOLE,
    Buffer,
    Dense,
    Failed,
    Library,
    LoadTarget,
    PackedInfo,
    Planned,
    Product,
    Tensor,
    rows,
)


def stream():
    """torch's current stream."""
    return c_void_p(torch.cuda.current_stream().cuda_stream)


def weights(height, width, seed):
    """BF16 weights, some of them far from the others."""
    generator = torch.Generator("cuda").manual_seed(seed)
    made = torch.randn(height, width, generator=generator, device="cuda") * 0.02
    made.view(-1)[::1009] *= 2.0**60
    return made.bfloat16()


def same(one, other):
    """Whether all bits are the same."""
    return torch.equal(one.view(torch.int16), other.view(torch.int16))


def info(library, packed):
    found = PackedInfo()
    library.packed_get_info(packed, byref(found))
    return found


def packing(library, gpu):
    for height, width, form in [(16, 64, FAST), (1, 1, FAST), (333, 777, FAST), (40, 80, WHOLE)]:
        matrix = weights(height, width, height)
        packed = library.new("packed_pack", gpu, byref(rows(matrix)), form, stream())
        found = info(library, packed)
        assert (found.rows, found.columns) == (height, width)
        out = torch.full_like(matrix, float("nan"))
        library.packed_unpack(packed, c_uint64(0), c_uint64(height), byref(rows(out)), stream())
        assert same(out, matrix), (height, width)
        saved = Buffer()
        library.packed_save(packed, byref(saved))
        loaded = library.new("packed_load", gpu, c_void_p(saved.data), saved.length)
        out.fill_(float("nan"))
        library.packed_unpack(loaded, c_uint64(0), c_uint64(height), byref(rows(out)), stream())
        assert same(out, matrix), (height, width)
        library.free("packed", loaded)
        library.free("packed", packed)
        library.library.wcodec_buffer_free(byref(saved))


def products(library, gpu):
    for n in (1, 8, 33, 300):
        matrix, x = weights(200, 520, 1), torch.randn(n, 520, device="cuda").bfloat16()
        bias = torch.randn(200, device="cuda").bfloat16()
        packed = library.new("packed_pack", gpu, byref(rows(matrix)), FAST, stream())
        y = torch.full((n, 200), float("nan"), device="cuda", dtype=torch.bfloat16)
        product = Product(packed.value, rows(y), bias.data_ptr())
        library.packed_multiply(byref(product), 1, byref(rows(x)), stream())
        exact = x.double() @ matrix.double().T + bias.double()
        sizes = x.double().abs() @ matrix.double().abs().T + bias.double().abs()
        # Sums in F32 of 520 terms, and the rounding to BF16.
        bound = sizes * 521 * 2.0**-23 + exact.abs() * 2.0**-8
        assert ((y.double() - exact).abs() <= bound).all(), n
        by_pieces(library, packed, product, (x, y, bias), exact, bound)
        library.free("packed", packed)


def by_pieces(library, packed, product, tensors, exact, bound):
    """The same by pieces that PyTorch multiplies, where there are rows enough."""
    x, y, bias = tensors
    workspace = torch.empty(64 * 520, device="cuda", dtype=torch.bfloat16)
    started = []

    @Dense
    def dense(_, piece):
        piece = piece.contents
        first = (piece.y.address - y.data_ptr()) // 2
        part = slice(first, first + piece.weights.rows)
        unpacked = workspace[: piece.weights.rows * 520].view(-1, 520)
        y[:, part] = torch.nn.functional.linear(x, unpacked, bias[part])
        started.append(piece.weights.rows)
        return True

    y.fill_(float("nan"))
    arguments = [byref(product), byref(rows(x)), c_uint64(workspace.data_ptr())]
    length = c_uint64(workspace.numel() * 2)
    library.packed_multiply_any(*arguments, length, dense, None, stream())
    assert ((y.double() - exact).abs() <= bound).all()
    most = library.library.wcodec_packed_most_rows(packed)
    assert sum(started) == (200 if x.shape[0] > most else 0), (started, most)


def graphs(library, gpu):
    """A product is captured, and replayed with other rows of x."""
    matrix, x = weights(256, 512, 3), torch.zeros(4, 512, device="cuda").bfloat16()
    packed = library.new("packed_pack", gpu, byref(rows(matrix)), FAST, stream())
    y = torch.empty(4, 256, device="cuda", dtype=torch.bfloat16)
    product = Product(packed.value, rows(y), 0)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        library.packed_multiply(byref(product), 1, byref(rows(x)), stream())
    for seed in range(3):
        torch.manual_seed(seed)
        x.copy_(torch.randn(4, 512, device="cuda"))
        graph.replay()
        once = y.clone()
        library.packed_multiply(byref(product), 1, byref(rows(x)), stream())
        assert same(once, y)
    library.free("packed", packed)


def experts(library, gpu):
    matrices = [weights(64, 96, seed) for seed in range(5)]
    packed = [
        library.new("packed_pack", gpu, byref(rows(matrix)), FAST, stream()) for matrix in matrices
    ]
    made = library.new("experts_new", (c_void_p * 5)(*[one.value for one in packed]), 5)
    for one in packed:
        library.free("packed", one)
    x = torch.randn(3, 96, device="cuda").bfloat16()
    numbers = torch.tensor([4, 0, 1, 1, 2, 3], device="cuda", dtype=torch.int32)
    y = torch.full((6, 64), float("nan"), device="cuda", dtype=torch.bfloat16)
    address = c_uint64(numbers.data_ptr())
    library.experts_multiply(made, byref(rows(x)), address, byref(rows(y)), stream())
    for row, number in enumerate(numbers.tolist()):
        exact = matrices[number].double() @ x[row // 2].double()
        sizes = matrices[number].double().abs() @ x[row // 2].double().abs()
        assert ((y[row].double() - exact).abs() <= sizes * 97 * 2.0**-23 + exact.abs() / 256).all()
    torch.cuda.synchronize()
    library.free("experts", made)


def archives(library, gpu):
    """A tensor of an archive is loaded, whole and in part, and packed."""
    matrix = weights(3000, 520, 7)
    data = matrix.cpu().view(torch.int16).numpy()
    shape = (c_uint64 * 2)(3000, 520)
    tensor = Tensor(BF16, 2, shape, data.ctypes.data, data.nbytes)
    archive, encoder = Buffer(), library.new("encoder_new")
    library.encoder_compress(encoder, byref(tensor), byref(archive))
    model = library.new("model_open_memory", c_void_p(archive.data), archive.length, None)
    whole, part = torch.full_like(matrix, float("nan")), torch.full_like(matrix[:100], float("nan"))
    targets = (LoadTarget * 2)(
        LoadTarget(0, 0, ALL, whole.data_ptr()), LoadTarget(0, 1000, 1100, part.data_ptr())
    )
    for _ in range(2):
        library.gpu_load(gpu, model, targets, 2, stream(), None, None)
        assert same(whole, matrix) and same(part, matrix[1000:1100])
    targets[1].end_row = 3001
    try:
        library.gpu_load(gpu, model, targets, 2, stream(), None, None)
        raise AssertionError("a row that is not there was loaded")
    except Failed as failed:
        assert failed.code == "invalid_argument", failed
    packed = library.new("packed_from_model", gpu, model, 0, None, FAST)
    out = torch.full_like(matrix, float("nan"))
    library.packed_unpack(packed, c_uint64(0), c_uint64(3000), byref(rows(out)), stream())
    assert same(out, matrix)
    for name, made in [("packed", packed), ("model", model), ("encoder", encoder)]:
        library.free(name, made)
    library.library.wcodec_buffer_free(byref(archive))


def on_device(length):
    """Bytes of device memory at an address that is a multiple of 256, not zero."""
    made = torch.full((length + 256,), 0xA5, device="cuda", dtype=torch.uint8)
    return made[-made.data_ptr() % 256 :][:length]


def number_of(function, *arguments):
    """The number that a function gives as its last result."""
    made = c_uint64()
    function(*arguments, byref(made))
    return made.value


def plans(library, gpu):
    """Blobs on the device are decoded there, those with planes that are coded, too."""
    dense, pruned = weights(512, 1024, 1), weights(512, 1024, 2)
    pruned[torch.rand(512, 1024, device="cuda") < 0.9] = 0
    encoder, kept, planned, tensors = library.new("encoder_new"), [], [], (dense, pruned)
    for matrix in tensors:
        data, blob = matrix.cpu().view(torch.int16).numpy(), Buffer()
        shape = (c_uint64 * 2)(*matrix.shape)
        tensor = Tensor(BF16, 2, shape, data.ctypes.data, data.nbytes)
        library.encoder_encode(encoder, byref(tensor), byref(blob))
        whole = (c_void_p(blob.data), blob.length)
        there = on_device(blob.length)
        there.copy_(
            torch.frombuffer(
                (ctypes.c_uint8 * blob.length).from_address(blob.data), dtype=torch.uint8
            )
        )
        out, scratch = (
            on_device(data.nbytes),
            on_device(number_of(library.blob_scratch_length, *whole)),
        )
        front = number_of(library.blob_front_length, *whole)
        assert 0 < front < blob.length
        addresses = [part.data_ptr() for part in (there, out, scratch)]
        planned.append(Planned(blob.data, front, blob.length, *addresses))
        kept.append((blob, there, out, scratch))
    assert kept[1][3].numel() > 0, "the pruned matrix has coded planes"
    plan = library.new("plan_new", gpu, (Planned * 2)(*planned), 2)
    workspace = on_device(library.library.wcodec_plan_workspace_length(plan))
    address = c_uint64(workspace.data_ptr())
    offset, length = c_uint64(), c_uint64()
    library.plan_statuses(plan, byref(offset), byref(length))

    def decode():
        library.plan_upload(plan, address, stream())
        library.plan_launch(plan, address, stream())
        statuses = workspace[offset.value :][: length.value].cpu().numpy()
        library.plan_check(plan, c_void_p(statuses.ctypes.data), length.value)

    decode()
    for matrix, (_, _, out, _) in zip(tensors, kept):
        assert torch.equal(out, matrix.view(torch.uint8).view(-1))
    kept[1][1][-4096:] ^= 0x55
    try:
        decode()
        raise AssertionError("a damaged blob was decoded")
    except Failed as failed:
        assert failed.code == "corrupt" and "blob 1" in str(failed), failed
    library.free("plan", plan)
    library.free("encoder", encoder)
    for blob, *_ in kept:
        library.library.wcodec_buffer_free(byref(blob))


def main():
    library = Library(sys.argv[1])
    torch.cuda.init()
    gpu = library.new("gpu_open", 0)
    print(library.library.wcodec_gpu_name(gpu).decode())
    for test in (packing, products, graphs, experts, archives, plans):
        test(library, gpu)
        print(f"capi {test.__name__}: passed")
    torch.cuda.synchronize()
    library.free("gpu", gpu)


if __name__ == "__main__":
    main()
