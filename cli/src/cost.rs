//! Memory in proportion to input, for the tests of what a stranger's file can cost.

use allocation_counter::measure;
use rayon::ThreadPoolBuilder;
use std::fs;
use std::path::Path;

/// Runs `work` and checks that it never held more than twice `factor` bytes for each of `input`
/// bytes.
///
/// In a pool of one thread, which is the one whose allocations are counted.
#[track_caller]
pub fn about(factor: f64, input: usize, what: &str, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let held = pool.install(|| measure(work)).bytes_max;
    let found = held as f64 / input as f64;
    println!("{what}: {held} bytes for {input}, {found:.2} times");
    assert!(found <= 2.0 * factor, "{what}: {found:.2} times the header, not {factor}");
}

/// Writes a source of `count` tensors without bytes, each of a kind of its own, and one of many
/// dimensions; gives the length of its header.
pub fn put_source(path: &Path, count: usize) -> usize {
    let tensor = |number: usize| {
        format!(r#""x{number:x}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)
    };
    let ones = vec!["1"; 21_000].join(",");
    let long = format!(r#""long":{{"dtype":"U8","shape":[{ones}],"data_offsets":[0,1]}}"#);
    let members: Vec<_> = (0..count).map(tensor).chain([long]).collect();
    let header = format!("{{{}}}", members.join(","));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.push(7);
    fs::write(path, file).unwrap();
    header.len()
}
