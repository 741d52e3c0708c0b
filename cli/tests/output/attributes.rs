//! Outputs take over the mode and times of their sources, and the owner as far as the user may.

use crate::program::{done, folder};
use std::fs::{self, File, Metadata, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::time::{Duration, SystemTime};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

fn age(path: &Path) -> SystemTime {
    let time = SystemTime::UNIX_EPOCH + Duration::new(1_600_000_000, 123_456_000);
    File::open(path).unwrap().set_modified(time).unwrap();
    time
}

#[test]
fn times_go_along_both_ways() {
    let folder = folder();
    let folder = folder.path();
    let time = age(&folder.join("m.safetensors"));
    done(folder, &["-q", "compress", "--rm", "m.safetensors"]);
    let modified = |name: &str| folder.join(name).metadata().unwrap().modified().unwrap();
    assert_eq!(modified("m.wcodec"), time);
    done(folder, &["-q", "decompress", "m.wcodec"]);
    assert_eq!(modified("m.safetensors"), time);
}

#[test]
fn folders_keep_their_modes_and_times() {
    let folder = folder();
    let folder = folder.path();
    let source = folder.join("d");
    set_mode(&source.join("config.json"), 0o640);
    let time = age(&source.join("sub"));
    age(&source.join("config.json"));
    for (name, mode) in [("sub/deep", 0o550), ("sub", 0o711), ("", 0o700)] {
        set_mode(&source.join(name), mode);
    }
    done(folder, &["-q", "compress", "d"]);
    for (name, expected) in
        [("", 0o700), ("sub", 0o711), ("sub/deep", 0o550), ("config.json", 0o640)]
    {
        assert_eq!(mode(&folder.join("d.wcodec").join(name)), expected, "{name}");
    }
    for name in ["sub", "config.json"] {
        let output = folder.join("d.wcodec").join(name);
        assert_eq!(output.metadata().unwrap().modified().unwrap(), time, "{name}");
    }
    set_mode(&source.join("sub/deep"), 0o755);
    set_mode(&folder.join("d.wcodec/sub/deep"), 0o755);
}

/// Root alone can give a file away; for all others the source is their own.
#[test]
fn the_owner_goes_along_and_privileges_do_not() {
    let folder = folder();
    let folder = folder.path();
    for source in ["m.safetensors", "d/config.json", "d/sub", "d"].map(|name| folder.join(name)) {
        let _ = chown(&source, Some(12_345), Some(23_456));
        let privileged = if source.is_dir() { 0o1755 } else { 0o6755 };
        set_mode(&source, privileged);
        assert_eq!(mode(&source), privileged);
    }
    let owner = |metadata: Metadata| (metadata.uid(), metadata.gid());
    done(folder, &["-q", "compress", "m.safetensors"]);
    done(folder, &["-q", "compress", "d"]);
    for (source, output) in [
        ("m.safetensors", "m.wcodec"),
        ("d/config.json", "d.wcodec/config.json"),
        ("d/sub", "d.wcodec/sub"),
        ("d", "d.wcodec"),
    ] {
        let [source, output] = [source, output].map(|name| folder.join(name));
        assert_eq!(owner(output.metadata().unwrap()), owner(source.metadata().unwrap()));
        assert_eq!(mode(&output), 0o755, "{}", output.display());
    }
}
