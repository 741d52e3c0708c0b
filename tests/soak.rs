//! Encoding and decoding over and over keeps no more memory, files or mappings than in the
//! beginning.
//!
//! A program of its own, as it has its own allocator. `WCODEC_LOOPS` asks for more loops.

use std::sync::Mutex;
use support::counting_allocator::{Counting, live_bytes};
use support::safetensors_source::{file_of, put};
use support::{Distribution, Tensor, check_decoded, cpu, number};
use tempfile::TempDir;
use wcodec::convert::{CompressOptions, DecompressOptions, compress_file, decompress_file};
use wcodec::{Blob, Dtype, Encoder};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Each test counts all of the process's memory, so they run one after another.
static ALONE: Mutex<()> = Mutex::new(());

/// Seeds of one cycle. Cycles are compared, as each of them does the same.
const CYCLE: u64 = 7;

/// Cycles before each thread has the buffers that it keeps.
const WARM_UP: u64 = 8;

/// The least loss that is told from noise: bytes a cycle, so that a loss in only one loop of it is
/// found.
const LEAK: i64 = 256;

/// One round: tensors of several dtypes there and back, a damaged one, and a whole file.
fn round(folder: &TempDir, seed: u64) {
    for (dtype, columns) in [(Dtype::BF16, 1024), (Dtype::I8, 2048), (Dtype::F32, 256)] {
        let tensor = Tensor::new(dtype, &[64, columns], Distribution::Gaussian(6.0), seed);
        let mut blob = Encoder::new().encode(&tensor.view()).unwrap();
        check_decoded(&cpu(), &blob, &tensor.data);
        let last = blob.len() - 1;
        blob[last] ^= 0xFF;
        let _ = Blob::parse(&blob).map(|blob| cpu().decode(&blob, &mut vec![0; tensor.data.len()]));
        assert!(Blob::parse(&blob[..last]).is_err());
    }
    let [archive, restored] = ["a.wcodec", "b.safetensors"].map(|name| folder.path().join(name));
    let decoder = cpu();
    let options = CompressOptions::new().verify(&decoder).overwrite(true);
    let source = folder.path().join("a.safetensors");
    compress_file(&source, &archive, &options, &()).unwrap();
    let options = DecompressOptions::new(&decoder).overwrite(true);
    decompress_file(&archive, &restored, &options, &()).unwrap();
}

/// Bytes that `work` keeps each cycle: the median, as once in a while a thread first needs a
/// buffer, or frees one a moment late, while a leak takes its bytes in every cycle.
fn kept_each_cycle(cycles: u64, mut work: impl FnMut(u64)) -> i64 {
    let mut live = Vec::with_capacity(cycles as usize + 1);
    for _ in 0..cycles {
        (0..CYCLE).for_each(&mut work);
        live.push(live_bytes());
    }
    let mut grown: Vec<i64> =
        live[WARM_UP as usize..].windows(2).map(|two| two[1] - two[0]).collect();
    grown.sort_unstable();
    println!("bytes kept in each of {} cycles: {grown:?}", grown.len());
    grown[grown.len() / 2]
}

/// A folder with the file that [`round`] converts.
fn folder_with_source() -> TempDir {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "a.safetensors", &file_of(&[("a", "BF16", "[300,512]", 307_200)], None));
    folder
}

#[test]
fn memory_does_not_grow() {
    let _alone = ALONE.lock();
    let folder = folder_with_source();
    let cycles = number("WCODEC_LOOPS", 200) / CYCLE;
    assert!(cycles > 3 * WARM_UP, "too few loops to show anything");
    let kept = kept_each_cycle(cycles, |seed| {
        round(&folder, seed);
        #[cfg(target_os = "linux")]
        assert_eq!(held_files(&folder), Vec::<String>::new());
    });
    assert!(kept < LEAK, "{kept} bytes are lost in every {CYCLE} loops");
}

/// The test above would find the least leak that it is meant to find, in the noise of real work.
#[test]
fn a_leak_would_be_found() {
    let _alone = ALONE.lock();
    let folder = folder_with_source();
    let kept = kept_each_cycle(3 * WARM_UP, |seed| {
        round(&folder, seed);
        if seed == 3 {
            std::mem::forget(vec![0_u8; LEAK as usize]);
        }
    });
    assert!(kept >= LEAK, "only {kept} bytes of {LEAK} were seen");
}

/// The files in the folder that this process has open or mapped.
#[cfg(target_os = "linux")]
fn held_files(folder: &TempDir) -> Vec<String> {
    let folder = folder.path().to_str().unwrap();
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let open = open.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok());
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    open.map(|path| path.display().to_string())
        .chain(maps.lines().map(String::from))
        .filter(|held| held.contains(folder))
        .collect()
}
