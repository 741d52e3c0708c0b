//! Every warp that this CPU can run encodes and decodes what the portable one does, to the byte,
//! and refuses what it refuses.
//!
//! Each test runs once a warp. Those of a warp that this CPU lacks are ignored, each by its name,
//! so that a summary of the run says what was not tested.

use libtest_mimic::{Arguments, Trial};
use std::env;
use std::process::ExitCode;
use support::golden;
use support::{check_decoded, check_verdict, damaged, sweep};
use wcodec::{Blob, CpuBackend, Decoder, Device};

/// A test's name, and the test of one warp.
type Test = (&'static str, fn(CpuBackend));

/// The tests that each warp takes.
const TESTS: [Test; 3] = [
    ("a_decoder_says_which_warp_it_runs", a_decoder_says_which_warp_it_runs),
    ("golden_blobs", golden_blobs),
    ("every_codec_predictor_and_geometry", every_codec_predictor_and_geometry),
];

/// Those that compare a warp with the portable one, which would compare that with itself.
const COMPARISONS: [Test; 2] = [
    ("damaged_blobs_get_the_verdict_of_the_portable_warp", damaged_blobs_get_the_verdict),
    ("damaged_tiles_decode_to_the_same_garbage", damaged_tiles_decode_to_the_same_garbage),
];

/// The warps of this architecture, whether or not this CPU can run them.
fn warps_of_the_architecture() -> &'static [&'static str] {
    match env::consts::ARCH {
        "x86_64" => &["avx512", "avx2", "portable"],
        "aarch64" => &["neon", "portable"],
        _ => &["portable"],
    }
}

fn main() -> ExitCode {
    let mut trials = vec![Trial::test("no_warp_is_forgotten", || {
        no_warp_is_forgotten();
        Ok(())
    })];
    for warp in warps_of_the_architecture() {
        trials.extend(TESTS.map(|(name, test)| trial(warp, name, test)));
        if *warp != "portable" {
            trials.extend(COMPARISONS.map(|(name, test)| trial(warp, name, test)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A test of one warp. Asked for with `--ignored` on a CPU that lacks the warp, it fails.
fn trial(warp: &'static str, name: &str, test: fn(CpuBackend)) -> Trial {
    let lacks = format!("this CPU lacks {warp}");
    let trial = Trial::test(format!("{warp}::{name}"), {
        let lacks = lacks.clone();
        move || {
            test(CpuBackend::named(warp).ok_or(lacks)?);
            Ok(())
        }
    });
    match CpuBackend::named(warp) {
        Some(_) => trial,
        None => trial.with_ignored_flag(true).with_kind(lacks),
    }
}

/// A warp that this file does not list would not be tested on any CPU.
fn no_warp_is_forgotten() {
    let listed = warps_of_the_architecture();
    for warp in CpuBackend::all() {
        assert!(listed.contains(&warp.name()), "{} is not listed", warp.name());
    }
    assert!(CpuBackend::named("portable").is_some(), "every CPU can run the portable warp");
    assert_eq!(CpuBackend::named("sse9"), None);
}

fn a_decoder_says_which_warp_it_runs(warp: CpuBackend) {
    let decoder = Decoder::cpu(warp);
    assert_eq!(decoder.device(), &Device::Cpu { warp: warp.name(), fallback: None });
    assert_eq!(CpuBackend::named(warp.name()), Some(warp));
}

fn golden_blobs(warp: CpuBackend) {
    let decoder = Decoder::cpu(warp);
    for (combination, packed) in golden::pairs() {
        check_decoded(&decoder, packed.blob, &combination.original().data);
    }
}

/// The warp makes the blobs that the portable one makes, which the reference decodes as well.
fn every_codec_predictor_and_geometry(warp: CpuBackend) {
    let decoder = Decoder::cpu(warp);
    for (tensor, options) in sweep() {
        let blob = options.encoder().backend(warp).encode(&tensor.view()).unwrap();
        let expected =
            options.encoder().backend(CpuBackend::PORTABLE).encode(&tensor.view()).unwrap();
        assert!(blob == expected, "{} encodes otherwise: {options:?}", warp.name());
        check_decoded(&decoder, &blob, &tensor.data);
        let reference = reference::decode_blob(&blob).unwrap();
        assert!(reference == tensor.data, "{} {:?} {options:?}", tensor.dtype, tensor.shape);
    }
}

fn damaged_blobs_get_the_verdict(warp: CpuBackend) {
    let decoder = Decoder::cpu(warp);
    let (mut refused, mut decoded) = (0, 0);
    for (tensor, sound, damaged) in damaged() {
        for bytes in &damaged {
            *(if check_verdict(&decoder, bytes) { &mut decoded } else { &mut refused }) += 1;
        }
        check_decoded(&decoder, &sound, &tensor.data);
    }
    assert!(refused > 50 && decoded > 50, "{refused} refused, {decoded} decoded");
}

/// Even the rows of a corrupt tile are the same: no lane reads outside its tile.
fn damaged_tiles_decode_to_the_same_garbage(warp: CpuBackend) {
    let garbage = |warp, blob: &Blob<'_>| {
        let mut out = vec![0xA5; blob.byte_len() as usize];
        let verdict = Decoder::cpu(warp).decode(blob, &mut out);
        (verdict.map_err(|error| error.to_string()), out)
    };
    for (_, _, damaged) in damaged() {
        for blob in damaged.iter().filter_map(|bytes| Blob::parse(bytes).ok()) {
            let same = garbage(warp, &blob) == garbage(CpuBackend::PORTABLE, &blob);
            assert!(same, "{} {:?}", warp.name(), blob.summary());
        }
    }
}
