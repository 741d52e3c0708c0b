//! Products that are captured, and launched again.

use crate::weights::{Kind, Weights};
use crate::{KERNELS, memory, multiply, numbers, pack, read};
use wcodec::gpu::{GpuGraph, GpuStream, RawProduct, RawRows};
use wcodec::packed::Form;

/// A chain: what the first product gives is what the second multiplies. Each launch sees the x that
/// was written before it.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_graph_multiplies_what_x_holds_when_it_is_launched() {
    let first = Weights::new(Kind::SomeOfAnyBits, 512, 768, 1);
    let second = Weights::new(Kind::Gaussian, 300, 512, 2);
    let matrices = [pack(&first, Form::Fast), pack(&second, Form::Fast)];
    let stream = GpuStream::new(KERNELS.context()).unwrap();
    for n in [1, 12, 50] {
        let [x, middle, y] = [768, 512, 300].map(|columns| memory(&vec![0xFF; 2 * n * columns]));
        let rows = |memory: &wcodec::gpu::DeviceMemory, columns| {
            RawRows::new(memory.address(), n as u64, columns, columns).unwrap()
        };
        let (of_x, of_middle, of_y) = (rows(&x, 768), rows(&middle, 512), rows(&y, 300));
        let graph = GpuGraph::capture(&stream, || {
            let product = |matrix, y| [RawProduct::new(matrix, y)];
            let first = product(&matrices[0], of_middle);
            let second = product(&matrices[1], of_y);
            // SAFETY: all memory lives until the graph's last launch is done.
            unsafe {
                KERNELS.launch_multiply(&first, of_x, stream.raw())?;
                KERNELS.launch_multiply(&second, of_middle, stream.raw())
            }
        })
        .unwrap();
        for seed in 0..4 {
            let new_x = Weights::new(Kind::Gaussian, n, 768, seed);
            x.write(0, &new_x.bytes()).unwrap();
            // SAFETY: as above.
            unsafe { graph.launch(&stream) }.unwrap();
            stream.wait().unwrap();
            let bits = multiply(&matrices[0], &new_x, None);
            let expected = Weights { rows: n, columns: 512, bits };
            let expected = multiply(&matrices[1], &expected, None);
            assert!(numbers(&read(&y)) == expected, "{n} rows, launch {seed}");
        }
    }
}

/// Many launches that overlap, all with the same result.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn launches_that_overlap_give_the_same_bits() {
    let weights = Weights::new(Kind::SomeOfAnyBits, 1000, 2048, 1);
    let packed = pack(&weights, Form::Fast);
    let stream = GpuStream::new(KERNELS.context()).unwrap();
    for n in [1, 16, 64] {
        let x = Weights::new(Kind::Gaussian, n, 2048, 3);
        let (source, expected) = (memory(&x.bytes()), multiply(&packed, &x, None));
        let ys: Vec<_> = (0..20).map(|_| memory(&vec![0xFF; 2 * n * 1000])).collect();
        for y in &ys {
            let x = RawRows::new(source.address(), n as u64, 2048, 2048).unwrap();
            let y = RawRows::new(y.address(), n as u64, 1000, 1000).unwrap();
            let product = RawProduct::new(&packed, y);
            // SAFETY: all memory lives until the stream is waited for.
            unsafe { KERNELS.launch_multiply(&[product], x, stream.raw()) }.unwrap();
        }
        stream.wait().unwrap();
        assert!(ys.iter().all(|y| numbers(&read(y)) == expected), "{n} rows");
    }
}
