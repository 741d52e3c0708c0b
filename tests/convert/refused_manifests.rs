//! Manifests that are refused.

use super::manifest::{compressed, hex, refused};
use super::{cpu, verify};
use std::fs;
use std::path::Path;
use support::safetensors_source::put;
use wcodec::container::Limits;
use wcodec::convert::{MANIFEST, VerifyOptions, verify_folder};

/// A manifest with its checksum, of everything before.
fn signed(front: &str) -> String {
    let front = format!("{front}, \"xxh3\": \"");
    format!("{front}{}\"}}", hex(front.as_bytes()))
}

const NONE: &str = "0000000000000000";

/// Writes a manifest of these files into a folder, which must be refused.
fn refused_with(folder: &Path, files: &str, folders: &str) -> String {
    let front = format!(
        "{{\"format\": \"wcodec folder\", \"version\": 1, \"files\": [{files}], \
         \"empty_folders\": [{folders}]"
    );
    put(folder, MANIFEST, signed(&front).as_bytes());
    refused(folder, files)
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let (folder, _, target) = compressed();
    let outside = put(folder.path(), "outside", b"");
    let absolute = outside.to_str().unwrap();
    for name in [
        "../outside",
        "a/../../outside",
        absolute,
        "",
        ".",
        "..",
        "./config.json",
        "a//b",
        "a/",
        ".git/hooks/pre-commit",
        "a/.ssh/b",
        r"a\\b",
        r"..\\outside",
        r"a\u0000",
        "%2e%2e/outside",
        "%2E%2E/outside",
        "..%2Foutside",
        "wcodec.json",
        r"\u001b%",
        "x/../tokenizer.json",
    ] {
        let file = format!(
            "{{\"name\": \"{name}\", \"kind\": \"copy\", \"bytes\": 0, \"xxh3\": \"{NONE}\"}}"
        );
        let said = refused_with(&target, &file, "");
        assert!(said.contains(MANIFEST) && !said.contains("missing, which"), "{name}: {said}");
    }
    for original in ["../x", "a/b", "", ".", "..", "/", r"a\u0000", r"a\\b", "%2F", "%2E."] {
        let file = format!(
            "{{\"name\": \"tokenizer.json\", \"original\": \"{original}\", \"kind\": \"copy\", \
             \"bytes\": 3000, \"xxh3\": \"{NONE}\"}}"
        );
        let said = refused_with(&target, &file, "");
        assert!(said.contains(MANIFEST) && said.contains("corrupt"), "{original}: {said}");
    }
    for empty in ["..", "/tmp", "", "a/../b", ".git/hooks/x", "tokenizer.json/.."] {
        let said = refused_with(&target, "", &format!("\"{empty}\""));
        assert!(said.contains("folder"), "{empty}: {said}");
    }
}

#[test]
fn manifests_that_contradict_themselves_are_refused() {
    let (_folder, _, target) = compressed();
    let file = |name: &str, more: &str| {
        format!(
            "{{\"name\": \"{name}\", \"kind\": \"copy\", \"bytes\": 0, \"xxh3\": \"{NONE}\"{more}}}"
        )
    };
    let list = |files: &[String]| files.join(",");
    for files in [
        list(&[file("a", ""), file("a", "")]),
        list(&[file("a", ""), file("b", ", \"original\": \"a\"")]),
        list(&[file("a", ""), file("a/b", "")]),
        list(&[file("a/b", ""), file("a", "")]),
        list(&[file("a/b", ""), file("c", ", \"original\": \"a\"")]),
        file("a", ", \"original\": null"),
        file("a", ", \"original\": 1"),
        file("a", ", \"bytes\": 1"),
        file("a", "").replace("copy", "link"),
        file("a", "").replace("\"copy\"", "null"),
        file("a", "").replace(": 0,", ": -1,"),
        file("a", "").replace(": 0,", ": 1.5,"),
        file("a", "").replace(&NONE[..9], "000000000000000A"),
        file("a", "").replace("\"bytes\": 0,", ""),
        "null".to_owned(),
        "[]".to_owned(),
        "[\"a\", \"copy\", 0]".to_owned(),
    ] {
        let said = refused_with(&target, &files, "");
        assert!(said.contains(MANIFEST) && !said.contains("missing, which"), "{files}: {said}");
    }
    let said = refused_with(&target, &file("a", ""), "\"a/b\"");
    assert!(said.contains("a file and a folder"), "{said}");
}

#[test]
fn what_is_no_manifest_of_a_known_version_is_refused() {
    let (_folder, _, target) = compressed();
    let rest = "\"files\": [], \"empty_folders\": []";
    for (text, code) in [
        (String::new(), "wrong_format"),
        ("[]".to_owned(), "wrong_format"),
        ("{}".to_owned(), "wrong_format"),
        (signed(&format!("{{\"format\": \"x\", \"version\": 1, {rest}")), "wrong_format"),
        (signed(&format!("{{\"version\": 1, {rest}")), "wrong_format"),
        (signed(&format!("{{\"format\": \"wcodec folder\", {rest}")), "corrupt"),
        (signed(&format!("{{\"format\": \"wcodec folder\", \"version\": 0, {rest}")), "corrupt"),
        // Nothing else is checked in a newer version.
        ("{\"format\": \"wcodec folder\", \"version\": 2}".to_owned(), "unsupported_version"),
        ("{\"format\": \"wcodec folder\", \"version\": 99999}".to_owned(), "unsupported_version"),
    ] {
        put(&target, MANIFEST, text.as_bytes());
        assert_eq!(verify(&target).unwrap_err().code(), code, "{text}");
    }
    // Additions of a newer minor state of version 1 are ignored.
    let front = format!("{{\"format\": \"wcodec folder\", \"version\": 1, \"new\": {{}}, {rest}");
    put(&target, MANIFEST, signed(&front).as_bytes());
    assert!(verify(&target).unwrap().manifest.is_some());
}

#[test]
fn manifests_keep_to_limits() {
    let (_folder, _, target) = compressed();
    let verify = |limits| {
        verify_folder(&target, &VerifyOptions::new(&cpu()).limits(limits), &()).unwrap_err()
    };
    let size = fs::metadata(target.join(MANIFEST)).unwrap().len();
    for limits in [
        Limits::new().header_bytes(size - 1),
        Limits::new().name_bytes(20),
        Limits::new().json_depth(2),
    ] {
        let error = verify(limits);
        assert!(error.to_string().contains(MANIFEST), "{error}");
        assert_eq!(error.code(), "limit_exceeded");
    }
}
