//! `wcodec gpu`.

use crate::{console, stdout};
use wcodec::{Decoder, DeviceChoice};

/// Says what was found, or why nothing.
pub fn run() -> anyhow::Result<()> {
    let found = match Decoder::open(DeviceChoice::Cuda(0)) {
        Ok(decoder) => console::device(decoder.device()),
        Err(error) => error.to_string(),
    };
    stdout::print(&format!("{found}\n"))
}
