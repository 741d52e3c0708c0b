//! MiniLM, as `make demo` leaves it, from its archives and from safetensors: the same tensors. Left
//! out, by name, where it is not there.

use candle_core::{DType, Device, safetensors};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::PathBuf;
use wcodec_candle::{load, var_builder};

fn demo(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/demo").join(name)
}

/// Every tensor of a model, to the bit.
fn same(model: &str) -> Result<(), Failed> {
    let theirs = safetensors::load(demo(&format!("{model}.safetensors")), &Device::Cpu)?;
    let ours = load(demo(&format!("{model}.wcodec")), &Device::Cpu)
        .map_err(|error| format!("{error} (`make demo` makes the archives anew)"))?;
    assert_eq!(ours.len(), theirs.len());
    for (name, theirs) in &theirs {
        let ours = &ours[name];
        assert_eq!((ours.dtype(), ours.shape()), (theirs.dtype(), theirs.shape()), "{name}");
        // Exact of BF16, and quick in a debug build.
        let values = |tensor: &candle_core::Tensor| {
            tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()
        };
        let [ours, theirs] = [values(ours)?, values(theirs)?];
        let bits = bytemuck::cast_slice::<f32, u32>;
        assert!(bits(&ours) == bits(&theirs), "{name}");
    }
    Ok(())
}

/// A layer built as models of candle build theirs, from both.
fn layer() -> Result<(), Failed> {
    let device = Device::Cpu;
    let theirs = std::fs::read(demo("minilm.safetensors"))?;
    let theirs = candle_nn::VarBuilder::from_buffered_safetensors(theirs, DType::F32, &device)?;
    let ours = var_builder(demo("minilm.wcodec"), DType::F32, &device)?;
    let input = candle_core::Tensor::arange(0f32, 384., &device)?.reshape((1, 384))?;
    let mut outputs = Vec::new();
    for vb in [ours, theirs] {
        let query = vb.pp("encoder.layer.0.attention.self.query");
        let output = candle_nn::Module::forward(&candle_nn::linear(384, 384, query)?, &input)?;
        outputs.push(output.to_vec2::<f32>()?);
    }
    assert_eq!(outputs[0], outputs[1]);
    Ok(())
}

type Run = fn() -> Result<(), Failed>;

fn main() {
    let mut trials = Vec::new();
    let tests: [(&str, &str, Run); 3] = [
        ("every_tensor_of_minilm", "minilm.wcodec", || same("minilm")),
        ("every_tensor_of_minilm_bf16", "minilm-bf16.wcodec", || same("minilm-bf16")),
        ("a_layer_of_minilm", "minilm.wcodec", layer),
    ];
    for (name, archive, test) in tests {
        let there = demo(archive).is_file();
        let trial = Trial::test(name, test).with_ignored_flag(!there);
        trials.push(if there { trial } else { trial.with_kind("needs MiniLM: make demo") });
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
