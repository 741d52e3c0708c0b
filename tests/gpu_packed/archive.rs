//! Matrices packed from tensors of archives.

use crate::{KERNELS, memory, numbers, read};
use support::{Distribution, Options, Tensor, write_archive};
use tempfile::TempDir;
use wcodec::Dtype;
use wcodec::gpu::{GpuDecoder, GpuPackedMatrix, GpuRows};
use wcodec::packed::Form;

#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_tensor_of_an_archive_is_packed_whole_and_in_parts() {
    let folder = TempDir::new().unwrap();
    let matrix = Tensor::new(Dtype::BF16, &[3, 40, 200], Distribution::Gaussian(0.02), 1);
    let other = Tensor::new(Dtype::F32, &[4, 4], Distribution::Gaussian(0.02), 2);
    let tensors = [&matrix, &other].map(|tensor| (tensor, Options::default()));
    let archive = write_archive(&folder.path().join("model.wcodec"), tensors.into_iter());
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let decoder = GpuDecoder::new(KERNELS.context()).unwrap();
    let pack = |name: &str, rows, columns| {
        let ranges = (rows, columns);
        GpuPackedMatrix::from_archive(&KERNELS, &decoder, &archive, name, ranges, Form::Fast)
    };
    let bits = numbers(&matrix.data);
    for (rows, columns) in [(None, None), (Some(5..100), Some(30..131)), (None, Some(199..200))] {
        let packed = pack(&names[0], rows.clone(), columns.clone()).unwrap();
        let (rows, columns) = (rows.unwrap_or(0..120), columns.unwrap_or(0..200));
        let (height, width) = (rows.end - rows.start, columns.end - columns.start);
        let out = memory(&vec![0xFF; 2 * (height * width) as usize]);
        let target = GpuRows::new(&out, 0, height, width).unwrap();
        packed.unpack(&target, KERNELS.stream()).unwrap();
        let columns = columns.start as usize..columns.end as usize;
        let row = |row: u64| &bits[200 * row as usize..][..200][columns.clone()];
        assert!(numbers(&read(&out)) == rows.flat_map(row).copied().collect::<Vec<_>>());
    }
    let code = |packed: wcodec::Result<GpuPackedMatrix>| packed.unwrap_err().code();
    assert_eq!(code(pack("no such tensor", None, None)), "no_such_tensor");
    assert_eq!(code(pack(&names[1], None, None)), "invalid_argument");
    assert_eq!(code(pack(&names[0], Some(0..121), None)), "invalid_argument");
    assert_eq!(code(pack(&names[0], None, Some(3..201))), "invalid_argument");
}
