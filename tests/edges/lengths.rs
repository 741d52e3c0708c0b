//! Lengths, widths and heights around every edge of a lane, a row, a tile and a block.

use support::{Distribution, Options, Tensor, check_blob};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{Blob, Dtype};

/// One dtype for each split, and the bytes of its elements.
const DTYPES: [(Dtype, u64); 6] = [
    (Dtype::U8, 1),
    (Dtype::F8_E4M3, 1),
    (Dtype::BF16, 2),
    (Dtype::F16, 2),
    (Dtype::F32, 4),
    (Dtype::I32, 4),
];

/// All but Const, which has nothing at an edge that the others lack.
const CODECS: [PlaneCodec; 7] = [
    PlaneCodec::Raw,
    PlaneCodec::Tans8,
    PlaneCodec::TansNib,
    PlaneCodec::TansPair,
    PlaneCodec::TansCrumb,
    PlaneCodec::Rans8,
    PlaneCodec::RansPair,
];

/// The least and the greatest height of a tile, their neighbours, and some between.
const HEIGHTS: [u32; 8] = [8, 9, 16, 23, 32, 100, 255, 256];

/// Encodes under every codec and several predictors and checks each; says what the last was like.
fn check(dtype: Dtype, shape: &[u64], tile_rows: u32) -> u64 {
    let tensor = Tensor::new(dtype, shape, Distribution::Gaussian(6.0), shape[0]);
    let mut row_bytes = 0;
    for (number, codec) in CODECS.into_iter().enumerate() {
        let predictor = Predictor::ALL[(number + shape[0] as usize) % 5];
        let options = Options { tile_rows: Some(tile_rows), ..Options::forced(codec, predictor) };
        let blob = options.encoder().encode(&tensor.view()).unwrap();
        let summary = check_blob(&blob, &tensor.data);
        assert_eq!((summary.codec, summary.tile_rows), (codec, tile_rows));
        row_bytes = summary.row_bytes;
    }
    row_bytes
}

/// An edge in bytes as lengths in elements: one below, on it and one above.
fn around(edge: u64, element_bytes: u64) -> [u64; 3] {
    let on_it = edge / element_bytes;
    [on_it - 1, on_it, on_it + 1]
}

#[test]
fn empty_and_almost_empty() {
    for (dtype, _) in DTYPES {
        for length in 0..3 {
            check(dtype, &[length], 8);
        }
    }
}

#[test]
fn lengths_around_a_lane_and_a_row() {
    for (dtype, element_bytes) in DTYPES {
        for edge in [16, 32, 496, 512, 1024] {
            for length in around(edge, element_bytes) {
                check(dtype, &[length], 8);
            }
        }
    }
}

#[test]
fn lengths_around_one_and_two_tiles_of_every_height() {
    for (dtype, element_bytes) in DTYPES {
        for tile_rows in HEIGHTS {
            let tile = 512 * u64::from(tile_rows);
            let edges = if tile_rows < 32 { vec![tile, 2 * tile] } else { vec![tile] };
            for length in edges.into_iter().flat_map(|edge| around(edge, element_bytes)) {
                check(dtype, &[length], tile_rows);
            }
        }
    }
}

/// A matrix of whole blocks is tiled as one from a tile's height on.
#[test]
fn heights_around_every_tile_height() {
    for (dtype, element_bytes) in DTYPES {
        for tile_rows in HEIGHTS {
            for rows in [tile_rows - 1, tile_rows, tile_rows + 1] {
                let row_bytes = check(dtype, &[rows.into(), 1024 / element_bytes], tile_rows);
                assert_eq!(row_bytes, if rows < tile_rows { 512 } else { 1024 });
            }
        }
    }
}

#[test]
fn widths_around_one_two_and_three_blocks() {
    for (dtype, element_bytes) in DTYPES {
        for block in 1..=3 {
            for width in around(512 * block, element_bytes) {
                let whole = width * element_bytes == 512 * block;
                let row_bytes = check(dtype, &[17, width], 8);
                assert_eq!(row_bytes, if whole { 512 * block } else { 512 });
            }
        }
    }
}

/// The rows of a tensor of rank 3 are those of all its matrices.
#[test]
fn matrices_of_higher_rank() {
    assert_eq!(check(Dtype::BF16, &[3, 3, 512], 8), 1024);
    assert_eq!(check(Dtype::BF16, &[1, 7, 512], 8), 512);
    assert_eq!(check(Dtype::U8, &[2, 2, 3, 1536], 8), 1536);
    assert_eq!(check(Dtype::U8, &[2, 0, 3, 1536], 8), 512);
}

/// Section 7.4: what belongs to elements beyond the end "a writer sets to 0".
#[test]
fn what_lies_beyond_the_last_element_is_written_as_zeros() {
    for (dtype, element_bytes) in DTYPES {
        let length = 4096 / element_bytes + 1;
        let tensor = Tensor::new(dtype, &[length], Distribution::Uniform, 5);
        let options = Options::forced(PlaneCodec::Raw, Predictor::None);
        let bytes = options.encoder().encode(&tensor.view()).unwrap();
        let layout = *Blob::parse(&bytes).unwrap().layout();
        let planes = [layout.stored_plane].into_iter().chain(layout.raw_planes);
        for plane in planes.filter(|plane| plane.len > 0) {
            let lane = &bytes[..(plane.offset + plane.len) as usize];
            let beyond = &lane[lane.len() - layout.split.lane_elements() + 1..];
            assert!(beyond.iter().all(|&byte| byte == 0), "{dtype}: {beyond:?}");
        }
    }
}

/// The product of the other extents of an empty tensor need not fit 64 bits.
#[test]
fn empty_tensors_of_any_shape() {
    for shape in
        [&[0, u64::MAX][..], &[0, 1 << 62, 1 << 62], &[0, u64::MAX, 7, 0], &[5, 0, 1 << 63]]
    {
        let tensor = Tensor { dtype: Dtype::F32, shape: shape.to_vec(), data: Vec::new() };
        let blob = Options::default().encoder().encode(&tensor.view()).unwrap();
        check_blob(&blob, &[]);
    }
}

/// A small tensor among many needs no tiles of its own to keep a GPU busy.
#[test]
fn tiles_of_a_batch_are_tall() {
    let tensor = Tensor::new(Dtype::BF16, &[512, 512], Distribution::Gaussian(6.0), 1);
    let height = |bytes: u64| {
        let blob = Options::default().encoder().batch_bytes(bytes).encode(&tensor.view()).unwrap();
        check_blob(&blob, &tensor.data).tile_rows
    };
    let alone = height(0);
    assert_eq!(height(1), alone, "a batch is at least the tensor");
    assert!(height(1 << 30) >= 4 * alone);
}
