//! The reference decoder tested against files that are assembled by hand from FORMAT.md, by the
//! structure that they test. What is under test is the second reading of the format, with which the
//! library is compared elsewhere, and here in `headers`; nothing else here uses the library.

mod archive;
mod archive_refusals;
mod blob;
mod blob_refusals;
mod checksums;
mod headers;
mod json;
mod part_refusals;
mod worked;
