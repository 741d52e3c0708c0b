//! Rows loaded from no more than the tiles that hold them, and the event of a load.

use super::tensors;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{Options, Tensor, write_archive};
use tempfile::TempDir;
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::gpu::{DeviceMemory, GpuDecoder, GpuLoader, LoadOptions, LoadTarget};
use wcodec::{Archive, BlobInfo, BlobSource, Decoder, DeviceChoice, Result};

/// The tensor whose rows are loaded, of 2,048 rows of 2,048 bytes.
const NAME: &str = "tensor 7";
const ROW: usize = 2048;

/// An archive that counts the bytes that are read of its blobs.
struct Counting {
    archive: Archive,
    read: AtomicU64,
}

impl Counting {
    fn open(path: &Path) -> Self {
        Self { archive: Archive::open(path).unwrap(), read: AtomicU64::new(0) }
    }

    /// The bytes read since they were asked for last.
    fn read(&self) -> u64 {
        self.read.swap(0, Ordering::Relaxed)
    }
}

impl BlobSource for Counting {
    fn blob_count(&self) -> usize {
        self.archive.blob_count()
    }

    fn blob_info(&self, number: usize) -> BlobInfo {
        self.archive.blob_info(number)
    }

    fn find_blob(&self, name: &str) -> Result<usize> {
        self.archive.find_blob(name)
    }

    fn read_blob_at(&self, number: usize, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.archive.read_blob_at(number, offset, bytes)
    }

    fn blob_place(&self, number: usize) -> String {
        self.archive.blob_place(number)
    }

    fn is_checked(&self, number: usize) -> bool {
        self.archive.is_checked(number)
    }

    fn set_checked(&self, number: usize) {
        self.archive.set_checked(number);
    }
}

/// Tensors in a file, and memory on a GPU.
struct Room {
    source: Counting,
    tensor: Tensor,
    gpu: GpuDecoder,
    out: DeviceMemory,
    blob_len: u64,
    _folder: TempDir,
}

impl Room {
    fn new() -> Self {
        let (folder, mut tensors) = (TempDir::new().unwrap(), tensors());
        let path = folder.path().join("model.wcodec");
        let short = Options::forced(PlaneCodec::TansPair, Predictor::None);
        let written = write_archive(&path, tensors.iter().map(|tensor| (tensor, short)));
        let blob_len = written.tensor(NAME).unwrap().blob_len();
        let gpu = GpuDecoder::open(0).unwrap();
        let out = gpu.allocate(8 << 20).unwrap();
        let tensor = tensors.remove(7);
        Self { source: Counting::open(&path), tensor, gpu, out, blob_len, _folder: folder }
    }

    /// Loads rows, compares them, and returns the bytes that were read.
    #[track_caller]
    fn load(&self, loader: &mut GpuLoader, rows: Range<u64>) -> u64 {
        self.out.fill(0xA5).unwrap();
        let targets = [LoadTarget::new(NAME, self.out.address()).rows(rows.clone())];
        self.source.read();
        // SAFETY: the memory is larger than the tensor, and nothing else uses it.
        unsafe { loader.load_into(&self.source, &targets, self.gpu.stream(), &()) }.unwrap();
        let read = self.source.read();
        let mut loaded = vec![0; self.out.len() as usize];
        self.out.read(0, &mut loaded).unwrap();
        let expected = self.rows(rows);
        assert!(loaded[..expected.len()] == *expected, "the rows");
        assert!(loaded[expected.len()..].iter().all(|&byte| byte == 0xA5), "written after them");
        read
    }

    fn rows(&self, rows: Range<u64>) -> &[u8] {
        &self.tensor.data[rows.start as usize * ROW..rows.end as usize * ROW]
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_row_costs_its_tile_rows_on_a_gpu() {
    let room = Room::new();
    // Small pieces, so that parts of parts are read; and the slots hold other blobs before.
    let options = LoadOptions::new().piece_bytes(3000).slots(2);
    for check_rows in [true, false] {
        let source = Counting::open(room.source.archive.path());
        let room = Room { source, tensor: room.tensor.clone(), ..Room::new() };
        let mut loader = GpuLoader::new(&room.gpu, options.clone().check_rows(check_rows)).unwrap();
        drop(loader.load(&room.source).unwrap());
        let source = Counting::open(room.source.archive.path());
        let room = Room { source, ..room };
        let first = room.load(&mut loader, 100..101);
        match check_rows {
            true => assert!(first > room.blob_len, "{first}: the checksum is of the whole"),
            false => assert!(first < room.blob_len / 20, "{first} of {}", room.blob_len),
        }
        for (rows, most) in [(0..1, 50), (255..257, 50), (2047..2048, 50), (700..1400, 2)] {
            let read = room.load(&mut loader, rows.clone());
            assert!(read < room.blob_len / most, "{rows:?}: {read} of {}", room.blob_len);
        }
        assert_eq!(room.load(&mut loader, 9..9), 0);
        assert!(room.load(&mut loader, 0..2048) > room.blob_len);
    }
}

/// As the CPU does; the checksum of the whole is compared where an archive is asked by name.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_reader_reads_tile_rows_for_a_gpu() {
    let room = Room::new();
    let decoder = Decoder::open(DeviceChoice::Cuda(0)).unwrap();
    let archive = &room.source.archive;
    let reader = archive.reader(NAME).unwrap();
    for rows in [0..1, 255..257, 700..1400, 2047..2048] {
        let before = archive.bytes_read();
        let decoded = reader.decode(rows.clone(), &decoder).unwrap();
        assert!(decoded == room.rows(rows.clone()), "{rows:?}");
        let (read, rows) = (archive.bytes_read() - before, rows.end - rows.start);
        assert!(read < room.blob_len * (rows + 32) / 2048, "{rows}: {read} of {}", room.blob_len);
    }
    let before = archive.bytes_read();
    assert!(archive.decode_rows(NAME, 3..4, &decoder).unwrap() == room.rows(3..4));
    assert!(archive.bytes_read() - before > room.blob_len);
    let before = archive.bytes_read();
    assert!(archive.decode_rows(NAME, 3..4, &decoder).unwrap() == room.rows(3..4));
    assert!(archive.bytes_read() - before < room.blob_len / 20);
}

/// Another stream takes the tensor when the event is reached; a load that is dropped is waited for,
/// and one that is forgotten does not spoil the next.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn an_event_tells_when_a_load_is_there() {
    let room = Room::new();
    let mut loader = GpuLoader::new(&room.gpu, LoadOptions::default()).unwrap();
    let (stream, other) = (room.gpu.new_stream().unwrap(), room.gpu.new_stream().unwrap());
    let copy = room.gpu.allocate(room.out.len()).unwrap();
    let ballast = room.gpu.allocate(2 << 30).unwrap();
    let targets = [LoadTarget::new(NAME, room.out.address())];
    for round in 0..3u8 {
        room.out.fill(round).unwrap();
        for _ in 0..50 {
            ballast.fill_on(1, &stream).unwrap();
        }
        // SAFETY: the memory is larger than the tensor; what follows waits for the event.
        let load = unsafe { loader.start_load_into(&room.source, &targets, &stream, &()) }.unwrap();
        other.wait_for(load.event()).unwrap();
        copy.copy_from_on(&room.out, &other).unwrap();
        match round {
            0 => load.wait().unwrap(),
            1 => drop(load),
            _ => std::mem::forget(load),
        }
        let mut loaded = vec![0xA5; copy.len() as usize];
        copy.read(0, &mut loaded).unwrap();
        let expected = &room.tensor.data;
        assert!(loaded[..expected.len()] == *expected, "{round}");
        assert!(loaded[expected.len()..].iter().all(|&byte| byte == round), "{round}");
    }
    room.load(&mut loader, 5..6);
}
