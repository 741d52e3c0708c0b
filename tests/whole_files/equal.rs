//! Tensors with the bytes of others.

use super::made::{Made, bf16_of};
use super::{blobs, there_and_back};
use wcodec::Archive;

/// Layers that occur three times, between norms and scalars that differ or do not.
pub fn repeated(times: usize) -> Vec<Made> {
    let mut tensors = Vec::new();
    for time in 0..times {
        for layer in 0..3 {
            let name = |part: &str| format!("layers.{}.{part}", 3 * time + layer);
            let matrix = bf16_of(512 * 1024, layer as u64);
            tensors.push((name("proj.weight"), "BF16", vec![512, 1024], matrix));
            tensors.push((name("norm.weight"), "BF16", vec![512], bf16_of(512, 9)));
            let scale = (time as f32).to_le_bytes().to_vec();
            tensors.push((name("scale"), "F32", vec![], scale));
        }
    }
    tensors
}

#[test]
fn layers_that_repeat_are_stored_once() {
    let (once, thrice) = (there_and_back(&repeated(1)), there_and_back(&repeated(3)));
    println!("once {:.3}, three times {:.3}", once.ratio, thrice.ratio);
    assert!(thrice.ratio >= 4.4, "{} for {}", thrice.ratio, once.ratio);
    // Three matrices; the norm and the scales lie in two more.
    assert_eq!(blobs(&thrice.archive), 5);
    let archive = Archive::open(&thrice.archive).unwrap();
    let tensor = archive.tensor("layers.8.proj.weight").unwrap();
    assert_eq!((tensor.same_as(), tensor.stored_bytes()), (Some(6), 0));
}

/// Of one length, with the same ends; of one content, with other dtypes and shapes.
#[test]
fn only_the_same_bytes_are_the_same() {
    let one = bf16_of(20_000, 1);
    let mut middle = one.clone();
    middle[20_000] ^= 1;
    let tensors = [
        ("one", "BF16", vec![20_000], one.clone()),
        ("middle", "BF16", vec![20_000], middle),
        ("other dtype", "F16", vec![200, 100], one.clone()),
        ("shorter", "U8", vec![39_999], one[..39_999].to_vec()),
        ("empty", "F32", vec![0, 3], vec![]),
        ("also empty", "F32", vec![0], vec![]),
    ];
    let tensors = tensors.map(|(name, dtype, shape, bytes)| (name.to_owned(), dtype, shape, bytes));
    let pair = there_and_back(&tensors);
    let archive = Archive::open(&pair.archive).unwrap();
    let same: Vec<_> = archive.tensors().iter().map(|tensor| tensor.same_as()).collect();
    assert_eq!(same, [None, None, Some(0), None, None, None]);
}
