//! Encoding as a part of a graph, and on many streams at once.

use crate::{GPU, check, encode, memory};
use support::{Distribution, Tensor};
use wcodec::Dtype;
use wcodec::gpu::{GpuEncodePlan, GpuGraph, GpuStream, TensorToEncode, encoded_len_bound};

/// The graph encodes what the memory then holds.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_graph_encodes_again() {
    let tensor = |seed| Tensor::new(Dtype::BF16, &[90_001], Distribution::Gaussian(2.0), seed);
    let first = tensor(1);
    let (source, len) = (memory(&first.data), first.data.len() as u64);
    let bound = encoded_len_bound(Dtype::BF16, len).unwrap();
    let buffer = memory(&vec![0xEE; bound as usize]);
    let job = TensorToEncode::new(Dtype::BF16, source.address(), len, buffer.address(), bound);
    let plan = GpuEncodePlan::new(&[job]).unwrap();
    let workspace = memory(&vec![0xEE; plan.workspace_len() as usize]);
    let stream = GpuStream::new(GPU.context()).unwrap();
    // SAFETY: all memory of the plan lives until the stream is waited for.
    unsafe { GPU.upload_plan(&plan, workspace.address(), stream.raw()) }.unwrap();
    stream.wait().unwrap();
    // SAFETY: as above.
    let launch = || unsafe { GPU.launch(&plan, workspace.address(), stream.raw()) };
    let graph = GpuGraph::capture(&stream, launch).unwrap();
    for seed in [2, 3] {
        let tensor = tensor(seed);
        source.write(0, &tensor.data).unwrap();
        // SAFETY: as above.
        unsafe { graph.launch(&stream) }.unwrap();
        stream.wait().unwrap();
        let places = plan.places();
        let mut bytes = vec![0; (places.end - places.start) as usize];
        workspace.read(places.start, &mut bytes).unwrap();
        let place = plan.read_places(&bytes).unwrap()[0];
        let mut blob = vec![0; place.len as usize];
        buffer.read(place.offset, &mut blob).unwrap();
        check(&blob, &tensor);
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn threads_share_an_encoder() {
    std::thread::scope(|scope| {
        for seed in 0..4 {
            scope.spawn(move || {
                for round in 0..10 {
                    let shape = [30_000 * (round + 1)];
                    let tensor = Tensor::new(
                        Dtype::F16,
                        &shape,
                        Distribution::Laplace(3.0),
                        seed << 8 | round,
                    );
                    check(&encode(&tensor), &tensor);
                }
            });
        }
    });
}
