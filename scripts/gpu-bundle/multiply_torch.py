"""Packed matrices by the C interface beside PyTorch, in one process.

multiply_torch.py LIBRARY [--weights FILE] [N ...]: for the shapes of large models, microseconds of
`torch.nn.functional.linear` and of the packed product, each in a CUDA graph over more than 300 MB of
different matrices, so that none lies in the cache: medians of 20 replays. Weights are Gaussian, or
those of the matrices of a safetensors file, one after another until a matrix is full.
"""

import argparse
import statistics
from ctypes import byref, c_void_p

import torch
from safetensors import safe_open

from capi import FAST, Library, PackedInfo, Product, rows

SHAPES = [
    (4096, 4096),
    (6144, 4096),
    (14336, 4096),
    (28672, 4096),
    (4096, 14336),
    (8192, 8192),
    (28672, 8192),
    (8192, 28672),
    (128256, 4096),
]
DISTINCT_BYTES = 300e6
RUNS = 20


def stream():
    return c_void_p(torch.cuda.current_stream().cuda_stream)


def microseconds(each, count):
    """The median time of `each(i)` for i below count, in one graph."""
    for number in range(count):
        each(number)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for number in range(count):
            each(number)
    times = []
    for _ in range(RUNS + 3):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) * 1000 / count)
    return statistics.median(times[3:])


def times(library, packed, dense, n):
    """Microseconds of the dense product and of the packed one, which is the more exact, or as exact."""
    height, width = dense[0].shape
    x = torch.randn(n, width, device="cuda").bfloat16()
    y = torch.empty(n, height, device="cuda", dtype=torch.bfloat16)
    products = [Product(matrix.value, rows(y), 0) for matrix in packed]
    operand = rows(x)

    def multiply(number):
        library.packed_multiply(byref(products[number]), 1, byref(operand), stream())

    def linear(number):
        return torch.nn.functional.linear(x, dense[number])

    found = [microseconds(product, len(dense)) for product in (linear, multiply)]
    multiply(0)
    exact = x.double() @ dense[0].double().T
    theirs, ours = ((out.double() - exact).norm() for out in (linear(0), y))
    assert ours <= theirs * 1.02, (dense[0].shape, n, ours, theirs)
    return found


def gaussian(height, width):
    """A matrix of N(0, 0.02^2)."""
    return torch.randn(height, width, device="cuda").mul_(0.02).bfloat16()


def tiled(path):
    """A function that makes matrices of a file's weights, each from another of them on."""
    with safe_open(path, "pt") as file:
        matrices = [file.get_tensor(name) for name in file.keys()]
    matrices = [matrix for matrix in matrices if matrix.dim() == 2 and matrix.is_floating_point()]
    pool = torch.cat([matrix.flatten() for matrix in matrices]).bfloat16().cuda()

    def make(height, width):
        first = int(torch.randint(pool.numel(), ()))
        repeats = -(-(first + height * width) // pool.numel())
        # A copy, as a matrix begins at an aligned address.
        return pool.repeat(repeats)[first:][: height * width].view(height, width).clone()

    return make


def measure(library, gpu, shape, ns, make):
    """Prints the line of a shape, and gives dense times over packed ones."""
    height, width = shape
    count = max(2, int(DISTINCT_BYTES // (height * width * 2)) + 1)
    dense = [make(height, width) for _ in range(count)]
    packed = [
        library.new("packed_pack", gpu, byref(rows(matrix)), FAST, stream()) for matrix in dense
    ]
    info = PackedInfo()
    library.packed_get_info(packed[0], byref(info))
    line = [f"{height} x {width}", f"{info.byte_length * 8 / (height * width):.2f}"]
    ratios = {}
    for n in ns:
        theirs, ours = times(library, packed, dense, n)
        ratios[n] = theirs / ours
        line.append(f"{theirs:.1f}, {ours:.1f} ({ratios[n]:.2f}x)")
    torch.cuda.synchronize()
    for matrix in packed:
        library.free("packed", matrix)
    print("| " + " | ".join(line) + " |", flush=True)
    return ratios


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--weights")
    parser.add_argument("n", type=int, nargs="*", default=[1, 8, 16, 32, 64])
    arguments = parser.parse_intermixed_args()
    library, ns = Library(arguments.library), arguments.n
    make = tiled(arguments.weights) if arguments.weights else gaussian
    torch.cuda.init()
    gpu = library.new("gpu_open", 0)
    name = library.library.wcodec_gpu_name(gpu).decode()
    print(f"{name}, torch {torch.__version__}: dense, packed")
    print("| rows x columns | bits | " + " | ".join(f"n = {n}, us" for n in ns) + " |")
    print("|---" * (len(ns) + 2) + "|")
    all_ratios = [measure(library, gpu, shape, ns, make) for shape in SHAPES]
    for n in ns:
        of_n = [ratios[n] for ratios in all_ratios]
        mean = statistics.geometric_mean(of_n)
        print(f"n = {n}: geometric mean {mean:.3f}x, least {min(of_n):.3f}x")
    library.free("gpu", gpu)


if __name__ == "__main__":
    main()
