//! Places the parts of blobs, once it is known how many words their tiles have, and writes those
//! before the words.

use super::job::job;
use super::ptx;
use super::table::lane_elements;
use crate::device::block::sums_before;
use crate::device::ptx::shared_address;
use crate::encode::launch::{EncodeJob, EncodeLaunch, EncodeTable, EncodedPlace, PLACE_THREADS};
use cuda_std::{shared, thread};
use wcodec_codec::encode::{Front, HeaderEnd, padded};
use wcodec_codec::format::{BlobHeader, IndexEntry, PlaneCodec};

/// Places the blob of the block's tensor.
///
/// # Safety
/// The launch's jobs, tables and numbers of words are readable, and there is room for the rest and
/// for the blobs. There is a block for each job, of [`PLACE_THREADS`] threads and with
/// [`crate::encode::launch::PLACE_SHARED_BYTES`] of shared memory.
#[inline(always)]
pub unsafe fn place(launch: &EncodeLaunch) {
    let number = thread::block_idx_x();
    // SAFETY: the caller's conditions; all threads come here.
    unsafe {
        let job = job(launch, number);
        let table = &*(launch.tables as *const EncodeTable).add(number as usize);
        let word_count = write_starts(launch, job);
        let blob = Blob::new(job, table, word_count);
        blob.write_front(job, table);
        blob.write_padding(job);
        if thread::thread_idx_x() == 0 {
            *(launch.places as *mut EncodedPlace).add(number as usize) = EncodedPlace {
                offset: blob.address - job.buffer,
                len: blob.end.blob_len,
                words: blob.address + blob.front.words(),
                index: blob.address + blob.front.index(),
            };
        }
    }
}

/// Writes where each tile's words begin, and returns the number of all words.
///
/// # Safety
/// As [`place`].
#[inline(always)]
unsafe fn write_starts(launch: &EncodeLaunch, job: &EncodeJob) -> u64 {
    let sums = shared_address(shared::dynamic_shared_mem());
    let words = launch.tile_words + 4 * u64::from(job.first_tile);
    let starts = launch.tile_starts + 8 * u64::from(job.first_tile);
    let (mut first, mut total) = (0, 0);
    while first < job.tiles {
        let tile = first + thread::thread_idx_x();
        // Without a branch, as `block` says.
        let last = job.tiles - 1;
        let read = if tile < last { tile } else { last };
        // SAFETY: there are numbers for each tile; all threads come here.
        unsafe {
            let own = *(words as *const u32).add(read as usize) * u32::from(tile <= last);
            let (before, all) = sums_before(own.into(), sums);
            if tile <= last {
                *(starts as *mut u64).add(tile as usize) = total + before;
            }
            total += all;
        }
        first += PLACE_THREADS;
    }
    total
}

/// A blob whose parts have their places.
struct Blob {
    address: u64,
    front: Front,
    end: HeaderEnd,
    /// Where the stored plane begins, or would.
    stored: u64,
    raw_planes: u64,
}

impl Blob {
    #[inline(always)]
    fn new(job: &EncodeJob, table: &EncodeTable, word_count: u64) -> Self {
        let codec = table.codec();
        let front = Front { tables_len: table.packed_len.into(), tiles: job.tiles.into() };
        let plane = padded(job.plane_len);
        let stored = job.raw - if matches!(codec, PlaneCodec::Raw) { plane } else { 0 };
        let address = stored - padded(4 * word_count) - front.words();
        let raw_planes = 16 / lane_elements(job) - 1;
        let blob_len = job.raw + raw_planes * plane - address;
        let (constant, tables_len) = (table.constant as u8, table.packed_len);
        let end = HeaderEnd { codec, constant, tables_len, word_count, blob_len };
        Self { address, front, end, stored, raw_planes }
    }

    /// Writes header, table, and the last entry of the index.
    ///
    /// # Safety
    /// As [`place`].
    #[inline(always)]
    unsafe fn write_front(&self, job: &EncodeJob, table: &EncodeTable) {
        let thread = thread::thread_idx_x();
        // SAFETY: there is room for the parts.
        unsafe {
            if thread < job.header.len() as u32 {
                let word = self.end.word(thread as usize, job.header[thread as usize]);
                ptx::store_global(self.address + 4 * u64::from(thread), word);
            }
            if thread < table.packed_len {
                let at = self.address + BlobHeader::LEN as u64 + u64::from(thread);
                *(at as *mut u8) = table.packed[thread as usize];
            }
            if thread == 0 {
                let last = self.address + self.front.index_end() - IndexEntry::LEN as u64;
                write_entry(last, IndexEntry::end(self.end.word_count, 0));
            }
        }
    }

    /// Writes zeros after each part, up to the next.
    ///
    /// # Safety
    /// As [`place`].
    #[inline(always)]
    unsafe fn write_padding(&self, job: &EncodeJob) {
        if thread::thread_idx_x() != 0 {
            return;
        }
        let words = self.address + self.front.words();
        // SAFETY: there is room for the parts, and for padding after each.
        unsafe {
            pad(self.address + BlobHeader::LEN as u64 + self.front.tables_len);
            pad(self.address + self.front.index_end());
            pad(words + 4 * self.end.word_count);
            if self.stored < job.raw {
                pad(self.stored + job.plane_len);
            }
            for plane in 0..self.raw_planes {
                pad(job.raw + plane * padded(job.plane_len) + job.plane_len);
            }
        }
    }
}

/// Writes zeros up to a multiple of 16.
///
/// # Safety
/// There is room for them.
#[inline(always)]
unsafe fn pad(mut address: u64) {
    while address % 16 != 0 {
        // SAFETY: the caller's condition.
        unsafe { *(address as *mut u8) = 0 };
        address += 1;
    }
}

/// Writes an entry of an index.
///
/// # Safety
/// There is room for it, at a multiple of 4.
#[inline(always)]
pub unsafe fn write_entry(address: u64, entry: IndexEntry) {
    let words: [u32; 3] = bytemuck::cast(entry);
    for (number, word) in words.into_iter().enumerate() {
        // SAFETY: the caller's condition.
        unsafe { ptx::store_global(address + 4 * number as u64, word) };
    }
}
