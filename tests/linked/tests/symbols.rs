//! A shared library that links wcodec has no symbol of the CUDA driver's, and asks for none: what
//! it defined would take the calls of other libraries in the process, and what it asked for would
//! keep it from loading where there is no driver.
#![cfg(target_os = "linux")]

#[path = "../../symbols/table.rs"]
mod table;

use std::env;
use table::Symbols;

#[test]
fn a_shared_library_has_no_symbol_of_the_driver() {
    let test = env::current_exe().unwrap();
    let library = test.with_file_name("liblinked_with_wcodec.so");
    let symbols = Symbols::of(&library);
    // Its own function, or else the tables were not read.
    let own = "linked_with_wcodec_decodes";
    assert!(symbols.dynamic.iter().any(|name| name == own), "{:?}", symbols.dynamic);
    assert!(symbols.fixed.iter().any(|name| name == own));
    assert_eq!(symbols.of_the_driver(), Vec::<&str>::new());
    // The kernels are in it, or else its GPU code was left out.
    assert!(symbols.fixed.iter().any(|name| name.contains("cuLaunchKernel")), "no code for a GPU");
}
