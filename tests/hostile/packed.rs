//! Stored headers that do not inflate to what is said, and short texts that do not expand to it.

use crate::archive::Parts;
use crate::negatives::Negative;
use miniz_oxide::deflate::compress_to_vec;
use support::forged::Forged;

/// A stream that is cut, goes on, is damaged, or inflates to another length.
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

/// Short texts that stand for no text, or for one of another length than is said.
pub fn short_texts() -> Vec<Negative> {
    let negative = |what: &str, change: &dyn Fn(&str) -> String, more: isize| {
        let mut forged = Parts::sound().forged();
        let text = String::from_utf8(forged.text).expect("it is JSON");
        let short = change(&text);
        forged.text_len = Some(text.len().checked_add_signed(more).expect("it is longer"));
        forged.text = short.into_bytes();
        Negative::new(format!("a short text {what}"), forged.file(), "corrupt")
    };
    let first = |to: &'static str| move |text: &str| text.replacen("[0,4100]", to, 1);
    vec![
        negative("that is longer than the text", &|text| format!("{text} "), 0),
        negative("of a shorter text than said", &first("[\u{1}4100]"), 1),
        negative("of a longer text than said", &first("[\u{1}4100]"), -1),
        negative("of a text that is much longer", &first("[\u{1}4100]"), 1000),
        negative("without a length of data", &first("[\u{1}]"), 0),
        negative("with a length that has zeros before it", &first("[\u{1}04100]"), 0),
        negative("with a length beyond 64 bits", &first("[\u{1}18446744073709551616]"), 30),
        negative("with a number that none was before", &first("[\u{2},4100]"), 0),
        negative("with one more than none", &first("[\u{3},4100]"), 0),
    ]
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
    assert!(refusal.message.contains("64 times"), "{}", refusal.message);
}
