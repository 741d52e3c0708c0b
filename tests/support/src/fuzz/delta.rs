//! A delta, and the reference that it asks for: its length is the delta's word, its bytes are always
//! the same.

use wcodec::delta::Delta;
use wcodec::{Decoder, DeviceChoice, Result};

/// The most bytes of a tensor and of a reference: longer ones show nothing new.
const MOST: u64 = 1 << 20;

/// Library and reference decoder decode it to the same, or both refuse it; a refusal changes nothing.
pub fn run(data: &[u8]) {
    let claimed = |at: usize| {
        let bytes = data.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u64::from_le_bytes)
    };
    // A map may ask for far more rows than there are.
    if claimed(8) > MOST {
        return;
    }
    let len = claimed(16).min(MOST);
    let reference: Vec<u8> = (0..len).map(|at| (at * at % 251) as u8).collect();
    match (decode(data, &reference), reference::decode_delta(data, &reference)) {
        (Ok(library), Ok(other)) => assert!(library == other, "they differ"),
        (Err(error), Err(_)) => {
            let known = error.is_bad_data() || error.code() == "invalid_argument";
            assert!(known, "{error}");
        }
        (Err(error), Ok(_)) => panic!("only the library refuses it: {error}"),
        (Ok(_), Err(why)) => panic!("only the reference decoder refuses it: {why}"),
    }
}

fn decode(data: &[u8], reference: &[u8]) -> Result<Vec<u8>> {
    let delta = Delta::parse(data)?;
    let _ = delta.summary();
    let decoder = Decoder::open(DeviceChoice::Cpu)?;
    let mut in_place = reference.to_vec();
    let applied = decoder.apply(&delta, &mut in_place);
    if applied.is_err() {
        assert!(in_place == reference, "a refusal changed the reference");
    }
    let mut decoded = vec![0xA5; delta.byte_len() as usize];
    decoder.decode_against(&delta, reference, &mut decoded)?;
    assert!(applied.is_err() || in_place == decoded, "in place it is another");
    Ok(decoded)
}
