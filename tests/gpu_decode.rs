//! The GPU decodes what the CPU decodes, to the byte, and refuses what the CPU refuses.
//!
//! The test binary needs nothing but itself, so that it can be copied to where there is a GPU.

#[path = "reference/assembler/mod.rs"]
mod assembler;
#[path = "golden/mod.rs"]
mod golden;
#[path = "gpu_decode/hostile.rs"]
mod hostile;
mod mutants;
mod reference;
mod support;

use std::env;
use std::path::Path;
use std::sync::LazyLock;
use support::{Distribution, Options, Random, Tensor, check_decoded, cpu, decode};
use wcodec::format::{PlaneCodec, Predictor};
use wcodec::{
    Blob, Decoder, Device, DeviceChoice, Dtype, Encoder, Error, SafetensorsFile, TensorView,
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
    for (combination, packed) in golden::pairs() {
        println!("{}", packed.name);
        check_decoded(&GPU, packed.blob, &combination.original().data);
    }
}

/// Lengths in bytes: empty, around a lane, a row, tiles and, last, a large one.
const LENGTHS: [u64; 14] =
    [0, 4, 12, 16, 20, 508, 512, 516, 4092, 4096, 4100, 8 * 4096 - 4, 70_004, 1 << 20];

/// A vector and a matrix for every codec, predictor, number of states and dtype.
fn sweep() -> impl Iterator<Item = (Tensor, Options)> {
    const DTYPES: [Dtype; 6] =
        [Dtype::U8, Dtype::F8_E4M3, Dtype::BF16, Dtype::F16, Dtype::F32, Dtype::I32];
    let mut random = Random::new(2026);
    let options = PlaneCodec::ALL.into_iter().filter(|codec| *codec != PlaneCodec::Const);
    let options = options.flat_map(|codec| Predictor::ALL.map(|predictor| (codec, predictor)));
    let options = options.flat_map(|forced| [(forced, false), (forced, true)]);
    let options = options.flat_map(move |(forced, two)| DTYPES.map(|dtype| (forced, two, dtype)));
    options.flat_map(move |((codec, predictor), two_states, dtype)| {
        [false, true].map(|is_matrix| {
            let tile_rows_log2 = Some(3 + random.below(6) as u8);
            let options =
                Options { two_states, tile_rows_log2, ..Options::forced(codec, predictor) };
            (tensor(dtype, is_matrix, &mut random), options)
        })
    })
}

fn tensor(dtype: Dtype, is_matrix: bool, random: &mut Random) -> Tensor {
    let element_bytes = dtype.bitsize() as u64 / 8;
    let shape = if is_matrix {
        vec![1 + random.below(300), random.pick(&[512, 1024, 1536, 4096]) / element_bytes]
    } else {
        vec![random.pick(&LENGTHS) / element_bytes]
    };
    Tensor::new(dtype, &shape, random.pick(&Distribution::ALL), random.next())
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
    assert_eq!(decoded, 5 * 5 * 2 * 6 * 2);
}

/// As an encoder chooses by itself, Const included, and every table it may make.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn automatic_choices() {
    let mut random = Random::new(4);
    for distribution in Distribution::ALL {
        for dtype in support::ALL_DTYPES {
            let columns = 512 * support::elements_to_a_byte(dtype);
            let tensor = Tensor::new(dtype, &[90, columns], distribution, random.next());
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

/// A sound blob, and copies of it with a bit turned somewhere behind the index.
fn damaged() -> impl Iterator<Item = (Tensor, Vec<u8>, Vec<Vec<u8>>)> {
    let mut random = Random::new(6);
    sweep().step_by(5).filter(|(tensor, _)| tensor.data.len() > 1000).map(
        move |(tensor, options)| {
            let sound = options.encoder().encode(&tensor.view()).unwrap();
            let front = Blob::parse(&sound).unwrap().layout().words.offset;
            let damage = |_| {
                let mut bytes = sound.clone();
                let at = front + random.below(bytes.len() as u64 - front);
                bytes[at as usize] ^= 1 << random.below(8);
                bytes
            };
            let damaged = (0..6).map(damage).collect();
            (tensor, sound, damaged)
        },
    )
}

/// Which tile is at fault is in the message, so equal messages are equal verdicts.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn damaged_blobs_get_the_verdict_of_the_cpu() {
    let (mut refused, mut decoded) = (0, 0);
    for (tensor, sound, damaged) in damaged() {
        for bytes in damaged {
            match (decode(&GPU, &bytes), decode(&cpu(), &bytes)) {
                (Ok(gpu), Ok(cpu)) => {
                    assert!(gpu == cpu, "{} {:?}", tensor.dtype, tensor.shape);
                    decoded += 1;
                }
                (Err(gpu @ Error::Corrupt { .. }), Err(cpu)) => {
                    assert_eq!(gpu.to_string(), cpu.to_string());
                    refused += 1;
                }
                (gpu, cpu) => panic!("GPU {:?}, CPU {:?}", gpu.err(), cpu.err()),
            }
        }
        // What went wrong before has left nothing behind.
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
        let tensor = TensorView::new(spec.dtype, &spec.shape, &data).unwrap();
        let blob = Encoder::new().encode(&tensor).unwrap();
        let summary = check_decoded(&GPU, &blob, &data);
        println!("{}: {} to {} bytes, {:?}", spec.name, data.len(), blob.len(), summary.codec);
    }
    assert!(!model.manifest().tensors.is_empty());
}
