//! Tensors come to candle as candle reads them from safetensors.

use candle_core::{DType, Device, Error, safetensors as reader};
use candle_nn::VarBuilder;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use wcodec::convert::{CompressOptions, compress_file, compress_folder};
use wcodec_candle::{WcodecBackend, load, var_builder};

/// Bits that are numbers in every float type.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * at % 61) as u8).collect()
}

fn save(path: &Path, tensors: &[(&str, Dtype, &[usize])]) {
    let len = |dtype: Dtype, shape: &[usize]| shape.iter().product::<usize>() * dtype.bitsize() / 8;
    let data: Vec<Vec<u8>> =
        tensors.iter().map(|&(_, dtype, shape)| bytes(len(dtype, shape))).collect();
    let views = tensors.iter().zip(&data).map(|(&(name, dtype, shape), data)| {
        (name, TensorView::new(dtype, shape.to_vec(), data).unwrap())
    });
    let file = safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap();
    std::fs::write(path, file).unwrap();
}

/// Every dtype that candle reads.
const TENSORS: [(&str, Dtype, &[usize]); 12] = [
    ("u8", Dtype::U8, &[3, 700]),
    ("u16", Dtype::U16, &[40]),
    ("u32", Dtype::U32, &[7, 2, 3]),
    ("i16", Dtype::I16, &[40]),
    ("i32", Dtype::I32, &[40]),
    ("i64", Dtype::I64, &[40]),
    ("bf16", Dtype::BF16, &[64, 100]),
    ("f16", Dtype::F16, &[64, 100]),
    ("f32", Dtype::F32, &[64, 100]),
    ("f64", Dtype::F64, &[]),
    ("f8", Dtype::F8_E4M3, &[32, 64]),
    ("empty", Dtype::F32, &[0, 5]),
];

fn compressed(source: &Path) -> PathBuf {
    let archive = source.with_extension("wcodec");
    compress_file(source, &archive, &CompressOptions::default(), &()).unwrap();
    archive
}

fn same(
    ours: &HashMap<String, candle_core::Tensor>,
    theirs: &HashMap<String, candle_core::Tensor>,
) {
    assert_eq!(ours.len(), theirs.len());
    for (name, theirs) in theirs {
        let ours = &ours[name];
        assert_eq!((ours.dtype(), ours.shape()), (theirs.dtype(), theirs.shape()), "{name}");
        let values = |tensor: &candle_core::Tensor| {
            // candle's cast from F8E4M3 to F64 calls itself without an end.
            let exact = if tensor.dtype() == DType::F8E4M3 { DType::F32 } else { DType::F64 };
            let flat = tensor.to_dtype(exact).unwrap().flatten_all().unwrap();
            flat.to_dtype(DType::F64).unwrap().to_vec1::<f64>().unwrap()
        };
        let [ours, theirs] = [values(ours), values(theirs)];
        assert!(ours.iter().map(|x| x.to_bits()).eq(theirs.iter().map(|x| x.to_bits())), "{name}");
    }
}

#[test]
fn every_dtype_is_as_candle_reads_it() {
    let folder = TempDir::new().unwrap();
    let source = folder.path().join("model.safetensors");
    save(&source, &TENSORS);
    let theirs = reader::load(&source, &Device::Cpu).unwrap();
    same(&load(compressed(&source), &Device::Cpu).unwrap(), &theirs);
    same(&load(&source, &Device::Cpu).unwrap(), &theirs);
}

/// As numbers, also where candle's own cast would never end.
#[test]
fn f8_is_cast_to_every_float() {
    let folder = TempDir::new().unwrap();
    let source = folder.path().join("model.safetensors");
    save(&source, &[("f8", Dtype::F8_E4M3, &[61])]);
    let archive = compressed(&source);
    let numbers = |dtype| {
        let vb = var_builder(&archive, dtype, &Device::Cpu).unwrap();
        let tensor = vb.get(61, "f8").unwrap();
        assert_eq!(tensor.dtype(), dtype);
        assert_eq!(vb.get_unchecked("f8").unwrap().dtype(), dtype);
        tensor.to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap()
    };
    let values = numbers(DType::F64);
    // Element 7 has the bits of 49, 0b0_0110_001: 9/8 by 2^-1.
    assert_eq!((values[0], values[7]), (0.0, 0.5625));
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        assert_eq!(numbers(dtype), values, "{dtype:?}");
    }
}

#[test]
fn a_var_builder_is_that_of_safetensors() {
    let folder = TempDir::new().unwrap();
    let source = folder.path().join("model.safetensors");
    save(&source, &[("layer.weight", Dtype::BF16, &[64, 100]), ("bias", Dtype::F32, &[9])]);
    let device = Device::Cpu;
    let theirs = std::fs::read(&source).unwrap();
    let theirs = VarBuilder::from_buffered_safetensors(theirs, DType::F32, &device).unwrap();
    let ours = var_builder(compressed(&source), DType::F32, &device).unwrap();
    for vb in [&ours, &theirs] {
        assert!(vb.contains_tensor("bias") && vb.pp("layer").contains_tensor("weight"));
        assert!(!vb.contains_tensor("weight"));
    }
    let get = |vb: &VarBuilder<'_>| {
        let weight = vb.pp("layer").get((64, 100), "weight").unwrap();
        assert_eq!(weight.dtype(), DType::F32);
        weight.to_vec2::<f32>().unwrap()
    };
    assert_eq!(get(&ours), get(&theirs));
    let unchecked = ours.get_unchecked("bias").unwrap();
    assert_eq!(unchecked.dims(), [9]);
}

#[test]
fn what_is_asked_for_wrongly_is_candles_own_error() {
    let folder = TempDir::new().unwrap();
    let source = folder.path().join("model.safetensors");
    save(&source, &[("a", Dtype::F32, &[9]), ("flags", Dtype::BOOL, &[4])]);
    let vb = var_builder(compressed(&source), DType::F32, &Device::Cpu).unwrap();
    let is = |error: Error, wanted: fn(&Error) -> bool| {
        let mut inner = &error;
        while let Error::WithBacktrace { inner: next, .. } = inner {
            inner = next;
        }
        assert!(wanted(inner), "{error}");
    };
    is(vb.get(9, "absent").unwrap_err(), |error| matches!(error, Error::CannotFindTensor { .. }));
    is(vb.get(8, "a").unwrap_err(), |error| matches!(error, Error::UnexpectedShape { .. }));
    let error = vb.get_unchecked("flags").unwrap_err().to_string();
    assert!(error.contains("flags") && error.contains("BOOL"), "{error}");
}

#[test]
fn a_damaged_archive_is_an_error() {
    let folder = TempDir::new().unwrap();
    let source = folder.path().join("model.safetensors");
    save(&source, &[("a", Dtype::F32, &[900])]);
    let archive = compressed(&source);
    let mut bytes = std::fs::read(&archive).unwrap();
    let last = bytes.len() - 30;
    bytes[last] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    let error = load(&archive, &Device::Cpu).unwrap_err().to_string();
    assert!(error.contains("checksum"), "{error}");
}

#[test]
fn a_folder_of_shards_is_one_model() {
    let folder = TempDir::new().unwrap();
    let [source, target] = ["model", "compressed"].map(|name| folder.path().join(name));
    std::fs::create_dir(&source).unwrap();
    let [one, two] =
        ["model-00001-of-00002", "model-00002-of-00002"].map(|name| format!("{name}.safetensors"));
    save(&source.join(&one), &[("a", Dtype::F32, &[9])]);
    save(&source.join(&two), &[("b", Dtype::BF16, &[5, 5])]);
    let index = serde_json::json!({ "weight_map": { "a": one, "b": two } });
    std::fs::write(source.join("model.safetensors.index.json"), index.to_string()).unwrap();
    compress_folder(&source, &target, &CompressOptions::default(), &()).unwrap();
    let backend = WcodecBackend::open(&target).unwrap();
    assert_eq!(backend.model().files().len(), 2);
    let vb = backend.into_var_builder(DType::F32, &Device::Cpu);
    assert_eq!(vb.get(9, "a").unwrap().dims(), [9]);
    assert_eq!(vb.get((5, 5), "b").unwrap().dims(), [5, 5]);
    std::fs::remove_file(target.join("model-00002-of-00002.wcodec")).unwrap();
    assert!(WcodecBackend::open(&target).unwrap_err().to_string().contains(&two));
}
