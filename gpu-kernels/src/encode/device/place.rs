//! Places the parts of blobs, once it is known how many words their tiles have, and writes those
//! before the words.

use super::job::{is_left_out, job};
use super::ptx;
use super::starts::{Counted, write_starts};
use super::table::{lane_elements, write_choice};
use crate::encode::launch::{Course, EncodeJob, EncodeLaunch, EncodeTable, EncodedPlace};
use cuda_std::thread;
use wcodec_codec::encode::{CodedParts, Front, HeaderEnd, padded};
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
        if is_left_out(launch, number) {
            return;
        }
        let job = job(launch, number);
        let table = (launch.tables as *mut EncodeTable).add(number as usize);
        let counted = write_starts(launch, job);
        let coded = Coded::new(job, &*table, counted);
        // What is read above is written below.
        thread::sync_threads();
        match coded.course {
            Course::Keeps => {}
            Course::Again => return begin_again(launch, number, table),
            Course::Stored => write_choice(table, PlaneCodec::Raw),
        }
        if thread::thread_idx_x() == 0 {
            (*table).course = coded.course as u32;
        }
        let blob = Blob::new(job, &coded);
        blob.write_front(job, table);
        blob.write_padding(job);
        if thread::thread_idx_x() == 0 {
            *(launch.places as *mut EncodedPlace).add(number as usize) = EncodedPlace {
                offset: blob.address - job.buffer,
                len: blob.end.blob_len,
                words: blob.address + blob.front.words(),
                index: blob.address + blob.front.index(),
                exceptions: blob.exceptions,
            };
        }
    }
}

/// Begins a tensor again, with a symbol for each coded byte.
///
/// # Safety
/// As [`place`].
#[inline(always)]
unsafe fn begin_again(launch: &EncodeLaunch, number: u32, table: *mut EncodeTable) {
    let thread = thread::thread_idx_x();
    // SAFETY: the caller's conditions.
    unsafe {
        if thread < 256 {
            *(launch.counts as *mut u64).add((number * 256 + thread) as usize) = 0;
        }
        if thread == 0 {
            (*table).codec = PlaneCodec::Tans8 as u32;
            (*table).base = 0;
            (*table).stride = 1;
            (*table).course = Course::Again as u32;
        }
    }
}

/// How a tensor ends.
struct Coded {
    codec: PlaneCodec,
    constant: u8,
    tables_len: u32,
    words: u64,
    exceptions: u32,
    course: Course,
}

impl Coded {
    #[inline(always)]
    fn new(job: &EncodeJob, table: &EncodeTable, counted: Counted) -> Self {
        let codec = table.codec();
        let Counted { words, exceptions, crowded_tiles } = counted;
        let (tables_len, stored_len) = (table.packed_len, job.stored_len(codec));
        let parts = CodedParts { tables_len: tables_len.into(), words, stored_len, exceptions };
        let is_worth = crowded_tiles == 0 && job.extent().is_worth(parts);
        let (constant, course) = (table.constant as u8, Course::Keeps);
        if !codec.has_symbols() {
            return Self { codec, constant, tables_len, words: 0, exceptions: 0, course };
        }
        if is_worth {
            return Self {
                codec,
                constant,
                tables_len,
                words,
                exceptions: exceptions as u32,
                course,
            };
        }
        let course = if codec.has_pairs() { Course::Again } else { Course::Stored };
        let codec = PlaneCodec::Raw;
        Self { codec, constant: 0, tables_len: 0, words: 0, exceptions: 0, course }
    }
}

/// A blob whose parts have their places.
struct Blob {
    address: u64,
    front: Front,
    end: HeaderEnd,
    /// Where the stored plane begins, or would.
    stored: u64,
    stored_len: u64,
    raw_planes: u64,
    exceptions: u64,
}

impl Blob {
    #[inline(always)]
    fn new(job: &EncodeJob, coded: &Coded) -> Self {
        let &Coded { codec, constant, tables_len, words, exceptions, .. } = coded;
        let front = Front { tables_len: tables_len.into(), tiles: job.tiles.into() };
        let stored_len = job.stored_len(codec);
        let stored = job.raw - padded(stored_len);
        let address = stored - padded(4 * words) - front.words();
        let raw_planes = 16 / lane_elements(job) - 1;
        let exceptions_at = job.raw + raw_planes * padded(job.plane_len);
        let blob_len = exceptions_at + padded(4 * u64::from(exceptions)) - address;
        let word_count = words;
        let end = HeaderEnd { codec, constant, tables_len, word_count, exceptions, blob_len };
        Self { address, front, end, stored, stored_len, raw_planes, exceptions: exceptions_at }
    }

    /// Writes header, table, and the last entry of the index.
    ///
    /// # Safety
    /// As [`place`].
    #[inline(always)]
    unsafe fn write_front(&self, job: &EncodeJob, table: *const EncodeTable) {
        let thread = thread::thread_idx_x();
        // SAFETY: there is room for the parts.
        unsafe {
            if thread < job.header.len() as u32 {
                let word = self.end.word(thread as usize, job.header[thread as usize]);
                ptx::store_global(self.address + 4 * u64::from(thread), word);
            }
            if thread < self.end.tables_len {
                let at = self.address + BlobHeader::LEN as u64 + u64::from(thread);
                *(at as *mut u8) = (*table).packed[thread as usize];
            }
            if thread == 0 {
                let last = self.address + self.front.index_end() - IndexEntry::LEN as u64;
                write_entry(last, IndexEntry::end(self.end.word_count, self.end.exceptions));
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
            pad(self.stored + self.stored_len);
            for plane in 0..self.raw_planes {
                pad(job.raw + plane * padded(job.plane_len) + job.plane_len);
            }
            pad(self.exceptions + 4 * u64::from(self.end.exceptions));
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
