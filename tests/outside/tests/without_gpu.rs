//! The library as others get it, without its feature `gpu`: no GPU can be opened, and everything
//! else works.

use wcodec::{Blob, Decoder, Device, DeviceChoice, Dtype, Encoder, Error, TensorView};

/// Why there is no GPU.
const REASON: &str = "built without its feature `gpu`";

#[test]
fn a_gpu_that_is_asked_for_is_an_error() {
    let error = Decoder::open(DeviceChoice::Cuda(0)).unwrap_err();
    assert!(matches!(error, Error::NoGpu { .. }), "{error}");
    assert!(error.to_string().contains(REASON), "{error}");
}

#[test]
fn the_choice_falls_on_the_cpu_which_decodes() {
    let weights: Vec<u8> = (0..64 * 512u32).map(|i| (i * i % 23) as u8).collect();
    let tensor = TensorView::new(Dtype::I8, &[64, 512], &weights).unwrap();
    let blob = Encoder::new().encode(&tensor).unwrap();
    let decoder = Decoder::open(DeviceChoice::Auto).unwrap();
    let Device::Cpu { fallback: Some(why), .. } = decoder.device() else {
        panic!("{:?}", decoder.device());
    };
    assert!(why.contains(REASON), "{why}");
    let mut decoded = vec![0; weights.len()];
    decoder.decode(&Blob::parse(&blob).unwrap(), &mut decoded).unwrap();
    assert!(decoded == weights);
}
