//! The reference decoder tested against files that are assembled by hand from FORMAT.md, by the structure that they test.
//! Nothing here uses the library: what is under test is the second reading of the format that the library is compared with
//! elsewhere.

mod archive;
mod archive_refusals;
mod blob;
mod blob_refusals;
mod checksums;
mod json;
mod part_refusals;
mod worked;
