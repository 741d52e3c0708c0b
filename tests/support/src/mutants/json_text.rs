//! Random changes of a header.

use crate::Random;

/// The replacements of a piece of JSON.
#[rustfmt::skip]
const PIECES: [&str; 33] = [
    "null", "true", "0", "-0", "1", "1.0", "1e2", "1e309", "6000", "-1", "18446744073709551615",
    "[]", "{}", "[0]", "\"\"", "\"a\"", "\"\\u0000\"", "\"\\ud800\"", "\"..\"", "\"/a\"",
    "{\"BF16\":null}", "{\"F32\":null}", "{\"F64\":null}", "{\"F4\":null}", "{\"a\":0,\"a\":1}",
    "\"name\"", "\"dtype\"", "\"U8\"", "\"matrix\"", "\"__metadata__\"", ",", ":", "}",
];

/// The strings, numbers, literals and marks of a text.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => 2 + rest[1..].find('"').expect("no quote is escaped"),
            '[' | ']' | '{' | '}' | ',' | ':' => 1,
            _ => rest.find(['"', '[', ']', '{', '}', ',', ':']).unwrap_or(rest.len()),
        };
        pieces.push(&rest[..len]);
        rest = &rest[len..];
    }
    pieces
}

/// A JSON text of which no string has an escaped quote, with one to three of its pieces left out,
/// doubled, replaced or changed with others.
pub fn json_mutant(text: &str, random: &mut Random) -> String {
    let mut pieces = pieces(text);
    for _ in 0..=random.below(3) {
        let [at, other] = [(); 2].map(|()| random.below(pieces.len() as u64) as usize);
        match random.below(8) {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[other]),
            2 => pieces.swap(at, other),
            3 => pieces[at] = pieces[other],
            4 => {
                let again = repeated(&pieces, at);
                pieces.splice(at..at, again);
            }
            _ => pieces[at] = random.pick(&PIECES),
        }
    }
    pieces.concat()
}

/// The pieces from `at` to the next comma: a member or an element, which then stands there twice.
fn repeated<'a>(pieces: &[&'a str], at: usize) -> Vec<&'a str> {
    let comma = pieces[at..].iter().position(|&piece| piece == ",");
    comma.map_or(Vec::new(), |count| pieces[at..=at + count].to_vec())
}
