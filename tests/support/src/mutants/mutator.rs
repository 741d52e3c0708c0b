//! Blobs changed with knowledge of the format.

use super::specimens::{Specimen, specimens};
use crate::Random;
use wcodec::programs::format::{BlobLayout, IndexEntry, Predictor, Section};

/// Integers of the header, their offsets and sizes.
const INTEGERS: [(usize, usize); 6] = [(16, 8), (24, 8), (32, 8), (40, 4), (44, 4), (48, 8)];

/// Specimens to change, and the state of the random numbers.
pub struct Mutator {
    random: Random,
    specimens: Vec<(Specimen, BlobLayout)>,
}

impl Mutator {
    /// A mutator that makes the same mutants for the same seed.
    pub fn new(seed: u64) -> Self {
        let specimens = specimens().into_iter().filter(|specimen| specimen.bytes.len() >= 2048);
        let specimens = specimens.map(|specimen| {
            let layout = specimen.layout();
            (specimen, layout)
        });
        Self { random: Random::new(seed), specimens: specimens.collect() }
    }

    /// A specimen after one to three changes, and a description of these.
    pub fn mutant(&mut self) -> (String, Vec<u8>) {
        let chosen = self.random.below(self.specimens.len() as u64) as usize;
        let (specimen, layout) = &self.specimens[chosen];
        let (mut bytes, layout) = (specimen.bytes.clone(), *layout);
        let mut what = specimen.name.clone();
        for _ in 0..1 + self.random.below(3) {
            what += ", ";
            what += self.change(&mut bytes, &layout);
        }
        // Last, as the other changes want every part to be where it was.
        if self.random.below(12) == 0 {
            what += self.length(&mut bytes);
        }
        (what, bytes)
    }

    fn change(&mut self, bytes: &mut [u8], layout: &BlobLayout) -> &'static str {
        match self.random.below(11) {
            0 => self.integer(bytes),
            1 => self.header_byte(bytes),
            2 => self.table(bytes, layout.tables),
            3..6 => self.entry(bytes, layout),
            6 => self.exchange_entries(bytes, layout.index),
            7 => self.word(bytes, layout.words),
            8 => self.exception(bytes, layout.exceptions),
            9 => self.foreign_part(bytes, layout),
            _ => self.bit(bytes),
        }
    }

    /// One of the integers that are most likely to reveal a fault, or one near the present value.
    fn telling(&mut self, own: u64) -> u64 {
        let power = 1u64 << self.random.below(64);
        let near = [own.wrapping_add(1), own.wrapping_sub(1), own.wrapping_mul(2), own / 2];
        self.random.pick(&[&[0, 1, power, power - 1, power.wrapping_add(1)], &near[..]].concat())
    }

    fn integer(&mut self, bytes: &mut [u8]) -> &'static str {
        let (at, size) = self.random.pick(&INTEGERS);
        let mut own = [0; 8];
        own[..size].copy_from_slice(&bytes[at..at + size]);
        let value = self.telling(u64::from_le_bytes(own));
        bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        "an integer of the header"
    }

    fn header_byte(&mut self, bytes: &mut [u8]) -> &'static str {
        bytes[4 + self.random.below(11) as usize] = self.random.below(17) as u8;
        "a byte of the header"
    }

    /// A frequency moved from one symbol to another, so that the sum stays.
    fn table(&mut self, bytes: &mut [u8], tables: Section) -> &'static str {
        if tables.len > 40 {
            let frequencies = tables.offset + 33..tables.offset + tables.len;
            let mut at = || (frequencies.start + self.random.below(tables.len - 33)) as usize;
            let (from, to) = (at(), at());
            bytes[from] = bytes[from].wrapping_sub(1);
            bytes[to] = bytes[to].wrapping_add(1);
        }
        "a frequency"
    }

    /// A new index entry whose values are in range or just beyond it.
    fn entry(&mut self, bytes: &mut [u8], layout: &BlobLayout) -> &'static str {
        let entries = layout.index.len / IndexEntry::LEN as u64;
        let at =
            (layout.index.offset + self.random.below(entries) * IndexEntry::LEN as u64) as usize;
        let words = self.random.below(layout.limits.word_count + 2);
        let exceptions = self.random.below(u64::from(layout.limits.exception_count) + 2) as u32;
        let predictor = self.random.pick(&Predictor::ALL);
        let (table, base) = (self.random.below(3) as u8, self.random.byte());
        let entry = IndexEntry::new(words, table, predictor, base, exceptions);
        let own: IndexEntry = bytemuck::pod_read_unaligned(&bytes[at..at + IndexEntry::LEN]);
        let keep_starts = self.random.below(2) == 0;
        let entry = if keep_starts {
            IndexEntry::new(own.words_start(), table, predictor, base, own.exceptions_start())
        } else {
            entry
        };
        bytes[at..at + IndexEntry::LEN].copy_from_slice(bytemuck::bytes_of(&entry));
        "an index entry"
    }

    fn exchange_entries(&mut self, bytes: &mut [u8], index: Section) -> &'static str {
        let entries = index.len / IndexEntry::LEN as u64;
        let (a, b) = (self.random.below(entries), self.random.below(entries));
        for byte in 0..IndexEntry::LEN as u64 {
            let place = |entry| (index.offset + entry * IndexEntry::LEN as u64 + byte) as usize;
            bytes.swap(place(a), place(b));
        }
        "index entries exchanged"
    }

    fn word(&mut self, bytes: &mut [u8], words: Section) -> &'static str {
        if words.len > 0 {
            let at = (words.offset + 4 * self.random.below(words.len / 4)) as usize;
            let value = self.random.pick(&[0, 1, u32::MAX, 1 << 31, 0x0123_4567]);
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        "a word"
    }

    /// A position anywhere, or that of another exception.
    fn exception(&mut self, bytes: &mut [u8], exceptions: Section) -> &'static str {
        if exceptions.len > 0 {
            let mut at =
                || (exceptions.offset + 4 * self.random.below(exceptions.len / 4)) as usize;
            let (at, other) = (at(), at());
            let anywhere = (self.random.next_u64() as u32 & 0xFF00_FFFF).to_le_bytes();
            let same = bytes[other..other + 4].to_vec();
            let take_other = self.random.below(2) == 0;
            let value = if take_other { &same[..] } else { &anywhere[..] };
            bytes[at..at + 4].copy_from_slice(value);
        }
        "an exception"
    }

    /// A part of another blob in the place of this one's.
    fn foreign_part(&mut self, bytes: &mut [u8], layout: &BlobLayout) -> &'static str {
        let parts = |layout: &BlobLayout| {
            [layout.tables, layout.index, layout.words, layout.stored_plane, layout.exceptions]
        };
        let (other, other_layout) =
            &self.specimens[self.random.below(self.specimens.len() as u64) as usize];
        let part = self.random.below(5) as usize;
        let (own, foreign) = (parts(layout)[part], parts(other_layout)[part]);
        let foreign = &other.bytes[foreign.offset as usize..][..foreign.len as usize];
        let len = foreign.len().min(own.len as usize);
        bytes[own.offset as usize..][..len].copy_from_slice(&foreign[..len]);
        "a part of another blob"
    }

    fn bit(&mut self, bytes: &mut [u8]) -> &'static str {
        let bit = self.random.below(8 * bytes.len() as u64);
        bytes[bit as usize / 8] ^= 1 << (bit % 8);
        "a bit"
    }

    /// Another length, which the header confirms.
    fn length(&mut self, bytes: &mut Vec<u8>) -> &'static str {
        let len = (bytes.len() as u64 + self.random.below(64)).saturating_sub(32).max(1024);
        bytes.resize(len as usize, 0);
        bytes[48..56].copy_from_slice(&len.to_le_bytes());
        ", another length"
    }
}
