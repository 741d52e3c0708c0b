//! Deltas that break a rule are refused, by the library and the reference decoder, and change
//! nothing.

use support::{Distribution, Random, Tensor, cpu};
use wcodec::delta::{Delta, RowMap};
use wcodec::{Dtype, Encoder, Result, TensorView};

/// A delta and its reference.
struct Specimen {
    delta: Vec<u8>,
    reference: Vec<u8>,
}

fn sparse() -> Specimen {
    let old = Tensor::new(Dtype::BF16, &[40_000], Distribution::Gaussian(6.0), 1);
    let mut random = Random::new(3);
    let new = super::roundtrip::changed(&old.data, 200, &mut random);
    of(&TensorView::new(Dtype::BF16, &[40_000], &new).unwrap(), old.data)
}

fn dense() -> Specimen {
    let old = Tensor::new(Dtype::F32, &[30, 40], Distribution::Gaussian(6.0), 1);
    let new = Tensor::new(Dtype::F32, &[30, 40], Distribution::Gaussian(6.0), 2);
    of(&new.view(), old.data)
}

fn mapped() -> Specimen {
    let old = Tensor::new(Dtype::U8, &[20, 64], Distribution::Gaussian(6.0), 1);
    let new = old.data[64..64 * 10].to_vec();
    let map = RowMap::new(64, (1..10).map(Some).collect()).unwrap();
    let tensor = TensorView::new(Dtype::U8, &[9, 64], &new).unwrap();
    let delta = Encoder::new().encode_against_rows(&tensor, &old.data, &map).unwrap();
    Specimen { delta, reference: old.data }
}

fn of(new: &TensorView<'_>, reference: Vec<u8>) -> Specimen {
    Specimen { delta: Encoder::new().encode_against(new, &reference).unwrap(), reference }
}

fn decode(delta: &[u8], reference: &[u8]) -> Result<Vec<u8>> {
    let delta = Delta::parse(delta)?;
    let mut out = vec![0xA5; delta.byte_len() as usize];
    cpu().decode_against(&delta, reference, &mut out)?;
    Ok(out)
}

/// Library and reference decoder agree on what a damaged delta is; returns whether it is one.
fn agree(delta: &[u8], reference: &[u8], what: &str) -> bool {
    match (decode(delta, reference), reference::decode_delta(delta, reference)) {
        (Ok(library), Ok(other)) => {
            assert!(library == other, "{what}: they differ");
            true
        }
        (Err(error), Err(_)) => {
            let known = error.is_bad_data() || error.code() == "invalid_argument";
            assert!(known, "{what}: {error}");
            false
        }
        (Ok(_), Err(why)) => panic!("{what}: only the reference decoder refuses it: {why}"),
        (Err(error), Ok(_)) => panic!("{what}: only the library refuses it: {error}"),
    }
}

#[test]
fn every_byte_of_a_header_matters() {
    for (name, specimen) in [("sparse", sparse()), ("dense", dense()), ("mapped", mapped())] {
        for at in 0..64 {
            for value in [0, 1, 2, 3, 8, 0x7F, 0x80, 0xFF] {
                let mut delta = specimen.delta.clone();
                if delta[at] != value {
                    delta[at] = value;
                    let accepted =
                        agree(&delta, &specimen.reference, &format!("{name}, {at}: {value}"));
                    assert!(!accepted || at == 5, "{name}: byte {at} may be {value}");
                }
            }
        }
    }
}

#[test]
fn every_count_of_a_segment_matters() {
    let specimen = sparse();
    for at in 64..64 + 16 {
        for by in [1, 0x80, 0xFF] {
            let mut delta = specimen.delta.clone();
            delta[at] = delta[at].wrapping_add(by);
            assert!(!agree(&delta, &specimen.reference, &format!("byte {at} + {by}")));
        }
    }
}

#[test]
fn every_length_but_its_own_is_refused() {
    for specimen in [sparse(), dense(), mapped()] {
        let lengths = (0..200).chain(specimen.delta.len() - 40..specimen.delta.len());
        for len in lengths {
            let error = decode(&specimen.delta[..len], &specimen.reference).unwrap_err();
            assert_eq!(error.code(), "truncated", "{len} bytes: {error}");
        }
        let longer = [&specimen.delta[..], &[0]].concat();
        assert_eq!(decode(&longer, &specimen.reference).unwrap_err().code(), "trailing_data");
    }
}

#[test]
fn newer_versions_are_told_apart() {
    let mut delta = dense().delta;
    for (at, value, code) in
        [(4, 0, "corrupt"), (4, 2, "unknown_feature"), (6, 2, "unknown_feature")]
    {
        let before = std::mem::replace(&mut delta[at], value);
        assert_eq!(Delta::parse(&delta).unwrap_err().code(), code, "byte {at} is {value}");
        delta[at] = before;
    }
}

/// Damage anywhere: both agree, and a buffer that is decoded in place is as it was.
#[test]
fn damage_is_refused_or_decoded_alike_and_a_refusal_changes_nothing() {
    let mut random = Random::new(support::number("WCODEC_SEED", 7));
    let specimens = [sparse(), dense(), mapped()];
    for number in 0..support::number("WCODEC_MUTANTS", 3000) {
        let Specimen { delta, reference } = &specimens[random.below(3) as usize];
        let mut delta = delta.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(delta.len() as u64) as usize;
            delta[at] ^= 1 << random.below(8);
        }
        agree(&delta, reference, &format!("mutant {number}"));
        if let Ok(parsed) = Delta::parse(&delta) {
            let mut data = reference.clone();
            if cpu().apply(&parsed, &mut data).is_err() {
                assert!(data == *reference, "mutant {number} changed what it was refused for");
            }
        }
    }
}

#[test]
fn buffers_of_another_length_are_refused() {
    let Specimen { delta, reference } = dense();
    let delta = Delta::parse(&delta).unwrap();
    let mut out = vec![0; reference.len()];
    for short in [0, reference.len() - 1] {
        let error = cpu().decode_against(&delta, &reference[..short], &mut out).unwrap_err();
        assert_eq!(error.code(), "invalid_argument");
        let error = cpu().decode_against(&delta, &reference, &mut out[..short]).unwrap_err();
        assert_eq!(error.code(), "invalid_argument");
        assert_eq!(cpu().apply(&delta, &mut out[..short]).unwrap_err().code(), "invalid_argument");
    }
    let tensor = TensorView::new(Dtype::F32, &[30, 40], &reference).unwrap();
    let error = Encoder::new().encode_against(&tensor, &reference[4..]).unwrap_err();
    assert_eq!(error.code(), "invalid_argument");
}
