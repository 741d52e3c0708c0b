//! No two files of a crate use each other, whether at once or through others, and no two modules
//! beside each other do: whatever is taken out can be understood from what lies below it.
//!
//! Read from the sources: `use` declarations, and paths in code, in signatures and in the
//! arguments of macros. A re-export is no use of its own; a name that is reached through one counts
//! as a use of the file that defines it. Left out are tests, and derives.

mod crate_tree;
mod graph;
mod public_types;
mod references;
mod scope;

use crate_tree::CrateTree;
use graph::{Graph, between_siblings, circles, described};
use public_types::Crates;
use references::between_files;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Circles of a crate: each a list of the files or modules on it, in the order of names.
fn circles_of(files: &Graph) -> BTreeSet<Vec<String>> {
    let modules = between_siblings(files);
    circles(files).into_iter().chain(modules.iter().flat_map(circles)).collect()
}

#[track_caller]
fn assert_no_circles(source: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let files = between_files(&CrateTree::read(&root));
    let uses: usize = files.values().map(BTreeSet::len).sum();
    assert!(uses > 20, "{source}: only {uses} uses were found");
    let found: Vec<String> =
        circles_of(&files).iter().map(|circle| described(&files, circle)).collect();
    assert!(found.is_empty(), "{source} has {} circles\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_library_has_no_circles() {
    assert_no_circles("host/src/lib.rs");
}

#[test]
fn the_codec_has_no_circles() {
    assert_no_circles("codec/src/lib.rs");
}

#[test]
fn the_warps_of_the_cpu_have_no_circles() {
    assert_no_circles("cpu/src/lib.rs");
}

#[test]
fn the_kernels_have_no_circles() {
    assert_no_circles("gpu-kernels/src/lib.rs");
}

#[test]
fn the_programs_have_no_circles() {
    assert_no_circles("bench/src/lib.rs");
    assert_no_circles("capi/src/lib.rs");
    assert_no_circles("cli/src/lib.rs");
}

/// Handles of the driver: an address, and nothing else.
const FIXED: [&str; 2] = ["RawContext", "RawStream"];

/// A field or a variant more is not to break the crates that use the library.
#[test]
fn public_types_can_grow() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |source| CrateTree::read(&root.join(source).join("src/lib.rs"));
    let types =
        Crates { library: read("host"), codec: read("codec"), cpu: read("cpu") }.public_types();
    for name in ["Dtype", "Manifest", "PlaneCodec", "Profile", "LoadTarget", "CpuBackend"] {
        assert!(types.contains_key(name), "{name} is not among {types:?}");
    }
    let fixed = types.iter().filter(|&(_, can_grow)| !can_grow);
    let frozen: Vec<_> = fixed.map(|(name, _)| name.as_str()).collect();
    assert_eq!(frozen, FIXED, "a type of public fields or variants is #[non_exhaustive]");
}

/// The circles of a crate of these files.
fn circles_in(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let tree = CrateTree::read(&folder.path().join("lib.rs"));
    circles_of(&between_files(&tree)).into_iter().collect()
}

#[test]
fn a_circle_is_found_however_a_file_is_named() {
    const B: &str = "use crate::a::A; pub struct B(A);";
    for a in [
        "use crate::b::B; pub struct A(B);",
        "use super::b::{self}; pub struct A(b::B);",
        "use super::{b as c}; pub struct A(c::B);",
        "pub struct A; fn f() -> crate::b::B { todo!() }",
        "pub struct A; fn f() { println!(\"{}\", crate::b::B::new()) }",
        "pub struct A; mod inner { use super::super::b::B; }",
        "pub struct A; fn f() { use crate::b::B; }",
        "use crate::B; pub struct A(B);",
        "use crate::*; pub struct A(B);",
    ] {
        let found =
            circles_in(&[("lib.rs", "mod a; mod b; pub use b::B;"), ("a.rs", a), ("b.rs", B)]);
        assert_eq!(found, [["a", "b"]], "{a}");
    }
}

#[test]
fn a_circle_through_several_files_is_found() {
    let found = circles_in(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
        ("d.rs", "use crate::a::A;"),
    ]);
    assert_eq!(found, [["a", "b", "c"]]);
}

#[test]
fn a_circle_between_folders_is_found_where_their_files_have_none() {
    let found = circles_in(&[
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod high; mod low;"),
        ("a/high.rs", "use crate::b::B;"),
        ("a/low.rs", "pub struct A;"),
        ("b/mod.rs", "mod user; pub struct B;"),
        ("b/user.rs", "use crate::a::low::A;"),
    ]);
    assert_eq!(found, [["a::*", "b::*"]]);
}

#[test]
fn a_file_and_the_one_that_declares_it_may_be_a_circle() {
    let found = circles_in(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod part; use part::Part; pub struct A(Part);"),
        ("a/part.rs", "use super::A; pub struct Part;"),
    ]);
    assert_eq!(found, [["a", "a::part"]]);
}

#[test]
fn what_only_looks_like_a_circle_is_none() {
    let found = circles_in(&[
        ("lib.rs", "mod a; mod b; mod error; pub use a::A; pub use error::Error;"),
        ("error.rs", "pub struct Error;"),
        ("a.rs", "use crate::Error; use std::fmt; pub struct A;"),
        ("b.rs", "use crate::{A, Error}; #[cfg(test)] mod tests { use crate::c::C; }"),
    ]);
    assert_eq!(found, Vec::<Vec<String>>::new());
}
