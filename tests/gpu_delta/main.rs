//! The GPU makes of deltas and references what the CPU and the reference decoder make of them, in
//! place and to other buffers, and writes nothing else; what these refuse it refuses, and changes
//! nothing.
//!
//! The test binary needs nothing but itself, so that it can be copied to where there is a GPU.

mod archives;
mod graph;
mod hostile;
mod sound;

use std::sync::LazyLock;
use support::Random;
use wcodec::delta::Delta;
use wcodec::gpu::{DeviceMemory, GpuDecoder, GpuDeltaDecoder, GpuDeltas};

/// One for all tests, as a program has.
static GPU: LazyLock<GpuDeltaDecoder> =
    LazyLock::new(|| GpuDeltaDecoder::new(&GpuDecoder::open(0).expect("an NVIDIA GPU")).unwrap());

/// The content of memory that was not written to.
const POISON: u8 = 0xA5;
/// Poisoned bytes before and after each buffer.
const AROUND: u64 = 4096;

/// A buffer in device memory with poison around it.
struct Buffer {
    memory: DeviceMemory,
    /// Its offset: [`AROUND`], and some bytes.
    start: u64,
    len: usize,
}

impl Buffer {
    /// With this content, and the offset `skew` from a multiple of 256.
    fn new(content: &[u8], skew: u64) -> Self {
        let (start, len) = (AROUND + skew, content.len());
        let memory = GPU.decoder().allocate(start + len as u64 + AROUND).unwrap();
        memory.fill(POISON).unwrap();
        memory.write(start, content).unwrap();
        Self { memory, start, len }
    }

    fn address(&self) -> u64 {
        self.memory.address() + self.start
    }

    /// The content; panics where something was written around it.
    fn content(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.memory.len() as usize];
        self.memory.read(0, &mut bytes).unwrap();
        let (before, rest) = bytes.split_at(self.start as usize);
        let (content, after) = rest.split_at(self.len);
        assert!(before.iter().chain(after).all(|&byte| byte == POISON), "written around a buffer");
        content.to_vec()
    }
}

/// A delta and its reference.
struct Specimen {
    delta: Vec<u8>,
    reference: Vec<u8>,
}

impl Specimen {
    fn parsed(&self) -> Delta<'_> {
        Delta::parse(&self.delta).unwrap()
    }
}

/// Decodes deltas at once, in place or not; returns for each the fault, and what its buffer holds.
/// Buffers begin `skew` bytes after a multiple of 256.
fn on_the_gpu(specimens: &[Specimen], in_place: bool, skew: u64) -> Vec<(Option<String>, Vec<u8>)> {
    let deltas: Vec<Delta<'_>> = specimens.iter().map(Specimen::parsed).collect();
    let references: Vec<Buffer> =
        specimens.iter().map(|specimen| Buffer::new(&specimen.reference, skew)).collect();
    let poisoned = |delta: &Delta<'_>| {
        (!in_place).then(|| Buffer::new(&vec![POISON; delta.byte_len() as usize], skew))
    };
    let outs: Vec<Option<Buffer>> = deltas.iter().map(poisoned).collect();
    let places = deltas.iter().zip(&references).zip(&outs).map(|((delta, reference), out)| {
        let from = reference.address();
        (delta, from, out.as_ref().map_or(from, Buffer::address))
    });
    let batch = GpuDeltas::upload(&GPU, &places.collect::<Vec<_>>()).unwrap();
    // SAFETY: references and buffers are as long as the deltas say, and live until the faults are
    // read.
    unsafe { batch.decode_on(GPU.decoder().stream()) }.unwrap();
    let faults = batch.faults().unwrap().into_iter();
    let contents = outs.iter().zip(&references).zip(specimens).map(|((out, from), specimen)| {
        let Some(out) = out else { return from.content() };
        assert!(from.content() == specimen.reference, "the reference was written to");
        out.content()
    });
    faults.map(|fault| fault.map(|error| error.to_string())).zip(contents).collect()
}

/// Changes one of `rarity` bytes, or none where that is 0.
fn changed(data: &[u8], rarity: u64, random: &mut Random) -> Vec<u8> {
    let change = |&byte: &u8| match rarity > 0 && random.below(rarity) == 0 {
        true => byte.wrapping_add(random.below(5) as u8),
        false => byte,
    };
    data.iter().map(change).collect()
}
