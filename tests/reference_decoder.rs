//! The reference decoder tested against files that are assembled by hand from FORMAT.md. Nothing
//! here uses the library: what is under test is the second reading of the format that the library
//! is compared with elsewhere.

#[path = "reference/assembler/mod.rs"]
mod assembler;
mod reference;
#[path = "reference/selftest/mod.rs"]
mod selftest;
