//! The tests of the reference decoder, by the structure that they test.

mod archive;
mod archive_refusals;
mod blob;
mod blob_refusals;
mod part_refusals;
mod worked;
