//! Safetensors files made by hand, so that their headers can be anything.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of this header and these bytes.
pub fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(data);
    file
}

/// `count` bytes that look like bytes of weights: neither constant nor uniform.
pub fn weights(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 60) as u8
    };
    (0..count).map(|_| next().wrapping_add(next()).wrapping_sub(16)).collect()
}

/// A file with `tensors` of the given name, dtype, shape and length, each filled with [`weights`].
pub fn file_of(tensors: &[(&str, &str, &str, usize)], metadata: Option<&str>) -> Vec<u8> {
    let mut members: Vec<String> =
        metadata.iter().map(|json| format!("\"__metadata__\":{json}")).collect();
    let mut data = Vec::new();
    for (index, (name, dtype, shape, len)) in tensors.iter().enumerate() {
        let (start, end) = (data.len(), data.len() + len);
        data.extend(weights(*len, index as u64));
        members.push(format!(
            "\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{start},{end}]}}"
        ));
    }
    file(&format!("{{{}}}", members.join(",")), &data)
}

/// A small model: a few tensors of several dtypes.
pub fn small_model() -> Vec<u8> {
    file_of(
        &[
            ("embed.weight", "BF16", "[64,96]", 64 * 96 * 2),
            ("layer.0.bias", "F32", "[33]", 33 * 4),
            ("layer.0.weight", "I8", "[40,512]", 40 * 512),
        ],
        Some(r#"{"format":"pt"}"#),
    )
}

/// Writes `bytes` to `name` in `folder`.
pub fn put(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a name inside a folder")).expect("a folder");
    fs::write(&path, bytes).expect("a file");
    path
}

/// The names of everything below `folder`, with what the files hold.
pub fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(tree(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            files.push((path, bytes));
        }
    }
    files.sort();
    files
}

/// The names directly in `folder`.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
