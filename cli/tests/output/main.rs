//! Outputs: their places, the attributes that they take over from their sources, and that no file
//! is lost to them, whatever happens in the file system meanwhile.
#![cfg(unix)]

mod attributes;
mod identity;
mod in_place;
mod leftovers;
mod meanwhile;
mod places;
mod program;
