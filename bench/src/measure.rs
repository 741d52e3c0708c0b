//! Measuring: compressed data is restored into poisoned memory, compared byte for byte, and only
//! then timed.

use super::budget::Budget;
use super::buffer::Buffer;
use super::devices::Devices;
use super::input::Input;
use super::packer::{How, Packer};
use super::peers::Peer;
use super::report::{Event, InputReport, NotRun, Row, Timing};
use super::spread::{Spread, rates, roofline};
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use std::sync::Arc;
use std::time::Instant;
use wcodec::gpu::{GpuBatch, GpuDecoder};
use wcodec::programs::{copy_bandwidth, time_decode};
use wcodec::{Blob, Decoder};

/// Bytes that a thread copies at a time.
const COPIED: usize = 1 << 20;

/// Measures all contenders on one input.
pub fn input(
    input: &Input,
    packers: &[Packer],
    devices: &Devices,
    budget: &Budget,
    emit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    let report = describe(input, devices, budget)?;
    emit(Event::Input(report.clone()))?;
    let bench = Bench { input, devices, budget, report };
    packers.iter().try_for_each(|packer| bench.measure(packer, emit))
}

fn describe(input: &Input, devices: &Devices, budget: &Budget) -> Result<InputReport> {
    let decoded_bytes = input.bytes.len() as u64;
    let gpu_copy = match &devices.gpu {
        Ok(gpu) => Some(copy_bandwidth(gpu, decoded_bytes, budget.runs)?),
        Err(_) => None,
    };
    Ok(InputReport {
        name: input.name.clone(),
        dtypes: input.dtypes.clone(),
        decoded_bytes,
        limit: input.limit()?,
        cpu_copy: copy_on_cpu(&input.bytes, budget)?,
        gpu_copy: gpu_copy.map(|rates| Spread::of(rates.iter().map(|rate| rate / 1e9).collect())),
    })
}

/// GB/s read and written by all threads copying `bytes`.
fn copy_on_cpu(bytes: &[u8], budget: &Budget) -> Result<Spread> {
    let mut out = Buffer::poisoned(bytes.len());
    let seconds = budget.time(|| {
        let chunks = bytes.par_chunks(COPIED).zip(out.par_chunks_mut(COPIED));
        chunks.for_each(|(from, to)| to.copy_from_slice(from));
        // Nobody reads the copy: without this it need not be made.
        std::hint::black_box(&mut out);
        Ok(())
    })?;
    Ok(rates(2 * bytes.len() as u64, &seconds))
}

/// One input, and what its contenders are measured with.
struct Bench<'a> {
    input: &'a Input,
    devices: &'a Devices,
    budget: &'a Budget,
    report: InputReport,
}

/// A contender's output for the input.
struct Packed<'a> {
    packer: &'a Packer,
    pieces: Vec<Vec<u8>>,
    encode: Timing,
}

impl Bench<'_> {
    fn measure(&self, packer: &Packer, emit: &mut dyn FnMut(Event) -> Result<()>) -> Result<()> {
        if let (How::Peer(_), Some(reason)) = (&packer.how, Peer::MISSING) {
            return emit(self.not_run(packer, "CPU", reason));
        }
        let mut pieces = Vec::new();
        let start = Instant::now();
        packer.pack(self.input, &mut pieces)?;
        let first = start.elapsed().as_secs_f64();
        // The first run only warms up, unless it alone takes longer than all are to take.
        let seconds = match first < self.budget.seconds {
            true => self.budget.time(|| packer.pack(self.input, &mut pieces))?,
            false => vec![first],
        };
        let encode = self.timing(&seconds);
        let packed = Packed { packer, pieces, encode };
        match &packer.how {
            How::Peer(peer) => {
                emit(self.on_cpu(&packed, "CPU", |pieces, out| peer.unpack(pieces, out))?)
            }
            How::Wcodec(_) => self.measure_wcodec(&packed, emit),
        }
    }

    fn measure_wcodec(
        &self,
        packed: &Packed<'_>,
        emit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<()> {
        for (warp, decoder) in &self.devices.cpu {
            let unpack = |pieces: &[Vec<u8>], out: &mut [u8]| decode_all(decoder, pieces, out);
            emit(self.on_cpu(packed, &format!("CPU {warp}"), unpack)?)?;
        }
        if let Some(reason) = &self.devices.no_simd {
            emit(self.not_run(packed.packer, "CPU SIMD", reason))?;
        }
        match &self.devices.gpu {
            Ok(gpu) => emit(self.on_gpu(packed, gpu)?),
            Err(reason) => emit(self.not_run(packed.packer, "GPU", reason)),
        }
    }

    fn on_cpu(
        &self,
        packed: &Packed<'_>,
        device: &str,
        unpack: impl Fn(&[Vec<u8>], &mut [u8]) -> Result<()>,
    ) -> Result<Event> {
        let mut out = Buffer::poisoned(self.input.bytes.len());
        let restored = unpack(&packed.pieces, &mut out);
        restored.with_context(|| format!("{} on {device}", packed.packer.name))?;
        self.compare(packed, device, &out)?;
        let seconds = self.budget.time(|| unpack(&packed.pieces, &mut out))?;
        Ok(self.row(packed, device, &seconds, self.report.cpu_copy))
    }

    fn on_gpu(&self, packed: &Packed<'_>, gpu: &GpuDecoder) -> Result<Event> {
        let blobs = parse(&packed.pieces)?;
        let (offsets, len) = GpuBatch::output_offsets(&blobs);
        let memory = Arc::new(gpu.allocate(len)?);
        memory.fill(Buffer::POISON)?;
        let batch = GpuBatch::upload(gpu, &blobs, &memory)?;
        batch.decode()?;
        let unsound = batch.corrupt_tiles()?;
        ensure!(unsound.iter().all(Option::is_none), "unsound tiles: {unsound:?}");
        let mut out = Buffer::poisoned(self.input.bytes.len());
        let mut rest = &mut out[..];
        for (offset, blob) in offsets.into_iter().zip(&blobs) {
            let (tensor, behind) = rest.split_at_mut(blob.byte_len() as usize);
            memory.read(offset, tensor)?;
            rest = behind;
        }
        self.compare(packed, gpu.name(), &out)?;
        let seconds = time_decode(&batch, self.budget.runs)?;
        let copy = self.report.gpu_copy.context("the copy on the GPU was not measured")?;
        Ok(self.row(packed, &format!("GPU {}", gpu.name()), &seconds, copy))
    }

    fn compare(&self, packed: &Packed<'_>, device: &str, out: &[u8]) -> Result<()> {
        let (name, input) = (&packed.packer.name, &self.input.name);
        ensure!(out == self.input.bytes, "{name} on {device}: {input} came back different");
        Ok(())
    }

    fn row(&self, packed: &Packed<'_>, device: &str, seconds: &[f64], copy: Spread) -> Event {
        let compressed_bytes = packed.pieces.iter().map(|piece| piece.len() as u64).sum();
        let ratio = self.report.decoded_bytes as f64 / compressed_bytes as f64;
        let (decode, roofline) = (self.timing(seconds), roofline(copy.median, ratio));
        Event::Row(Box::new(Row {
            input: self.input.name.clone(),
            contender: packed.packer.name.clone(),
            device: device.to_owned(),
            decoded_bytes: self.report.decoded_bytes,
            compressed_bytes,
            ratio,
            encode: packed.encode,
            decode,
            roofline,
            share_of_copy: decode.rate.median / roofline,
        }))
    }

    fn timing(&self, seconds: &[f64]) -> Timing {
        Timing { rate: rates(self.report.decoded_bytes, seconds), runs: seconds.len() }
    }

    fn not_run(&self, packer: &Packer, device: &str, reason: &str) -> Event {
        Event::NotRun(NotRun {
            input: self.input.name.clone(),
            contender: packer.name.clone(),
            device: device.to_owned(),
            reason: reason.to_owned(),
        })
    }
}

fn parse(pieces: &[Vec<u8>]) -> Result<Vec<Blob<'_>>> {
    Ok(pieces.iter().map(|piece| Blob::parse(piece)).collect::<wcodec::Result<_>>()?)
}

/// Decodes tensor after tensor.
fn decode_all(decoder: &Decoder, pieces: &[Vec<u8>], mut out: &mut [u8]) -> Result<()> {
    for blob in parse(pieces)? {
        let (tensor, rest) = out.split_at_mut(blob.byte_len() as usize);
        decoder.decode(&blob, tensor)?;
        out = rest;
    }
    Ok(())
}
