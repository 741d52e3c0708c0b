//! Sizes one below, on and one above every edge, and what only rare data brings about.

mod by_hand;
mod coded_planes;
mod elements;
mod entropy;
mod exceptions;
mod lengths;
mod ranges;
mod rans_words;
mod tables;
mod transposed;
mod words;
