//! Examples worked out on paper, so that the assembler and the decoder cannot err together.

use reference::decode_blob;
use support::assembler::Blob;

/// A flat blob of split Byte in tiles of 8 rows, its counts still zero.
fn header(codec: u8, byte_len: u64) -> Blob {
    let mut blob = Blob { header: vec![0; 64], ..Blob::default() };
    blob.header[..8].copy_from_slice(&[b'W', b'C', b'T', b'B', 0, codec, 2, 7]);
    blob.set(16, 8, byte_len);
    blob.set(24, 8, 512);
    blob
}

fn decode(mut blob: Blob) -> Result<Vec<u8>, String> {
    blob.set(48, 8, blob.bytes().len() as u64);
    decode_blob(&blob.bytes())
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

/// Rans8 of 512 bytes, all 0 but the last of lane 1, which is 1, with `P = 8` and 128 slots each for
/// symbols 0 and 1. A state goes on from `x` to `128 · (x / 256) + x mod 256` less 0 or 128, so that
/// half of `x` follows where that is a multiple of 256. A lane of zeros ends on 2^16 after 15 of these
/// steps, so it begins with 2^31; lane 1 ends on 2^16 + 128, 15 halves of 0x80400000.
#[test]
fn slots_of_one_row() {
    let mut blob = of_two_symbols(6, 512);
    for lane in 0..32 {
        blob.words.extend(if lane == 1 { [0, 0, 0x40, 0x80] } else { [0, 0, 0, 0x80] });
    }
    blob.set(32, 8, 32);
    blob.index[12] = 32;
    let mut expected = vec![0; 512];
    expected[31] = 1;
    assert_eq!(decode(blob), Ok(expected));
}

/// The same with a row of zeros before it: after 15 steps from 2^31 the state is 2^16, from which
/// the sixteenth leads to 2^15, and so to 2^31 and the next 16 bits of the lane, zeros. A lane reads
/// one half of a word, so that the upper half of its first word is zero, and its second has the lower
/// half of the first state, which is zero, and that one.
#[test]
fn slots_of_two_rows() {
    let mut blob = of_two_symbols(6, 1024);
    blob.words = [0, 0x80, 0, 0].repeat(32);
    blob.words.extend([0; 4 * 32]);
    blob.set(32, 8, 64);
    blob.index[12] = 64;
    assert_eq!(decode(blob.clone()), Ok(vec![0; 1024]));
    blob.words[4 * 33..4 * 34].copy_from_slice(&[0, 1, 0, 0]);
    assert_ne!(decode(blob), Ok(vec![0; 1024]));
}

/// A blob whose two symbols, 0 and 1, have half of the states or slots each.
fn of_two_symbols(codec: u8, byte_len: u64) -> Blob {
    let mut blob = header(codec, byte_len);
    blob.header[8] = 1;
    blob.tables = vec![8, 0b11];
    blob.tables.resize(33, 0);
    blob.tables.extend([128, 1, 128, 1]);
    blob.set(44, 4, 37);
    blob.index = vec![0; 24];
    blob
}

/// TansCrumb of 512 bytes with base 2, whose symbols are all 0, as those of the lanes of zeros
/// above: every rank is 0, and an element is 2 less its crumb. In lane 1 the crumbs of elements 0
/// to 15 are 0 0 1 1 2 2 3 3 0 1 2 3 0 1 2 3, where 3 makes 255. The steps' pairs are 0 4, 1 5, 2
/// 6, 3 7, 8 12, 9 13, 10 14, 11 15, so that `q` is 8, 8, 13, 13, 0, 5, 10, 15.
#[test]
fn crumbs_of_one_lane() {
    let mut blob = header(5, 512);
    blob.header[8] = 1;
    blob.tables = vec![8, 0b11];
    blob.tables.resize(33, 0);
    blob.tables.extend([128, 1, 128, 1]);
    blob.set(44, 4, 37);
    // Eight bits of an initial state, then seven times one: 15, after a one.
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

/// Tans8 with predictor Planar: a first row that rises by 1, whose residuals are all 129, below it
/// two rows whose residuals are all 128, no difference, and so the same again.
///
/// Symbols 128 and 129 have 128 states each as 0 and 1 above, so that 129 has states 12 to 23, 12 +
/// `i` with number 128 + `i`, and others. A lane has 16 symbols 129 and then 32 symbols 128. From
/// its end: 128 stays at state 0 with bits 0; to state 0 leads 12, to 12 leads 18, to that 21, to
/// that 22 and to that 23, with bits 0, 0, 0, 1, 0, and to 23 leads 23 with bit 1. So a lane starts
/// at 23 and has eleven ones, then 0, 1, 0, 0, 0 and 31 zeros: with 8 bits for the state and a one
/// before them these are 56 bits, of which the first 24 and eight zeros before them are the first
/// word.
#[test]
fn planar_rows_repeat() {
    let mut blob = header(2, 3 * 512);
    blob.header[8] = 1;
    blob.tables = vec![0; 33];
    (blob.tables[0], blob.tables[1 + 128 / 8]) = (8, 0b11);
    blob.tables.extend([128, 1, 128, 1]);
    blob.set(44, 4, 37);
    let first: u32 = 0x008B_FFF4;
    blob.words = first.to_le_bytes().repeat(32);
    blob.words.extend([0; 4 * 32]);
    blob.set(32, 8, 64);
    blob.index = vec![0; 24];
    (blob.index[6], blob.index[12]) = (4 << 4, 64);
    let expected = (0..3 * 512).map(|at| (at % 512 + 1) as u8).collect();
    assert_eq!(decode(blob), Ok(expected));
}
