//! Archives loaded to a GPU, and work on several streams at once.

mod into;
mod own_source;
mod rows;

use std::path::Path;
use std::sync::Arc;
use support::{Distribution, Options, Random, Tensor, cpu, decode, write_archive};
use tempfile::TempDir;
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::gpu::{GpuBatch, GpuDecoder, GpuLoader, GpuPlan, LoadOptions, PlannedTensor};
use wcodec::{Archive, Blob, BlobSource, Dtype, Error};

/// Tensors of many kinds and sizes: empty ones, ones of many pieces, and two that share a group.
fn tensors() -> Vec<Tensor> {
    let shapes: [(Dtype, &[u64]); 8] = [
        (Dtype::BF16, &[300, 512]),
        (Dtype::F32, &[0, 7]),
        (Dtype::I8, &[1]),
        (Dtype::I8, &[70, 1024]),
        (Dtype::F16, &[33]),
        (Dtype::F32, &[999, 257]),
        (Dtype::U8, &[40_000]),
        (Dtype::BF16, &[2048, 1024]),
    ];
    let tensor = |(seed, &(dtype, shape)): (usize, &(Dtype, &[u64]))| {
        Tensor::new(dtype, shape, Distribution::Gaussian(6.0), seed as u64)
    };
    shapes.iter().enumerate().map(tensor).collect()
}

/// An archive of tensors as the encoder chooses to code them.
fn archive(path: &Path, tensors: &[Tensor]) -> Archive {
    write_archive(path, tensors.iter().map(|tensor| (tensor, Options::default())))
}

#[track_caller]
fn check_loaded(loader: &mut GpuLoader, source: &dyn BlobSource, tensors: &[Tensor]) {
    let model = loader.load(source).unwrap();
    assert_eq!(model.tensors().len(), tensors.len());
    for (loaded, tensor) in model.tensors().iter().zip(tensors) {
        assert_eq!((loaded.dtype(), loaded.shape().to_vec()), (tensor.dtype, tensor.shape.clone()));
        let mut decoded: Vec<u8> = tensor.data.iter().map(|byte| !byte).collect();
        model.memory().read(loaded.offset(), &mut decoded).unwrap();
        assert!(decoded == tensor.data, "{}", loaded.name());
    }
}

/// With pieces, groups and slots so small that each is used again and again, and as they are by
/// default.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn an_archive_is_loaded_whole() {
    let folder = TempDir::new().unwrap();
    let tensors = tensors();
    let archive = archive(&folder.path().join("model.wcodec"), &tensors);
    let gpu = GpuDecoder::open(0).unwrap();
    let small = |readers, pieces, slots| {
        let options = LoadOptions::new().readers(readers).pieces(pieces).slots(slots);
        options.piece_bytes(3000).group_bytes(50_000)
    };
    for options in [small(1, 1, 1), small(5, 2, 2), small(3, 1, 7), LoadOptions::default()] {
        let mut loader = GpuLoader::new(&gpu, options.clone()).unwrap();
        assert_eq!(loader.pinned_bytes(), options.readers * options.pieces * options.piece_bytes);
        for _ in 0..3 {
            check_loaded(&mut loader, &archive, &tensors);
        }
    }
}

/// Small tensors that lie in one blob, and tensors of the same bytes, each at a place of its own.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn tensors_that_share_blobs_are_loaded() {
    let folder = TempDir::new().unwrap();
    let shapes: [(Dtype, &[u64], u64); 9] = [
        (Dtype::BF16, &[300, 512], 1),
        (Dtype::F32, &[], 2),
        (Dtype::F8_E4M3, &[32, 32], 3),
        (Dtype::F32, &[7], 4),
        (Dtype::F8_E4M3, &[32, 32], 5),
        (Dtype::F8_E4M3, &[32, 32], 3),
        (Dtype::F32, &[0], 6),
        (Dtype::BF16, &[300, 512], 1),
        (Dtype::F8_E4M3, &[70, 33], 7),
    ];
    let tensors = shapes
        .map(|(dtype, shape, seed)| Tensor::new(dtype, shape, Distribution::Gaussian(6.0), seed));
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (number, tensor) in tensors.iter().enumerate() {
        let start = data.len();
        data.extend_from_slice(&tensor.data);
        let (dtype, shape, offsets) = (tensor.dtype, &tensor.shape, [start, data.len()]);
        let entry = serde_json::json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets });
        header.insert(format!("{number}"), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    let bytes = support::safetensors_source::file(&header, &data);
    let source = support::safetensors_source::put(folder.path(), "model.safetensors", &bytes);
    let path = folder.path().join("model.wcodec");
    wcodec::convert::compress_file(&source, &path, &Default::default(), &()).unwrap();
    let archive = Archive::open(&path).unwrap();
    assert!(archive.tensors().iter().any(|tensor| tensor.blob_start() > 0));
    assert_eq!(archive.tensors().iter().filter(|tensor| tensor.same_as().is_some()).count(), 2);
    let mut loader = GpuLoader::new(&GpuDecoder::open(0).unwrap(), LoadOptions::default()).unwrap();
    check_loaded(&mut loader, &archive, &tensors);
}

/// A turned bit is told by tensor; the same loader then loads a sound archive.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn damage_is_told_by_tensor_and_leaves_the_loader_usable() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.wcodec");
    let tensors = tensors();
    let sound = archive(&path, &tensors);
    let bytes = std::fs::read(&path).unwrap();
    let gpu = GpuDecoder::open(0).unwrap();
    let options = LoadOptions::new().piece_bytes(10_000);
    let mut loader = GpuLoader::new(&gpu, options).unwrap();
    let mut random = Random::new(1);
    for info in sound.tensors().iter().filter(|info| info.blob_len() > 200) {
        let mut damaged = bytes.clone();
        let at = info.blob_offset() + 64 + random.below(info.blob_len() - 64);
        damaged[at as usize] ^= 1 << random.below(8);
        let damaged_path = folder.path().join("damaged.wcodec");
        std::fs::write(&damaged_path, damaged).unwrap();
        let error = match loader.load(&Archive::open(&damaged_path).unwrap()) {
            Err(error @ Error::Corrupt { .. }) => error.to_string(),
            other => panic!("{:?}", other.map(|_| "loaded").map_err(|error| error.to_string())),
        };
        assert!(error.contains(info.name()), "{error}");
        check_loaded(&mut loader, &sound, &tensors);
    }
}

/// Buffers and streams of the caller's own, four tensors at once, nothing written around them.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn streams_decode_side_by_side_into_buffers_of_the_callers() {
    const AROUND: u64 = 4096;
    let gpu = GpuDecoder::open(0).unwrap();
    let tensor = |seed| Tensor::new(Dtype::BF16, &[1000, 777], Distribution::Gaussian(6.0), seed);
    let tensors: Vec<Tensor> = (0..4).map(tensor).collect();
    let blobs: Vec<Vec<u8>> =
        tensors.iter().map(|t| Options::default().encoder().encode(&t.view()).unwrap()).collect();
    let work: Vec<_> = blobs
        .iter()
        .map(|bytes| {
            let blob = Blob::parse(bytes).unwrap();
            let out = gpu.allocate(blob.byte_len() + 2 * AROUND).unwrap();
            out.fill(0xA5).unwrap();
            let input = gpu.allocate(bytes.len() as u64).unwrap();
            input.write(0, bytes).unwrap();
            let (from, to) = (input.address(), out.address() + AROUND);
            let plan = GpuPlan::new(&[PlannedTensor::whole(blob.front(), from, to)]).unwrap();
            let workspace = gpu.allocate(plan.workspace_len()).unwrap();
            (plan, workspace, input, out, gpu.new_stream().unwrap())
        })
        .collect();
    for _ in 0..10 {
        for (plan, workspace, _, _, stream) in &work {
            // SAFETY: workspace, input and output are as large as they must be, and live until the
            // streams are waited for.
            unsafe {
                gpu.upload_plan(plan, workspace.address(), stream.raw()).unwrap();
                gpu.launch(plan, workspace.address(), stream.raw()).unwrap();
            }
        }
    }
    for (tensor, (plan, workspace, _, out, stream)) in tensors.iter().zip(&work) {
        stream.wait().unwrap();
        let mut statuses = vec![0; 4];
        workspace.read(plan.statuses().start, &mut statuses).unwrap();
        assert_eq!(plan.corrupt_tiles(&statuses), [None]);
        let mut decoded = vec![0; out.len() as usize];
        out.read(0, &mut decoded).unwrap();
        let (before, rest) = decoded.split_at(AROUND as usize);
        let (inside, after) = rest.split_at(tensor.data.len());
        assert!(inside == tensor.data);
        assert!(before.iter().chain(after).all(|&byte| byte == 0xA5), "written around");
    }
}

/// The blob with a bit turned in a tile's words, one by which the CPU tells the tile.
fn damage_tile(sound: &[u8], tile: u32) -> Vec<u8> {
    let blob = Blob::parse(sound).unwrap();
    let start = blob.layout().words.offset + 4 * blob.span(tile).words_start;
    let turn = |at: u64| {
        let mut bytes = sound.to_vec();
        bytes[(start + at) as usize] ^= 0x10;
        bytes
    };
    let told = |bytes: &Vec<u8>| match decode(&cpu(), bytes) {
        Err(Error::Corrupt { place, .. }) => place == format!("tile {tile}"),
        _ => false,
    };
    (0..400).map(turn).find(told).expect("most turned bits are told")
}

/// A status names the tensor, and its first bad tile.
#[test]
#[ignore = "needs an NVIDIA GPU"]
fn a_bad_tile_is_named_among_several_tensors() {
    let gpu = GpuDecoder::open(0).unwrap();
    let tensor = Tensor::new(Dtype::I8, &[640, 512], Distribution::Gaussian(20.0), 1);
    let options = Options::forced(PlaneCodec::Tans8, Predictor::None);
    let sound = options.encoder().tile_rows(32).encode(&tensor.view()).unwrap();
    let bad = damage_tile(&sound, 7);
    let blobs = [&sound, &bad, &sound].map(|bytes| Blob::parse(bytes).unwrap());
    let out = Arc::new(gpu.allocate(GpuBatch::output_offsets(&blobs).1).unwrap());
    let batch = GpuBatch::upload(&gpu, &blobs, &out).unwrap();
    batch.decode().unwrap();
    let tiles = batch.corrupt_tiles().unwrap();
    let tiles: Vec<_> = tiles.iter().map(|tile| tile.map(|tile| tile.tile)).collect();
    assert_eq!(tiles, [None, Some(7), None]);
}
