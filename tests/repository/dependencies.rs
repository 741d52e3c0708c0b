//! The dependencies of this crate: their sources and licences.
//!
//! Advisories are another matter: their database is a git repository, for which `cargo deny check
//! advisories` or `cargo audit` has to reach it.

use serde_json::Value;
use std::collections::BTreeSet;
use std::env;
use std::process::Command;

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 8] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// Tools under other licences, which tests run and nothing is linked with: the header of the C
/// interface is compared with what cbindgen makes.
const TOOLS: [(&str, &str); 1] = [("cbindgen", "MPL-2.0")];

/// All packages that the lock file has for this machine.
fn packages() -> Vec<Value> {
    let cargo = env::var_os("CARGO").expect("tests are run by cargo");
    let host = format!("{}-unknown-linux-gnu", env::consts::ARCH);
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", &host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("a list").clone()
}

/// Returns whether an SPDX expression lets us choose only licences that are allowed: all sides of
/// an AND, one of an OR.
fn is_allowed(expression: &str) -> bool {
    // In old packages a slash means a choice.
    let expression = expression.replace('/', " OR ");
    expression.split(" AND ").all(|part| {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')');
        part.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim()))
    })
}

#[test]
fn licences_ask_for_no_more_than_to_be_named() {
    let packages = packages();
    assert!(packages.len() > 50, "only {} packages", packages.len());
    for package in packages {
        let name = &package["name"];
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} has none"));
        let is_tool = TOOLS.iter().any(|&(tool, own)| name == tool && licence == own);
        assert!(is_tool || is_allowed(licence), "{name} is under {licence}");
    }
}

#[test]
fn all_come_from_the_registry_or_this_repository() {
    let root = env!("CARGO_MANIFEST_DIR");
    for package in packages() {
        let name = &package["name"];
        match package["source"].as_str() {
            Some(source) => {
                let registry = "registry+https://github.com/rust-lang/crates.io-index";
                assert_eq!(source, registry, "{name}");
            }
            None => {
                let manifest = package["manifest_path"].as_str().expect("a path");
                assert!(manifest.starts_with(root), "{name}: {manifest}");
            }
        }
    }
}

/// Packages that the library with these features is compiled from, itself and build scripts' among
/// them.
fn packages_of_the_library(features: &[&str]) -> BTreeSet<String> {
    let cargo = env::var_os("CARGO").expect("tests are run by cargo");
    let output = Command::new(cargo)
        .args(["tree", "--package", "wcodec", "--edges", "normal,build", "--no-dedupe"])
        .args(["--prefix", "none", "--format", "{p}", "--locked", "--offline"])
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_library_needs_few_packages_and_none_of_the_programs() {
    for features in [&[][..], &["--features", "gpu"]] {
        let packages = packages_of_the_library(features);
        let has = |name: &str| packages.iter().any(|package| package.starts_with(name));
        assert!(has("wcodec v") && has("wcodec-codec v") && has("thiserror v"), "{packages:#?}");
        assert_eq!(has("wcodec-cust v"), !features.is_empty(), "{packages:#?}");
        for name in ["anyhow", "clap", "indicatif", "plotters", "rand", "zstd"] {
            assert!(!has(&format!("{name} v")), "{name} is in {packages:#?}");
        }
        assert!(packages.len() <= 60, "{} packages: {packages:#?}", packages.len());
    }
}

#[test]
fn expressions_are_understood() {
    for allowed in ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR GPL-2.0) AND Zlib"] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Zlib) AND GPL-2.0", "MPL-2.0", ""] {
        assert!(!is_allowed(refused), "{refused}");
    }
}
