//! What goes wrong around the program: it is killed, the disk fails, the GPU is of no use, others change its files.
//!
//! `WCODEC_KILLS` asks for more runs that are killed.
#![cfg(target_os = "linux")]

#[path = "faults/disk.rs"]
mod disk;
#[path = "faults/driver.rs"]
mod driver;
#[path = "faults/killed.rs"]
mod killed;
#[path = "faults/program.rs"]
mod program;
mod reference;
mod safetensors_source;
#[path = "faults/sharing.rs"]
mod sharing;
mod support;
#[path = "faults/truncated.rs"]
mod truncated;
