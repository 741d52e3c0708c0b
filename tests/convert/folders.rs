//! Whole folders: they come back to the byte, and nothing else is left or replaced.

use crate::{compress, cpu, model_folder, relative_tree};
use std::fs;
use support::safetensors_source::{names, put, small_model, tree};
use tempfile::TempDir;
use wcodec::Error;
use wcodec::convert::{
    CompressOptions, DecompressOptions, VerifyOptions, compress_folder, decompress_folder,
    verify_folder,
};

#[test]
fn a_model_folder_comes_back() {
    let folder = TempDir::new().unwrap();
    let model = model_folder(folder.path());
    let [compressed, restored] = ["mini.wcodec", "back"].map(|name| folder.path().join(name));
    let decoder = cpu();
    let options = CompressOptions::new().verify(&decoder);
    let summary = compress_folder(&model, &compressed, &options, &()).unwrap();
    assert_eq!((summary.converted.len(), summary.copied.len()), (3, 5));
    assert!(compressed.join("sub/adapter.wcodec").is_file());
    assert!(!compressed.join(".git").exists());
    assert_eq!(verify_folder(&compressed, &VerifyOptions::new(&decoder), &()).unwrap().tensors, 4);

    let options = DecompressOptions::new(&decoder);
    decompress_folder(&compressed, &restored, &options, &()).unwrap();
    fs::remove_dir_all(model.join(".git")).unwrap();
    assert!(relative_tree(&model) == relative_tree(&restored));
    assert_eq!(names(folder.path()), ["back", "mini", "mini.wcodec"]);
}

#[test]
fn links_to_files_are_followed_and_loops_are_not() {
    let folder = TempDir::new().unwrap();
    let blob = put(folder.path(), "blobs/0123", &small_model());
    let model = folder.path().join("snapshot");
    fs::create_dir(&model).unwrap();
    std::os::unix::fs::symlink(&blob, model.join("model.safetensors")).unwrap();
    std::os::unix::fs::symlink(&model, model.join("loop")).unwrap();
    let target = folder.path().join("out");
    let summary = compress_folder(&model, &target, &CompressOptions::default(), &()).unwrap();
    assert_eq!(summary.converted.len(), 1);
    assert_eq!(names(&target), ["model.wcodec", "wcodec.json"]);
    assert!(target.join("model.wcodec").symlink_metadata().unwrap().is_file());
}

#[test]
fn a_folder_that_fails_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let model = model_folder(folder.path());
    let target = folder.path().join("out");
    let compress = |options: &CompressOptions<'_>| compress_folder(&model, &target, options, &());
    let options = CompressOptions::default();

    std::os::unix::fs::symlink("nowhere", model.join("dangling")).unwrap();
    assert!(matches!(compress(&options), Err(Error::Io { .. })));
    fs::remove_file(model.join("dangling")).unwrap();

    assert_eq!(names(folder.path()), ["mini"]);
    let empty = folder.path().join("mini/sub/deep");
    assert!(matches!(
        compress_folder(&empty, &target, &options, &()),
        Err(Error::InvalidArgument(_))
    ));
    assert_eq!(names(folder.path()), ["mini"]);
}

#[test]
fn a_folder_is_only_replaced_by_its_own_like() {
    let folder = TempDir::new().unwrap();
    let model = model_folder(folder.path());
    let target = folder.path().join("out");
    let force = CompressOptions::new().overwrite(true);
    let careful = CompressOptions::default();
    compress_folder(&model, &target, &careful, &()).unwrap();
    let before = tree(&target);
    assert!(matches!(
        compress_folder(&model, &target, &careful, &()),
        Err(Error::OutputExists { .. })
    ));
    fs::write(target.join("tokenizer.json"), "spoilt").unwrap();
    compress_folder(&model, &target, &force, &()).unwrap();
    assert!(tree(&target) == before);

    let precious = put(&target, "thesis.tex", b"years of work");
    let error = compress_folder(&model, &target, &force, &()).unwrap_err();
    assert!(error.to_string().contains("thesis.tex"), "{error}");
    assert!(compress_folder(&model, &model, &force, &()).is_err());
    assert!(compress_folder(&model, folder.path(), &force, &()).is_err());
    assert!(precious.exists() && model.join("tokenizer.json").exists());
    assert_eq!(names(folder.path()), ["mini", "out"]);
}

#[test]
fn permissions_go_along() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let source = put(folder.path(), "a.safetensors", &small_model());
    fs::set_permissions(&source, fs::Permissions::from_mode(0o640)).unwrap();
    let target = folder.path().join("a.wcodec");
    compress(&source, &target).unwrap();
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
}
