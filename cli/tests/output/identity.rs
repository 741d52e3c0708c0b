//! Files are what the system numbers them as, whatever path leads to them.

use crate::meanwhile::meanwhile;
use crate::program::{could_not, done, folder};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use support::safetensors_source::{names, put, small_model, tree};
use wcodec::convert::{CompressOptions, Progress, compress_file, compress_folder};
use wcodec::{Error, Result};

fn forced() -> CompressOptions<'static> {
    CompressOptions::new().overwrite(true)
}

#[test]
fn an_output_inside_its_source_is_refused() {
    let folder = folder();
    let folder = folder.path();
    symlink("d", folder.join("link")).unwrap();
    fs::create_dir(folder.join("d/empty")).unwrap();
    let before = tree(folder);
    for target in ["d/sub", "d/new", "d/sub/deep", "d/empty", "link/new", "d/sub/../new", "d", "."]
    {
        let said = could_not(folder, &["compress", "d", "-f", "--rm", "-o", target]);
        assert!(said.contains("the folder that is to be read"), "{target}: {said}");
        assert!(tree(folder) == before, "{target}");
    }
}

#[test]
fn an_output_that_holds_what_it_is_made_from_is_refused() {
    let folder = folder();
    let folder = folder.path();
    put(folder, "out/sub/config.json", b"{}");
    put(folder, "e/model.safetensors", &small_model());
    symlink("../out/sub", folder.join("e/sub")).unwrap();
    put(folder, "f/model.safetensors", &small_model());
    fs::create_dir(folder.join("f/sub")).unwrap();
    symlink("../../out/sub/config.json", folder.join("f/sub/config.json")).unwrap();
    let before = tree(folder);
    for (source, how) in [("e", "holds the folder"), ("f", "through a link")] {
        let said = could_not(folder, &["compress", source, "-f", "-o", "out"]);
        assert!(said.contains(how), "{source}: {said}");
        assert!(tree(folder) == before);
    }
    put(folder, "d/sub/model.safetensors", &small_model());
    let said = could_not(folder, &["compress", "d/sub", "-o", "d"]);
    assert!(said.contains("d is or holds the folder"), "{said}");
}

#[test]
fn a_file_is_not_its_own_output_by_any_name() {
    let folder = folder();
    let folder = folder.path();
    symlink("m.safetensors", folder.join("soft")).unwrap();
    fs::hard_link(folder.join("m.safetensors"), folder.join("hard")).unwrap();
    let before = tree(folder);
    for target in ["m.safetensors", "soft", "hard"] {
        let said = could_not(folder, &["compress", "m.safetensors", "-f", "--rm", "-o", target]);
        assert!(said.contains("the source itself"), "{target}: {said}");
    }
    assert!(tree(folder) == before);
}

/// Compresses to `out`, which is there, while something is done to it; it must stay as it was left.
#[track_caller]
fn stays(folder: &Path, compress: impl Fn(&dyn Progress) -> Result<()>, action: impl Fn() + Sync) {
    let meanwhile = meanwhile(action);
    let error = compress(&meanwhile).unwrap_err();
    meanwhile.has_happened();
    assert!(matches!(error, Error::Io { .. } | Error::OutputExists { .. }), "{error}");
    assert!(names(folder).iter().all(|name| !name.starts_with('.')), "{:?}", names(folder));
}

#[test]
fn a_file_that_comes_to_the_targets_name_meanwhile_stays() {
    let folder = folder();
    let folder = folder.path();
    let [source, target] = ["m.safetensors", "out"].map(|name| folder.join(name));
    let compress = |options: CompressOptions<'static>| {
        let (source, target) = (source.clone(), target.clone());
        move |progress: &dyn Progress| compress_file(&source, &target, &options, progress).map(drop)
    };
    for options in [CompressOptions::default(), forced()] {
        stays(folder, compress(options), || fs::write(&target, "new").unwrap());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        fs::remove_file(&target).unwrap();
    }
    put(folder, "out", b"old");
    stays(folder, compress(forced()), || {
        put(folder, "other", b"newer");
        fs::rename(folder.join("other"), &target).unwrap();
    });
    assert_eq!(fs::read(&target).unwrap(), b"newer");
}

#[test]
fn what_comes_into_a_folder_to_be_replaced_stays() {
    let folder = folder();
    let folder = folder.path();
    let [source, target] = ["d", "out"].map(|name| folder.join(name));
    let compress =
        |progress: &dyn Progress| compress_folder(&source, &target, &forced(), progress).map(drop);
    compress(&()).unwrap();
    let whole = tree(&target);

    stays(folder, compress, || drop(put(&target, "thesis.tex", b"years of work")));
    assert_eq!(fs::read(target.join("thesis.tex")).unwrap(), b"years of work");
    fs::remove_file(target.join("thesis.tex")).unwrap();
    assert!(tree(&target) == whole);

    stays(folder, compress, || drop(put(&target, "config.json", b"edited")));
    assert_eq!(fs::read(target.join("config.json")).unwrap(), b"edited");
    compress(&()).unwrap();

    stays(folder, compress, || {
        fs::rename(&target, folder.join("moved")).unwrap();
        put(&target, "config.json", b"another folder");
    });
    assert_eq!(names(&target), ["config.json"]);
    done(folder, &["-q", "verify", "moved"]);
}
