//! Range asymmetric numeral systems (FORMAT.md section 6.4; J. Duda, "Asymmetric numeral systems",
//! arXiv:1311.2540, section 3).

mod decode;
mod entry;
mod step;

pub use decode::RansDecoder;
pub use entry::slots;
pub use step::{RansStep, RansSteps};
