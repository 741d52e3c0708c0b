//! Steps of training: in memory, applied in place, and in chains of files.

use super::files::{tensor, trained};
use std::fs;
use support::{Tensor, cpu};
use tempfile::TempDir;
use wcodec::steps::{Chain, ChainTensor, Step, StepTensor, encode_step};
use wcodec::{Archive, Encoder, Error, TensorView};

/// Two tensors before a step, and after it; the second does not change.
fn before_and_after() -> [[Tensor; 2]; 2] {
    let [a, b] = [tensor(300, 1), tensor(100, 2)];
    [[a.clone(), b.clone()], [trained(&a, 3), b]]
}

fn step(old: &[Tensor; 2], new: &[Tensor; 2]) -> Vec<u8> {
    let tensors: Vec<_> = ["a", "b"]
        .into_iter()
        .zip(old.iter().zip(new))
        .map(|(name, (old, new))| StepTensor::new(name, new.view(), &old.data).unwrap())
        .collect();
    encode_step(&tensors, &Encoder::new()).unwrap()
}

fn apply(bytes: &[u8], tensors: &mut [Tensor; 2]) -> Result<(), Error> {
    let [a, b] = tensors.each_mut().map(|tensor| &mut tensor.data[..]);
    Step::from_bytes(bytes.to_vec())?.apply(&mut [("b", b), ("a", a)], &cpu())
}

#[track_caller]
fn assert_same(one: &[Tensor; 2], other: &[Tensor; 2]) {
    assert!(one.iter().map(|tensor| &tensor.data).eq(other.iter().map(|tensor| &tensor.data)));
}

#[test]
fn a_step_is_applied_once_and_in_order() {
    let [old, new] = before_and_after();
    let bytes = step(&old, &new);
    assert!(bytes.len() < old[0].data.len() / 8, "{} bytes", bytes.len());
    let mut engine = old.clone();
    apply(&bytes, &mut engine).unwrap();
    assert_same(&engine, &new);
    let twice = apply(&bytes, &mut engine).unwrap_err();
    let wanted = |tensor: &Tensor| super::files::hash(tensor);
    assert!(twice.code() == "base_needed" && twice.to_string().contains("already"), "{twice}");
    assert!(twice.to_string().contains(&wanted(&old[0])), "{twice}");
    assert_same(&engine, &new);
    let later = [trained(&new[0], 9), new[1].clone()];
    let mut behind = old.clone();
    let early = apply(&step(&new, &later), &mut behind).unwrap_err();
    let wanted = wanted(&new[0]);
    assert!(early.code() == "base_needed" && early.to_string().contains(&wanted), "{early}");
    assert_same(&behind, &old);
}

/// The last tensor of a step is damaged, so that those before it are changed first.
#[test]
fn a_step_that_fails_changes_nothing() {
    let old = [tensor(300, 1), tensor(300, 2)];
    let new = [trained(&old[0], 3), trained(&old[1], 4)];
    let bytes = step(&old, &new);
    let archive = Archive::from_bytes(bytes.clone()).unwrap();
    for name in ["a", "b"] {
        let tensor = archive.tensor(name).unwrap();
        let mut damaged = bytes.clone();
        damaged[(tensor.blob_offset() + tensor.blob_len() / 2) as usize] ^= 1;
        let mut engine = old.clone();
        assert_eq!(apply(&damaged, &mut engine).unwrap_err().code(), "corrupt", "{name}");
        assert_same(&engine, &old);
    }
}

#[test]
fn only_the_tensors_of_a_step_are_taken() {
    let [old, new] = before_and_after();
    let step = Step::from_bytes(step(&old, &new)).unwrap();
    let [mut a, mut b] = old.clone().map(|tensor| tensor.data);
    let [mut c, mut d] = [a.clone(), b[1..].to_vec()];
    let refused = [
        step.apply(&mut [("a", &mut a)], &cpu()),
        step.apply(&mut [("a", &mut a), ("b", &mut b), ("c", &mut c)], &cpu()),
        step.apply(&mut [("a", &mut a), ("a", &mut c)], &cpu()),
        step.apply(&mut [("a", &mut a), ("b", &mut d)], &cpu()),
    ];
    let codes = refused.map(|result| result.unwrap_err().code());
    assert_eq!(
        codes,
        ["invalid_argument", "no_such_tensor", "invalid_argument", "invalid_argument"]
    );
    assert!(a == old[0].data);
    assert!(StepTensor::new("a", old[0].view(), &b).is_err());
    let alone = wcodec::compress(&old[0].view()).unwrap();
    assert_eq!(Step::from_bytes(alone).unwrap_err().code(), "invalid_argument");
}

/// A chain of seven steps in a folder, an anchor every three; returns the tensors after each.
fn chain(folder: &TempDir) -> (Chain, Vec<Tensor>) {
    let mut chain = Chain::open(folder.path(), 3).unwrap();
    let mut weights = vec![tensor(200, 1)];
    for step in 1..=7 {
        let old = &weights[step - 1];
        let new = trained(old, step as u64);
        let old = (step > 1).then_some(&old.data[..]);
        let number = chain.append(&[ChainTensor::new("w", new.view(), old)], &Encoder::new());
        assert_eq!(number.unwrap(), step as u64);
        weights.push(new);
        // Any step may be the last before a stop.
        chain = Chain::open(folder.path(), 3).unwrap();
    }
    (chain, weights)
}

#[track_caller]
fn assert_restores(chain: &Chain, step: u64, weights: &[Tensor]) {
    let restored = chain.restore(step, &cpu()).unwrap();
    assert_eq!((restored.len(), restored[0].0.name.as_str()), (1, "w"));
    assert!(restored[0].1 == weights[step as usize].data, "step {step}");
}

#[test]
fn every_step_of_a_chain_is_restored() {
    let folder = TempDir::new().unwrap();
    let (chain, weights) = chain(&folder);
    let anchors: Vec<_> = chain.steps().filter(|(_, anchor)| *anchor).map(|(n, _)| n).collect();
    assert_eq!((anchors, chain.last()), (vec![1, 4, 7], Some(7)));
    (1..=7).for_each(|step| assert_restores(&chain, step, &weights));
    assert_eq!(chain.restore(8, &cpu()).unwrap_err().code(), "invalid_argument");
}

#[test]
fn dropping_old_steps_leaves_what_others_need() {
    let folder = TempDir::new().unwrap();
    let (mut chain, weights) = chain(&folder);
    assert_eq!(chain.drop_before(3).unwrap(), 0);
    assert_eq!(chain.drop_before(6).unwrap(), 3);
    let mut again = Chain::open(folder.path(), 3).unwrap();
    assert!(again.steps().map(|(number, _)| number).eq(4..=7));
    (4..=7).for_each(|step| assert_restores(&again, step, &weights));
    assert_eq!(again.drop_before(2).unwrap_err().code(), "invalid_argument");
}

#[test]
fn a_link_that_is_gone_is_told_by_its_hash() {
    let folder = TempDir::new().unwrap();
    let (_, weights) = chain(&folder);
    fs::remove_file(folder.path().join("0000000005.wcodec")).unwrap();
    let chain = Chain::open(folder.path(), 3).unwrap();
    let error = chain.restore(6, &cpu()).unwrap_err();
    let wanted = format!("{:016x}", twox_hash::XxHash3_64::oneshot(&weights[5].data));
    assert!(error.code() == "base_needed" && error.to_string().contains(&wanted), "{error}");
    assert_restores(&chain, 4, &weights);
}

#[test]
fn a_chain_takes_no_step_from_elsewhere() {
    let folder = TempDir::new().unwrap();
    let (mut chain, weights) = chain(&folder);
    let next = trained(&weights[7], 8);
    let view: TensorView<'_> = next.view();
    for old in [None, Some(&weights[6].data[..])] {
        let error = chain.append(&[ChainTensor::new("w", view, old)], &Encoder::new());
        assert_eq!(error.unwrap_err().code(), "invalid_argument");
    }
    let other = ChainTensor::new("v", view, Some(&weights[7].data));
    assert_eq!(chain.append(&[other], &Encoder::new()).unwrap_err().code(), "no_such_tensor");
    assert_eq!(chain.last(), Some(7));
    assert_eq!(Chain::open(folder.path(), 0).unwrap_err().code(), "invalid_argument");
}
