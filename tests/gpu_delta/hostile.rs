//! Deltas made to lead the kernels astray: the same verdict as the CPU's, nothing written where it is
//! a refusal, and nothing but the tensor where it is none.

use crate::{POISON, Specimen, changed, on_the_gpu};
use support::{Distribution, Random, Tensor, cpu, number};
use wcodec::delta::{Delta, RowMap};
use wcodec::gpu::{GpuDeltaPlan, PlannedDelta};
use wcodec::{Dtype, Encoder, TensorView};

fn tensor(dtype: Dtype, seed: u64) -> Tensor {
    Tensor::new(dtype, &[400, 300], Distribution::Gaussian(6.0), seed)
}

fn specimens() -> Vec<Specimen> {
    let mut random = Random::new(3);
    let mut of = |dtype, rarity| {
        let old = tensor(dtype, 1);
        let new = changed(&old.data, rarity, &mut random);
        let view = TensorView::new(dtype, &old.shape, &new).unwrap();
        let delta = Encoder::new().encode_against(&view, &old.data).unwrap();
        Specimen { delta, reference: old.data }
    };
    vec![of(Dtype::BF16, 200), of(Dtype::U8, 10), of(Dtype::F32, 2), of(Dtype::BF16, 1)]
}

/// The CPU's verdict on what is decoded in place, and the bytes after it.
fn on_the_cpu(Specimen { delta, reference }: &Specimen) -> (Option<String>, Vec<u8>) {
    let mut data = reference.clone();
    let result = cpu().apply(&Delta::parse(delta).unwrap(), &mut data);
    (result.err().map(|error| error.to_string()), data)
}

/// Checks that the GPU does what the CPU does; returns whether it is a refusal.
#[track_caller]
fn check(specimen: Specimen, what: &str) -> bool {
    let (verdict, data) = on_the_cpu(&specimen);
    let specimens = [specimen];
    let [(in_place, content)] = &on_the_gpu(&specimens, true, 0)[..] else { unreachable!() };
    assert_eq!(*in_place, verdict, "{what}");
    assert!(*content == data, "{what}: in place it is another");
    let [(fault, content)] = &on_the_gpu(&specimens, false, 0)[..] else { unreachable!() };
    assert_eq!(*fault, verdict, "{what}");
    match fault {
        Some(_) => assert!(content.iter().all(|&byte| byte == POISON), "{what}: written to"),
        None => assert!(*content == data, "{what}: it is another"),
    }
    fault.is_some()
}

/// `WCODEC_GPU_MUTANTS` asks for more, `WCODEC_SEED` for others.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn mutants_have_the_verdict_of_the_cpu() {
    let mut random = Random::new(number("WCODEC_SEED", 20_261_128));
    let sound = specimens();
    let (mut tried, mut refused) = (0, 0);
    let count = number("WCODEC_GPU_MUTANTS", 300);
    while tried < count {
        let Specimen { delta, reference } = &sound[random.below(sound.len() as u64) as usize];
        let mut delta = delta.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(delta.len() as u64) as usize;
            delta[at] ^= 1 << random.below(8);
        }
        if Delta::parse(&delta).is_err() {
            continue;
        }
        tried += 1;
        let mutant = Specimen { delta, reference: reference.clone() };
        refused += u64::from(check(mutant, &format!("mutant {tried}")));
    }
    assert!(refused > count / 20 && refused < count, "{refused} of {count} refused");
}

/// A sparse delta of a tensor of bytes, of sound blobs that hold these gaps and counts of codes and
/// changes; every difference adds 1.
fn forged(byte_len: u64, counts: &[[u32; 2]], gaps: &[u8]) -> Specimen {
    let list = |bytes: &[u8]| {
        let shape = [bytes.len() as u64];
        Encoder::new().encode(&TensorView::new(Dtype::U8, &shape, bytes).unwrap()).unwrap()
    };
    let changes: u32 = counts.iter().map(|count| count[1]).sum();
    let (gaps, differences) = (list(gaps), list(&vec![2; changes as usize]));
    let mut segments: Vec<u8> = counts.iter().flatten().flat_map(|n| n.to_le_bytes()).collect();
    segments.resize(segments.len().next_multiple_of(16), 0);
    let mut delta = b"WCTD\x01\x01\x01\x01".to_vec();
    let all = 64 + segments.len() + gaps.len() + differences.len();
    let lengths = [gaps.len(), differences.len(), all].map(|len| len as u64);
    for number in [&[byte_len, byte_len, 0, 0], &lengths[..]].concat() {
        delta.extend(number.to_le_bytes());
    }
    for part in [segments, gaps, differences] {
        delta.extend(part);
    }
    Specimen { delta, reference: (0..byte_len).map(|at| at as u8).collect() }
}

/// A tensor's bytes, the codes and changes of its segments, the codes, and whether they are refused.
type Case<'a> = (u64, &'a [[u32; 2]], &'a [u8], bool);

/// Gaps that lead to the ends of segments and beyond, each with whether it is refused.
fn gaps_at_ends() -> [(Specimen, bool); 9] {
    let cases: [Case<'_>; 9] = [
        // The last element, one beyond it, and one in the next segment.
        (1000, &[[5, 2]], &[255, 255, 255, 100, 133], false),
        (1000, &[[5, 2]], &[255, 255, 255, 100, 134], true),
        (70_000, &[[258, 1], [0, 0]], &[&[255; 257][..], &[1]].concat(), true),
        (70_000, &[[258, 1], [0, 0]], &[&[255; 257][..], &[0]].concat(), false),
        // More changes than are told, and fewer.
        (1000, &[[4, 3]], &[1, 1, 1, 1], true),
        (1000, &[[4, 3]], &[1, 255, 255, 1], true),
        // Long gaps after the last change lead nowhere.
        (600, &[[4, 2]], &[1, 1, 255, 255], false),
        // Those of the second segment alone are wrong, and those of the first.
        (131_072, &[[1, 1], [300, 299]], &[&[0][..], &[254; 300]].concat(), true),
        (131_072, &[[300, 300], [1, 1]], &[&[254; 300][..], &[0]].concat(), true),
    ];
    cases.map(|(byte_len, counts, gaps, refused)| (forged(byte_len, counts, gaps), refused))
}

#[test]
fn the_cpu_refuses_gaps_that_lead_out_of_a_segment() {
    for (number, (specimen, refused)) in gaps_at_ends().into_iter().enumerate() {
        let (verdict, data) = on_the_cpu(&specimen);
        assert_eq!(verdict.is_some(), refused, "case {number}: {verdict:?}");
        let by_reference = reference::decode_delta(&specimen.delta, &specimen.reference);
        assert_eq!(by_reference.ok(), (!refused).then_some(data), "case {number}");
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn gaps_never_lead_out_of_a_segment() {
    for (number, (specimen, refused)) in gaps_at_ends().into_iter().enumerate() {
        assert_eq!(check(specimen, &format!("case {number}")), refused, "case {number}");
    }
}

/// A delta that is refused leaves the others of its batch alone.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn others_of_a_batch_are_decoded() {
    let bad = || forged(1000, &[[4, 3]], &[1, 1, 1, 1]);
    let mut all = specimens();
    all.insert(2, bad());
    let expected: Vec<_> = all.iter().map(on_the_cpu).collect();
    assert!(expected[2].0.is_some());
    assert!(on_the_gpu(&all, true, 0) == expected);
}

/// What the host tells before anything is on the device.
#[test]
fn plans_refuse_what_kernels_cannot_take() {
    let specimen = &specimens()[0];
    let delta = specimen.parsed();
    for (bytes, reference, out) in [(8, 0, 0), (16, 1, 16), (16, 16, 33)] {
        let planned = PlannedDelta::new(&delta, bytes, reference, out);
        let error = GpuDeltaPlan::new(&[planned]).err().unwrap();
        assert_eq!(error.code(), "invalid_argument", "{bytes} {reference} {out}");
    }
    let old = tensor(Dtype::U8, 1).data;
    let map = RowMap::new(64, (1..10).map(Some).collect()).unwrap();
    let view = TensorView::new(Dtype::U8, &[9, 64], &old[..576]).unwrap();
    let mapped = Encoder::new().encode_against_rows(&view, &old, &map).unwrap();
    let mapped = Delta::parse(&mapped).unwrap();
    assert!(GpuDeltaPlan::new(&[PlannedDelta::new(&mapped, 0, 256, 512)]).is_ok());
    let error = GpuDeltaPlan::new(&[PlannedDelta::in_place(&mapped, 0, 256)]).err().unwrap();
    assert_eq!(error.code(), "invalid_argument");
}
