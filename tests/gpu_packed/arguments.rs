//! Arguments that do not fit are refused before anything is launched.

use crate::weights::{Kind, Weights};
use crate::{KERNELS, memory, pack};
use wcodec::gpu::{GpuRows, RawRows};
use wcodec::packed::{Form, Shape};

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn rows_that_do_not_fit_are_refused() {
    let packed = pack(&Weights::new(Kind::Gaussian, 20, 64, 1), Form::Fast);
    let [x, y, bias] = [memory(&[0; 1024]), memory(&[0; 1024]), memory(&[0; 64])];
    let multiply = |columns, n, rows, bias_columns| {
        let x = GpuRows::new(&x, 0, 2, columns).unwrap();
        let y = GpuRows::new(&y, 0, n, rows).unwrap();
        let bias = GpuRows::new(&bias, 0, 1, bias_columns).unwrap();
        let done = packed.multiply(&x, &y, Some(&bias), KERNELS.stream());
        done.map_err(|error| error.code())
    };
    assert_eq!(multiply(64, 2, 20, 20), Ok(()));
    assert_eq!(multiply(63, 2, 20, 20), Err("invalid_argument"));
    assert_eq!(multiply(64, 3, 20, 20), Err("invalid_argument"));
    assert_eq!(multiply(64, 2, 19, 20), Err("invalid_argument"));
    assert_eq!(multiply(64, 2, 20, 19), Err("invalid_argument"));
    let x = GpuRows::new(&y, 0, 2, 64).unwrap();
    let same = GpuRows::new(&y, 512, 2, 20).unwrap();
    let error = packed.multiply(&x, &same, None, KERNELS.stream()).unwrap_err();
    assert_eq!(error.code(), "invalid_argument");
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn rows_that_are_not_all_in_memory_are_refused() {
    let memory = memory(&[0; 768]);
    let is_refused = |offset, rows, columns, stride| {
        let rows = GpuRows::with_stride(&memory, offset, rows, columns, stride);
        rows.err().is_some_and(|error| error.code() == "invalid_argument")
    };
    assert!(!is_refused(0, 8, 64, 64));
    assert!(is_refused(2, 8, 64, 64));
    assert!(is_refused(0, 8, 64, 65));
    assert!(is_refused(0, 2, 64, 63));
    assert!(is_refused(1, 1, 1, 1));
    assert!(is_refused(u64::MAX - 1, 1, 1, 1));
    assert!(is_refused(0, 3, 4, u64::MAX / 2));
    assert!(is_refused(0, Shape::MAX + 1, 0, 0));
    assert!(RawRows::new(u64::MAX - 7, 1, 8, 8).is_err());
}

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn ranges_that_do_not_begin_with_a_block_are_refused() {
    let packed = pack(&Weights::new(Kind::Gaussian, 40, 64, 1), Form::Fast);
    let out = memory(&[0; 2 * 64 * 40]);
    for (start, end) in [(1, 16), (0, 17), (0, 41), (16, 0), (32, 39)] {
        let rows = RawRows::new(out.address(), 40, 64, 64).unwrap();
        // SAFETY: there is room for all rows, and nothing is launched.
        let error = unsafe { packed.launch_unpack(start..end, rows, KERNELS.stream().raw()) };
        assert_eq!(error.unwrap_err().code(), "invalid_argument", "{start}..{end}");
    }
}
