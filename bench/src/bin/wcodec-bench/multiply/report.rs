//! Tables of the measurements.

use super::matrices::Errors;
use serde::Serialize;

/// All measurements.
#[derive(Serialize)]
pub struct Report {
    pub gpu: String,
    /// GB/s read and written by a copy.
    pub copy: f64,
    pub shapes: Vec<Shape>,
}

/// The measurements of matrices of one shape.
#[derive(Serialize)]
pub struct Shape {
    pub rows: u64,
    pub columns: u64,
    /// Bytes of a packed matrix.
    pub bytes: u64,
    pub exceptions: u32,
    /// Seconds of packing, the host's share included.
    pub pack: f64,
    /// Seconds of packing on the device alone.
    pub pack_on_device: f64,
    /// Seconds of unpacking.
    pub unpack: f64,
    pub products: Vec<Product>,
}

/// Seconds of products with `n` rows of x.
#[derive(Serialize)]
pub struct Product {
    pub n: u64,
    pub packed: f64,
    /// Unpacked first, for the dense product.
    pub unpacked: f64,
    pub dense: f64,
    pub errors: Errors,
    /// Rows of a result that have other bits than with at most eight rows of x at a time.
    pub other_bits: usize,
}

impl Product {
    fn gain(&self) -> f64 {
        self.dense / self.packed
    }
}

/// Prints the first lines of the table.
pub fn print_head(rows: &[u64]) {
    println!("Microseconds packed, of cuBLAS in brackets, and times as fast.");
    print!("| M × K | bits | pack GB/s | on device | unpack GB/s | read of copy |");
    rows.iter().for_each(|n| print!(" n = {n} |"));
    println!();
    println!("|---|{}", "---:|".repeat(5 + rows.len()));
}

impl Shape {
    /// Prints the shape's line. Packing and unpacking are counted in bytes of BF16.
    pub fn print(&self, copy: f64) {
        let weights = self.rows as f64 * self.columns as f64;
        print!("| {} × {} | {:.2}", self.rows, self.columns, self.bytes as f64 * 8.0 / weights);
        let rate = |seconds| 2.0 * weights / seconds / 1e9;
        print!(" | {:.0} | {:.0}", rate(self.pack), rate(self.pack_on_device));
        print!(" | {:.0}", rate(self.unpack));
        let read = self
            .products
            .first()
            .map_or(f64::NAN, |first| self.bytes as f64 / first.packed / 1e9 / copy);
        print!(" | {:.0} %", 100.0 * read);
        for product in &self.products {
            let (packed, dense) = (1e6 * product.packed, 1e6 * product.dense);
            print!(" | {packed:.1} ({dense:.1}) {:.2}x", product.gain());
        }
        println!(" |");
    }
}

impl Report {
    /// Prints geometric means, the least gains, and errors over those of cuBLAS.
    pub fn print_means(&self) {
        let numbers = self.shapes.first().map_or(0, |shape| shape.products.len());
        for index in 0..numbers {
            let products = || self.shapes.iter().map(|shape| &shape.products[index]);
            let logs: f64 = products().map(|product| product.gain().ln()).sum();
            let mean = (logs / self.shapes.len() as f64).exp();
            let least = products().map(Product::gain).fold(f64::INFINITY, f64::min);
            let error = products().flat_map(|product| {
                let Errors { packed, unpacked, dense } = product.errors;
                [packed / dense, unpacked / dense]
            });
            let most = error.fold(0.0, f64::max);
            let unpacked = products().map(|product| (product.dense / product.unpacked).ln());
            let unpacked = (unpacked.sum::<f64>() / self.shapes.len() as f64).exp();
            let n = self.shapes[0].products[index].n;
            let other_bits: usize = products().map(|product| product.other_bits).sum();
            println!(
                "n = {n}: geometric mean {mean:.3}x, least {least:.3}x, unpacked first \
                 {unpacked:.3}x; error at most {most:.3} of cuBLAS'; {other_bits} rows have other \
                 bits than alone"
            );
        }
    }
}
