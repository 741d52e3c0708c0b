//! Neither the program nor a shared library with wcodec in it has a symbol of the CUDA driver's,
//! and neither asks for one: a symbol that it defined would take the calls of other libraries in
//! the process, and one that it asked for would keep it from loading where there is no driver. No
//! kernel's PTX is in the program as text.
#![cfg(target_os = "linux")]

mod table;

use std::path::Path;
use std::{env, fs};
use table::Symbols;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wcodec");

#[test]
fn the_program_has_no_symbol_of_the_driver() {
    let symbols = Symbols::of(Path::new(PROGRAM));
    assert!(symbols.dynamic.iter().any(|name| name == "dlsym"), "{:?}", symbols.dynamic);
    assert_has_gpu_code_alone(&symbols);
}

#[test]
fn a_shared_library_has_no_symbol_of_the_driver() {
    let test = env::current_exe().unwrap();
    let symbols = Symbols::of(&test.with_file_name("liblinked_with_wcodec.so"));
    // Its own function, or else the tables were not read.
    let own = "linked_with_wcodec_decodes";
    assert!(symbols.dynamic.iter().any(|name| name == own), "{:?}", symbols.dynamic);
    assert!(symbols.fixed.iter().any(|name| name == own));
    assert_has_gpu_code_alone(&symbols);
}

/// Asserts that wcodec's code for a GPU is there, and that no symbol is the driver's.
#[track_caller]
fn assert_has_gpu_code_alone(symbols: &Symbols) {
    assert!(symbols.fixed.iter().any(|name| name.contains("cuLaunchKernel")), "no code for a GPU");
    assert_eq!(symbols.of_the_driver(), Vec::<&str>::new());
}

#[test]
fn the_kernels_are_packed() {
    let program = fs::read(PROGRAM).unwrap();
    // Every kernel's text has this, put together here so as not to be found in this very test.
    let text = [".visible", " .entry"].concat();
    let count = program.windows(text.len()).filter(|bytes| *bytes == text.as_bytes()).count();
    assert_eq!(count, 0, "kernels as text");
}
