//! `include/wcodec.h` is what cbindgen makes of the sources, and declares all that the shared
//! library exports.

use std::path::Path;
use std::{env, fs};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_header_is_that_of_the_sources() {
    let config = cbindgen::Config::from_file(Path::new(FOLDER).join("cbindgen.toml")).unwrap();
    let header = cbindgen::Builder::new().with_crate(FOLDER).with_config(config).generate();
    let mut made = Vec::new();
    header.unwrap().write(&mut made);
    let path = Path::new(FOLDER).join("include/wcodec.h");
    if env::var_os("WCODEC_WRITE_HEADER").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let stands = fs::read(&path).unwrap();
    assert!(made == stands, "{} is not that of the sources: run `make header`", path.display());
}
