//! Sources that contradict themselves.

use crate::EXTREMES;
use crate::attempt::Attempt;
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use support::forged::Forged;
use support::mutants::json_mutant;
use support::safetensors_source::file;
use support::{Random, number};
use tempfile::NamedTempFile;
use wcodec::SafetensorsFile;

/// A file of two tensors whose ranges are these.
fn with_ranges([a, b]: [[u64; 2]; 2]) -> Vec<u8> {
    let entry = |name: &str, [start, end]: [u64; 2]| {
        format!(r#""{name}":{{"dtype":"U8","shape":[4],"data_offsets":[{start},{end}]}}"#)
    };
    file(&format!("{{{},{}}}", entry("a", a), entry("b", b)), &[7; 8])
}

#[test]
fn ranges_that_do_not_follow_each_other() {
    let attempt = Attempt::new();
    assert_eq!(attempt.read_safetensors(&with_ranges([[0, 4], [4, 8]])), Ok(()));
    let mut ranges = vec![
        [[0, 4], [0, 4]],
        [[0, 4], [3, 7]],
        [[0, 4], [5, 9]],
        [[1, 5], [5, 9]],
        [[4, 0], [4, 8]],
        [[0, 5], [4, 8]],
    ];
    for value in EXTREMES {
        ranges.extend([[[value, 4], [4, 8]], [[0, 4], [4, value]], [[0, value], [value, 8]]]);
    }
    // The sound one among them.
    ranges.retain(|ranges| *ranges != [[0, 4], [4, 8]]);
    assert_eq!(ranges.len(), 6 + 3 * 8 - 1);
    for ranges in ranges {
        let read = attempt.read_safetensors(&with_ranges(ranges));
        attempt.check(&format!("{ranges:?}"), read, "wrong_format");
    }
}

#[test]
fn header_lengths_and_shapes() {
    let attempt = Attempt::new();
    let sound = with_ranges([[0, 4], [4, 8]]);
    for value in EXTREMES {
        let mut bytes = sound.clone();
        bytes[..8].copy_from_slice(&value.to_le_bytes());
        let read = attempt.read_safetensors(&bytes);
        attempt.check(&format!("a header of {value} bytes"), read, "wrong_format");
        if value != 1 {
            let header = format!(
                r#"{{"a":{{"dtype":"U8","shape":[{value},{value}],"data_offsets":[0,1]}}}}"#
            );
            let read = attempt.read_safetensors(&file(&header, b"x"));
            attempt.check(&format!("shape {value} by {value}"), read, "wrong_format");
        }
    }
}

/// A tensor's name, dtype, shape and bytes.
type Tensors = BTreeMap<String, (String, Vec<u64>, Vec<u8>)>;

/// The tensors that the crate `safetensors` reads.
fn by_the_crate(bytes: &[u8]) -> Option<Tensors> {
    let file = SafeTensors::deserialize(bytes).ok()?;
    let tensors = file.iter().map(|(name, tensor)| {
        let shape = tensor.shape().iter().map(|&extent| extent as u64).collect();
        (name.to_owned(), (tensor.dtype().to_string(), shape, tensor.data().to_vec()))
    });
    Some(tensors.collect())
}

fn by_the_library(bytes: &[u8], file: &NamedTempFile) -> Option<Tensors> {
    std::fs::write(file.path(), bytes).expect("a file can be written");
    let source = SafetensorsFile::open(file.path()).ok()?;
    let tensors = source.manifest().tensors.iter().enumerate().map(|(index, spec)| {
        let mut data = Vec::new();
        source.read_tensor(index, &mut data).expect("the header was checked");
        (spec.name.clone(), (spec.dtype.to_string(), spec.shape.to_vec(), data))
    });
    Some(tensors.collect())
}

/// Returns whether a header is one in which the crate passes nothing over: the reference decoder
/// reads it as the text of an archive, but for the blobs that this has not.
fn is_strict(header: &str) -> bool {
    let dtype_is_a_string = !header.contains(":null}");
    let why = reference::decode_archive(&Forged::of_text(header).file());
    dtype_is_a_string && why.err().is_none_or(|why| !why.contains("JSON"))
}

/// The crate reads the same as the library; and the library refuses no other file but one that is
/// not I-JSON.
#[test]
fn the_crate_reads_the_same() {
    let (mut random, temporary) = (Random::new(3), NamedTempFile::new().expect("a file"));
    let sound = concat!(
        r#"{"__metadata__":{"a":"b","c":""},"a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},"#,
        r#""b":{"dtype":"F4","shape":[2,4],"data_offsets":[4,8]},"#,
        r#""c":{"data_offsets":[8,8],"shape":[0,7],"dtype":"BF16"}}"#
    );
    let mut read = [0; 3];
    for _ in 0..number("WCODEC_MUTANTS", 30_000) {
        let header = json_mutant(sound, &mut random);
        let bytes = file(&header, &[1, 2, 3, 4, 5, 6, 7, 8]);
        match (by_the_library(&bytes, &temporary), by_the_crate(&bytes)) {
            (Some(ours), theirs) => {
                assert_eq!(Some(ours), theirs, "{header}");
                read[0] += 1;
            }
            (None, Some(_)) => {
                assert!(!is_strict(&header), "only the crate reads {header}");
                read[1] += 1;
            }
            (None, None) => read[2] += 1,
        }
    }
    println!("{} read by both, {} by the crate alone, {} by none", read[0], read[1], read[2]);
    assert!(read.iter().all(|&count| count > 10), "{read:?}");
}
