//! Matrices that lie in memory of the caller's.

use crate::weights::{Kind, Weights};
use crate::{KERNELS, memory, multiply, numbers, pack, read};
use wcodec::gpu::{RawPackedMatrix, RawProduct, RawRows};
use wcodec::packed::Form;

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_copy_gives_the_same_bits() {
    for form in Form::ALL {
        let weights = Weights::new(Kind::Spread, 40, 200, 5);
        let x = Weights::new(Kind::Gaussian, 3, 200, 6);
        let packed = pack(&weights, form);
        let expected = multiply(&packed, &x, None);
        let stream = KERNELS.stream();
        let copy = memory(&vec![0; packed.byte_len() as usize]);
        let [x_memory, y, out] = [memory(&x.bytes()), memory(&[0; 240]), memory(&vec![0; 16_000])];
        let description = packed.description();
        // SAFETY: the memory is as long as the matrix, which is copied to it before it is used; it
        // and the rows are used by this stream alone, until it is waited for.
        unsafe {
            packed.launch_copy(copy.address(), stream.raw()).unwrap();
            stream.wait().unwrap();
            drop(packed);
            let raw = RawPackedMatrix::new(&KERNELS, copy.address(), description).unwrap();
            let product = RawProduct::new(raw, RawRows::new(y.address(), 3, 40, 40).unwrap());
            let x = RawRows::new(x_memory.address(), 3, 200, 200).unwrap();
            KERNELS.launch_multiply(&[product], x, stream.raw()).unwrap();
            let rows = RawRows::new(out.address(), 40, 200, 200).unwrap();
            raw.launch_unpack(0..40, rows, stream.raw()).unwrap();
        }
        stream.wait().unwrap();
        assert_eq!(numbers(&read(&y)), expected);
        assert_eq!(read(&out), weights.bytes());
    }
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn addresses_that_kernels_cannot_read_are_refused() {
    let packed = pack(&Weights::new(Kind::Gaussian, 20, 64, 1), Form::Fast);
    for address in [0, 8, 24, u64::MAX - 15] {
        // SAFETY: nothing is launched with it.
        let raw = unsafe { RawPackedMatrix::new(&KERNELS, address, packed.description()) };
        assert_eq!(raw.err().map(|error| error.code()), Some("invalid_argument"), "{address}");
    }
}
