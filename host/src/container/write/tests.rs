//! The header that an archive may have.

use super::*;
use crate::container::{Limits, Stored, TensorSpec};
use crate::{Dtype, safetensors_file::header_text};
use std::io::Cursor;

/// A source of so many tensors of one byte, whose archive may have a header of `room` bytes more
/// where each lies in a blob of its own.
fn nearly_full(tensors: usize, room: u64) -> Manifest {
    let specs = (0..tensors).map(|number| TensorSpec::new(number.to_string(), Dtype::U8, [1]));
    let specs: Vec<_> = specs.collect();
    let mut text = header_text(specs.iter(), None).unwrap();
    let shorter = Manifest { safetensors_header: Some(text.clone()), ..Manifest::new(specs) };
    let longest = check_manifest(&shorter, None, Path::new("a.wcodec")).unwrap();
    let padding = (Limits::default().header_bytes - room - longest) as usize;
    text.extend(std::iter::repeat_n(' ', padding));
    Manifest { safetensors_header: Some(text), ..shorter }
}

/// A reference takes 16 bytes of the header: an archive of many would be one that no reader opens.
#[test]
fn references_count_towards_the_length_of_the_header() {
    const TENSORS: usize = 100;
    let opened = |room, stored: Stored| {
        let plan = StoragePlan::new(TENSORS, |_| stored, |_| None).unwrap();
        let manifest = Arc::new(nearly_full(TENSORS, room));
        let path = Path::new("a.wcodec");
        ArchiveWriter::of_file(Cursor::new(Vec::new()), path, manifest, None, plan).map(drop)
    };
    let against = Stored::Against(TensorReference::of(&[1]));
    let references = 16 * TENSORS as u64;
    assert!(opened(0, Stored::Own).is_ok());
    assert!(opened(references, against).is_ok());
    let refused = opened(references - 1, against);
    assert!(matches!(refused, Err(Error::LimitExceeded { .. })), "{refused:?}");
}
