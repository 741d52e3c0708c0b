//! The sums of a block's warps in shared memory, and what comes of them.

use super::numbers::TileRows;
use super::ptx;
use super::unroll::each;
use crate::packed::launch::{MULTIPLY_WARPS, Product, TILE_ROWS};
use cuda_std::thread;
use cuda_std::warp::lane_id;
use wcodec_codec::packed::{BLOCK_ROWS, LANES, add_parts, bf16};

/// Which elements of a result a block computes.
#[derive(Clone, Copy)]
pub struct Tile<R> {
    /// The first row of x.
    pub first: u32,
    /// Rows of x.
    pub n: u32,
    /// The block of rows of the matrix.
    pub block: u32,
    /// Where the rows of x and y lie.
    pub rows: R,
}

/// Bytes of a number.
const NUMBER: u32 = 4;
/// Bytes of the sums of a warp's lanes with one number.
const LANE_SUMS: u32 = LANES * NUMBER;

/// Shared memory for sums with `TILES` times 8 rows of x: those of each part, or of exceptions.
#[derive(Clone, Copy)]
pub struct Sums<const TILES: usize> {
    address: u32,
}

impl<const TILES: usize> Sums<TILES> {
    const ROWS: u32 = TILES as u32 * TILE_ROWS;
    /// Bytes of the sums of a part.
    pub const PART: u32 = BLOCK_ROWS * Self::ROWS * NUMBER;

    /// What a thread adds up at a time, of those of a part.
    const FOURS: u32 = Self::PART / (4 * NUMBER);

    /// The sums at a shared address.
    #[inline(always)]
    pub fn new(address: u32) -> Self {
        Self { address }
    }

    /// Writes a lane's sums of a part: lanes next to each other, as they are written at a time.
    ///
    /// # Safety
    /// The block has the shared memory, and no other warp has this part.
    #[inline(always)]
    pub unsafe fn store(self, part: u32, sums: [[f32; 4]; TILES]) {
        let mut address = self.address + part * Self::PART + lane_id() * NUMBER;
        for tile in sums {
            for sum in tile {
                // SAFETY: the caller's condition.
                unsafe { ptx::store_shared_f32(address, sum) };
                address += LANE_SUMS;
            }
        }
    }

    /// Where the sum for a row of the block and a row of the tile lies in the sums of a part.
    #[inline(always)]
    fn offset(row: u32, x_row: u32) -> u32 {
        let (tile, x_row) = (x_row / TILE_ROWS, x_row % TILE_ROWS);
        let number = 2 * (row / 8) + x_row % 2;
        let lane = row % 8 * 4 + x_row / 2;
        (4 * tile + number) * LANE_SUMS + lane * NUMBER
    }

    /// Writes the sum of a row's exceptions.
    ///
    /// # Safety
    /// The block has the shared memory, and no other lane has this row and this row of x.
    #[inline(always)]
    pub unsafe fn store_exceptions(self, row: u32, x_row: u32, sum: f32) {
        let (block, row) = (row / BLOCK_ROWS, row % BLOCK_ROWS);
        let address = self.address + block * Self::PART + Self::offset(row, x_row);
        // SAFETY: the caller's condition.
        unsafe { ptx::store_shared_f32(address, sum) };
    }

    /// Reads four neighbouring sums of a part.
    #[inline(always)]
    pub fn load(self, part: u32, offset: u32) -> [f32; 4] {
        // SAFETY: the sums of each part lie in the shared memory.
        unsafe { ptx::load_shared_f32x4(self.address + part * Self::PART + offset) }
    }

    /// Adds up the sums of all parts, which `load` reads of a part, and these, of exceptions, and
    /// writes the result of `blocks` blocks of rows.
    ///
    /// A thread has the sums of four lanes that lie side by side: those of one row of the block
    /// with every second row of x.
    ///
    /// # Safety
    /// All warps have written theirs, the product's y has the rows and columns, and so has its
    /// bias.
    #[inline(always)]
    pub unsafe fn finish<R: TileRows>(
        self,
        blocks: u32,
        product: &Product,
        tile: &Tile<R>,
        load: impl Fn(u32, u32, u32) -> [f32; 4],
    ) {
        let mut four = thread::thread_idx_x();
        while four < blocks * Self::FOURS {
            let block = four / Self::FOURS;
            let (number, group) = (four % Self::FOURS / 8, four % 8);
            let y_column = (tile.block + block) * BLOCK_ROWS + group + number % 4 / 2 * 8;
            let y_row = tile.first + number / 4 * TILE_ROWS + number % 2;
            if y_row < tile.n && y_column < product.matrix.rows {
                let offset = four % Self::FOURS * 4 * NUMBER;
                let part = |part| load(block, part, offset);
                let parts =
                    [part(0), part(1), part(2), part(3), part(4), part(5), part(6), part(7)];
                let exceptions = self.load(block, offset);
                each::<4>(|lane| {
                    let sum = add_parts(parts.map(|part| part[lane])) + exceptions[lane];
                    let y_row = y_row + 2 * lane as u32;
                    if y_row < tile.n {
                        // SAFETY: the caller's condition.
                        unsafe {
                            write(product, tile.rows.of_y(y_row).into(), y_column.into(), sum)
                        };
                    }
                });
            }
            four += MULTIPLY_WARPS * LANES;
        }
    }
}

/// Writes an element of the result, with the bias if there is one.
///
/// # Safety
/// The product's y has the element, and its bias one for each column.
#[inline(always)]
unsafe fn write(product: &Product, row: u64, column: u64, mut sum: f32) {
    let Product { y, bias, .. } = product;
    if *bias != 0 {
        // SAFETY: the bias has an element for each column.
        sum += bf16::widen(unsafe { *((bias + 2 * column) as *const u16) });
    }
    let address = y.address + 2 * (row * y.stride + column);
    // SAFETY: the caller's condition.
    unsafe { *(address as *mut u16) = bf16::round(sum) };
}
