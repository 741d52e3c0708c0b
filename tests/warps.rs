//! Every warp that this CPU can run encodes and decodes what the portable one does, to the byte, and refuses what it refuses.

#[path = "golden/mod.rs"]
mod golden;
mod reference;
mod support;

use std::env;
use support::{check_decoded, check_verdict, damaged, sweep};
use wcodec::{Blob, CpuWarp, Decoder, Device};

/// A decoder for each warp.
fn decoders() -> Vec<Decoder> {
    CpuWarp::all().map(Decoder::cpu).collect()
}

/// The warps that this architecture has, or those that `WCODEC_TEST_WARPS` names for a CPU that lacks some of them: what is
/// not tested is to be missed.
#[test]
fn no_warp_goes_untested() {
    let all = match env::consts::ARCH {
        "x86_64" => "avx512,avx2,portable",
        "aarch64" => "neon,portable",
        _ => "portable",
    };
    let expected = env::var("WCODEC_TEST_WARPS").unwrap_or(all.into());
    let tested: Vec<_> = CpuWarp::all().map(CpuWarp::name).collect();
    assert_eq!(tested.join(","), expected, "say in WCODEC_TEST_WARPS which warps this CPU can run");
}

#[test]
fn a_decoder_says_which_warp_it_runs() {
    for warp in CpuWarp::all() {
        let decoder = Decoder::cpu(warp);
        assert_eq!(decoder.device(), &Device::Cpu { warp: warp.name(), fallback: None });
        assert_eq!(CpuWarp::named(warp.name()), Some(warp));
    }
    assert_eq!(CpuWarp::named("sse9"), None);
}

#[test]
fn golden_blobs() {
    let decoders = decoders();
    for (combination, packed) in golden::pairs() {
        let original = combination.original().data;
        for decoder in &decoders {
            check_decoded(decoder, packed.blob, &original);
        }
    }
}

/// All warps make the same blobs. What the sweep is of is checked against the reference as well.
#[test]
fn every_codec_predictor_and_geometry() {
    let decoders = decoders();
    for (tensor, options) in sweep() {
        let blob = options.encoder().warp(CpuWarp::PORTABLE).encode(&tensor.view()).unwrap();
        for warp in CpuWarp::all() {
            let other = options.encoder().warp(warp).encode(&tensor.view()).unwrap();
            assert!(other == blob, "{} encodes otherwise: {options:?}", warp.name());
        }
        for decoder in &decoders {
            check_decoded(decoder, &blob, &tensor.data);
        }
        let reference = reference::decode_blob(&blob).unwrap();
        assert!(reference == tensor.data, "{} {:?} {options:?}", tensor.dtype, tensor.shape);
    }
}

#[test]
fn damaged_blobs_get_the_verdict_of_the_portable_warp() {
    let decoders = decoders();
    let (mut refused, mut decoded) = (0, 0);
    for (tensor, sound, damaged) in damaged() {
        for decoder in &decoders {
            for bytes in &damaged {
                *(if check_verdict(decoder, bytes) { &mut decoded } else { &mut refused }) += 1;
            }
            check_decoded(decoder, &sound, &tensor.data);
        }
    }
    assert!(refused > 50 && decoded > 50, "{refused} refused, {decoded} decoded");
}

/// Even the rows of a tile that is not sound are the same: no lane reads what it should not.
#[test]
fn damaged_tiles_decode_to_the_same_garbage() {
    let decoders = decoders();
    for (_, _, damaged) in damaged() {
        for blob in damaged.iter().filter_map(|bytes| Blob::parse(bytes).ok()) {
            let garbage = |decoder: &Decoder| {
                let mut out = vec![0xA5; blob.byte_len() as usize];
                let verdict = decoder.decode(&blob, &mut out);
                (verdict.map_err(|error| error.to_string()), out)
            };
            let expected = garbage(&Decoder::cpu(CpuWarp::PORTABLE));
            for decoder in &decoders {
                assert!(
                    garbage(decoder) == expected,
                    "{:?} {:?}",
                    decoder.device(),
                    blob.summary()
                );
            }
        }
    }
}
