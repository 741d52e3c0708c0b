//! Stored headers that do not expand to what is said.

use crate::archive::Parts;
use crate::negatives::Negative;
use miniz_oxide::deflate::compress_to_vec;
use support::forged::Forged;

/// A stream that is cut, goes on, is damaged, or expands to another length.
pub fn negatives() -> Vec<Negative> {
    let forged = Parts::sound().forged();
    let header = forged.header();
    let packed = compress_to_vec(&header, 9);
    assert!(packed.len() < header.len());
    let negative = |what: &str, stored: &[u8], len: usize| {
        let what = format!("a stored header {what}");
        Negative::new(what, forged.file_of(stored, len), "corrupt")
    };
    let more = [&packed[..], &[0]].concat();
    let mut negatives = vec![
        negative("of no bytes", &[], header.len()),
        negative("that is no stream", &vec![7; packed.len()], header.len()),
        negative("that goes on", &more, header.len()),
        negative("of one byte less than said", &packed, header.len() + 1),
        negative("of one byte more than said", &packed, header.len() - 1),
        negative("that is said to be longer than it is", &packed, packed.len() - 1),
        negative("that is taken as it is", &packed, packed.len()),
    ];
    for cut in [1, 2, packed.len() / 2, packed.len() - 1] {
        negatives.push(negative("that is cut", &packed[..cut], header.len()));
    }
    negatives.push(Negative::new("a bomb".into(), bomb(), "corrupt"));
    negatives
}

/// A megabyte of spaces after a text, which deflate makes a thousandth of.
fn bomb() -> Vec<u8> {
    let text = format!("{{}}{}", " ".repeat(1 << 20));
    let packed = compress_to_vec(text.as_bytes(), 9);
    assert!(packed.len() < text.len() / 64);
    Forged::of_text(text.clone()).file_of(&packed, text.len())
}

/// What the bomb says is sound but for its size: stored as it is, it is read.
#[test]
fn the_bomb_is_refused_for_its_size_alone() {
    let text = format!("{{}}{}", " ".repeat(1 << 20));
    let attempt = crate::attempt::Attempt::new();
    assert_eq!(attempt.read(&Forged::of_text(text).file()), Ok(()));
    let refusal = attempt.read(&bomb()).unwrap_err();
    assert!(refusal.message.contains("64-fold"), "{}", refusal.message);
}
