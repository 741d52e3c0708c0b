//! Examples worked out on paper, so that the assembler and the decoder cannot err together.

use reference::decode_blob;
use support::assembler::Blob;

/// A flat blob of split Byte and one state, its counts still zero.
fn header(codec: u8, byte_len: u64) -> Blob {
    let mut blob = Blob { header: vec![0; 64], ..Blob::default() };
    blob.header[..8].copy_from_slice(&[b'W', b'C', b'T', b'B', 0, codec, 1, 3]);
    blob.set(16, 8, byte_len);
    blob.set(24, 8, 512);
    blob
}

fn decode(mut blob: Blob) -> Result<Vec<u8>, String> {
    blob.set(48, 8, blob.bytes().len() as u64);
    decode_blob(&blob.bytes())
}

/// Rank4 with base 0x4F, the elements 0x4F, 0x4E, … 0x40: the rank of element `i` is `i`, and the
/// pairs are 0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15.
#[test]
fn ranks_of_one_lane() {
    let mut blob = header(5, 16);
    blob.index = vec![0; 24];
    blob.index[7] = 0x4F;
    blob.coded = vec![0x04, 0x15, 0x26, 0x37, 0x8C, 0x9D, 0xAE, 0xBF];
    assert_eq!(decode(blob), Ok((0x40..=0x4F).rev().collect()));
}

/// Tans8 of 512 bytes, all 0 but the last of lane 1, which is 1, with `P = 8` and 128 states each
/// for symbols 0 and 1: a lane reads 8 bits for its initial state, then 15 times one bit. With the
/// one before them these are 24 bits, the lower ones of its only word.
///
/// Place `i` is state `i·163 mod 256`, so state `q` has place `11·q mod 256`, as 11 · 163 is
/// 7 · 256 + 1. Up to `q = 11` that is below 128: states 0 to 11 belong to symbol 0 and have
/// numbers 128 to 139. State 12, of place 132, is the lowest of symbol 1.
///
/// A state numbered `x` goes on to `2·x − 256` plus its bit, one of 0 to 11 with number `128 + q`
/// so to `2·q` plus its bit. A lane of zeros stays at state 0, the lowest of symbol 0, with bits 0.
/// Lane 1 ends at 12, to which 0, 1, 3, 6, 12 lead, with bits 1, 1, 0, 0.
#[test]
fn states_of_one_row() {
    let mut blob = header(2, 512);
    blob.header[8] = 1;
    blob.tables = vec![8, 0b11];
    blob.tables.resize(33, 0);
    blob.tables.extend([128, 1, 128, 1]);
    blob.set(44, 4, 37);
    for lane in 0..32 {
        blob.words.extend(if lane == 1 { [0b1100, 0, 0x80, 0] } else { [0, 0, 0x80, 0] });
    }
    blob.set(32, 8, 32);
    blob.index = vec![0; 24];
    blob.index[12] = 32;
    let mut expected = vec![0; 512];
    expected[31] = 1;
    assert_eq!(decode(blob), Ok(expected));
}

/// TansCrumb of 512 bytes with base 2, whose symbols are all 0, as those of the lanes of zeros above: every rank is 0, and an
/// element is 2 less its crumb. In lane 1 the crumbs of elements 0 to 15 are 0 0 1 1 2 2 3 3 0 1 2 3 0 1 2 3, where 3 makes 255.
/// The steps' pairs are 0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15, so that `q` is 8, 8, 13, 13, 0, 5, 10, 15.
#[test]
fn crumbs_of_one_lane() {
    let mut blob = header(6, 512);
    blob.header[8] = 1;
    blob.tables = vec![8, 0b11];
    blob.tables.resize(33, 0);
    blob.tables.extend([128, 1, 128, 1]);
    blob.set(44, 4, 37);
    // Eight bits of an initial state, then seven times one: 15, behind a one.
    blob.words = [0, 0x80, 0, 0].repeat(32);
    blob.set(32, 8, 32);
    blob.index = vec![0; 24];
    (blob.index[7], blob.index[12]) = (2, 32);
    blob.coded = vec![0; 32 * 4];
    blob.coded[4..8].copy_from_slice(&[0x08, 0x58, 0xAD, 0xFD]);
    let mut expected = vec![2; 512];
    expected[16..32].copy_from_slice(&[2, 2, 1, 1, 0, 0, 255, 255, 2, 1, 0, 255, 2, 1, 0, 255]);
    assert_eq!(decode(blob), Ok(expected));
}

/// Raw with predictor Planar: a first row that rises by 1, below it rows whose residuals are all
/// 128, no difference, and so the same again.
#[test]
fn planar_rows_repeat() {
    let mut blob = header(1, 3 * 512);
    blob.index = vec![0; 24];
    blob.index[6] = 4 << 4;
    blob.coded = vec![128; 3 * 512];
    blob.coded[..512].fill(129);
    let expected = (0..3 * 512).map(|at| (at % 512 + 1) as u8).collect();
    assert_eq!(decode(blob), Ok(expected));
}
