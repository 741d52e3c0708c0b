//! Deltas as a part of a graph, with a plan, a workspace and a stream of the caller's.

use crate::{Buffer, GPU, changed};
use support::{Distribution, Random, Tensor};
use wcodec::delta::Delta;
use wcodec::gpu::{GpuDeltaPlan, GpuGraph, GpuStream, PlannedDelta};
use wcodec::{Dtype, Encoder, TensorView};

/// Each launch of the graph adds the differences once more.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_graph_adds_again() {
    let old = Tensor::new(Dtype::U8, &[300_000], Distribution::Gaussian(6.0), 1);
    let new = changed(&old.data, 30, &mut Random::new(2));
    let view = TensorView::new(old.dtype, &old.shape, &new).unwrap();
    let bytes = Encoder::new().encode_against(&view, &old.data).unwrap();
    let delta = Delta::parse(&bytes).unwrap();
    let (input, data) = (Buffer::new(&bytes, 0), Buffer::new(&old.data, 0));
    let planned = PlannedDelta::in_place(&delta, input.address(), data.address());
    let mut plan = GpuDeltaPlan::new(&[planned]).unwrap();
    plan.pin(GPU.decoder().context()).unwrap();
    let workspace = Buffer::new(&vec![0xEE; plan.workspace_len() as usize], 0);
    let stream = GpuStream::new(GPU.decoder().context()).unwrap();
    // SAFETY: all memory lives until the stream is waited for.
    unsafe { GPU.upload_plan(&mut plan, workspace.address(), stream.raw()) }.unwrap();
    stream.wait().unwrap();
    // SAFETY: as above.
    let launch = || unsafe { GPU.launch(&plan, stream.raw()) };
    let graph = GpuGraph::capture(&stream, launch).unwrap();
    let mut expected = old.data.clone();
    for _ in 0..3 {
        // SAFETY: as above.
        unsafe { graph.launch(&stream) }.unwrap();
        stream.wait().unwrap();
        for ((byte, new), old) in expected.iter_mut().zip(&new).zip(&old.data) {
            *byte = byte.wrapping_add(new.wrapping_sub(*old));
        }
        assert!(data.content() == expected);
        let statuses = plan.statuses();
        let content = workspace.content();
        let statuses = &content[statuses.start as usize..statuses.end as usize];
        assert!(plan.faults(statuses).iter().all(Option::is_none));
    }
}
