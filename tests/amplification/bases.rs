//! Compressing a source against a base, and restoring it: references and differences are held
//! beside the tensors.

use crate::cost::{Most, at_most};
use std::fs;
use support::safetensors_source::{file, put};
use support::{Random, cpu};
use tempfile::TempDir;
use wcodec::container::Limits;
use wcodec::convert::{
    Bases, CompressOptions, DecompressOptions, VerifyOptions, compress_file, decompress_file,
    verify_file,
};

/// How a version of a source differs from it.
#[derive(Debug, Clone, Copy)]
enum Change {
    None,
    /// One of 100 elements is another.
    Few,
    /// All elements are others, by a few steps.
    All,
    /// All rows lie one place further on.
    Rows,
}

const COLUMNS: usize = 256;

/// A version of a source of so many BF16 tensors, of `rows` each.
fn source(tensors: usize, rows: usize, change: Change) -> Vec<u8> {
    let row = 2 * COLUMNS;
    let member = |number: usize| {
        let [start, end] = [number, number + 1].map(|tensor| tensor * rows * row);
        format!(
            r#""{number}":{{"dtype":"BF16","shape":[{rows},{COLUMNS}],"data_offsets":[{start},{end}]}}"#
        )
    };
    let header: Vec<_> = (0..tensors).map(member).collect();
    let mut random = Random::new(7);
    let mut data = vec![0; tensors * rows * row];
    for (at, element) in data.chunks_exact_mut(2).enumerate() {
        let value = (0.02 * random.gaussian()) as f32;
        element.copy_from_slice(&value.to_bits().to_le_bytes()[2..]);
        match change {
            Change::Few if at % 100 == 0 => element[0] ^= 1,
            Change::All => element[0] ^= 1 + (at % 5) as u8,
            _ => {}
        }
    }
    if let Change::Rows = change {
        data.chunks_exact_mut(rows * row).for_each(|tensor| tensor.rotate_right(row));
    }
    file(&format!("{{{}}}", header.join(",")), &data)
}

/// Compresses a source against another, verifies and restores it, for at most that much of `input`
/// bytes each.
#[track_caller]
fn takes(mosts: [Most; 3], input: usize, tensors: usize, rows: usize, change: Change) {
    let what = format!("{tensors} tensors, {change:?}");
    let folder = TempDir::new().unwrap();
    let old = put(folder.path(), "old.safetensors", &source(tensors, rows, Change::None));
    let new = put(folder.path(), "new.safetensors", &source(tensors, rows, change));
    let (archive, restored) = (folder.path().join("a.wcodec"), folder.path().join("restored"));
    let bases = || Bases::open([&old], Limits::default()).unwrap();
    let (decoder, [compress, verify, decompress]) = (cpu(), mosts);
    at_most(compress, input, &format!("{what}, compress"), || {
        let options = CompressOptions::new().verify(&decoder);
        compress_file(&new, &archive, &options.bases(&bases()), &()).map(drop).unwrap();
    });
    at_most(verify, input, &format!("{what}, verify"), || {
        let bases = bases();
        let options = VerifyOptions::new(&decoder).bases(&bases);
        verify_file(&archive, &options, &()).map(drop).unwrap();
    });
    at_most(decompress, input, &format!("{what}, decompress"), || {
        let bases = bases();
        let options = DecompressOptions::new(&decoder).bases(&bases);
        decompress_file(&archive, &restored, &options, &()).map(drop).unwrap();
    });
    assert!(fs::read(&restored).unwrap() == fs::read(&new).unwrap());
    let [archive, new] = [&archive, &new].map(|path| fs::metadata(path).unwrap().len());
    assert!(2 * archive < new, "it was not coded against its base");
}

/// Of one long tensor, for each of its bytes.
#[test]
fn a_long_tensor() {
    let rows = 32 << 10;
    let compress = Most { held: 5.0, in_all: 16.0 };
    let read = Most { held: 4.0, in_all: 6.0 };
    for change in [Change::Few, Change::All, Change::Rows] {
        takes([compress, read, read], 2 * COLUMNS * rows, 1, rows, change);
    }
}

/// Of many short ones, for each byte of the source.
#[test]
fn many_short_tensors() {
    // Just too long to lie in a blob with others.
    let (tensors, rows) = (1000, 65);
    let input = source(tensors, rows, Change::None).len();
    let compress = Most { held: 0.06, in_all: 25.0 };
    let read = Most { held: 0.05, in_all: 4.0 };
    takes([compress, read, read], input, tensors, rows, Change::Few);
}
