//! Archives, and other sources of blobs, brought to the device.
//!
//! Tensors are cut into groups, and their blobs, or what the wanted rows need of them, into pieces. Reader threads take the pieces in
//! order: each reads one into pinned memory of its own, sums it up for the checksum, and begins to
//! copy it to the group's slot in device memory. The one that begins the last copy of a group
//! begins to decode the group. So reading, copying and decoding overlap, with a bounded amount of
//! pinned memory and of device memory for compressed bytes.

mod groups;
mod loader;
mod options;
mod pending;
mod plans;
mod reader;
mod reads;
mod run;
mod slot;
mod target;
mod tensors;
mod workspaces;

pub use loader::GpuLoader;
pub use options::LoadOptions;
pub use pending::PendingLoad;
pub use target::LoadTarget;
pub use tensors::{GpuModel, GpuTensor};
