//! Parts of device memory that are no tensors.

use crate::{GPU, memory};
use wcodec::Dtype;

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn tensors_beyond_the_memory_are_refused() {
    let source = memory(&[0; 4096]);
    for range in [0..4097, 4080..5000, 5000..5000, 8..100, u64::MAX - 3..u64::MAX] {
        let error = GPU.encode(&source, &[(Dtype::U8, range.clone())]).err();
        assert_eq!(error.map(|error| error.code()), Some("invalid_argument"), "{range:?}");
    }
    let error = GPU.encode(&source, &[(Dtype::U8, std::ops::Range { start: 32, end: 16 })]).err();
    assert_eq!(error.map(|error| error.code()), Some("invalid_argument"));
    // What was refused has left no trace.
    assert!(GPU.encode(&source, &[(Dtype::U8, 16..4096)]).unwrap().to_host().is_ok());
}
