//! Sources that are not what they say.

use crate::EXTREMES;
use crate::attempt::Attempt;
use support::safetensors_source::file;

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
