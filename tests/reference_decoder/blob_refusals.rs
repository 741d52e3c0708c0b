//! One field of header, tables or index changed, and the blob is refused.

use reference::decode_blob;
use support::assembler::{Blob, CONST, Plan, RAW, TANS_PAIR, TANS8, assemble, original};

/// Six tiles, the last of one row and 20 bytes, of 2-byte elements.
pub fn blob(codec: u8) -> Blob {
    let length = if codec == CONST { 0 } else { 5 * 4096 + 20 };
    assemble(&original(3, length, 2), &Plan { tables: 2, ..Plan::flat(2, codec) })
}

/// The error names the fault: `named` stands in it.
#[track_caller]
pub fn refused(codec: u8, named: &str, change: impl FnOnce(&mut Blob)) {
    refused_of(blob(codec), named, change);
}

/// The same of a change to any sound blob.
#[track_caller]
fn refused_of(mut changed: Blob, named: &str, change: impl FnOnce(&mut Blob)) {
    decode_blob(&changed.bytes()).expect("valid before the change");
    change(&mut changed);
    match decode_blob(&changed.bytes()) {
        Ok(_) => panic!("decoded, expected {named:?}"),
        Err(why) => assert!(why.contains(named), "expected {named:?} in the error {why:?}"),
    }
}

#[test]
fn header_fields() {
    let fields: [(u8, usize, u8, &str); 28] = [
        (RAW, 0, b'w', "magic"),
        (RAW, 4, 6, "split 6"),
        (RAW, 5, 8, "codec 8"),
        (TANS8, 6, 0, "version 0"),
        (RAW, 6, 1, "version 1"),
        (RAW, 6, 3, "version 3"),
        (RAW, 7, 0, "tile_rows − 1 is 0"),
        (RAW, 7, 6, "tile_rows − 1 is 6"),
        (TANS8, 8, 0, "0 tables"),
        (TANS8, 8, 17, "17 tables"),
        (RAW, 8, 1, "1 tables"),
        (RAW, 9, 1, "coded_constant 1"),
        (RAW, 10, 2, "constant_planes"),
        (RAW, 11, 2, "names plane 1, which is constant or none"),
        (CONST, 11, 1, "coded_planes of an empty blob"),
        (RAW, 12, 1, "raw plane 0"),
        (RAW, 13, 1, "raw plane 1"),
        (RAW, 15, 3, "transposed_bytes 3"),
        (RAW, 15, 1, "less than 2"),
        (RAW, 16, 21, "byte_len"),
        (RAW, 25, 0, "row_bytes 0"),
        (RAW, 24, 1, "row_bytes 513"),
        (RAW, 25, 4, "row_bytes 1024"),
        (CONST, 25, 4, "row_bytes 1024 of an empty blob"),
        (RAW, 32, 1, "1 words"),
        (TANS8, 40, 1, "1 exceptions"),
        (RAW, 56, 1, "without transposed_bytes"),
        (RAW, 63, 1, "without transposed_bytes"),
    ];
    for (codec, offset, value, named) in fields {
        refused(codec, named, |blob| blob.header[offset] = value);
    }
}

#[test]
fn orders() {
    let sound = |length: usize| {
        let plan = Plan { order: [4, 64, 64], ..Plan::flat(0, RAW) };
        assemble(&original(3, length, 1), &plan)
    };
    let refused = |length, named: &str, change: &dyn Fn(&mut Blob)| {
        refused_of(sound(length), named, change);
    };
    let length = 10 * 4096;
    refused(length, "band of 41472 bytes", &|blob| blob.set(60, 4, 162));
    refused(length, "band of 16128 bytes", &|blob| blob.set(60, 4, 63));
    refused(length, "is not one of 16384 to 40960", &|blob| {
        blob.set(56, 8, u64::MAX);
    });
    refused(length, "less than 2", &|blob| blob.set(56, 4, 1));
    refused(length, "less than 2", &|blob| blob.set(60, 4, 1));
    refused(length, "transposed_bytes 16", &|blob| blob.set(15, 1, 16));
    refused(length + 4, "no multiple of transposed_bytes 8", &|blob| blob.set(15, 1, 8));
    refused(length, "not flat", &|blob| blob.set(24, 8, 1024));
}

#[test]
fn sizes_that_do_not_add_up() {
    for (codec, offset) in [(RAW, 16), (TANS8, 32), (TANS_PAIR, 40), (TANS8, 44), (RAW, 48)] {
        for value in [0, 2, 2048, 1 << 31, u64::MAX - 1] {
            let mut changed = blob(codec);
            let size = if [40, 44].contains(&offset) { 4 } else { 8 };
            changed.set(offset, size, value);
            assert!(decode_blob(&changed.bytes()).is_err(), "field {offset} is {value}");
        }
    }
    refused(RAW, "tiles are too many", |blob| blob.set(16, 8, 1 << 60));
    refused(CONST, "tiles are too many", |blob| blob.set(16, 8, ((1 << 32) - 1) * 4096));
    refused(CONST, "index", |blob| blob.set(16, 8, ((1 << 32) - 2) * 4096));
}

/// Elements of 4 bytes: plane 0 constant, planes 1 and 2 coded.
fn coded_planes() -> Blob {
    let original: Vec<u8> =
        original(3, 4116, 4).chunks(4).flat_map(|e| [7, e[0], e[1], e[2]]).collect();
    let plan = Plan { constant_planes: 1, coded_planes: 6, ..Plan::flat(5, TANS8) };
    assemble(&original, &plan)
}

#[test]
fn plane_headers() {
    let refused = |named: &str, change: &dyn Fn(&mut Blob)| {
        refused_of(coded_planes(), named, change);
    };
    refused("names plane 0, which is constant", &|blob| blob.header[11] = 7);
    refused("names plane 3", &|blob| blob.header[11] = 14);
    let fields = [
        (0, 8, "plane header 1: codec 8"),
        (24, 1, "plane header 2: a codec without symbols"),
        (1, 6, "tile_rows − 1 is 6"),
        (2, 0, "0 tables"),
        (26, 17, "17 tables"),
        (3, 1, "reserved byte 3"),
        (16, 1, "1 exceptions"),
        (23, 1, "reserved bytes 20 to 23"),
        (15, 1, "words are too many"),
    ];
    for (offset, value, named) in fields {
        refused(named, &|blob| blob.plane_headers[offset] = value);
    }
    // Its first index entry begins after a table, on a multiple of 16.
    refused("coded plane 1", &|blob| {
        let tables = u32::from_le_bytes(blob.plane_headers[4..8].try_into().unwrap());
        blob.plane_fronts[(tables as usize).next_multiple_of(16) + 6] = 1;
    });
    refused("coded plane 2: tile 0", &|blob| {
        let words = blob.raw[2].len();
        blob.raw[2][..words / 2].fill(0x55);
    });
}

/// A table of two symbols written by hand: `P`, the bitmap of symbols 0 and 1, then frequencies.
fn tables_of(precision: u8, symbols: u8, frequencies: &[u8]) -> impl FnOnce(&mut Blob) {
    let mut tables = vec![precision, symbols];
    tables.resize(33, 0);
    tables.extend_from_slice(frequencies);
    move |blob| {
        let rest = blob.tables.len();
        tables.resize(rest, 0);
        blob.tables = tables;
    }
}

#[test]
fn tables() {
    refused(TANS8, "P = 7", tables_of(7, 0b11, &[64, 64]));
    refused(TANS8, "P = 13", tables_of(13, 0b11, &[128, 32, 128, 32]));
    refused(TANS8, "1 symbols", tables_of(8, 0b01, &[128, 2]));
    refused(TANS8, "frequency is 0", tables_of(8, 0b11, &[0, 128, 2]));
    refused(TANS8, "takes two bytes", tables_of(8, 0b11, &[128 + 100, 0, 128 + 28, 1]));
    refused(TANS8, "add up to 255", tables_of(8, 0b11, &[100, 128 + 27, 1]));
    refused(TANS8, "add up to 257", tables_of(8, 0b11, &[100, 128 + 29, 1]));
    refused(TANS8, "tables end", |blob| {
        blob.tables.push(0);
        blob.set(44, 4, blob.tables.len() as u64);
        blob.set(48, 8, blob.bytes().len() as u64);
    });
}

#[test]
fn index_fields() {
    let last = 6 * 12;
    let fields: [(u8, usize, u8, &str); 15] = [
        (TANS8, 0, 1, "does not start at 0"),
        (TANS_PAIR, 8, 1, "does not start at 0"),
        (TANS8, 12 + 4, 1, "words_start falls"),
        (TANS_PAIR, 12 + 11, 1, "exceptions_start falls"),
        (TANS8, 6, 2, "no table 2"),
        (RAW, 6, 1, "table 1"),
        (TANS8, 6, 5 << 4, "predictor 5"),
        (RAW, 6, 0x80, "bit 7"),
        (TANS8, 7, 15, "base 15"),
        (TANS_PAIR, 7, 14, "base 14"),
        (RAW, 6, 1 << 4, "no symbols"),
        (RAW, last, 1, "last index entry"),
        (TANS8, last + 6, 1, "last index entry"),
        (TANS_PAIR, last + 7, 15, "last index entry"),
        (TANS_PAIR, last + 11, 1, "last index entry"),
    ];
    for (codec, offset, value, named) in fields {
        refused(codec, named, |blob| blob.index[offset] = value);
    }
    refused(TANS8, "31 words, fewer than 32", |blob| {
        blob.index[12..18].copy_from_slice(&[31, 0, 0, 0, 0, 0]);
    });
    let mut constant = assemble(&[9; 512], &Plan { constant_planes: 1, ..Plan::flat(3, CONST) });
    constant.index[6] = 1 << 4;
    assert!(decode_blob(&constant.bytes()).is_err_and(|why| why.contains("no symbols")));
}
