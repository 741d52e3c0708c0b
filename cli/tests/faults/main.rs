//! Faults around the program: it is killed, the disk fails, the GPU is unusable, other programs
//! change its files.
//!
//! `WCODEC_KILLS` asks for more runs that are killed.
#![cfg(target_os = "linux")]

mod disk;
mod driver;
mod flushed;
mod killed;
mod program;
mod sharing;
mod stopped;
mod threads;
mod truncated;
