//! Encoding: a tensor becomes a blob (FORMAT.md section 7).
//!
//! The data goes one way: `choose` reads a tensor and makes an `EncodePlan` (`plan`), plain data
//! that holds every decision; `planes` encodes raw planes that pay for it, each as a tensor of its
//! own; `write` executes the plan. `columns` brings a tensor into another order first, where a sample
//! shows that this pays: all of this is then done for that order, and for the other too where it is
//! not clear which is smaller. The tiles that choosing has read, their symbols
//! above all, wait for writing in `prepared`, so that a tensor is read once. Both use a tensor cut
//! into tiles (`tensor`), their residuals (`residuals`, `predict`) and symbols (`symbols`), and go
//! through tiles in parallel (`batches`, `ordered_map`), in a `workspace` that is reused.

mod batches;
pub(crate) mod choose;
mod columns;
#[cfg(feature = "gpu")]
mod device;
mod encoded_plane;
pub(crate) mod histogram;
mod log2;
mod ordered_map;
mod per_tile;
mod plan;
mod planes;
pub(crate) mod predict;
mod prepared;
mod repeat;
mod residuals;
mod settings;
mod spread;
mod symbols;
pub(crate) mod tensor;
mod workspace;
mod write;

#[cfg(feature = "gpu")]
#[doc(hidden)]
pub use device::encode_as_device;
#[cfg(feature = "gpu")]
pub(crate) use device::{device_extent, device_grid};
pub use settings::{Order, Profile, RawPlanes};
pub use wcodec_codec::format::{MAX_TILE_ROWS, MIN_TILE_ROWS, PlaneCodec, Predictor, Split};
pub use wcodec_codec::plane::EntropyCoder;

use crate::cpu::backend_from_env;
use crate::panic::catch_panic;
use crate::{Dtype, Result, TensorView};
use choose::{Selection, choose_raw, select};
use columns::{Transposed, Trial, trials};
use encoded_plane::NO_PLANES;
use planes::encode_planes;
use settings::EncodeSettings;
use wcodec_cpu::CpuBackend;
use workspace::{Workspace, Workspaces};
use write::write;

/// Encodes tensors into blobs. The same tensor and options give the same bytes, on any number of
/// threads and any CPU.
///
/// An encoder and its clones keep memory that one call needed for the next one: up to the size of a
/// tensor for as many as were encoded at once.
///
/// ```
/// use wcodec::{Blob, Decoder, DeviceChoice, Dtype, Encoder, Profile, TensorView};
///
/// let weights: Vec<u8> = (0..4096u32).map(|i| (i * i % 13) as u8).collect();
/// let tensor = TensorView::new(Dtype::U8, &[64, 64], &weights)?;
/// let blob = Encoder::new().profile(Profile::Ratio).encode(&tensor)?;
/// assert!(blob.len() < weights.len());
///
/// let mut decoded = vec![0; weights.len()];
/// Decoder::open(DeviceChoice::Cpu)?.decode(&Blob::parse(&blob)?, &mut decoded)?;
/// assert_eq!(decoded, weights);
/// # Ok::<(), wcodec::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Encoder {
    settings: EncodeSettings,
    backend: Option<CpuBackend>,
    workspaces: Workspaces,
}

impl Encoder {
    /// An encoder with the balanced profile.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the profile.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.settings.profile = profile;
        self
    }

    /// Sets the coder of symbols, [`EntropyCoder::Tans`] where nothing is said; docs/FINDINGS.md says
    /// what each costs. With Rans there are no codecs that store the lowest bits of residuals. The parts
    /// of a tensor that is coded against another are coded with Tans all the same.
    pub fn entropy(mut self, coder: EntropyCoder) -> Self {
        self.settings.entropy = coder;
        self
    }

    /// Takes this split whatever it costs; the tensor's bytes must be whole elements of it.
    pub fn split(mut self, split: Split) -> Self {
        self.settings.split = Some(split);
        self
    }

    /// Takes this plane codec whatever it costs. Const serves only constant tensors.
    pub fn codec(mut self, codec: PlaneCodec) -> Self {
        self.settings.codec = Some(codec);
        self
    }

    /// Takes this predictor for every tile whatever it costs; tiles without symbols have none.
    pub fn predictor(mut self, predictor: Predictor) -> Self {
        self.settings.predictor = Some(predictor);
        self
    }

    /// Takes tiles of so many rows, from [`MIN_TILE_ROWS`] (8) to [`MAX_TILE_ROWS`]
    /// (256), whatever the tensor's size.
    pub fn tile_rows(mut self, rows: u32) -> Self {
        self.settings.tile_rows = Some(rows);
        self
    }

    /// Takes tables of so many probability bits, 8 to 12, whatever they cost.
    pub fn prob_bits(mut self, bits: u8) -> Self {
        self.settings.prob_bits = Some(bits);
        self
    }

    /// Says that so many bytes of tensors are decoded together, such as all those of a file: their
    /// tiles keep a GPU busy, so that each may be tall, which takes 1 to 4 % less space in small
    /// tensors than tiles that suit a tensor which is decoded alone, and more where there is little
    /// to code. A number that is less than a tensor's own bytes says nothing.
    pub fn batch_bytes(mut self, bytes: u64) -> Self {
        self.settings.batch_bytes = bytes;
        self
    }

    /// Sets the form of raw planes, such as the mantissas of floats: random bytes in most weights,
    /// but not in pruned ones, or those that were cast from a narrower type.
    pub fn raw_planes(mut self, form: RawPlanes) -> Self {
        self.settings.raw_planes = form;
        self
    }

    /// Sets the order in which elements are coded: by columns where those differ from each other,
    /// as in embeddings, or the bytes of blocks of integers with a scale.
    pub fn order(mut self, order: Order) -> Self {
        self.settings.order = order;
        self
    }

    /// Encodes with this backend, instead of the fastest or the one that the environment variable
    /// `WCODEC_CPU` names. All give the same bytes.
    pub fn backend(mut self, backend: CpuBackend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// An encoder of the parts of what stands for a tensor of so many bytes: they are other numbers
    /// than its elements, which options are about, and are decoded together.
    pub(crate) fn of_parts(&self, byte_len: u64) -> Self {
        let EncodeSettings { profile, batch_bytes, .. } = self.settings;
        let batch_bytes = batch_bytes.max(byte_len);
        let settings = EncodeSettings { profile, batch_bytes, ..EncodeSettings::default() };
        Self { settings, ..self.clone() }
    }

    /// As this encoder of parts, for one that has `part` of every `whole` bytes: what is decoded
    /// together is then so much less, and has shorter tiles where there are few.
    pub(crate) fn of_share(&self, part: u64, whole: u64) -> Self {
        let batch = u128::from(self.settings.batch_bytes) * u128::from(part);
        let batch_bytes = u64::try_from(batch / u128::from(whole.max(1))).unwrap_or(u64::MAX);
        self.clone().batch_bytes(batch_bytes)
    }

    /// Encodes one tensor; the blob is self-contained.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::InvalidArgument`] where an option does not
    /// fit the tensor, or `WCODEC_CPU` does not name a backend that this CPU supports.
    pub fn encode(&self, tensor: &TensorView<'_>) -> Result<Vec<u8>> {
        let mut blob = Vec::new();
        self.encode_into(tensor, &mut blob)?;
        blob.shrink_to_fit();
        Ok(blob)
    }

    /// As [`Encoder::encode`], but replaces the content of `blob` and reuses its memory: for many
    /// tensors, one after another, as page-faulting fresh memory costs almost as much as encoding
    /// into it.
    ///
    /// # Errors
    /// As [`Encoder::encode`]; `blob` then holds nothing of use.
    pub fn encode_into(&self, tensor: &TensorView<'_>, blob: &mut Vec<u8>) -> Result<()> {
        // All in the pool's threads: to go there and back for each wave of tiles takes longer than
        // to code some.
        catch_panic("encode a tensor", || rayon::scope(|_| self.encode_smallest(tensor, blob)))
    }

    /// Encodes a tensor. The smallest blob is not larger than that of the profile which has other
    /// bounds, whatever a sample told: where that is smaller, it is taken.
    fn encode_smallest(&self, tensor: &TensorView<'_>, blob: &mut Vec<u8>) -> Result<()> {
        self.encode_in_best_order(tensor, blob)?;
        if self.settings.profile == Profile::Ratio && self.settings.codec.is_none() {
            let mut other = Vec::new();
            self.clone().profile(Profile::Balanced).encode_in_best_order(tensor, &mut other)?;
            if other.len() < blob.len() {
                *blob = other;
            }
        }
        Ok(())
    }

    /// Encodes a tensor in the order of columns where it may pay, and in that of its elements where
    /// it is not clear that it does.
    fn encode_in_best_order(&self, tensor: &TensorView<'_>, blob: &mut Vec<u8>) -> Result<()> {
        let mut smallest: Option<Vec<u8>> = None;
        let mut is_enough = false;
        for Trial { rows, enough } in trials(&self.settings, tensor) {
            let transposed = Transposed::new(&self.settings, tensor, rows)?;
            let encoder = Self { settings: transposed.settings(&self.settings), ..self.clone() };
            let mut other = Vec::new();
            encoder.encode_planned(&transposed.tensor()?, &mut other)?;
            transposed.write_order(&mut other);
            is_enough |= other.len() as u64 <= enough;
            if smallest.as_ref().is_none_or(|smallest| other.len() < smallest.len()) {
                smallest = Some(other);
            }
        }
        if !is_enough {
            self.encode_planned(tensor, blob)?;
        }
        let Some(columns) = smallest else { return Ok(()) };
        let least = (blob.len() as f64 * self.settings.profile.codec_tolerance()) as usize;
        if is_enough || columns.len() + least < blob.len() {
            *blob = columns;
        }
        Ok(())
    }

    fn encode_planned(&self, tensor: &TensorView<'_>, blob: &mut Vec<u8>) -> Result<()> {
        let backend = self.backend.map_or_else(backend_from_env, Ok)?;
        let mut workspace = self.workspaces.take();
        let mut other = Vec::new();
        for (number, selection) in select(&self.settings, tensor)?.into_iter().enumerate() {
            let out = if number == 0 { &mut *blob } else { &mut other };
            self.encode_selected(selection, tensor, backend, &mut workspace, out)?;
            if number > 0 && other.len() < blob.len() {
                std::mem::swap(blob, &mut other);
            }
        }
        // The choice was made from a sample, and tiny tensors may not pay for a table.
        if self.settings.codec.is_none() && blob.len() > tensor.data().len() {
            let Workspace { prepared, preparing, writing } = &mut workspace;
            let plan = choose_raw(tensor, prepared, preparing)?;
            write(tensor.data(), &plan, &NO_PLANES, backend, prepared, writing, &mut other)?;
            if other.len() < blob.len() {
                *blob = other;
            }
        }
        self.workspaces.put(workspace);
        Ok(())
    }

    /// Encodes a tensor in a form that is selected.
    fn encode_selected(
        &self,
        selection: Selection,
        tensor: &TensorView<'_>,
        backend: CpuBackend,
        Workspace { prepared, preparing, writing }: &mut Workspace,
        blob: &mut Vec<u8>,
    ) -> Result<()> {
        let plan = choose::plan(selection, tensor, &self.settings, prepared, preparing)?;
        let encode = |settings, bytes: &[u8]| {
            let shape = [bytes.len() as u64];
            let encoder = Self { settings, ..self.clone() };
            encoder.encode(&TensorView::new(Dtype::U8, &shape, bytes)?)
        };
        let data = tensor.data();
        let planes = encode_planes(&self.settings, data, &plan, prepared, writing, &encode)?;
        write(data, &plan, &planes, backend, prepared, writing, blob)
    }
}
