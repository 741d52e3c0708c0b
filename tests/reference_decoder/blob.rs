//! Blobs assembled by hand decode to their originals.

use reference::decode_blob;
use support::assembler::{
    CONST, Plan, RANS_PAIR, RANS8, RAW, Random, TANS_CRUMB, TANS_NIB, TANS_PAIR, TANS8, assemble,
    original,
};

/// Byte lengths on the edges of a lane, a row and a tile of 8 rows, and one element of `size` bytes
/// to either side.
fn lengths(size: usize) -> Vec<usize> {
    let edges = [0_usize, 16, 512, 4096, 5 * 4096].into_iter();
    edges.flat_map(|edge| [edge.saturating_sub(size), edge, edge + size]).collect()
}

#[track_caller]
fn check(original: &[u8], plan: &Plan) {
    let decoded = decode_blob(&assemble(original, plan).bytes());
    let Plan { split, codec, tile_rows, row_bytes, .. } = plan;
    let what =
        format!("split {split}, codec {codec}, {tile_rows} rows a tile, rows of {row_bytes}");
    match decoded {
        Ok(decoded) => assert!(decoded == original, "{what}, {} bytes differ", original.len()),
        Err(why) => panic!("{what}, {} bytes: {why}", original.len()),
    }
}

#[test]
fn every_split_and_codec_at_every_edge() {
    for split in 0..=5 {
        for codec in [RAW, TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB, RANS8, RANS_PAIR] {
            let plan = Plan::flat(split, codec);
            for length in lengths(plan.element_size()) {
                check(&original(length as u64, length, plan.element_size()), &plan);
            }
        }
    }
}

#[test]
fn up_to_sixteen_tables() {
    for (split, tables) in [(0, 16), (1, 2), (2, 3), (3, 5), (4, 2), (5, 1)] {
        for codec in [TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB, RANS8, RANS_PAIR] {
            let plan = Plan { tables, ..Plan::flat(split, codec) };
            check(&original(tables.into(), 18 * 4096 + 700, plan.element_size()), &plan);
        }
    }
}

#[test]
fn matrix_geometry_with_every_tile_height() {
    for tile_rows in [8, 9, 16, 31, 128, 255, 256] {
        for codec in [RAW, TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB, RANS8, RANS_PAIR] {
            let (row_bytes, tables) = (3 * 512, 2);
            let flat = Plan::flat(2, codec);
            let plan = Plan { tile_rows, row_bytes, tables, ..flat };
            // The last tile row has one row.
            let height = tile_rows + 1;
            check(&original(7, height * row_bytes, 2), &plan);
        }
    }
}

#[test]
fn incompressible_bytes_under_every_codec() {
    let mut random = Random::new(11);
    let noise: Vec<u8> = (0..3 * 4096 + 48).map(|_| random.byte()).collect();
    for split in 0..=5 {
        for codec in [RAW, TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB, RANS8, RANS_PAIR] {
            check(&noise, &Plan::flat(split, codec));
        }
    }
}

/// The bits of an element that its coded byte and its raw bytes 0, 1 and 2 have.
fn masks(split: u8) -> [u32; 4] {
    match split {
        2 => [0x7F80, 0x807F, 0, 0],
        3 => [0xFF00, 0x00FF, 0, 0],
        4 => [0x7F80_0000, 0x0000_00FF, 0x0000_FF00, 0x807F_0000],
        5 => [0xFF00_0000, 0x0000_00FF, 0x0000_FF00, 0x00FF_0000],
        _ => [0x00FF, 0, 0, 0],
    }
}

/// Random elements in which the bits of `constant` are all the same ones.
fn partly_constant(constant: u32, length: usize, size: usize) -> Vec<u8> {
    let mut random = Random::new(u64::from(constant));
    let same = random.next_u64() as u32 & constant;
    let mut element = || (random.next_u64() as u32 & !constant | same).to_le_bytes();
    (0..length / size).flat_map(|_| element().into_iter().take(size)).collect()
}

#[test]
fn constant_planes() {
    for split in 0..=5 {
        let [coded, raw @ ..] = masks(split);
        let raw_planes = Plan::flat(split, CONST).element_size() - 1;
        for constant_planes in 0..1 << raw_planes {
            let planes = (0..3).filter(|p| constant_planes >> p & 1 == 1);
            let bits = planes.fold(0, |bits, p| bits | raw[p]);
            for (codec, bits) in [(CONST, bits | coded), (RAW, bits), (TANS_PAIR, bits)] {
                let plan = Plan { constant_planes, ..Plan::flat(split, codec) };
                check(&partly_constant(bits, 2 * 4096 + 516, plan.element_size()), &plan);
            }
        }
    }
}

/// Every set of planes, each by every codec with symbols, over a ragged last row.
#[test]
fn coded_planes() {
    for split in 2..=5 {
        let raw_planes = Plan::flat(split, CONST).element_size() - 1;
        for coded_planes in 1..1 << raw_planes {
            for plane_codec in [TANS8, TANS_NIB, TANS_PAIR, TANS_CRUMB, RANS8, RANS_PAIR] {
                let plan = Plan { coded_planes, plane_codec, ..Plan::flat(split, TANS8) };
                check(&original(1, 3 * 4096 + 516, plan.element_size()), &plan);
            }
        }
        let plan = Plan { coded_planes: 1, row_bytes: 1536, tables: 2, ..Plan::flat(split, RAW) };
        check(&original(2, 9 * 1536, plan.element_size()), &plan);
    }
}

/// Every element size under splits of its own and of other sizes; a last band that is short, and
/// elements after the last whole row.
#[test]
fn transposed_tensors() {
    for element_bytes in [1, 2, 4, 8] {
        for split in [0, 2, 5] {
            for (columns, band_rows) in [(2, 8192), (7, 2400), (513, 40), (8192, 2)] {
                let order = [element_bytes, columns, band_rows];
                let plan = Plan { order, tables: 3, ..Plan::flat(split, TANS_PAIR) };
                let band = element_bytes * columns * band_rows;
                for length in [band, band * 5 / 2 / 8 * 8, band + 8 * columns + 8] {
                    check(&original(5, length, plan.element_size()), &plan);
                }
            }
        }
    }
}

/// Section 5's `base` where it is lowest and highest, every rank at both.
#[test]
fn bases_at_both_ends() {
    for lowest in [0, 240] {
        let mut random = Random::new(lowest);
        let bytes: Vec<u8> = (0..4096).map(|_| lowest as u8 + random.byte() % 16).collect();
        let plan = Plan::flat(0, TANS_PAIR);
        let blob = assemble(&bytes, &plan);
        assert_eq!((blob.index[7], blob.exceptions.len()), (lowest as u8 + 15, 0));
        check(&bytes, &plan);
    }
}
