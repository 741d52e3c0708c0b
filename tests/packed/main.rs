//! Packed matrices on the CPU: what is packed unpacks to the bit, for us and for the reference, and
//! multiplies to what its weights say.

mod multiply;
mod saved;
mod unpack;
mod weights;
