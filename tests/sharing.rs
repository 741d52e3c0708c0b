//! Tensors that share blobs as they are small, or the bytes of others.

use half::{bf16, f16};
use std::path::{Path, PathBuf};
use std::{fs, iter};
use support::cpu;
use support::forged::stored_header;
use support::safetensors_source::{file, put};
use tempfile::TempDir;
use wcodec::container::Limits;
use wcodec::convert::{
    CompressOptions, DecompressOptions, VerifyOptions, compress_file, decompress_file, verify_file,
};
use wcodec::{Archive, Decoder, Model};

/// Name, dtype, shape and bytes.
type Made = (String, &'static str, Vec<usize>, Vec<u8>);

/// Numbers of a normal distribution, as weights have it.
fn gaussian(count: usize, deviation: f32, seed: u64) -> impl Iterator<Item = f32> {
    let mut random = support::Random::new(seed);
    (0..count).map(move |_| deviation * random.gaussian() as f32)
}

fn bf16_of(count: usize, seed: u64) -> Vec<u8> {
    gaussian(count, 0.02, seed).flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect()
}

fn f16_of(count: usize, deviation: f32, seed: u64) -> Vec<u8> {
    gaussian(count, deviation, seed).flat_map(|x| f16::from_f32(x).to_le_bytes()).collect()
}

fn f32_of(count: usize, deviation: f32, seed: u64) -> Vec<u8> {
    gaussian(count, deviation, seed).flat_map(f32::to_le_bytes).collect()
}

/// Bytes of E4M3: the upper bits of a half whose exponent is four bits less.
fn fp8_of(count: usize, seed: u64) -> Vec<u8> {
    let e4m3 = |x: f32| {
        let bits = f16::from_f32(x * 64.0).to_bits();
        let exponent = (i32::from(bits >> 10 & 31) - 8).clamp(0, 15) as u16;
        (bits >> 8 & 0x80 | exponent << 3 | bits >> 7 & 7) as u8
    };
    gaussian(count, 0.02, seed).map(e4m3).collect()
}

/// A safetensors file as other tools write it.
fn source(tensors: &[Made]) -> Vec<u8> {
    let (mut members, mut data) = (Vec::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let (start, end) = (data.len(), data.len() + bytes.len());
        data.extend_from_slice(bytes);
        members.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
        ));
    }
    let mut header = format!("{{{}}}", members.join(","));
    header += &" ".repeat(header.len().next_multiple_of(8) - header.len());
    file(&header, &data)
}

/// A file that was compressed, and its archive.
struct Pair {
    _folder: TempDir,
    source: PathBuf,
    archive: PathBuf,
    ratio: f64,
}

/// Compresses a file; it comes back to the byte, the library and the reference agree on it, and
/// each tensor is read alone.
fn there_and_back(tensors: &[Made]) -> Pair {
    let folder = TempDir::new().unwrap();
    let bytes = source(tensors);
    let path = put(folder.path(), "model.safetensors", &bytes);
    let archive = folder.path().join("model.wcodec");
    let (decoder, limits) = (cpu(), Limits::default());
    let options = CompressOptions::new().verify(&decoder);
    let summary = compress_file(&path, &archive, &options, &()).unwrap();
    verify_file(&archive, &VerifyOptions::new(&decoder).limits(limits), &()).unwrap();
    let restored = folder.path().join("restored");
    let options = DecompressOptions::new(&decoder);
    decompress_file(&archive, &restored, &options, &()).unwrap();
    assert!(fs::read(&restored).unwrap() == bytes);
    read_alone(&archive, tensors, &decoder);
    let written = fs::read(&archive).unwrap();
    let by_reference = reference::decode_archive(&written).unwrap();
    assert!(reference::original_file(&by_reference).unwrap() == bytes);
    let ratio = summary.input_bytes as f64 / summary.output_bytes as f64;
    Pair { _folder: folder, source: path, archive, ratio }
}

fn read_alone(path: &Path, tensors: &[Made], decoder: &Decoder) {
    let archive = Archive::open(path).unwrap();
    let model = Model::open(path).unwrap();
    for (number, (name, _, shape, bytes)) in
        tensors.iter().enumerate().step_by(1 + tensors.len() / 99)
    {
        assert!(archive.decode_tensor(name, decoder).unwrap() == *bytes, "{name}");
        assert_eq!(archive.tensors()[number].name(), name);
        let mut out = vec![0; bytes.len()];
        archive.decode_to(name, decoder, &mut out).unwrap();
        assert!(out == *bytes, "{name}");
        if let Some(&rows) = shape.first().filter(|&&rows| rows > 1) {
            let (first, row) = (rows / 2, bytes.len() / rows);
            let read = archive.decode_rows(name, first as u64..rows as u64, decoder).unwrap();
            assert!(read == bytes[first * row..], "rows of {name}");
            let read = model.tensor(name).unwrap().decode(..first as u64, decoder).unwrap();
            assert!(read == bytes[..first * row], "rows of {name} in a model");
        }
    }
}

fn blobs(archive: &Path) -> usize {
    let archive = Archive::open(archive).unwrap();
    let number = |tensor: &wcodec::container::TensorInfo| tensor.blob_number() as usize + 1;
    archive.tensors().iter().map(number).max().unwrap_or(0)
}

/// Layers that occur three times, between norms and scalars that differ or do not.
fn repeated(times: usize) -> Vec<Made> {
    let mut tensors = Vec::new();
    for time in 0..times {
        for layer in 0..3 {
            let name = |part: &str| format!("layers.{}.{part}", 3 * time + layer);
            let matrix = bf16_of(256 * 512, layer as u64);
            tensors.push((name("proj.weight"), "BF16", vec![256, 512], matrix));
            tensors.push((name("norm.weight"), "BF16", vec![512], bf16_of(512, 9)));
            let scale = (time as f32).to_le_bytes().to_vec();
            tensors.push((name("scale"), "F32", vec![], scale));
        }
    }
    tensors
}

#[test]
fn layers_that_repeat_are_stored_once() {
    let (once, thrice) = (there_and_back(&repeated(1)), there_and_back(&repeated(3)));
    println!("once {:.3}, three times {:.3}", once.ratio, thrice.ratio);
    assert!(once.ratio > 1.45, "{}", once.ratio);
    assert!(thrice.ratio > 2.95 * once.ratio, "{} for {}", thrice.ratio, once.ratio);
    // Three matrices; the norm and the scales lie in two more.
    assert_eq!(blobs(&thrice.archive), 5);
    let archive = Archive::open(&thrice.archive).unwrap();
    let tensor = archive.tensor("layers.8.proj.weight").unwrap();
    assert_eq!((tensor.same_as(), tensor.stored_bytes()), (Some(6), 0));
}

/// Of one length, with the same ends; of one content, with other dtypes and shapes.
#[test]
fn only_the_same_bytes_are_the_same() {
    let one = bf16_of(20_000, 1);
    let mut middle = one.clone();
    middle[20_000] ^= 1;
    let tensors = [
        ("one", "BF16", vec![20_000], one.clone()),
        ("middle", "BF16", vec![20_000], middle),
        ("other dtype", "F16", vec![200, 100], one.clone()),
        ("shorter", "U8", vec![39_999], one[..39_999].to_vec()),
        ("empty", "F32", vec![0, 3], vec![]),
        ("also empty", "F32", vec![0], vec![]),
    ];
    let tensors = tensors.map(|(name, dtype, shape, bytes)| (name.to_owned(), dtype, shape, bytes));
    let pair = there_and_back(&tensors);
    let archive = Archive::open(&pair.archive).unwrap();
    let same: Vec<_> = archive.tensors().iter().map(|tensor| tensor.same_as()).collect();
    assert_eq!(same, [None, None, Some(0), None, None, None]);
}

#[test]
fn scalars_do_not_grow() {
    let value = f32_of(1000, 1.0, 1);
    let scalar =
        |at: usize| (format!("scales.{at}"), "F32", vec![], value[4 * at..4 * at + 4].to_vec());
    let pair = there_and_back(&(0..1000).map(scalar).collect::<Vec<_>>());
    println!("{:.3}", pair.ratio);
    assert!(pair.ratio > 1.0, "{}", pair.ratio);
    assert_eq!(blobs(&pair.archive), 1);
}

#[test]
fn adapters_do_not_grow() {
    let mut tensors = Vec::new();
    for pair in 0..264u64 {
        let name = |part: &str| format!("lora_unet_blocks_{}_{}.{part}", pair / 8, pair % 8);
        tensors.push((name("alpha"), "F16", vec![], f16::from_f32(4.0).to_le_bytes().to_vec()));
        let down = f16_of(4 * 320, 0.02, 2 * pair);
        tensors.push((name("lora_down.weight"), "F16", vec![4, 320], down));
        let up = f16_of(320 * 4, 0.005, 2 * pair + 1);
        tensors.push((name("lora_up.weight"), "F16", vec![320, 4], up));
    }
    let pair = there_and_back(&tensors);
    println!("{:.3}", pair.ratio);
    assert!(pair.ratio >= 1.1, "{}", pair.ratio);
}

#[test]
fn small_experts_do_not_grow() {
    check_small_experts(5000);
}

#[test]
#[ignore = "takes a minute: make test-large"]
fn very_many_small_experts_do_not_grow() {
    check_small_experts(50_000);
}

/// Experts of 32 × 32 in FP8, with two scales each.
fn check_small_experts(experts: u64) {
    let mut tensors = Vec::new();
    for expert in 0..experts {
        let name = |part: &str| format!("experts.{expert}.{part}");
        tensors.push((name("weight"), "F8_E4M3", vec![32, 32], fp8_of(1024, expert)));
        for (seed, part) in (0..).zip(["weight_scale", "input_scale"]) {
            let scale = gaussian(1, 0.001, 2 * expert + seed).next().unwrap().abs() + 0.01;
            tensors.push((name(part), "F32", vec![], scale.to_le_bytes().to_vec()));
        }
    }
    let pair = there_and_back(&tensors);
    let bytes = fs::metadata(&pair.source).unwrap().len();
    println!("{:.3} of {bytes}", pair.ratio);
    assert!(pair.ratio >= 1.1, "{}", pair.ratio);
}

/// What 1,000 tensors of a kilobyte cost beside what they could be coded in: blobs, their headers
/// and the archive's.
#[test]
fn a_tensor_of_a_kilobyte_costs_little() {
    let random = |count, seed| {
        let mut random = support::Random::new(seed);
        iter::repeat_with(move || random.byte()).take(count).collect::<Vec<u8>>()
    };
    let tensor = |at: usize| {
        (
            format!("model.layers.{}.norm{}.bias", at / 4, at % 4),
            "U8",
            vec![1024],
            random(1024, at as u64),
        )
    };
    let tensors: Vec<Made> = (0..1000).map(tensor).collect();
    let pair = there_and_back(&tensors);
    let cost = fs::metadata(&pair.archive).unwrap().len() as f64 / 1000.0 - 1024.0;
    println!("{cost:.1} bytes a tensor");
    assert!(cost <= 40.0, "{cost}");
}

/// Every tensor of a damaged blob is refused, whichever way it is read, and no other.
#[test]
fn damage_to_a_shared_blob_is_told() {
    let pair = there_and_back(&repeated(2));
    let (sound, decoder) = (fs::read(&pair.archive).unwrap(), cpu());
    let archive = Archive::from_bytes(sound.clone()).unwrap();
    for damaged in ["layers.0.norm.weight", "layers.3.scale", "layers.1.proj.weight"] {
        let info = archive.tensor(damaged).unwrap();
        let mut bytes = sound.clone();
        bytes[(info.blob_offset() + info.blob_len() / 2) as usize] ^= 0x10;
        let read = Archive::from_bytes(bytes.clone()).unwrap();
        for tensor in read.tensors() {
            let is_bad = tensor.blob_number() == info.blob_number();
            let name = tensor.name();
            assert_eq!(read.decode_tensor(name, &decoder).is_err(), is_bad, "{damaged}, {name}");
        }
        fs::write(&pair.archive, bytes).unwrap();
        let error = verify_file(&pair.archive, &VerifyOptions::new(&decoder), &()).unwrap_err();
        assert_eq!(error.code(), "corrupt");
    }
}

/// A wrong hash of one tensor in a shared blob is told of that tensor alone.
#[test]
fn hashes_are_of_tensors() {
    let pair = there_and_back(&repeated(2));
    let mut bytes = fs::read(&pair.archive).unwrap();
    let (blobs, decoder) = (blobs(&pair.archive), cpu());
    // The third tensor is the first scale.
    let at = stored_header(&bytes).end + 4 * blobs + 2 * 8;
    bytes[at] ^= 1;
    support::forged::resign(&mut bytes);
    let archive = Archive::from_bytes(bytes).unwrap();
    let bad =
        archive.tensors().iter().filter(|t| archive.decode_tensor(t.name(), &decoder).is_err());
    let bad: Vec<&str> = bad.map(|tensor| tensor.name()).collect();
    assert_eq!(bad, ["layers.0.scale", "layers.1.scale", "layers.2.scale"]);
}
