//! Files of weights, as other tools write them.

use half::{bf16, f16};
use support::safetensors_source::file;

/// Name, dtype, shape and bytes.
pub type Made = (String, &'static str, Vec<usize>, Vec<u8>);

/// Numbers of a normal distribution, as weights have it.
pub fn gaussian(count: usize, deviation: f32, seed: u64) -> impl Iterator<Item = f32> {
    let mut random = support::Random::new(seed);
    (0..count).map(move |_| deviation * random.gaussian() as f32)
}

pub fn bf16_of(count: usize, seed: u64) -> Vec<u8> {
    gaussian(count, 0.02, seed).flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect()
}

pub fn f16_of(count: usize, deviation: f32, seed: u64) -> Vec<u8> {
    gaussian(count, deviation, seed).flat_map(|x| f16::from_f32(x).to_le_bytes()).collect()
}

pub fn f32_of(count: usize, deviation: f32, seed: u64) -> Vec<u8> {
    gaussian(count, deviation, seed).flat_map(f32::to_le_bytes).collect()
}

/// Bytes of E4M3: the upper bits of a half whose exponent is four bits less.
pub fn fp8_of(count: usize, seed: u64) -> Vec<u8> {
    let e4m3 = |x: f32| {
        let bits = f16::from_f32(x * 64.0).to_bits();
        let exponent = (i32::from(bits >> 10 & 31) - 8).clamp(0, 15) as u16;
        (bits >> 8 & 0x80 | exponent << 3 | bits >> 7 & 7) as u8
    };
    gaussian(count, 0.02, seed).map(e4m3).collect()
}

/// A safetensors file as other tools write it.
pub fn source(tensors: &[Made]) -> Vec<u8> {
    let (mut members, mut data) = (Vec::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let (start, end) = (data.len(), data.len() + bytes.len());
        data.extend_from_slice(bytes);
        members.push(format!(
            r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#
        ));
    }
    let mut header = format!("{{{}}}", members.join(","));
    header += &" ".repeat(header.len().next_multiple_of(8) - header.len());
    file(&header, &data)
}
