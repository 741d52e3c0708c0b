//! The fuzz targets without a fuzzer: over the committed corpus, and over what chance makes of it.
//!
//! `make fuzz` runs libFuzzer over the same targets. `WCODEC_MUTANTS` asks for more of each here.

mod mutate;
mod seeds;

use mutate::mutant;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Random, number};

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// The committed inputs of a target, in the order of their names.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(corpus(target)).expect("the corpus is committed");
    let mut inputs: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            (path.display().to_string(), fs::read(&path).expect("a file"))
        })
        .collect();
    inputs.sort();
    inputs
}

/// Runs a target; a panic's message is shown together with the input.
fn run(name: &str, input: &[u8], target: fn(&[u8])) {
    if let Err(panic) = std::panic::catch_unwind(|| target(input)) {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("made of {name}: {hex}");
        std::panic::resume_unwind(panic);
    }
}

fn check(name: &str, target: fn(&[u8]), mutants: u64) {
    let inputs = inputs(name);
    assert!(inputs.len() >= 3, "only {} inputs", inputs.len());
    inputs.iter().for_each(|(name, input)| run(name, input, target));
    let mut random = Random::new(number("WCODEC_SEED", 20_261_125));
    for _ in 0..number("WCODEC_MUTANTS", mutants) {
        let (name, input) = &inputs[random.below(inputs.len() as u64) as usize];
        let other = &inputs[random.below(inputs.len() as u64) as usize].1;
        run(name, &mutant(input, other, &mut random), target);
    }
}

/// Seeds that a reader refuses lead a fuzzer nowhere: they are written anew with the format.
#[test]
fn seeds_are_read() {
    for (name, bytes) in inputs("blob") {
        assert!(wcodec::Blob::parse(&bytes).is_ok(), "{name}");
    }
    for (name, bytes) in inputs("archive") {
        // In memory there is no folder in which other files could be found.
        let code = wcodec::Archive::from_bytes(bytes).err().map(|error| error.code());
        assert!(matches!(code, None | Some("stored_elsewhere")), "{name}: {code:?}");
    }
}

#[test]
fn archive() {
    check("archive", support::fuzz::archive::run, 30_000);
}

#[test]
fn blob() {
    check("blob", support::fuzz::blob::run, 200_000);
}

#[test]
fn delta() {
    check("delta", support::fuzz::delta::run, 30_000);
}

#[test]
fn header() {
    check("header", support::fuzz::header::run, 30_000);
}

#[test]
fn inflate() {
    check("inflate", support::fuzz::inflate::run, 100_000);
}

#[test]
fn roundtrip() {
    check("roundtrip", support::fuzz::roundtrip::run, 20_000);
}

#[test]
fn safetensors() {
    check("safetensors", support::fuzz::safetensors::run, 100_000);
}

#[test]
fn tiles() {
    check("tiles", support::fuzz::tiles::run, 20_000);
}
