//! Decoding, and comparing with the original.

use wcodec::blob::BlobSummary;
use wcodec::programs::format::TileGrid;
use wcodec::{Blob, CpuBackend, Decoder, DeviceChoice, Error};

/// The decoder that needs nothing but a CPU.
pub fn cpu() -> Decoder {
    Decoder::open(DeviceChoice::Cpu).expect("every machine has a CPU")
}

/// Checks that the library on the CPU and the reference both decode `blob` to `original`, and says
/// how it is coded.
#[track_caller]
pub fn check_blob(blob: &[u8], original: &[u8]) -> BlobSummary {
    let summary = check_decoded(&cpu(), blob, original);
    match reference::decode_blob(blob) {
        Err(why) => panic!("the reference refuses the blob: {why}\n{summary:?}"),
        Ok(decoded) => {
            let parsed = Blob::parse(blob).expect("it was parsed before");
            assert_same("the reference", &parsed.layout().grid, &decoded, original, &summary);
        }
    }
    summary
}

/// Checks that `decoder` decodes `blob` to `original`, and says how it is coded.
#[track_caller]
pub fn check_decoded(decoder: &Decoder, blob: &[u8], original: &[u8]) -> BlobSummary {
    let blob = Blob::parse(blob).unwrap_or_else(|error| panic!("the library refuses: {error}"));
    let summary = blob.summary();
    assert_eq!(blob.byte_len(), original.len() as u64, "{summary:?}");
    // Poisoned so that a byte which is not written is wrong whatever it should be.
    let mut decoded: Vec<u8> = original.iter().map(|byte| !byte).collect();
    if let Err(error) = decoder.decode(&blob, &mut decoded) {
        panic!("{:?}: {error}\n{summary:?}", decoder.device());
    }
    let by = format!("{:?}", decoder.device());
    assert_same(&by, &blob.layout().grid, &decoded, original, &summary);
    summary
}

/// The result of `decoder` for bytes that may not be a blob.
pub fn decode(decoder: &Decoder, bytes: &[u8]) -> wcodec::Result<Vec<u8>> {
    let blob = Blob::parse(bytes)?;
    let mut decoded = vec![0xA5; blob.byte_len() as usize];
    decoder.decode(&blob, &mut decoded)?;
    Ok(decoded)
}

/// Checks that `decoder` makes of damaged bytes what the portable warp makes of them, and says
/// whether that is a tensor. Which tile is at fault is in the message, so equal messages are equal
/// verdicts.
#[track_caller]
pub fn check_verdict(decoder: &Decoder, bytes: &[u8]) -> bool {
    let portable = Decoder::cpu(CpuBackend::PORTABLE);
    match (decode(decoder, bytes), decode(&portable, bytes)) {
        (Ok(decoded), Ok(expected)) => {
            assert!(decoded == expected, "{:?}: other bytes", decoder.device());
            true
        }
        (Err(error @ Error::Corrupt { .. }), Err(expected)) => {
            assert_eq!(error.to_string(), expected.to_string(), "{:?}", decoder.device());
            false
        }
        (decoded, expected) => {
            let by = decoder.device();
            panic!("{by:?}: {:?}, portable: {:?}", decoded.err(), expected.err())
        }
    }
}

/// Panics with the place of the first difference, as a tensor is too long to be printed.
#[track_caller]
fn assert_same(by: &str, grid: &TileGrid, decoded: &[u8], original: &[u8], summary: &BlobSummary) {
    assert_eq!(decoded.len(), original.len(), "{by}: {summary:?}");
    let Some(at) = decoded.iter().zip(original).position(|(a, b)| a != b) else { return };
    let row = at as u64 / grid.row_bytes();
    let column = at as u64 % grid.row_bytes() / 512;
    let tile = row / u64::from(grid.tile_rows()) * u64::from(grid.columns()) + column;
    let differing = decoded.iter().zip(original).filter(|(a, b)| a != b).count();
    panic!(
        "{by}: {differing} of {} bytes differ, first byte {at}, in tile {tile}, row {} of it, \
         lane {}: {:#04x} in place of {:#04x}\n{summary:?}",
        original.len(),
        row % u64::from(grid.tile_rows()),
        at % 512 / 16,
        decoded[at],
        original[at],
    );
}
