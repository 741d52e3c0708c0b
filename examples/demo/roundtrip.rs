//! A file compressed, verified, restored and compared with its source.

use anyhow::{Context, bail, ensure};
use std::fs;
use std::path::Path;
use wcodec::convert::{
    CompressOptions, DecompressOptions, VerifyOptions, WCODEC, compress_file, decompress_file,
    verify_file,
};
use wcodec::{Decoder, Encoder, SafetensorsFile};

/// File sizes in bytes.
pub struct Sizes {
    pub before: u64,
    pub after: u64,
}

/// Takes `source` to an archive beside it, and back into the folder `restored` of `folder`.
pub fn run(source: &Path, folder: &Path, decoder: &Decoder) -> anyhow::Result<Sizes> {
    let archive = source.with_extension(WCODEC);
    let name = source.file_name().context("the source has no name")?;
    let restored = folder.join("restored").join(name);
    let encoder = Encoder::new();
    let options = CompressOptions::new().encoder(encoder).verify(decoder).overwrite(true);
    let summary = compress_file(source, &archive, &options, &())?;
    verify_file(&archive, &VerifyOptions::new(decoder), &())?;
    let options = DecompressOptions::new(decoder).overwrite(true);
    decompress_file(&archive, &restored, &options, &())?;
    compare(source, &restored)?;
    Ok(Sizes { before: summary.input_bytes, after: summary.output_bytes })
}

/// Compares tensor by tensor, so that a difference has a name, and then the files whole.
fn compare(source: &Path, restored: &Path) -> anyhow::Result<()> {
    let files = [SafetensorsFile::open(source)?, SafetensorsFile::open(restored)?];
    let [wanted, found] = files.each_ref().map(|file| &file.manifest().tensors);
    ensure!(wanted == found, "{} does not list the same tensors", restored.display());
    let [mut expected, mut actual] = [Vec::new(), Vec::new()];
    for (index, spec) in wanted.iter().enumerate() {
        files[0].read_tensor(index, &mut expected)?;
        files[1].read_tensor(index, &mut actual)?;
        if let Some(at) = (0..expected.len()).find(|&at| expected[at] != actual[at]) {
            bail!("byte {at} of tensor {:?} of {} is wrong", spec.name, restored.display());
        }
    }
    let same = fs::read(source)? == fs::read(restored)?;
    ensure!(same, "{} differs from its source outside the tensors", restored.display());
    Ok(())
}
