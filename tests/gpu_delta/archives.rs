//! Steps applied to weights in device memory, and archives that need bases, brought there.

use crate::{Buffer, GPU, POISON, changed};
use std::ops::Range;
use std::path::PathBuf;
use support::{Distribution, Random, Tensor, cpu};
use tempfile::TempDir;
use wcodec::container::DeviceTensor;
use wcodec::convert::{Bases, CompressOptions, compress_file};
use wcodec::gpu::{GpuLoader, LoadOptions, LoadTarget};
use wcodec::steps::{Step, StepTensor, encode_step};
use wcodec::{Archive, Dtype, Encoder};

const NAMES: [&str; 4] = ["sparse", "dense", "same", "bytes"];

/// Tensors before a step, and after it: changed a little, all over, not at all, and a little.
fn before_and_after(seed: u64) -> (Vec<Tensor>, Vec<Tensor>) {
    let of = |dtype, shape: &[u64], rarity| {
        let old = Tensor::new(dtype, shape, Distribution::Gaussian(6.0), 1);
        let data = changed(&old.data, rarity, &mut Random::new(seed));
        let new = Tensor { data, ..old.clone() };
        (old, new)
    };
    let all = [
        of(Dtype::BF16, &[300, 512], 200),
        of(Dtype::F32, &[100, 64], 1),
        of(Dtype::BF16, &[64, 64], 0),
        of(Dtype::U8, &[70_001], 30),
    ];
    all.into_iter().unzip()
}

fn step(old: &[Tensor], new: &[Tensor]) -> Vec<u8> {
    let tensors: Vec<_> = NAMES
        .iter()
        .zip(old.iter().zip(new))
        .map(|(name, (old, new))| StepTensor::new(name, new.view(), &old.data).unwrap())
        .collect();
    encode_step(&tensors, &Encoder::new()).unwrap()
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_step_is_applied_in_place() {
    let (old, new) = before_and_after(2);
    let step = Step::from_bytes(step(&old, &new)).unwrap();
    let buffers: Vec<Buffer> = old.iter().map(|tensor| Buffer::new(&tensor.data, 0)).collect();
    let given: Vec<_> = NAMES.iter().copied().zip(buffers.iter().map(Buffer::address)).collect();
    let stream = GPU.decoder().stream();
    // SAFETY: the buffers are those of the tensors.
    unsafe { step.apply_on_gpu(&given, &GPU, stream) }.unwrap();
    for (buffer, tensor) in buffers.iter().zip(&new) {
        assert!(buffer.content() == tensor.data);
    }
    // SAFETY: as above.
    let error = unsafe { step.apply_on_gpu(&given[1..], &GPU, stream) }.unwrap_err();
    assert_eq!(error.code(), "invalid_argument");
}

/// One tensor of a step is damaged, by a checksum that is right again: none is changed.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_step_that_fails_changes_nothing() {
    let (old, new) = before_and_after(3);
    let bytes = step(&old, &new);
    let archive = Archive::from_bytes(bytes.clone()).unwrap();
    let info = archive.tensor("bytes").unwrap();
    let buffers: Vec<Buffer> = old.iter().map(|tensor| Buffer::new(&tensor.data, 0)).collect();
    let given: Vec<_> = NAMES.iter().copied().zip(buffers.iter().map(Buffer::address)).collect();
    let mut damaged = bytes;
    damaged[(info.blob_offset() + info.blob_len() - 40) as usize] ^= 4;
    let step = Step::from_bytes(damaged).unwrap();
    // SAFETY: the buffers are those of the tensors.
    let error = unsafe { step.apply_on_gpu(&given, &GPU, GPU.decoder().stream()) }.unwrap_err();
    assert!(error.code() == "corrupt" && error.to_string().contains("bytes"), "{error}");
    for (buffer, tensor) in buffers.iter().zip(&old) {
        assert!(buffer.content() == tensor.data);
    }
}

/// To other buffers, the unchanged one too.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn tensors_are_decoded_against_others() {
    let (old, new) = before_and_after(4);
    let archive = Archive::from_bytes(step(&old, &new)).unwrap();
    let references: Vec<Buffer> = old.iter().map(|tensor| Buffer::new(&tensor.data, 0)).collect();
    let poison = |tensor: &Tensor| Buffer::new(&vec![POISON; tensor.data.len()], 0);
    let outs: Vec<Buffer> = new.iter().map(poison).collect();
    let given = NAMES.iter().zip(references.iter().zip(&outs));
    let given: Vec<_> = given
        .map(|(name, (from, to))| DeviceTensor::new(name, from.address(), to.address()))
        .collect();
    let stream = GPU.decoder().stream();
    // SAFETY: the buffers are those of the tensors.
    unsafe { archive.decode_against_on_gpu(&given, &GPU, stream) }.unwrap();
    for ((out, reference), (new, old)) in outs.iter().zip(&references).zip(new.iter().zip(&old)) {
        assert!(out.content() == new.data);
        assert!(reference.content() == old.data);
    }
}

/// A safetensors file of these tensors.
fn put(folder: &TempDir, name: &str, tensors: &[(&str, Tensor)]) -> PathBuf {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, tensor) in tensors {
        let start = data.len();
        data.extend_from_slice(&tensor.data);
        let (dtype, shape, offsets) = (tensor.dtype, &tensor.shape, [start, data.len()]);
        let entry = serde_json::json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets });
        header.insert((*name).to_owned(), entry);
    }
    let bytes =
        support::safetensors_source::file(&serde_json::Value::Object(header).to_string(), &data);
    support::safetensors_source::put(folder.path(), name, &bytes)
}

/// Versions of a model, and their files: safetensors, and archives, each against the version before.
struct Family {
    versions: Vec<Vec<(&'static str, Tensor)>>,
    sources: Vec<PathBuf>,
    archives: Vec<PathBuf>,
}

/// A version: two layers that were trained, rows in another order and more of them each time, and a
/// tensor that has nothing to do with the last one.
fn version(number: u64) -> Vec<(&'static str, Tensor)> {
    let layer = |dtype, rarity| {
        let mut tensor = Tensor::new(dtype, &[256, 512], Distribution::Gaussian(6.0), 1);
        for step in 0..number {
            tensor.data = changed(&tensor.data, rarity, &mut Random::new(step));
        }
        tensor
    };
    let words = Tensor::new(Dtype::BF16, &[340, 128], Distribution::Gaussian(6.0), 7);
    let rows = 300 + 20 * number;
    let from = |row: u64| (row * (2 * number + 1) % 340) as usize * 256;
    let data = (0..rows).flat_map(|row| words.data[from(row)..][..256].to_vec()).collect();
    vec![
        ("a", layer(Dtype::BF16, 100)),
        ("b", layer(Dtype::I8, 2)),
        ("words", Tensor { dtype: Dtype::BF16, shape: vec![rows, 128], data }),
        ("new", Tensor::new(Dtype::I8, &[999], Distribution::Gaussian(6.0), number)),
    ]
}

fn family(folder: &TempDir) -> Family {
    let versions: Vec<_> = (0..3).map(version).collect();
    let put = |at: usize| put(folder, &format!("{at}.safetensors"), &versions[at]);
    let sources: Vec<_> = (0..3).map(put).collect();
    let archives: Vec<_> = (0..3).map(|at| folder.path().join(format!("{at}.wcodec"))).collect();
    compress_file(&sources[0], &archives[0], &CompressOptions::default(), &()).unwrap();
    for at in [1, 2] {
        let bases = Bases::open([&sources[at - 1]], Default::default()).unwrap();
        let options = CompressOptions::default().bases(&bases);
        compress_file(&sources[at], &archives[at], &options, &()).unwrap();
    }
    Family { versions, sources, archives }
}

/// The number of a version, and bases that lead to it: a safetensors file, an archive, and an archive
/// that has a base itself.
fn with_bases(Family { sources, archives, .. }: &Family) -> [(usize, Bases); 4] {
    let open = |paths: &[&PathBuf]| Bases::open(paths, Default::default()).unwrap();
    [
        (1, open(&[&sources[0]])),
        (1, open(&[&archives[0]])),
        (2, open(&[&sources[1]])),
        (2, open(&[&archives[0], &archives[1]])),
    ]
}

#[test]
fn bases_lead_to_every_version() {
    let folder = TempDir::new().unwrap();
    let family = family(&folder);
    for (version, bases) in with_bases(&family) {
        let archive = Archive::open(&family.archives[version]).unwrap();
        let against = |name: &str| archive.tensor(name).unwrap().reference();
        for name in ["a", "b", "words"] {
            assert!(against(name).is_some(), "{name} of version {version}");
        }
        assert_ne!(
            against("words").unwrap().byte_len(),
            archive.tensor("words").unwrap().byte_len()
        );
        for (name, tensor) in &family.versions[version] {
            assert!(bases.decode(&archive, name, &cpu()).unwrap() == tensor.data, "{name}");
        }
    }
}

/// Whole, which is done in place where it can be, and rows alone, at addresses of both kinds.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn archives_are_loaded_with_their_bases() {
    let folder = TempDir::new().unwrap();
    let family = family(&folder);
    let mut loader = GpuLoader::new(GPU.decoder(), LoadOptions::default()).unwrap();
    for (version, bases) in with_bases(&family) {
        let archive = Archive::open(&family.archives[version]).unwrap();
        for skew in [0, 2] {
            let (mut targets, mut expected) = (Vec::new(), Vec::new());
            for (name, tensor) in &family.versions[version] {
                let row = tensor.data.len() / tensor.shape[0] as usize;
                for rows in [None, Some(3..50)] {
                    let bytes = rows.clone().map_or(0..tensor.data.len(), |rows: Range<u64>| {
                        rows.start as usize * row..rows.end as usize * row
                    });
                    let content = tensor.data[bytes].to_vec();
                    let buffer = Buffer::new(&vec![POISON; content.len()], skew);
                    targets.push(LoadTarget::new(name, buffer.address()).rows(rows));
                    expected.push((buffer, content));
                }
            }
            let stream = GPU.decoder().stream();
            // SAFETY: the buffers have the wanted bytes.
            unsafe { bases.load_into(&archive, &targets, &mut loader, stream, &()) }.unwrap();
            for (buffer, content) in &expected {
                assert!(buffer.content() == *content, "version {version}, skew {skew}");
            }
        }
    }
}

/// What is missing is told by hash before anything is loaded.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_missing_base_is_told() {
    let (old, new) = before_and_after(5);
    let archive = Archive::from_bytes(step(&old, &new)).unwrap();
    let buffer = Buffer::new(&old[0].data, 0);
    let target = [LoadTarget::new("sparse", buffer.address())];
    let mut loader = GpuLoader::new(GPU.decoder(), LoadOptions::default()).unwrap();
    let stream = GPU.decoder().stream();
    let bases = Bases::new(Default::default());
    // SAFETY: the buffer has the tensor's bytes.
    let error = unsafe { bases.load_into(&archive, &target, &mut loader, stream, &()) };
    assert_eq!(error.unwrap_err().code(), "base_needed");
    // SAFETY: as above.
    let error = unsafe { loader.load_into(&archive, &target, stream, &()) };
    assert_eq!(error.unwrap_err().code(), "base_needed");
    assert!(buffer.content() == old[0].data);
}
