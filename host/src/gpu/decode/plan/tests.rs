//! Plans are right without a device.

use super::*;
use crate::{Blob, Dtype, Encoder, Order, RawPlanes, TensorView};
use wcodec_codec::format::{PlaneCodec, Predictor};
use wcodec_kernels::launch::{BLOCK_WARPS, DeviceTable, NO_TILE};

/// Blobs of tensors whose tiles fill no whole number of blocks.
fn blobs() -> Vec<Vec<u8>> {
    let tensor = |scale: usize| {
        let data: Vec<u8> = (0..300 * 5000).map(|at| (at * at % 97 % scale) as u8).collect();
        Encoder::new().encode(&TensorView::new(Dtype::I8, &[300, 5000], &data).unwrap()).unwrap()
    };
    [5, 40, 90].map(tensor).to_vec()
}

fn plan(blobs: &[Blob<'_>]) -> GpuPlan {
    let whole = |blob| PlannedTensor::whole(Blob::front(blob), 0, 0);
    GpuPlan::new(&blobs.iter().map(whole).collect::<Vec<_>>()).unwrap()
}

fn tasks(plan: &GpuPlan) -> Vec<TileTask> {
    let tasks = plan.workspace.tasks.start as usize..plan.workspace.tasks.end as usize;
    let bytes = plan.as_bytes()[tasks].chunks(size_of::<TileTask>());
    bytes.map(bytemuck::pod_read_unaligned).collect()
}

#[test]
fn every_tile_has_a_warp_and_every_block_one_table() {
    let blobs = blobs();
    let blobs: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
    let plan = plan(&blobs);
    let tasks = tasks(&plan);
    for block in tasks.chunks(BLOCK_WARPS as usize) {
        assert!(block.iter().all(|task| task.table == block[0].table));
        assert_ne!(block[0].tile, NO_TILE);
    }
    assert!(tasks.iter().any(|task| task.tile == NO_TILE));
    let mut tiles: Vec<_> = tasks.iter().map(|task| (task.job, task.tile)).collect();
    tiles.retain(|&(_, tile)| tile != NO_TILE);
    tiles.sort_unstable();
    let expected = blobs.iter().zip(0u32..).flat_map(|(blob, tensor)| {
        (0..blob.layout().grid.tile_count()).map(move |tile| (tensor, tile))
    });
    assert!(tiles.into_iter().eq(expected));
}

#[test]
fn a_plan_begins_with_every_tensor_sound() {
    let blobs = blobs();
    let blobs: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
    let plan = plan(&blobs);
    let statuses = plan.statuses().start as usize..plan.statuses().end as usize;
    assert_eq!(plan.corrupt_tiles(&plan.as_bytes()[statuses]), [None; 3]);
}

/// The first value of a status has the same byte throughout, as `Workspace::of` assumes.
#[test]
fn a_sound_status_is_a_byte_repeated() {
    assert_eq!(INTACT.to_le_bytes(), [INTACT.to_le_bytes()[0]; 4]);
}

/// F32 whose three raw planes are coded.
fn coded_planes() -> Vec<u8> {
    let data: Vec<u8> = (0..100 * 1024).map(|at: usize| (at * at % 97) as u8).collect();
    let tensor = TensorView::new(Dtype::F32, &[25_600], &data).unwrap();
    let encoder = Encoder::new().codec(PlaneCodec::Tans8).tile_rows(8);
    encoder.raw_planes(RawPlanes::Coded(None)).encode(&tensor).unwrap()
}

/// Three bands of elements of two bytes, and a row that is not whole.
fn transposed() -> Vec<u8> {
    let data: Vec<u8> = (0..2 * 30_011u32).map(|at| (at * at / 128) as u8).collect();
    let tensor = TensorView::new(Dtype::BF16, &[30_011], &data).unwrap();
    let order = Order::Columns { element_bytes: 2, columns: 4 };
    Encoder::new().order(order).tile_rows(12).encode(&tensor).unwrap()
}

/// Raw planes that are coded are decoded by earlier launches, to where the tiles read them.
#[test]
fn coded_planes_are_decoded_first_to_their_memory() {
    let bytes = coded_planes();
    let blob = Blob::parse(&bytes).unwrap();
    let (front, base) = (blob.front(), 1u64 << 30);
    let tile_rows = PlannedTensor::all_rows(front);
    let len = PlannedTensor::scratch_len(front, &tile_rows);
    assert_eq!(len, 3 * 100 * 256);
    let whole = PlannedTensor { scratch: base, ..PlannedTensor::whole(front, 0, 0) };
    let plan = GpuPlan::new(&[whole]).unwrap();
    let tasks = tasks(&plan);
    let own = |task: &&TileTask| task.job == 3;
    let tiles: Vec<&TileTask> = tasks.iter().filter(|task| task.tile != NO_TILE).collect();
    let first_own = tiles.iter().position(&own).unwrap();
    assert!(tiles[first_own..].iter().all(own), "a plane is decoded after its tensor");
    // What the planes' tiles write, and what the tensor's read, both row by row.
    let mut written: Vec<u64> = tiles[..first_own].iter().map(|task| task.out).collect();
    written.sort_unstable();
    let plane_tiles: Vec<u64> = (0..3)
        .flat_map(|plane| {
            let rows = front.layout().coded_planes[plane as usize].unwrap().grid.tile_rows();
            (base + plane * 25_600..base + (plane + 1) * 25_600).step_by(rows as usize * 512)
        })
        .collect();
    assert_eq!(written, plane_tiles);
    for task in &tiles[first_own..] {
        let at = u64::from(task.tile) * 8 * 128;
        let expected = [0, 1, 2].map(|plane| base + plane * 25_600 + at);
        assert_eq!(task.raw_planes, expected, "tile {}", task.tile);
    }
}

/// A plan that was moved is the plan that would have been made for the other places, to the byte.
#[test]
fn a_relocated_plan_is_one_made_for_those_places() {
    let blobs = [&blobs()[..], &[coded_planes(), transposed()]].concat();
    let blobs: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
    let at = |places: &[Place]| {
        let planned = blobs.iter().zip(places);
        let planned = planned.map(|(blob, &Place { blob: from, out, scratch })| PlannedTensor {
            scratch,
            ..PlannedTensor::whole(blob.front(), from, out)
        });
        GpuPlan::new(&planned.collect::<Vec<_>>()).unwrap()
    };
    let place = |blob, out, scratch| Place { blob, out, scratch };
    let first = [
        place(0, 1 << 40, 0),
        place(5 << 20, 0, 1 << 10),
        place(7 << 30, 3 << 30, 0),
        place(1 << 12, 3 << 12, 5 << 20),
        place(1 << 30, 5 << 30, 3 << 20),
    ];
    let second = [
        place(9 << 33, 256, 512),
        place(512, 1 << 35, 0),
        place(1 << 20, 1 << 21, 0),
        place(1 << 42, 512, 1 << 30),
        place(512, 3 << 35, 256),
    ];
    let mut plan = at(&first);
    assert!(plan.as_bytes() != at(&second).as_bytes());
    plan.relocate(&second).unwrap();
    assert!(plan.as_bytes() == at(&second).as_bytes());
    assert_eq!(plan.places(), second);
    assert!(matches!(plan.relocate(&second[..2]), Err(Error::InvalidArgument(_))));
}

/// A table that no tile uses takes no memory: a hostile file may have sixteen for each small
/// tensor.
#[test]
fn only_tables_in_use_are_planned() {
    let data: Vec<u8> = (0..512 * 64).map(|at: usize| (at * at % 97) as u8).collect();
    let tensor = TensorView::new(Dtype::I8, &[64, 512], &data).unwrap();
    let blob = Encoder::new().encode(&tensor).unwrap();
    let blob = Blob::parse(&blob).unwrap();
    let none = PlannedTensor { tile_rows: 0..0, ..PlannedTensor::whole(blob.front(), 0, 0) };
    assert!(!blob.tables().is_empty());
    let plan = GpuPlan::new(&[none]).unwrap();
    assert!(plan.workspace_len() < size_of::<DeviceTable>() as u64);
}

/// Tiles of each block that decodes a tensor of so many tiles.
fn block_sizes(tiles: usize) -> Vec<usize> {
    let data: Vec<u8> = (0..tiles * 8 * 512).map(|at| (at * at % 97) as u8).collect();
    let shape = [data.len() as u64];
    let tensor = TensorView::new(Dtype::I8, &shape, &data).unwrap();
    let encoder = Encoder::new().codec(PlaneCodec::Tans8).predictor(Predictor::None);
    let blob = encoder.tile_rows(8).encode(&tensor).unwrap();
    let tasks = tasks(&plan(&[Blob::parse(&blob).unwrap()]));
    let size = |block: &[TileTask]| block.iter().filter(|task| task.tile != NO_TILE).count();
    tasks.chunks(BLOCK_WARPS as usize).map(size).collect()
}

#[test]
fn a_launch_of_few_tiles_is_spread_over_the_gpu() {
    assert_eq!(block_sizes(100), [1; 100]);
    assert_eq!(block_sizes(256), [2; 128]);
    assert_eq!(block_sizes(300), [3; 100]);
    assert_eq!(block_sizes(1024), [8; 128]);
    assert_eq!(block_sizes(1040), [8; 130]);
}

#[test]
fn a_warp_without_a_tile_fetches_nothing() {
    let blobs = blobs();
    let blobs: Vec<_> = blobs.iter().map(|blob| Blob::parse(blob).unwrap()).collect();
    let tasks = tasks(&plan(&blobs));
    let fetched = |task: &TileTask| (task.word_count, task.rows, task.last_row_bytes);
    let mut idle = tasks.iter().filter(|task| task.tile == NO_TILE);
    assert!(idle.clone().count() > 0 && idle.all(|task| fetched(task) == (0, 1, 0)));
}

/// The rows and the addresses are the caller's, and planning is safe.
#[test]
fn rows_that_the_tensor_lacks_are_refused_and_any_address_is_planned() {
    let blobs = blobs();
    let blob = Blob::parse(&blobs[0]).unwrap();
    let front = blob.front();
    let rows = PlannedTensor::all_rows(front).end;
    let plan = |tile_rows| {
        GpuPlan::new(&[PlannedTensor {
            front,
            blob: u64::MAX - 255,
            out: u64::MAX - 15,
            scratch: u64::MAX - 255,
            tile_rows,
        }])
    };
    #[expect(clippy::reversed_empty_ranges, reason = "it is what is refused")]
    for outside in [0..rows + 1, rows + 1..rows + 1, u64::MAX..u64::MAX, 1..0, rows..u64::MAX] {
        assert!(matches!(plan(outside), Err(crate::Error::InvalidArgument(_))));
    }
    for inside in [0..rows, rows..rows, rows - 1..rows] {
        assert!(plan(inside).is_ok());
    }
}
