//! Whole files and folders: they come back to the byte.

mod as_is;
mod cancelled;
mod changed;
mod elsewhere;
mod files;
mod folders;
mod listing;
mod manifest;
mod names_kept;
mod refused_manifests;

use std::path::{Path, PathBuf};
use support::safetensors_source::{file, file_of, put, small_model, tree, weights};
use wcodec::container::Limits;
use wcodec::convert::{
    CompressOptions, DecompressOptions, Summary, VerifyOptions, compress_file, compress_folder,
    decompress_file, decompress_folder, verify_folder,
};
use wcodec::{Decoder, DeviceChoice};

fn cpu() -> Decoder {
    Decoder::open(DeviceChoice::Cpu).unwrap()
}

fn compress(source: &Path, target: &Path) -> wcodec::Result<Summary> {
    let decoder = cpu();
    let options = CompressOptions::new().verify(&decoder);
    compress_file(source, target, &options, &())
}

fn decompress(source: &Path, target: &Path) -> wcodec::Result<Summary> {
    decompress_file(source, target, &DecompressOptions::new(&cpu()), &())
}

fn compress_into(source: &Path, target: &Path) -> wcodec::Result<Summary> {
    compress_folder(source, target, &CompressOptions::default(), &())
}

fn restore_into(source: &Path, target: &Path) -> wcodec::Result<Summary> {
    let (decoder, limits) = (cpu(), Limits::default());
    let options = DecompressOptions::new(&decoder).limits(limits);
    decompress_folder(source, target, &options, &())
}

fn verify(folder: &Path) -> wcodec::Result<Summary> {
    verify_folder(folder, &VerifyOptions::new(&cpu()), &())
}

/// The files below a folder, by paths relative to it.
fn relative_tree(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = tree(root).into_iter();
    files.map(|(path, bytes)| (path.strip_prefix(root).unwrap().to_owned(), bytes)).collect()
}

fn model_folder(folder: &Path) -> PathBuf {
    let model = folder.join("mini");
    put(&model, "model-00001-of-00002.safetensors", &small_model());
    put(&model, "model-00002-of-00002.safetensors", &file_of(&[("x", "F16", "[9]", 18)], None));
    put(&model, "sub/adapter.safetensors", &file("{}", b""));
    put(&model, "model.safetensors.index.json", b"{\"weight_map\":{}}");
    put(&model, "tokenizer.json", &weights(3000, 5));
    put(&model, "sub/deep/empty.txt", b"");
    put(&model, ".gitattributes", b"*.safetensors filter=lfs");
    put(&model, ".git/config", b"hidden");
    put(&model, ".safetensors", b"only an extension");
    model
}
