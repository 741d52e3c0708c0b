//! Memory runs out at each allocation of a decode in turn: an error that says so, never an abort,
//! and the next decode is right.
//!
//! A program of its own, as it has its own allocator.

use rayon::ThreadPoolBuilder;
use support::failing_allocator::{AllocationsFail, counting_from, each_fails};
use support::{Distribution, Options, Tensor, cpu, write_archive};
use tempfile::TempDir;
use wcodec::container::{ContentHash, Manifest, Metadata, TensorSpec};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{
    Archive, ArchiveWriter, Blob, Decoder, Dtype, Encoder, RawPlanes, SafetensorsFile, TensorView,
};

#[global_allocator]
static ALLOCATOR: AllocationsFail = AllocationsFail;

/// A tensor for each codec, of several tiles and tables.
fn tensors() -> Vec<(Tensor, Options)> {
    let matrix =
        |dtype, columns| Tensor::new(dtype, &[40, columns], Distribution::OutlierColumns, 1);
    let mut tensors: Vec<_> = PlaneCodec::ALL[1..]
        .iter()
        .flat_map(|&codec| {
            let options = Options::forced(codec, Predictor::Left);
            [(matrix(Dtype::BF16, 300), options), (matrix(Dtype::U8, 1024), options)]
        })
        .collect();
    tensors.push((Tensor::of_bytes(vec![7; 5000]), Options::default()));
    tensors.push(coded_plane());
    tensors
}

/// A tensor with a raw plane that is coded, which takes as many allocations as another tensor.
fn coded_plane() -> (Tensor, Options) {
    let tensor = Tensor::new(Dtype::BF16, &[40, 300], Distribution::OutlierColumns, 1);
    let raw_planes = RawPlanes::Coded(None);
    (tensor, Options { raw_planes, ..Options::forced(PlaneCodec::Tans8, Predictor::Left) })
}

/// In one thread, which is the one whose allocations fail.
fn alone(work: impl FnOnce() + Send) {
    ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(work);
}

#[test]
fn decoding_tensors_of_an_archive() {
    let folder = TempDir::new().unwrap();
    let tensors = tensors();
    let written = tensors.iter().map(|(tensor, options)| (tensor, *options));
    let archive = write_archive(&folder.path().join("archive"), written);
    let decoder = cpu();
    alone(|| {
        for (info, (original, _)) in archive.tensors().iter().zip(&tensors) {
            let decode = || {
                let decoded = archive.decode_tensor(info.name(), &decoder)?;
                assert!(decoded == original.data);
                Ok(())
            };
            // The blob, the list of tile rows, the tensor; tables twice where there are any. For a
            // plane that is coded its own list, bytes and tables.
            let allocations = each_fails(info.name(), decode);
            assert!((3..=9).contains(&allocations), "{}: {allocations}", info.name());
        }
    });
}

#[test]
fn decoding_ranges() {
    let decoder: Decoder = cpu();
    for (tensor, options) in tensors() {
        let bytes = options.encoder().encode(&tensor.view()).unwrap();
        let end = tensor.data.len() - 3;
        let mut decoded = vec![0; end - 5];
        alone(|| {
            let decode = || {
                let blob = Blob::parse(&bytes)?;
                decoder.decode_range(&blob, 5..end as u64, &mut decoded)?;
                assert!(decoded == tensor.data[5..end]);
                Ok(())
            };
            assert!(each_fails(&format!("{options:?}"), decode) >= 2);
        });
    }
}

/// Bytes from which on an allocation is in proportion to a header; paths and messages are shorter.
const IN_PROPORTION: usize = 1 << 10;

/// Tensors whose every part is long, and metadata.
fn long_manifest() -> Manifest {
    let spec = |number: usize| {
        TensorSpec::new(format!("{number}{}", "n".repeat(2000)), Dtype::U8, vec![1; 2000])
    };
    let tensors = (0..8).map(spec).collect();
    let metadata = (0..100).map(|number| (format!("{number}"), "m".repeat(100)));
    Manifest::new(tensors).metadata(Metadata::new(metadata).unwrap())
}

/// An archive without a source, the file that it restores, and an archive of that.
fn long_headers(folder: &TempDir) -> [std::path::PathBuf; 3] {
    let [bare, source, archive] =
        ["a.wcodec", "a.safetensors", "b.wcodec"].map(|name| folder.path().join(name));
    let mut writer = ArchiveWriter::create(&bare, long_manifest()).unwrap();
    let blob = Encoder::new().encode(&TensorView::new(Dtype::U8, &[1], &[7]).unwrap()).unwrap();
    for _ in 0..8 {
        writer.append(&blob, ContentHash::of(&[7])).unwrap();
    }
    writer.finish().unwrap().commit().unwrap();
    let decoder = cpu();
    let limits = wcodec::container::Limits::default();
    let options = wcodec::convert::DecompressOptions::new(&decoder).limits(limits);
    wcodec::convert::decompress_file(&bare, &source, &options, &()).unwrap();
    let options = wcodec::convert::CompressOptions::default();
    wcodec::convert::compress_file(&source, &archive, &options, &()).unwrap();
    [bare, source, archive]
}

#[test]
fn reading_headers() {
    let folder = TempDir::new().unwrap();
    let [bare, source, archive] = long_headers(&folder);
    alone(|| {
        counting_from(IN_PROPORTION, || {
            for path in [&bare, &archive] {
                let allocations = each_fails("an archive", || Archive::open(path).map(drop));
                // Name and shape of each.
                assert!(allocations > 16, "only {allocations}");
            }
            let open = || SafetensorsFile::open(&source).map(drop);
            let allocations = each_fails("a source", open);
            assert!(allocations > 16, "only {allocations}");
        });
    });
}
