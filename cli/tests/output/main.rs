//! Outputs: where they may stand, what they take over from their sources, and that nothing is lost
//! to them, whatever happens in the file system meanwhile.
#![cfg(unix)]

mod attributes;
mod identity;
mod in_place;
mod leftovers;
mod meanwhile;
mod places;
mod program;
