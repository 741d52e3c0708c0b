//! The C interface of wcodec, which `include/wcodec.h` declares.
//!
//! Every function that can fail returns a [`wcodec_status`]; [`wcodec_last_error`] says what was
//! wrong. Results go to the addresses that a function is given, and only where it succeeds. Objects
//! are opaque: each is freed by the function of its name, in any order, once; freeing NULL does
//! nothing. Unless a function says otherwise, all may be called from any number of threads at once,
//! with the same objects. No panic crosses the interface.
#![allow(non_camel_case_types)]

mod bases;
mod buffer;
mod call;
mod convert;
mod decoder;
mod delta;
mod dtype;
mod encoder;
mod gpu;
mod limits;
mod metadata;
mod model;
mod packed;
mod plan;
mod pointers;
mod status;
mod writer;
