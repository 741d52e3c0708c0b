//! The program has no symbol of the CUDA driver's, and no PTX as text.
#![cfg(target_os = "linux")]

#[path = "symbols/table.rs"]
mod table;

use std::fs;
use std::path::Path;
use table::Symbols;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wcodec");

#[test]
fn the_program_has_no_symbol_of_the_driver() {
    let symbols = Symbols::of(Path::new(PROGRAM));
    assert!(symbols.dynamic.iter().any(|name| name == "dlsym"), "{:?}", symbols.dynamic);
    assert!(symbols.fixed.iter().any(|name| name.contains("cuLaunchKernel")), "no code for a GPU");
    assert_eq!(symbols.of_the_driver(), Vec::<&str>::new());
}

#[test]
fn the_kernels_are_packed() {
    let program = fs::read(PROGRAM).unwrap();
    // What every kernel's text has, put together here so as not to be found in this very test.
    let text = [".visible", " .entry"].concat();
    let count = program.windows(text.len()).filter(|bytes| *bytes == text.as_bytes()).count();
    assert_eq!(count, 0, "kernels as text");
}
