//! Deltas against references in device memory, in place and to another buffer.

use super::bench::{Bench, SAMPLE};
use super::report::{Part, Row, Target};
use super::set;
use anyhow::{Result, ensure};
use half::bf16;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};
use wcodec::delta::{Delta, DeltaForm};
use wcodec::gpu::{DeviceMemory, GpuDeltaDecoder, GpuDeltas};
use wcodec::programs::analyze::difference_limit;
use wcodec::programs::time_deltas;
use wcodec::{Dtype, Encoder, TensorView};
use wcodec_bench::spread::rates;

/// GB/s of decoded bytes that a step of training, in place, and a fine-tuned model are to reach.
const STEP: f64 = 3000.0;
const FINE_TUNED: f64 = 1500.0;

/// A tensor and its reference.
struct Change {
    name: &'static str,
    old: Vec<u8>,
    new: Vec<u8>,
    target: f64,
}

/// Measures a step of training and a fine-tuned model, as large as other parts measure data sets.
pub fn run(bench: &Bench, emit: &mut dyn FnMut(Row)) -> Result<()> {
    let decoder = GpuDeltaDecoder::new(bench.gpu())?;
    let old = set("bf16").generate(SAMPLE, 1);
    let step = Change { name: "step", new: stepped(&old), old: old.clone(), target: STEP };
    let new = fine_tuned(&old);
    for change in [step, Change { name: "fine-tuned", old, new, target: FINE_TUNED }] {
        change.run(bench, &decoder, emit)?;
    }
    Ok(())
}

impl Change {
    fn run(
        &self,
        bench: &Bench,
        decoder: &GpuDeltaDecoder,
        emit: &mut dyn FnMut(Row),
    ) -> Result<()> {
        let shape = [self.new.len() as u64 / 4096, 2048];
        let tensor = TensorView::new(Dtype::BF16, &shape, &self.new)?;
        let bytes = Encoder::new().encode_against(&tensor, &self.old)?;
        let delta = Delta::parse(&bytes)?;
        let limit = difference_limit(&tensor, &self.old)? / 8.0;
        let (copies, stream) = (bench.copied_bytes() as usize / SAMPLE, bench.gpu().stream());
        let memory = || bench.gpu().allocate((copies * SAMPLE) as u64);
        let (reference, out) = (memory()?, memory()?);
        for is_in_place in [true, false] {
            (0..copies).try_for_each(|at| reference.write((at * SAMPLE) as u64, &self.old))?;
            out.fill(0xA5)?;
            let to = if is_in_place { &reference } else { &out };
            let place = |at: usize| {
                let offset = (at * SAMPLE) as u64;
                (&delta, reference.address() + offset, to.address() + offset)
            };
            let deltas = GpuDeltas::upload(decoder, &(0..copies).map(place).collect::<Vec<_>>())?;
            // SAFETY: both memories live until the faults are read.
            unsafe { deltas.decode_on(stream) }?;
            ensure!(deltas.faults()?.iter().all(Option::is_none), "{}: unsound", self.name);
            self.compare(to, copies)?;
            // SAFETY: as above, until this returns. What the tensors then are makes no difference.
            let seconds = unsafe { time_deltas(&deltas, bench.runs(), || bench.flush_cache()) }?;
            emit(self.row(bench, &delta, is_in_place, limit, copies, &seconds));
        }
        Ok(())
    }

    fn compare(&self, memory: &DeviceMemory, copies: usize) -> Result<()> {
        let mut decoded = vec![0; SAMPLE];
        for at in 0..copies {
            memory.read((at * SAMPLE) as u64, &mut decoded)?;
            ensure!(decoded == self.new, "{}: the decoded bytes differ", self.name);
        }
        Ok(())
    }

    fn row(
        &self,
        bench: &Bench,
        delta: &Delta<'_>,
        is_in_place: bool,
        limit: f64,
        copies: usize,
        seconds: &[f64],
    ) -> Row {
        let decoded_bytes = (copies * SAMPLE) as u64;
        let rate = rates(decoded_bytes, seconds);
        let ratio = self.new.len() as f64 / delta.as_bytes().len() as f64;
        // A copy writes half of what it moves.
        let roofline = bench.copy().median / 1e9 / 2.0;
        let form = match delta.summary().form {
            DeltaForm::Sparse => "changes",
            _ => "all",
        };
        let place = if is_in_place { "in place" } else { "copied" };
        let target = if is_in_place { Target::rate(self.target) } else { Target::default() };
        Row {
            part: Part::Delta,
            name: format!("{} {place}", self.name),
            dtype: "BF16".into(),
            codecs: form.into(),
            tensors: copies,
            tiles: decoded_bytes.div_ceil(65536),
            decoded_bytes,
            compressed_bytes: copies as u64 * delta.as_bytes().len() as u64,
            ratio,
            limit: self.new.len() as f64 / limit,
            rate,
            roofline,
            share_of_copy: rate.median / roofline,
            target,
            met: target.met(ratio, rate.max, rate.median / roofline),
        }
    }
}

/// Weights of which three in a hundred, at random, move by one to four steps of the last place.
fn stepped(old: &[u8]) -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(2);
    let mut new = old.to_vec();
    for element in new.as_chunks_mut::<2>().0 {
        if random.random_range(0..100) < 3 {
            let by = random.random_range(1..=4u16);
            let by = if random.random_range(0..2) == 0 { by } else { by.wrapping_neg() };
            *element = u16::from_le_bytes(*element).wrapping_add(by).to_le_bytes();
        }
    }
    new
}

/// Weights with noise of a fiftieth of their deviation, which is 0.02.
fn fine_tuned(old: &[u8]) -> Vec<u8> {
    let noise = Normal::new(0.0, 0.02 * 0.02).expect("it is finite");
    let mut random = SmallRng::seed_from_u64(3);
    let moved = |old: &[u8; 2]| {
        bf16::from_f64(bf16::from_le_bytes(*old).to_f64() + noise.sample(&mut random)).to_le_bytes()
    };
    old.as_chunks().0.iter().flat_map(moved).collect()
}
