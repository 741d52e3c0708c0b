//! Folders that keep their place as outputs: those that cannot be renamed, or are the
//! working folder.

use crate::leftovers::large_folder;
use crate::program::{
    COULD_NOT, DONE, as_another, could_not, done, folder, give_away, stderr, wcodec,
};
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use support::safetensors_source::{names, put, tree};
use wcodec::programs::is_leftover;

fn contents(root: &Path) -> Vec<(String, Vec<u8>)> {
    let relative = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    tree(root).into_iter().map(|(path, bytes)| (relative(&path), bytes)).collect()
}

#[test]
fn the_working_folder_is_filled_and_stays_the_same_folder() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["-q", "compress", "d"]);
    let expected = contents(&folder.join("d.wcodec"));
    let out = folder.join("out");
    fs::create_dir(&out).unwrap();
    symlink("out", folder.join("link")).unwrap();
    let inode = out.metadata().unwrap().ino();
    for (target, force) in [(".", false), (".", true), ("../out", true), ("../link/", true)] {
        let arguments = ["-q", "compress", "../d", "-o", target];
        done(&out, &[&arguments[..], if force { &["-f"] } else { &[] }].concat());
        assert_eq!(out.metadata().unwrap().ino(), inode, "{target}");
        assert!(contents(&out) == expected, "{target}: {:?}", names(&out));
    }
    let said = could_not(&out, &["compress", "../d", "-o", "."]);
    assert!(said.contains(". exists already"), "{said}");
    done(&out, &["-q", "decompress", ".", "-o", "../back"]);
    assert!(contents(&folder.join("back")) == contents(&folder.join("d")));
}

#[test]
fn a_folder_in_one_that_cannot_be_written_to_is_filled() {
    let folder = folder();
    let folder = folder.path();
    done(folder, &["-q", "compress", "d"]);
    fs::create_dir_all(folder.join("closed/out")).unwrap();
    fs::set_permissions(folder.join("d/sub"), Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(folder.join("closed"), Permissions::from_mode(0o555)).unwrap();
    give_away(folder, &["d", "d/sub", "closed/out"]);
    for force in [&[][..], &["-f"]] {
        let mut command = as_another(folder);
        command.args(["-q", "compress", "--device=cpu", "d", "-o", "closed/out"]).args(force);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(DONE), "{}", stderr(&output));
        let out = folder.join("closed/out");
        assert!(contents(&out) == contents(&folder.join("d.wcodec")), "{:?}", names(&out));
        assert_eq!(out.join("sub").metadata().unwrap().mode() & 0o777, 0o555);
    }
    for name in ["closed", "d/sub", "closed/out/sub"] {
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o755)).unwrap();
    }
}

/// As does all that was there.
#[test]
fn what_comes_into_a_folder_that_is_filled_stays() {
    for (name, content) in [("thesis.tex", "years of work"), ("config.json", "edited")] {
        let folder = large_folder();
        let out = folder.path().join("out");
        put(folder.path(), "d/config.json", b"{}");
        put(&out, "config.json", b"old");
        let mut expected = vec![("config.json".to_owned(), b"old".to_vec())];
        expected.retain(|(path, _)| path != name);
        expected.push((name.to_owned(), content.as_bytes().to_vec()));
        let mut run = wcodec(&out, &["-q", "-T1", "compress", "../d", "-o", ".", "-f"]);
        let mut run = run.spawn().unwrap();
        while !names(&out).iter().any(|name| is_leftover(name.as_ref())) {
            assert!(run.try_wait().unwrap().is_none(), "it was done before it began");
            std::thread::yield_now();
        }
        put(&out, name, content.as_bytes());
        assert_eq!(run.wait().unwrap().code(), Some(COULD_NOT));
        assert!(contents(&out) == expected, "{:?}", names(&out));
    }
}
