//! Calls that are refused before anything is launched. They need no GPU.

use wcodec::gpu::{GpuEncodePlan, TensorToEncode, encoded_len_bound};
use wcodec::{Dtype, Error};

fn plan(
    dtype: Dtype,
    address: u64,
    len: u64,
    buffer: u64,
    buffer_len: u64,
) -> Result<GpuEncodePlan, Error> {
    GpuEncodePlan::new(&[TensorToEncode::new(dtype, address, len, buffer, buffer_len)])
}

#[test]
fn a_buffer_that_is_too_small_is_refused() {
    for dtype in [Dtype::BF16, Dtype::U8, Dtype::F32] {
        for len in [0, 64, 1 << 20] {
            let bound = encoded_len_bound(dtype, len).unwrap();
            assert!(plan(dtype, 1 << 20, len, 1 << 40, bound).is_ok());
            let error = plan(dtype, 1 << 20, len, 1 << 40, bound - 1).err().unwrap();
            assert_eq!(error.code(), "invalid_argument");
            assert!(error.to_string().contains(&bound.to_string()), "{error}");
        }
    }
}

#[test]
fn addresses_that_kernels_cannot_use_are_refused() {
    let far = u64::MAX - 15;
    for (address, buffer) in
        [(8, 1 << 40), (1 << 20, (1 << 40) + 4), (far, 1 << 40), (1 << 20, far)]
    {
        let error = plan(Dtype::U8, address, 4096, buffer, 1 << 20).err();
        assert_eq!(error.map(|error| error.code()), Some("invalid_argument"), "{address} {buffer}");
    }
}

#[test]
fn parts_of_elements_are_refused() {
    let error = plan(Dtype::F32, 0, 1022, 1 << 40, 1 << 20).err().unwrap();
    assert!(error.to_string().contains("F32"), "{error}");
}

#[test]
fn places_are_read_from_as_many_bytes_as_they_take() {
    let plan = plan(Dtype::U8, 0, 4096, 1 << 40, 1 << 20).unwrap();
    let places = plan.places();
    let len = (places.end - places.start) as usize;
    assert_eq!(plan.read_places(&vec![0; len]).unwrap().len(), 1);
    for wrong in [len - 1, len + 1, 0] {
        assert!(plan.read_places(&vec![0; wrong]).is_err());
    }
}

/// More tiles than 32 bits count.
#[test]
fn too_many_tiles_are_refused() {
    let len = 1 << 46;
    let bound = encoded_len_bound(Dtype::U8, len).unwrap();
    let tensor = TensorToEncode::new(Dtype::U8, 0, len, 1 << 47, bound);
    assert!(GpuEncodePlan::new(&[tensor]).is_ok());
    let error = GpuEncodePlan::new(&[tensor; 5]).err().unwrap();
    assert!(error.to_string().contains("tiles"), "{error}");
}
