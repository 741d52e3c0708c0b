//! The GPU decodes what the CPU decodes, to the byte, and refuses what the CPU refuses.
//!
//! The test binary needs nothing but itself, so that it can be copied to where there is a GPU.

mod hostile;

use std::env;
use std::path::Path;
use std::sync::LazyLock;
use support::{
    Distribution, Random, Tensor, check_decoded, check_verdict, cpu, damaged, decode, sweep,
};
use wcodec::{
    Blob, Decoder, Device, DeviceChoice, Dtype, Encoder, Order, RawPlanes, SafetensorsFile,
    TensorView,
};

/// One for all tests, as a program has.
static GPU: LazyLock<Decoder> =
    LazyLock::new(|| Decoder::open(DeviceChoice::Cuda(0)).expect("an NVIDIA GPU"));

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn the_gpu_that_was_asked_for_is_used() {
    assert!(matches!(GPU.device(), Device::Cuda { ordinal: 0, .. }), "{:?}", GPU.device());
    let auto = Decoder::open(DeviceChoice::Auto).unwrap();
    assert!(matches!(auto.device(), Device::Cuda { .. }), "{:?}", auto.device());
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn golden_blobs() {
    for (combination, packed) in support::golden::pairs() {
        println!("{}", packed.name);
        check_decoded(&GPU, packed.blob, &combination.original().data);
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn every_codec_predictor_and_geometry() {
    let mut decoded = 0;
    for (tensor, options) in sweep() {
        let blob = options.encoder().encode(&tensor.view()).unwrap();
        println!("{} {:?} {options:?}", tensor.dtype, tensor.shape);
        check_decoded(&GPU, &blob, &tensor.data);
        decoded += 1;
    }
    assert_eq!(decoded, 7 * 5 * 2 * 6 * 2);
}

/// As an encoder chooses by itself, Const included, and every table it may make.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn automatic_choices() {
    let mut random = Random::new(4);
    for distribution in Distribution::ALL {
        for dtype in support::ALL_DTYPES {
            let columns = 512 * support::elements_to_a_byte(dtype);
            let tensor = Tensor::new(dtype, &[90, columns], distribution, random.next_u64());
            let blob = Encoder::new().encode(&tensor.view()).unwrap();
            check_decoded(&GPU, &blob, &tensor.data);
        }
    }
}

/// `WCODEC_DTYPE_CASES` asks for more cases of each dtype.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn corners_of_every_dtype() {
    for (index, dtype) in support::ALL_DTYPES.into_iter().enumerate() {
        for case in 0..support::number("WCODEC_DTYPE_CASES", 2000) {
            let (tensor, options) = support::corner_case(dtype, (index as u64) << 40 ^ case);
            let blob = options.encoder().encode(&tensor.view()).unwrap();
            check_decoded(&GPU, &blob, &tensor.data);
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn ranges() {
    let mut random = Random::new(5);
    for (tensor, options) in sweep().step_by(7) {
        let blob = options.encoder().encode(&tensor.view()).unwrap();
        let blob = Blob::parse(&blob).unwrap();
        let end = random.below(tensor.data.len() as u64 + 1);
        let start = random.below(end + 1);
        let slice = &tensor.data[start as usize..end as usize];
        let mut decoded: Vec<u8> = slice.iter().map(|byte| !byte).collect();
        GPU.decode_range(&blob, start..end, &mut decoded).unwrap();
        assert!(decoded == slice, "{start}..{end} {:?}", blob.summary());
    }
}

/// Elements of every size, in narrow and wide rows, with coded planes and without, whole and in
/// ranges.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn transposed_tensors() {
    let mut random = Random::new(6);
    for element_bytes in [1, 2, 4, 8] {
        for columns in [2, 3, 18, 32, 33, 64, 65, 300, 5000] {
            let order = Order::Columns { element_bytes, columns };
            let tensor = Tensor::new(Dtype::F32, &[100_003], Distribution::Laplace(3.0), 1);
            // Elements of eight bytes are half as many, and whole.
            let tensor =
                Tensor { data: tensor.data[..400_008].to_vec(), shape: vec![100_002], ..tensor };
            let planes = if columns % 2 == 0 { RawPlanes::Stored } else { RawPlanes::Coded(None) };
            let encoder = Encoder::new().order(order).raw_planes(planes);
            let blob = encoder.encode(&tensor.view()).unwrap();
            println!("{element_bytes} bytes, {columns} columns");
            let summary = check_decoded(&GPU, &blob, &tensor.data);
            assert_eq!(summary.transposed, Some((element_bytes, columns)));
            let parsed = Blob::parse(&blob).unwrap();
            for _ in 0..4 {
                let end = random.below(tensor.data.len() as u64 + 1);
                let start = random.below(end + 1);
                let slice = &tensor.data[start as usize..end as usize];
                let mut decoded: Vec<u8> = slice.iter().map(|byte| !byte).collect();
                GPU.decode_range(&parsed, start..end, &mut decoded).unwrap();
                assert!(decoded == slice, "{start}..{end} of {columns} columns");
            }
        }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn damaged_blobs_get_the_verdict_of_the_cpu() {
    let (mut refused, mut decoded) = (0, 0);
    for (tensor, sound, damaged) in damaged() {
        for bytes in damaged {
            *(if check_verdict(&GPU, &bytes) { &mut decoded } else { &mut refused }) += 1;
        }
        // Earlier failures have left no trace.
        check_decoded(&GPU, &sound, &tensor.data);
    }
    assert!(refused > 50 && decoded > 50, "{refused} refused, {decoded} decoded");
}

/// From several threads at once, sound blobs and damaged ones.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn threads_share_a_decoder() {
    let work: Vec<_> = damaged().step_by(6).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (tensor, sound, damaged) in &work {
                    let gpu = decode(&GPU, &damaged[0]).map_err(|error| error.to_string());
                    let cpu = decode(&cpu(), &damaged[0]).map_err(|error| error.to_string());
                    assert!(gpu == cpu, "{:?}, {:?}", gpu.err(), cpu.err());
                    check_decoded(&GPU, sound, &tensor.data);
                }
            });
        }
    });
}

#[test]
#[ignore = "needs an NVIDIA GPU, and WCODEC_MODEL to name a safetensors file"]
fn a_real_model() {
    let path = env::var_os("WCODEC_MODEL").expect("WCODEC_MODEL names a safetensors file");
    let model = SafetensorsFile::open(Path::new(&path)).unwrap();
    let mut data = Vec::new();
    for (index, spec) in model.manifest().tensors.iter().enumerate() {
        model.read_tensor(index, &mut data).unwrap();
        let shape = spec.shape.to_vec();
        let tensor = TensorView::new(spec.dtype, &shape, &data).unwrap();
        let blob = Encoder::new().encode(&tensor).unwrap();
        let summary = check_decoded(&GPU, &blob, &data);
        println!("{}: {} to {} bytes, {:?}", spec.name, data.len(), blob.len(), summary.codec);
    }
    assert!(!model.manifest().tensors.is_empty());
}
