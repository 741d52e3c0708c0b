//! Matrices that are unpacked in pieces, for a dense product.

use crate::weights::{Kind, Weights};
use crate::{KERNELS, memory, numbers, pack, read};
use wcodec::Error;
use wcodec::gpu::{RawProduct, RawRows};
use wcodec::packed::Form;

/// Every piece holds its rows of the weights, and has the y and the bias of those.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn pieces_are_the_rows_of_the_matrix_in_turn() {
    let (rows, columns, n) = (75, 100, 300);
    for kind in [Kind::SomeOfAnyBits, Kind::AnyBits] {
        let weights = Weights::new(kind, rows, columns, 3);
        let packed = pack(&weights, Form::Fast);
        let room = memory(&vec![0xFF; 2 * 32 * columns]);
        let [x, y] = [0x1000_0000, 0x2000_0000].map(|address| (address, 90));
        let x = RawRows::new(x.0, n, columns as u64, columns as u64).unwrap();
        let y = RawRows::new(y.0, n, rows as u64, y.1).unwrap();
        let product = RawProduct::new(&packed, y).bias(0x3000_0000);
        let (stream, mut first) = (KERNELS.stream(), 0);
        let room_of = (room.address(), 2 * 32 * columns as u64 + 50);
        let take = |piece: wcodec::gpu::DensePiece| {
            stream.wait()?;
            let count = piece.weights.shape().rows() as usize;
            let mut bytes = vec![0; 2 * count * columns];
            room.read(piece.weights.address() - room.address(), &mut bytes)?;
            assert!(numbers(&bytes) == weights.bits[first * columns..][..count * columns]);
            assert_eq!(piece.x.address(), x.address());
            assert_eq!(piece.y.address(), y.address() + 2 * first as u64);
            assert_eq!((piece.y.shape().rows(), piece.y.stride()), (n as u32, 90));
            assert_eq!(piece.y.shape().columns() as usize, count);
            assert_eq!(piece.bias, Some(0x3000_0000 + 2 * first as u64));
            first += count;
            Ok(())
        };
        // SAFETY: nothing is launched but what unpacks to the room.
        unsafe { KERNELS.launch_multiply_unpacked(&product, x, room_of, stream.raw(), take) }
            .unwrap();
        assert_eq!(first, rows);
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn an_error_of_the_dense_product_ends_it() {
    let packed = pack(&Weights::new(Kind::Gaussian, 64, 64, 3), Form::Fast);
    let room = memory(&[0; 2 * 16 * 64]);
    let rows = |rows| RawRows::new(room.address(), rows, 64, 64).unwrap();
    let product = RawProduct::new(&packed, rows(200));
    let (stream, mut calls) = (KERNELS.stream().raw(), 0);
    let mut multiply = |bytes| {
        let fail = |_| {
            calls += 1;
            Err(Error::InvalidArgument("no".into()))
        };
        // SAFETY: nothing is launched but what unpacks to the room.
        unsafe {
            let room = (room.address(), bytes);
            KERNELS.launch_multiply_unpacked(&product, rows(200), room, stream, fail)
        }
        .unwrap_err()
        .to_string()
    };
    assert!(multiply(2 * 16 * 64).contains("no"));
    let error = multiply(2 * 16 * 64 - 1);
    assert!(error.contains("2048 are needed for 16 rows"), "{error}");
    assert_eq!(calls, 1);
    assert!(KERNELS.most_packed_rows() >= 64);
}

/// As few rows of x as the packed product takes are multiplied; one more is handed to the dense one,
/// a form that gained nothing as well.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn any_number_of_rows_takes_one_of_both_ways() {
    let most = KERNELS.most_packed_rows() as usize;
    for kind in [Kind::Gaussian, Kind::AnyBits] {
        let weights = Weights::new(kind, 33, 70, 3);
        let packed = pack(&weights, Form::Fast);
        for (n, pieces) in [(1, 0), (most, 0), (most + 1, 2), (2048, 2)] {
            let x = Weights::new(Kind::Gaussian, n, 70, 4);
            let (x_memory, y_memory) = (memory(&x.bytes()), memory(&vec![0xFF; 2 * n * 33]));
            let room = memory(&[0; 2 * 32 * 70]);
            let x_rows = RawRows::new(x_memory.address(), n as u64, 70, 70).unwrap();
            let y = RawRows::new(y_memory.address(), n as u64, 33, 33).unwrap();
            let product = RawProduct::new(&packed, y);
            let (stream, mut calls) = (KERNELS.stream(), 0);
            let count = |_| {
                calls += 1;
                Ok(())
            };
            let room = (room.address(), 2 * 32 * 70);
            // SAFETY: all of it is alive until the stream was waited for.
            unsafe { KERNELS.launch_multiply_any(&product, x_rows, room, stream.raw(), count) }
                .unwrap();
            stream.wait().unwrap();
            assert_eq!(calls, pieces, "{n} rows");
            let y = numbers(&read(&y_memory));
            if pieces == 0 {
                crate::weights::check(&weights, &x, &y);
            } else {
                assert!(y.iter().all(|&bits| bits == 0xFFFF), "the dense product is the caller's");
            }
        }
    }
}
