//! Saved matrices: they load as they were, and damaged and forged files are refused.

use crate::weights::{Kind, Weights};
use reference::crc32c;
use support::Random;
use wcodec::packed::{
    Form, HEADER_BYTES, PackedMatrix, PackedView, WeightRows, header_without_checksum,
};

const HEADER: usize = HEADER_BYTES;

fn saved(kind: Kind, rows: usize, columns: usize) -> (PackedMatrix, Vec<u8>) {
    let bytes = Weights::new(kind, rows, columns, 11).bytes();
    let rows = WeightRows::new(&bytes, rows as u64, columns as u64).unwrap();
    let packed = PackedMatrix::pack(&rows, Form::Fast).unwrap();
    let mut saved = Vec::new();
    packed.save(&mut saved).unwrap();
    assert_eq!(saved.len() as u64, packed.saved_len());
    (packed, saved)
}

/// Makes the checksums right again.
fn seal(saved: &mut [u8]) {
    let sum = crc32c(&saved[HEADER..]);
    saved[36..40].copy_from_slice(&sum.to_le_bytes());
    let sum = crc32c(&saved[..44]);
    saved[44..48].copy_from_slice(&sum.to_le_bytes());
}

fn code(saved: &[u8]) -> &'static str {
    PackedMatrix::load(saved).map_or_else(|error| error.code(), |_| "loaded")
}

#[test]
fn what_was_saved_loads_as_it_was() {
    for kind in Kind::ALL {
        for (rows, columns) in [(0, 0), (3, 0), (1, 1), (17, 65), (40, 200)] {
            let (packed, saved) = saved(kind, rows, columns);
            assert_eq!(PackedMatrix::load(&saved[..]).unwrap(), packed);
        }
    }
}

#[test]
fn header_and_bytes_may_lie_apart() {
    for kind in Kind::ALL {
        let (packed, saved) = saved(kind, 17, 65);
        let (header, bytes) = saved.split_at(HEADER);
        let view = PackedView::parse(header, bytes).unwrap();
        assert_eq!(view, packed.view());
        assert_eq!((&view.header()[..], view.bytes()), (header, bytes));
        assert_eq!(view.unpack().unwrap(), packed.unpack().unwrap());
        assert_eq!(PackedView::new(bytes, view.description()).unwrap(), view);
        let error = PackedView::new(&bytes[1..], view.description()).unwrap_err();
        assert_eq!(error.code(), "invalid_argument");
        for (header, bytes) in [(&header[1..], bytes), (header, &bytes[1..])] {
            assert_eq!(PackedView::parse(header, bytes).unwrap_err().code(), "truncated");
        }
        let longer = [bytes, &[0]].concat();
        assert_eq!(PackedView::parse(header, &longer).unwrap_err().code(), "trailing_data");
    }
}

/// Bytes without a checksum are checked all the same, but for what codes they hold.
#[test]
fn a_header_without_a_checksum() {
    let (packed, saved) = saved(Kind::Spread, 17, 65);
    let view = packed.view();
    let header = header_without_checksum(view.description());
    let bytes = &saved[HEADER..];
    assert_eq!(PackedView::parse(&header, bytes).unwrap(), view);
    let whole = [&header[..], bytes].concat();
    assert_eq!(PackedMatrix::load(&whole[..]).unwrap(), packed);
    for bit in 0..8 * HEADER {
        let mut damaged = header;
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(PackedView::parse(&damaged, bytes).is_err(), "bit {bit}");
    }
    let mut forged = whole;
    let starts = HEADER + 2 * 2 * 1536;
    forged[starts] = 1;
    assert_eq!(code(&forged), "corrupt");
}

/// Bytes that were never checked: an error, or wrong numbers.
#[test]
fn bytes_that_are_no_matrix_do_no_harm() {
    let (packed, saved) = saved(Kind::Spread, 17, 65);
    let description = packed.view().description();
    let x = vec![0x3F; 2 * 65];
    let mut random = Random::new(5);
    let mut refused = 0;
    for _ in 0..50 {
        let bytes: Vec<u8> = random.bytes(saved.len() - HEADER);
        let view = PackedView::new(&bytes, description).unwrap();
        let x = WeightRows::new(&x, 1, 65).unwrap();
        for result in [view.unpack(), view.multiply(&x, None)] {
            refused += usize::from(result.is_err_and(|error| error.code() == "panicked"));
        }
    }
    assert!(refused > 0);
}

#[test]
fn it_is_read_up_to_its_end_and_no_further() {
    let (packed, mut saved) = saved(Kind::Gaussian, 20, 100);
    saved.extend([1, 2, 3]);
    let mut reader = &saved[..];
    assert_eq!(PackedMatrix::load(&mut reader).unwrap(), packed);
    assert_eq!(reader, [1, 2, 3]);
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let (_, saved) = saved(Kind::Spread, 17, 65);
    for bit in 0..8 * saved.len() {
        let mut damaged = saved.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(code(&damaged), "loaded", "bit {bit}");
    }
    for len in 0..saved.len() {
        assert_eq!(code(&saved[..len]), "truncated", "{len} bytes");
    }
}

#[test]
fn another_version_has_to_be_packed_again() {
    let (_, mut saved) = saved(Kind::Gaussian, 5, 5);
    saved[8] = 2;
    seal(&mut saved);
    let error = PackedMatrix::load(&saved[..]).unwrap_err();
    assert!(error.to_string().contains("packed again"), "{error}");
}

/// Every field of the header at its extremes, the checksums right: loaded as something whole, or
/// refused, and never more memory taken than there are bytes.
#[test]
fn fields_at_their_extremes_are_refused() {
    let (packed, saved) = saved(Kind::Spread, 17, 65);
    assert!(packed.exceptions() > 0);
    for (at, len) in [(12, 1), (13, 1), (14, 1), (15, 1), (16, 8), (24, 8), (32, 4), (40, 4)] {
        for value in [0, 1, 2, 127, 128, 1 << 31, (1 << 31) + 1, u64::MAX >> 1, u64::MAX] {
            let mut forged = saved.clone();
            forged[at..at + len].copy_from_slice(&value.to_le_bytes()[..len]);
            if forged == saved {
                continue;
            }
            seal(&mut forged);
            match PackedMatrix::load(&forged[..]) {
                // Another scale makes other weights of the same codes, and more columns in the same
                // steps are columns of zeros: neither can be seen.
                Ok(loaded) => {
                    let is_intact = at == 14 || at == 24 && (66..=128).contains(&value);
                    assert!(is_intact && loaded.unpack().is_ok(), "{at} {value}");
                }
                Err(error) => assert!(error.is_bad_data(), "{at} {value}: {error}"),
            }
        }
    }
}

/// Row starts and exceptions that lie: refused before anything is done with them.
#[test]
fn forged_row_starts_and_exceptions_are_refused() {
    let (packed, saved) = saved(Kind::Spread, 17, 65);
    let starts = HEADER + 2 * 2 * 1536;
    let exceptions = starts + 4 * 33 + 12;
    assert_eq!(saved.len(), exceptions + 8 * packed.exceptions() as usize);
    let forge = |at: usize, value: u32| {
        let mut forged = saved.clone();
        forged[at..at + 4].copy_from_slice(&value.to_le_bytes());
        seal(&mut forged);
        code(&forged)
    };
    for value in [1, packed.exceptions() + 1, u32::MAX] {
        assert_eq!(forge(starts, value), "corrupt");
        assert_eq!(forge(starts + 4 * 32, value), "corrupt");
        assert_eq!(forge(starts + 4 * 9, value.max(packed.exceptions() + 1)), "corrupt");
    }
    for column in [65, 1 << 20, u32::MAX] {
        assert_eq!(forge(exceptions, column), "corrupt");
    }
    assert_eq!(forge(exceptions + 4, 0x3F80_0001), "corrupt");
}

/// Whatever the bytes hold, loading ends in an error or in a matrix that can be used.
#[test]
fn random_damage_under_right_checksums_is_refused_or_harmless() {
    let (_, saved) = saved(Kind::Spread, 33, 130);
    let mut random = Random::new(12);
    let x = Weights::new(Kind::Gaussian, 2, 130, 1).bytes();
    let mut loaded = 0;
    for _ in 0..2000 {
        let mut forged = saved.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(forged.len() as u64) as usize;
            forged[at] = random.byte();
        }
        seal(&mut forged);
        if let Ok(matrix) = PackedMatrix::load(&forged[..]) {
            loaded += 1;
            matrix.unpack().unwrap();
            if matrix.shape().columns() == 130 {
                matrix.multiply(&WeightRows::new(&x, 2, 130).unwrap(), None).unwrap();
            }
        }
    }
    assert!(loaded > 100, "{loaded}");
}
