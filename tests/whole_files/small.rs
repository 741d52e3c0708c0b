//! Tensors that share blobs as they are small.

use super::made::{Made, f16_of, f32_of, fp8_of, gaussian};
use super::{blobs, there_and_back};
use half::f16;
use std::{fs, iter};

#[test]
fn scalars_do_not_grow() {
    let value = f32_of(1000, 1.0, 1);
    let scalar =
        |at: usize| (format!("scales.{at}"), "F32", vec![], value[4 * at..4 * at + 4].to_vec());
    let pair = there_and_back(&(0..1000).map(scalar).collect::<Vec<_>>());
    println!("{:.3}", pair.ratio);
    assert!(pair.ratio > 1.0, "{}", pair.ratio);
    assert_eq!(blobs(&pair.archive), 1);
}

#[test]
fn adapters_do_not_grow() {
    let mut tensors = Vec::new();
    for pair in 0..264u64 {
        let name = |part: &str| format!("lora_unet_blocks_{}_{}.{part}", pair / 8, pair % 8);
        tensors.push((name("alpha"), "F16", vec![], f16::from_f32(4.0).to_le_bytes().to_vec()));
        let down = f16_of(4 * 320, 0.02, 2 * pair);
        tensors.push((name("lora_down.weight"), "F16", vec![4, 320], down));
        let up = f16_of(320 * 4, 0.005, 2 * pair + 1);
        tensors.push((name("lora_up.weight"), "F16", vec![320, 4], up));
    }
    let pair = there_and_back(&tensors);
    println!("{:.3}", pair.ratio);
    assert!(pair.ratio >= 1.1, "{}", pair.ratio);
}

#[test]
fn small_experts_do_not_grow() {
    check_small_experts(5000);
}

#[test]
#[ignore = "takes a minute: make test-large"]
fn very_many_small_experts_do_not_grow() {
    check_small_experts(50_000);
}

/// Experts of 32 × 32 in FP8, with two scales each.
fn check_small_experts(experts: u64) {
    let mut tensors = Vec::new();
    for expert in 0..experts {
        let name = |part: &str| format!("experts.{expert}.{part}");
        tensors.push((name("weight"), "F8_E4M3", vec![32, 32], fp8_of(1024, expert)));
        for (seed, part) in (0..).zip(["weight_scale", "input_scale"]) {
            let scale = gaussian(1, 0.001, 2 * expert + seed).next().unwrap().abs() + 0.01;
            tensors.push((name(part), "F32", vec![], scale.to_le_bytes().to_vec()));
        }
    }
    let pair = there_and_back(&tensors);
    let bytes = fs::metadata(&pair.source).unwrap().len();
    println!("{:.3} of {bytes}", pair.ratio);
    assert!(pair.ratio >= 1.1, "{}", pair.ratio);
}

/// What 1,000 tensors of a kilobyte cost beside what they could be coded in: blobs, their headers
/// and the archive's.
#[test]
fn a_tensor_of_a_kilobyte_costs_little() {
    let random = |count, seed| {
        let mut random = support::Random::new(seed);
        iter::repeat_with(move || random.byte()).take(count).collect::<Vec<u8>>()
    };
    let tensor = |at: usize| {
        (
            format!("model.layers.{}.norm{}.bias", at / 4, at % 4),
            "U8",
            vec![1024],
            random(1024, at as u64),
        )
    };
    let tensors: Vec<Made> = (0..1000).map(tensor).collect();
    let pair = there_and_back(&tensors);
    let cost = fs::metadata(&pair.archive).unwrap().len() as f64 / 1000.0 - 1024.0;
    println!("{cost:.1} bytes a tensor");
    assert!(cost <= 40.0, "{cost}");
}
