//! Tensors and rows of them loaded to memory of the caller's.

use super::own_source::InMemory;
use super::tensors;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use support::Tensor;
use wcodec::gpu::{DeviceMemory, GpuDecoder, GpuLoader, GpuStream, LoadOptions, LoadTarget};
use wcodec::{Error, Progress, Result};

/// The byte that memory holds before.
const POISON: u8 = 0xA5;

/// Tensors, their source, and memory for the wanted parts.
struct Room {
    tensors: Vec<Tensor>,
    source: InMemory,
    gpu: GpuDecoder,
    loader: GpuLoader,
    out: DeviceMemory,
}

impl Room {
    fn new(options: LoadOptions) -> Self {
        let tensors = tensors();
        let source = InMemory::new(&tensors);
        let gpu = GpuDecoder::open(0).unwrap();
        let loader = GpuLoader::new(&gpu, options).unwrap();
        let out = gpu.allocate(32 << 20).unwrap();
        out.fill(POISON).unwrap();
        Self { tensors, source, gpu, loader, out }
    }

    /// Loads rows of tensors to offsets of the memory, and gives what the memory then holds.
    fn load(
        &mut self,
        wanted: &[(&str, Option<Range<u64>>, u64)],
        stream: &GpuStream,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>> {
        let address = self.out.address();
        let wanted: Vec<LoadTarget<'_>> = wanted
            .iter()
            .map(|(name, rows, offset)| LoadTarget::new(name, address + offset).rows(rows.clone()))
            .collect();
        // SAFETY: tests want nothing beyond the memory, which nothing else uses, nor twice to one
        // place.
        unsafe { self.loader.load_into(&self.source, &wanted, stream, progress) }?;
        let mut bytes = vec![0; self.out.len() as usize];
        self.out.read(0, &mut bytes).unwrap();
        Ok(bytes)
    }

    /// Loads, and compares all of the memory with the expected content.
    #[track_caller]
    fn check(&mut self, wanted: &[(&str, Option<Range<u64>>, u64)]) {
        let mut expected = vec![POISON; self.out.len() as usize];
        for (name, rows, offset) in wanted {
            let tensor = &self.tensors[name.parse::<usize>().unwrap()];
            let row_bytes = tensor.data.len() / tensor.shape[0].max(1) as usize;
            let rows = rows.clone().unwrap_or(0..tensor.shape[0]);
            let bytes =
                &tensor.data[rows.start as usize * row_bytes..rows.end as usize * row_bytes];
            expected[*offset as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        self.out.fill(POISON).unwrap();
        let stream = self.gpu.new_stream().unwrap();
        let loaded = self.load(wanted, &stream, &()).unwrap();
        assert!(loaded == expected, "{wanted:?}");
    }
}

/// Pieces, groups and slots so small that each is used again and again.
fn small() -> LoadOptions {
    LoadOptions::new().readers(5).piece_bytes(3000).pieces(2).group_bytes(50_000).slots(2)
}

/// In any order, more than once, at any address, from one byte to all; nothing is written around
/// them.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn tensors_and_rows_come_to_their_places() {
    for options in [small(), LoadOptions::default()] {
        let mut room = Room::new(options);
        room.check(&[]);
        room.check(&[("0", None, 0)]);
        room.check(&[("7", None, 3), ("5", None, 8 << 20), ("1", None, 1), ("2", None, 2)]);
        room.check(&[
            ("7", Some(100..101), 4096),
            ("7", Some(2047..2048), 5),
            ("3", Some(5..5), 9),
        ]);
        room.check(&[
            ("6", Some(1..2), 7),
            ("6", Some(0..40_000), 1 << 20),
            ("6", Some(9..30), 40),
        ]);
        let many: Vec<_> = (0..200).map(|n| ("7", Some(n * 9..n * 9 + 9), n * 18_432)).collect();
        room.check(&many);
        // Whole rows of tiles, which are decoded in place.
        room.check(&[("7", Some(0..1024), 256), ("7", Some(1024..2048), 16 << 20)]);
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn what_cannot_be_loaded_is_an_error_and_writes_nothing() {
    let mut room = Room::new(small());
    let stream = room.gpu.new_stream().unwrap();
    let absent = room.load(&[("0", None, 0), ("absent", None, 0)], &stream, &());
    assert!(matches!(absent, Err(Error::NoSuchTensor { .. })), "{:?}", absent.err());
    for rows in [0..301, 300..301, Range { start: 2, end: 1 }] {
        let refused = room.load(&[("2", None, 0), ("0", Some(rows), 0)], &stream, &());
        assert!(matches!(refused, Err(Error::InvalidArgument(_))), "{:?}", refused.err());
    }
    room.check(&[]);
}

/// The bytes read grow to all there are; a load that is stopped says so, and the next one is right.
/// Stops when all is read.
#[derive(Default)]
struct Count {
    all: AtomicU64,
    read: AtomicU64,
    calls: AtomicU64,
}

impl Progress for Count {
    fn expect(&self, bytes: u64) {
        self.all.fetch_add(bytes, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64) -> ControlFlow<()> {
        let read = self.read.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let all = self.all.load(Ordering::Relaxed);
        assert!(0 < bytes && read <= all);
        self.calls.fetch_add(1, Ordering::Relaxed);
        if read < all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn progress_is_told_and_stops_a_load() {
    let mut room = Room::new(small());
    let stream = room.gpu.new_stream().unwrap();
    let count = Count::default();
    let stopped = room.load(&[("7", None, 0), ("5", None, 8 << 20)], &stream, &count);
    assert!(matches!(stopped, Err(Error::Cancelled)), "{:?}", stopped.err());
    assert!(count.calls.into_inner() > 100 && count.read.into_inner() > 300_000);
    room.check(&[("7", None, 0), ("5", None, 8 << 20)]);
}

/// Earlier work on the stream would spoil the tensors if it came after them.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_load_comes_after_earlier_work_on_the_stream() {
    let mut room = Room::new(LoadOptions::default());
    let stream = room.gpu.new_stream().unwrap();
    let ballast = room.gpu.allocate(2 << 30).unwrap();
    for _ in 0..50 {
        ballast.fill_on(1, &stream).unwrap();
    }
    room.out.fill_on(0, &stream).unwrap();
    let loaded = room.load(&[("0", None, 64)], &stream, &()).unwrap();
    let tensor = &room.tensors[0].data;
    assert!(loaded[64..][..tensor.len()] == *tensor);
    assert!(loaded[..64].iter().chain(&loaded[64 + tensor.len()..]).all(|&byte| byte == 0));
}
