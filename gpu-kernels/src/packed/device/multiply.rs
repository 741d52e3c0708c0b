//! y = x Wᵀ for a packed W.

mod experts;
mod part;
mod tile;

pub use experts::multiply_experts;

use super::form::DeviceForm;
use super::numbers::InOrder;
use super::ptx;
use super::sums::Tile;
use crate::packed::launch::{Multiply, Product, TILE_ROWS};
use cuda_std::{shared, thread};
use part::Steps;
use tile::multiply_tile;
use wcodec_codec::packed::LANES;

/// A block's share: the elements of `BLOCKS` blocks of rows of a matrix, for a tile of rows of x.
///
/// # Safety
/// The launch's addresses are those of the matrices, of x, y and bias, which have the rows that it
/// says, and the block has the warps and the shared memory of its [`MultiplyKernel`].
///
/// [`MultiplyKernel`]: crate::packed::launch::MultiplyKernel
#[inline(always)]
pub unsafe fn multiply<
    F,
    const N: usize,
    const BLOCKS: usize,
    const TILES: usize,
    const ROWS: usize,
>(
    launch: &Multiply,
) where
    F: DeviceForm<N>,
{
    ptx::let_next_kernel_begin();
    let group = group_of();
    if group >= launch.groups {
        return;
    }
    let product = product_of(launch, group);
    let block = (group - product.first_group) * BLOCKS as u32;
    let first = thread::block_idx_x() * TILES as u32 * TILE_ROWS;
    let tile = Tile { first, n: launch.n, block, rows: InOrder };
    let shared = ptx::shared_address(shared::dynamic_shared_mem());
    let warp = thread::thread_idx_x() / LANES;
    // SAFETY: the caller's conditions.
    unsafe {
        let mut steps = Steps::new(shared, &launch.places, &product.matrix, block, warp);
        // Weights never change while they are multiplied; x may be what the kernel before this one
        // makes.
        ptx::wait_for_previous_kernel();
        let places = &launch.places;
        multiply_tile::<F, InOrder, N, BLOCKS, TILES, ROWS>(
            &mut steps, &launch.x, &product, places, &tile,
        );
    }
}

/// The group of blocks of rows that is the calling block's.
#[inline(always)]
fn group_of() -> u32 {
    thread::block_idx_y() + thread::block_idx_z() * thread::grid_dim_y()
}

/// The product that a group belongs to: indices are constants, so that nothing is copied to memory.
#[inline(always)]
fn product_of(launch: &Multiply, group: u32) -> Product {
    let [mut product, second, third, fourth] = launch.products;
    for next in [second, third, fourth] {
        if group >= next.first_group {
            product = next;
        }
    }
    product
}
