//! Parts of tensors are those of the whole, and no more is read for them than tiles.

use crate::{Archive, Decoder, DeviceChoice, Dtype, Encoder, Order, TensorView, compress_with};

/// Weights whose last bytes have an order, and the others none, as mantissas have none.
fn weights(bytes: u64, element: u64) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let mut byte = |at| match at % element == element - 1 {
        true => (next() & 31) + (next() & 31),
        false => next(),
    };
    (0..bytes).map(&mut byte).collect()
}

fn archive(dtype: Dtype, shape: &[u64], encoder: &Encoder) -> (Archive, Vec<u8>) {
    let element = dtype.bitsize() as u64 / 8;
    let data = weights(crate::byte_len(dtype, shape).unwrap(), element);
    let view = TensorView::new(dtype, shape, &data).unwrap();
    (Archive::from_bytes(compress_with(&view, encoder).unwrap()).unwrap(), data)
}

#[test]
fn parts_are_those_of_the_whole() {
    let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
    let short = Encoder::new().tile_rows(8);
    let turned = Encoder::new().order(Order::Columns { element_bytes: 4, columns: 256 });
    for (dtype, shape, encoder) in [
        (Dtype::BF16, [100, 1024], &short),
        (Dtype::F32, [90, 256], &short),
        (Dtype::I8, [70, 100], &short),
        (Dtype::F64, [80, 512], &Encoder::new()),
        (Dtype::F32, [300, 256], &turned),
    ] {
        let (archive, data) = archive(dtype, &shape, encoder);
        let reader = archive.reader("tensor").unwrap();
        let (line, element) = (data.len() / shape[0] as usize, dtype.bitsize() / 8);
        for lines in [0..shape[0] as usize, 9..33, 64..65, 7..7] {
            let bytes = (lines.start * line) as u64..(lines.end * line) as u64;
            for columns in [0..shape[1], 3..4, shape[1] / 4..shape[1] / 2, 50..shape[1], 9..9] {
                let taken = columns.start as usize * element..columns.end as usize * element;
                let expected: Vec<u8> = data[lines.start * line..lines.end * line]
                    .chunks(line)
                    .flat_map(|line| &line[taken.clone()])
                    .copied()
                    .collect();
                let mut out = vec![1; expected.len()];
                let (bytes, columns) = (bytes.clone(), Some(columns.clone()));
                reader.decode_part_to(bytes, columns.clone(), &decoder, &mut out).unwrap();
                assert!(out == expected, "{dtype} {shape:?} {lines:?} {columns:?}");
            }
            // Bytes that are no whole lines, too.
            let bytes = bytes.start + u64::from(!lines.is_empty())..bytes.end;
            let mut out = vec![1; (bytes.end - bytes.start) as usize];
            reader.decode_part_to(bytes.clone(), None, &decoder, &mut out).unwrap();
            assert!(out == data[bytes.start as usize..bytes.end as usize]);
        }
    }
}

#[test]
fn no_more_is_read_than_tiles() {
    let (archive, data) = archive(Dtype::I8, &[512, 4096], &Encoder::new().tile_rows(16));
    let reader = archive.reader("tensor").unwrap();
    let whole = archive.tensors()[0].blob_len();
    let all = 0..data.len() as u64;
    for (bytes, columns) in [(0..all.end / 4, None), (all.clone(), Some(1024..2048))] {
        let places = reader.places(bytes.clone(), columns.clone()).unwrap();
        let read: u64 = places.iter().map(|place| place.end - place.start).sum();
        assert!(read > whole / 5 && read < whole * 26 / 100, "{read} of {whole}");
        let cut = reader.cut(bytes, columns).unwrap().unwrap();
        assert!((cut.blob().len() as u64) < whole * 27 / 100);
    }
}

/// Cuts that several threads read, and that end within a piece.
#[test]
fn long_cuts_are_read_whole() {
    let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
    for dtype in [Dtype::I8, Dtype::BF16, Dtype::F32] {
        let (archive, data) = archive(dtype, &[1024, 4096], &Encoder::new());
        let reader = archive.reader("tensor").unwrap();
        let half = data.len() / 2..data.len();
        let cut = reader.cut(half.start as u64..half.end as u64, None).unwrap().unwrap();
        assert!(cut.blob().len() > 2 << 19, "{} bytes are few pieces", cut.blob().len());
        let mut out = vec![1; half.len()];
        cut.decode_to(&decoder, &mut out).unwrap();
        assert!(out == data[half], "{dtype}");
    }
}

#[test]
fn parts_that_are_not_there_are_refused() {
    let (archive, data) = archive(Dtype::BF16, &[8, 512], &Encoder::new());
    let reader = archive.reader("tensor").unwrap();
    let len = data.len() as u64;
    let refused = |bytes, columns| reader.cut(bytes, columns).unwrap_err().to_string();
    assert!(refused(0..len + 1, None).contains("has no bytes 0..8193"));
    assert!(refused(2..1024, Some(0..4)).contains("no whole lines"));
    assert!(refused(0..1024, Some(0..513)).contains("has no columns 0..513"));
    let decoder = Decoder::open(DeviceChoice::Cpu).unwrap();
    let decoded = reader.decode_part_to(0..4, None, &decoder, &mut [0; 5]);
    assert!(decoded.unwrap_err().to_string().contains("do not have 5 bytes"));
}
