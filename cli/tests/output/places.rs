//! The places that an output may have.

use crate::program::{COULD_NOT, DONE, as_another, could_not, done, folder, stderr, wcodec};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;
use support::safetensors_source::{names, put};

#[test]
fn a_link_to_a_pipe_or_a_device_stays_one() {
    let folder = folder();
    let folder = folder.path();
    let made = Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap();
    assert!(made.success());
    symlink("pipe", folder.join("to-pipe")).unwrap();
    symlink("/dev/null", folder.join("to-device")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    for target in ["pipe", "to-pipe", "to-device", "dangling", "/dev/null"] {
        for force in [&[][..], &["-f"]] {
            let arguments = ["compress", "--no-verify", "m.safetensors", "-o", target];
            let said = could_not(folder, &[&arguments[..], force].concat());
            assert!(said.contains(target) && said.contains("choose another name"), "{said}");
            assert!(!said.contains("force"), "{said}");
        }
    }
    for link in ["to-pipe", "to-device", "dangling"] {
        assert!(folder.join(link).symlink_metadata().unwrap().is_symlink());
    }
    assert!(!folder.join("nowhere").exists());
}

/// Standard output as a file, which the shell has opened and still writes to.
#[test]
fn a_descriptor_is_not_replaced_by_its_file() {
    let folder = folder();
    let folder = folder.path();
    for target in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let out = fs::File::create(folder.join("out")).unwrap();
        let mut command = wcodec(folder, &["compress", "m.safetensors", "-f", "-o", target]);
        let output = command.stdout(out).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(COULD_NOT), "{said}");
        assert!(said.contains(target) && said.contains("descriptor"), "{said}");
        assert_eq!(fs::read(folder.join("out")).unwrap(), b"");
    }
}

#[test]
fn a_link_to_a_file_or_a_folder_is_followed() {
    let folder = folder();
    let folder = folder.path();
    put(folder, "elsewhere/old.wcodec", b"old");
    fs::create_dir(folder.join("elsewhere/empty")).unwrap();
    symlink("elsewhere/old.wcodec", folder.join("link.wcodec")).unwrap();
    symlink("elsewhere/empty", folder.join("link")).unwrap();
    let said = could_not(folder, &["compress", "m.safetensors", "-o", "link.wcodec"]);
    assert!(said.contains("link.wcodec exists already"), "{said}");
    done(folder, &["-q", "compress", "m.safetensors", "-f", "-o", "link.wcodec"]);
    done(folder, &["-q", "verify", "elsewhere/old.wcodec"]);
    done(folder, &["-q", "compress", "d", "-o", "link"]);
    done(folder, &["-q", "verify", "elsewhere/empty"]);
    for link in ["link.wcodec", "link"] {
        assert!(folder.join(link).symlink_metadata().unwrap().is_symlink());
    }
    assert_eq!(names(&folder.join("elsewhere")), ["empty", "old.wcodec"]);
}

/// Up to the 255 bytes that a name has at most; the temporary one was longer.
#[test]
fn names_at_the_limit_are_taken() {
    let folder = folder();
    let folder = folder.path();
    for len in [143, 243, 244, 245, 254, 255] {
        let name = "n".repeat(len);
        done(folder, &["-q", "compress", "--no-verify", "m.safetensors", "-o", &name]);
        done(folder, &["-q", "compress", "--no-verify", "m.safetensors", "-f", "-o", &name]);
        fs::remove_file(folder.join(&name)).unwrap();
        done(folder, &["-q", "compress", "--no-verify", "d", "-o", &name]);
        done(folder, &["-q", "compress", "--no-verify", "d", "-f", "-o", &name]);
        fs::remove_dir_all(folder.join(&name)).unwrap();
    }
    let said = could_not(folder, &["compress", "m.safetensors", "-o", &"n".repeat(256)]);
    assert!(said.contains("name too long"), "{said}");
    assert_eq!(names(folder), ["d", "m.safetensors"]);
}

#[test]
fn a_place_that_cannot_be_had_is_refused_by_its_own_name() {
    let folder = folder();
    let folder = folder.path();
    let said = could_not(folder, &["compress", "m.safetensors", "-o", "no/such/m.wcodec"]);
    assert!(said.contains("make the folder no/such first"), "{said}");
    assert!(!said.contains("-tmp"), "{said}");
    let said = could_not(folder, &["compress", "m.safetensors", "-o", "new/"]);
    assert!(said.contains("new/") && said.contains("slash"), "{said}");
    fs::write(folder.join("old"), "old").unwrap();
    let said = could_not(folder, &["compress", "m.safetensors", "-f", "-o", "old/"]);
    assert!(said.contains("old/") && said.contains("slash"), "{said}");
    fs::remove_file(folder.join("old")).unwrap();
    // A folder may be called so.
    done(folder, &["-q", "compress", "d", "-o", "new/"]);
    assert_eq!(names(folder), ["d", "m.safetensors", "new"]);
}

/// As in /tmp; that is found out before the work.
#[test]
fn a_file_of_another_user_is_not_replaced_where_that_is_not_allowed() {
    let folder = folder();
    let folder = folder.path();
    let shared = folder.join("shared");
    fs::create_dir(&shared).unwrap();
    put(&shared, "out", b"another's");
    let mut command = as_another(folder);
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    command.args(["-vv", "compress", "--device=cpu", "m.safetensors", "-f", "-o", "shared/out"]);
    let output = command.output().unwrap();
    let said = stderr(&output);
    if shared.metadata().unwrap().uid() == 0 {
        assert_eq!(output.status.code(), Some(COULD_NOT), "{said}");
        assert!(said.contains("shared/out: it is a mount point, or another user's"), "{said}");
        assert!(!said.contains("embed.weight"), "it has begun: {said}");
        assert_eq!(fs::read(shared.join("out")).unwrap(), b"another's");
    } else {
        // One's own is replaced there.
        assert_eq!(output.status.code(), Some(DONE), "{said}");
    }
    assert_eq!(names(&shared), ["out"]);
}

#[test]
fn an_empty_folder_is_filled_and_keeps_its_mode() {
    let folder = folder();
    let folder = folder.path();
    fs::create_dir(folder.join("empty")).unwrap();
    fs::set_permissions(folder.join("empty"), fs::Permissions::from_mode(0o700)).unwrap();
    done(folder, &["-q", "compress", "d", "-o", "empty"]);
    done(folder, &["-q", "verify", "empty"]);
    assert_eq!(folder.join("empty").metadata().unwrap().mode() & 0o7777, 0o700);
    let said = could_not(folder, &["compress", "d", "-o", "empty"]);
    assert!(said.contains("empty exists already"), "{said}");
}
