//! Packed matrices on the CPU: they unpack to the bit, here and in the reference, and multiply as
//! their weights do.

mod experts;
mod multiply;
mod saved;
mod unpack;
mod weights;
