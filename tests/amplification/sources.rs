//! Reading a source, and compressing it.

use crate::cost::at_most;
use crate::headers::{put_source, sources};
use wcodec::SafetensorsFile;
use wcodec::convert::{CompressOptions, compress_file};

#[test]
fn opening_a_source() {
    for source in sources(40_000) {
        let (_folder, path) = put_source(&source);
        at_most(4.0, source.header.len(), source.what, || {
            SafetensorsFile::open(&path).map(drop).unwrap();
        });
    }
}

/// With room for what encoding one tensor takes, which does not grow with the header.
#[test]
fn compressing_a_source() {
    for source in sources(20_000) {
        let (folder, path) = put_source(&source);
        let target = folder.path().join("a.wcodec");
        at_most(4.0, source.header.len(), source.what, || {
            compress_file(&path, &target, &CompressOptions::default(), &()).map(drop).unwrap();
        });
    }
}
