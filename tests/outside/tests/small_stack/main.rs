//! In a debug build of a crate outside of this workspace, everything that runs on a CPU gets by
//! with 256 KiB of stack.
//!
//! A stack that overflows ends the process, so that the test program fails as a whole. Tests of
//! backends that this CPU lacks are listed as ignored.

mod weights;

use libtest_mimic::{Arguments, Trial};
use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, thread};
use wcodec::container::Limits;
use wcodec::convert::{CompressOptions, DecompressOptions, compress_file, decompress_file};
use wcodec::{
    Archive, Blob, CpuBackend, Decoder, Encoder, Result, TensorView, compress_with, decompress_with,
};
use weights::{SHAPE, Weights};

/// Stack of each thread, those of the pool as well.
const STACK: usize = 256 << 10;

#[cfg(target_arch = "x86_64")]
const BACKENDS: [&str; 3] = ["portable", "avx2", "avx512"];
#[cfg(target_arch = "aarch64")]
const BACKENDS: [&str; 2] = ["portable", "neon"];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const BACKENDS: [&str; 1] = ["portable"];

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).num_threads(2);
    pool.build_global().expect("threads can be had");
    let trials = BACKENDS.into_iter().flat_map(|name| {
        let backend = CpuBackend::named(name);
        let lacks =
            if backend.is_none() { format!("this CPU lacks {name}") } else { String::new() };
        let trial = move |what: &str, run: fn(CpuBackend) -> Result<()>| {
            let work = move || run(backend.expect("else it is ignored"));
            Trial::test(format!("{name}: {what}"), move || on_small_stack(work))
                .with_kind(lacks.clone())
                .with_ignored_flag(backend.is_none())
        };
        [
            trial("tensors of every plane codec come back", tensors),
            trial("ranges of a tensor come back", ranges),
            trial("archives in memory come back", archives_in_memory),
            trial("a file comes back, and rows of it", files),
        ]
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// Runs work on a thread of its own with a stack of [`STACK`].
fn on_small_stack(
    work: impl FnOnce() -> Result<()> + Send + 'static,
) -> std::result::Result<(), libtest_mimic::Failed> {
    let thread = thread::Builder::new().stack_size(STACK).spawn(work)?;
    Ok(thread.join().map_err(|_| "the thread panicked")??)
}

fn view(weights: &Weights) -> Result<TensorView<'_>> {
    TensorView::new(weights.dtype, &SHAPE, &weights.bytes)
}

fn tensors(backend: CpuBackend) -> Result<()> {
    let mut codecs = BTreeSet::new();
    for weights in weights::all() {
        let encoder = Encoder::new().profile(weights.profile);
        let (blob, decoded) = outside::round_trip(backend, encoder, &view(&weights)?)?;
        assert!(decoded == weights.bytes, "{}", weights.name);
        codecs.insert(Blob::parse(&blob)?.summary().codec);
    }
    assert_eq!(codecs.len(), 6, "{codecs:?}");
    Ok(())
}

fn ranges(backend: CpuBackend) -> Result<()> {
    for weights in weights::all() {
        let blob = Encoder::new().backend(backend).encode(&view(&weights)?)?;
        let range = 1001..weights.bytes.len() - 77;
        let mut decoded = vec![0; range.len()];
        let bytes = range.start as u64..range.end as u64;
        Decoder::cpu(backend).decode_range(&Blob::parse(&blob)?, bytes, &mut decoded)?;
        assert!(decoded == weights.bytes[range], "{}", weights.name);
    }
    Ok(())
}

fn archives_in_memory(backend: CpuBackend) -> Result<()> {
    let (encoder, decoder) = (Encoder::new().backend(backend), Decoder::cpu(backend));
    for weights in weights::all() {
        let archive = compress_with(&view(&weights)?, &encoder)?;
        let tensor = decompress_with(&archive, &decoder)?;
        assert!(tensor.data() == weights.bytes, "{}", weights.name);
    }
    Ok(())
}

fn files(backend: CpuBackend) -> Result<()> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let (model, archive, restored) =
        (path("model.safetensors"), path("model.wcodec"), path("restored"));
    write_model(&model);

    let decoder = Decoder::cpu(backend);
    let encoder = Encoder::new().backend(backend);
    let options = CompressOptions::new().encoder(encoder).verify(&decoder);
    compress_file(&model, &archive, &options, &())?;
    rows_come_back(&Archive::open(&archive)?, &decoder)?;

    let (overwrite, limits) = (false, Limits::default());
    let options = DecompressOptions::new(&decoder).overwrite(overwrite).limits(limits);
    decompress_file(&archive, &restored, &options, &())?;
    assert!(fs::read(model).unwrap() == fs::read(restored).unwrap(), "another file came back");
    Ok(())
}

fn rows_come_back(archive: &Archive, decoder: &Decoder) -> Result<()> {
    for Weights { name, bytes, .. } in weights::all() {
        assert!(archive.decode_tensor(name, decoder)? == bytes, "{name}");
        let row = bytes.len() / SHAPE[0] as usize;
        let rows = archive.reader(name)?.decode(13..200, decoder)?;
        assert!(rows == bytes[13 * row..200 * row], "rows of {name}");
    }
    Ok(())
}

/// A safetensors file: the length of a header, the header, the tensors' bytes.
fn write_model(path: &Path) {
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for Weights { name, dtype, bytes, .. } in weights::all() {
        let (from, to) = (data.len(), data.len() + bytes.len());
        header.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":{SHAPE:?},"data_offsets":[{from},{to}]}}"#
        ));
        data.extend(bytes);
    }
    let header = format!("{{{}}}", header.join(","));
    let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat();
    fs::write(path, file).expect("a temporary file can be written");
}
