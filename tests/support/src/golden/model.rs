//! The model in the golden file: a little of everything that a safetensors file may hold.

use crate::{Distribution, Tensor};
use serde_json::json;
use std::collections::BTreeMap;
use wcodec::Dtype;

/// Names and tensors in the order of the file.
pub fn tensors() -> Vec<(String, Tensor)> {
    let tensor =
        |dtype, shape: &[u64], distribution, seed| Tensor::new(dtype, shape, distribution, seed);
    let named: [(&str, Tensor); 8] = [
        ("embed.weight", tensor(Dtype::BF16, &[40, 256], Distribution::Gaussian(6.0), 1)),
        ("größe/重み 🦀\n\"\\", tensor(Dtype::F32, &[33, 5], Distribution::Gaussian(1.0), 2)),
        ("layer.0.q", tensor(Dtype::I8, &[16, 512], Distribution::Gaussian(28.0), 3)),
        ("layer.0.scale", tensor(Dtype::F16, &[16, 1], Distribution::Laplace(2.0), 4)),
        ("layer.0.experts", tensor(Dtype::F8_E4M3, &[2, 3, 700], Distribution::Gaussian(6.0), 5)),
        ("scalar", tensor(Dtype::F64, &[], Distribution::Constant, 6)),
        ("empty", tensor(Dtype::I64, &[0, 7], Distribution::Constant, 7)),
        ("fours", tensor(Dtype::F4, &[3, 50], Distribution::Sparse, 8)),
    ];
    named.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)).collect()
}

pub fn metadata() -> BTreeMap<String, String> {
    BTreeMap::from([("format".to_owned(), "pt".to_owned())])
}

/// The safetensors file of them, its header padded with spaces.
pub fn safetensors() -> Vec<u8> {
    let mut members = vec![format!("\"__metadata__\": {}", json!(metadata()))];
    let mut data = Vec::new();
    for (name, tensor) in tensors() {
        let start = data.len();
        data.extend_from_slice(&tensor.data);
        let (dtype, shape) = (tensor.dtype.to_string(), tensor.shape);
        let info = json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, data.len()] });
        members.push(format!("{}: {info}", json!(name)));
    }
    let header = format!("{{{}}}  ", members.join(", "));
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

/// A file that breaks a rule of safetensors: it goes on after its end.
pub fn odd_file() -> Vec<u8> {
    [&safetensors()[..], b"and more"].concat()
}

/// A file made from the first of [`shards`]: an embedding whose rows lie elsewhere, a layer with few
/// changes and one with many, a tensor that was renamed, and a new one.
pub fn fine() -> Vec<u8> {
    let tensor = |seed| Tensor::new(Dtype::BF16, &[160, 128], Distribution::Gaussian(6.0), seed);
    let (embed, layer) = (tensor(1).data, tensor(2).data);
    let rows: Vec<u8> = embed.chunks(256).rev().take(150).flatten().copied().collect();
    let changed = |one_of: u64, seed| -> Vec<u8> {
        let mut random = crate::Random::new(seed);
        let step = |byte: u8, at: usize, random: &mut crate::Random| {
            let changes = at.is_multiple_of(2) && random.below(one_of) == 0;
            byte.wrapping_add(if changes { random.below(4) as u8 + 1 } else { 0 })
        };
        layer.iter().enumerate().map(|(at, &byte)| step(byte, at, &mut random)).collect()
    };
    let tensors = [
        ("embed", 150, rows),
        ("layer", 160, changed(30, 7)),
        ("like", 160, changed(1, 8)),
        ("renamed", 160, embed.clone()),
        ("new", 160, tensor(9).data),
    ];
    let (mut members, mut data) = (json!({}), Vec::new());
    for (name, rows, bytes) in tensors {
        let place = [data.len(), data.len() + bytes.len()];
        data.extend(bytes);
        members[name] = json!({ "dtype": "BF16", "shape": [rows, 128], "data_offsets": place });
    }
    crate::safetensors_source::file(&members.to_string(), &data)
}

/// The files of a folder, the second of which repeats a long tensor of the first.
pub fn shards() -> [(&'static str, Vec<u8>); 2] {
    let tensor = |seed| Tensor::new(Dtype::BF16, &[160, 128], Distribution::Gaussian(6.0), seed);
    let file = |names: &[(&str, u64)]| {
        let (mut members, mut data) = (json!({}), Vec::new());
        for &(name, seed) in names {
            let start = data.len();
            data.extend_from_slice(&tensor(seed).data);
            let place = [start, data.len()];
            members[name] = json!({ "dtype": "BF16", "shape": [160, 128], "data_offsets": place });
        }
        crate::safetensors_source::file(&members.to_string(), &data)
    };
    [
        ("a.safetensors", file(&[("embed", 1), ("layer", 2)])),
        ("deep/b.safetensors", file(&[("head", 1), ("new", 3), ("tied", 1)])),
    ]
}
