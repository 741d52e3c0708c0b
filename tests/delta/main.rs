//! Tensors that are coded against others: what is encoded against a reference is decoded with it,
//! small, and nothing else is.

mod files;
mod ratios;
mod refusals;
mod refused_bases;
mod roundtrip;
mod rows;
mod steps;
