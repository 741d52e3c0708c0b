//! Loaded before the C library (`LD_PRELOAD`), this has one call on the files of a folder fail.
//!
//! `FAULTY_FOLDER` is the folder, `FAULTY_CALL` the number of the call from 0 on, `FAULTY_WITH` an
//! error number, or `short` to have a read or a write do half of what it was asked to. At the end
//! of the process the number of calls is left in the file `FAULTY_COUNT`, and how many of them only
//! give files their attributes. With `kill` the process is killed in place of the call. The paths
//! of all that is flushed to disk are added to the file `FAULTY_FLUSHED`. `FAULTY_EXCHANGE` is set
//! to have a file system that cannot exchange two names.
//!
//! In Rust and not by a seam in the library, so that what is tested is what people run.
#![cfg(target_os = "linux")]

mod calls;
mod exchange;
mod fault;
