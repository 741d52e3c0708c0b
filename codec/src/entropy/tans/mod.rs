//! Tabled asymmetric numeral systems (FORMAT.md section 6; J. Duda, "Asymmetric numeral systems",
//! arXiv:1311.2540, section 4).

mod decode;
mod encode;
mod entry;

pub use decode::TansDecoder;
pub(crate) use encode::{BELOW_COUNT, PLACE_BITS};
pub use encode::{EncodingTable, Steps, step};
pub use entry::{LOWEST, entries, entry};
