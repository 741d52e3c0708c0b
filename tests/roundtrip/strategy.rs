//! The random inputs.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use support::{ALL_DTYPES, Distribution, Options, Tensor, elements_to_a_byte};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Dtype, Order, Profile, RawPlanes};

/// A tensor and how to encode it.
#[derive(Debug, Clone)]
pub struct Case {
    pub dtype: Dtype,
    pub shape: Vec<u64>,
    pub distribution: Distribution,
    pub seed: u64,
    pub options: Options,
}

impl Case {
    pub fn tensor(&self) -> Tensor {
        Tensor::new(self.dtype, &self.shape, self.distribution, self.seed)
    }
}

/// Tensors up to 200 KiB.
pub fn cases() -> impl Strategy<Value = Case> {
    with_shapes(
        |dtype| prop_oneof![2 => vectors(dtype), 2 => boxes(dtype), 3 => matrices(dtype, 140)],
    )
}

/// Tensors of many tiles.
pub fn large_cases() -> impl Strategy<Value = Case> {
    with_shapes(|dtype| matrices(dtype, 600))
}

fn with_shapes<S>(shapes: impl Fn(Dtype) -> S) -> impl Strategy<Value = Case>
where
    S: Strategy<Value = Vec<u64>>,
{
    let dtypes = select(ALL_DTYPES.to_vec());
    let with_shape = dtypes.prop_flat_map(move |dtype| (Just(dtype), shapes(dtype)));
    let distributions = select(Distribution::ALL.to_vec());
    (with_shape, distributions, any::<u64>(), options()).prop_map(
        |((dtype, shape), distribution, seed, options)| {
            let len = (shape.iter().product::<u64>() * dtype.bitsize() as u64 / 8) as usize;
            let order = if has_bands(len, options.order) { options.order } else { Order::Rows };
            let options = Options { order, ..options };
            Case { dtype, shape, distribution, seed, options }
        },
    )
}

/// Returns whether so many bytes are enough for the columns that are asked for.
fn has_bands(len: usize, order: Order) -> bool {
    let Order::Columns { element_bytes, columns } = order else { return true };
    let row_bytes = usize::from(element_bytes) * columns as usize;
    let rows = len / row_bytes;
    len.is_multiple_of(element_bytes.into()) && rows >= 2 && rows * row_bytes >= 16384
}

fn options() -> impl Strategy<Value = Options> {
    let profiles = select(vec![Profile::Ratio, Profile::Balanced, Profile::Fast]);
    let codecs = option::of(select(PlaneCodec::ALL.to_vec()));
    let predictors = option::of(select(Predictor::ALL.to_vec()));
    let heights = option::of(8u32..=256);
    (profiles, codecs, predictors, heights, raw_planes(), orders()).prop_map(
        |(profile, codec, predictor, tile_rows, raw_planes, order)| Options {
            profile,
            codec,
            predictor,
            tile_rows,
            raw_planes,
            order,
        },
    )
}

fn orders() -> impl Strategy<Value = Order> {
    let columns = (select(vec![1u8, 2, 4, 8]), 2..300u32);
    let columns =
        columns.prop_map(|(element_bytes, columns)| Order::Columns { element_bytes, columns });
    prop_oneof![2 => Just(Order::ByCost), 1 => Just(Order::Rows), 1 => columns]
}

fn raw_planes() -> impl Strategy<Value = RawPlanes> {
    let with_symbols = PlaneCodec::ALL.into_iter().filter(|codec| codec.has_symbols());
    let codecs = option::of(select(with_symbols.collect::<Vec<_>>()));
    prop_oneof![
        2 => Just(RawPlanes::ByCost),
        1 => Just(RawPlanes::Stored),
        2 => codecs.prop_map(RawPlanes::Coded),
    ]
}

fn vectors(dtype: Dtype) -> impl Strategy<Value = Vec<u64>> {
    (0..6000u64).prop_map(move |length| vec![length * elements_to_a_byte(dtype)])
}

/// Any rank to 4, empty extents among them.
fn boxes(dtype: Dtype) -> impl Strategy<Value = Vec<u64>> {
    vec(0..12u64, 0..=4).prop_map(move |mut shape| {
        let to_a_byte = elements_to_a_byte(dtype);
        match shape.last_mut() {
            Some(last) => *last *= to_a_byte,
            // A scalar, if the dtype can have one.
            None if to_a_byte > 1 => shape.push(to_a_byte),
            None => {}
        }
        shape
    })
}

/// Rows of whole blocks of 512 bytes, and now and then one element more or less.
fn matrices(dtype: Dtype, most_rows: u64) -> impl Strategy<Value = Vec<u64>> {
    // 6-bit elements fill blocks only in threes.
    let block_bits = if dtype.bitsize() == 6 { 3 * 512 * 8 } else { 512 * 8 };
    let block = block_bits / dtype.bitsize() as u64;
    let step = elements_to_a_byte(dtype);
    let most_blocks: u64 = if dtype.bitsize() == 6 { 1 } else { 3 };
    let off = prop_oneof![6 => Just(0), 1 => Just(step as i64), 1 => Just(-(step as i64))];
    (1..=most_rows, 1..=most_blocks, off).prop_map(move |(rows, blocks, off)| {
        let columns = (blocks * block).checked_add_signed(off);
        vec![rows, columns.expect("a block has more elements than a step")]
    })
}
