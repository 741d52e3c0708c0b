//! Reading a source, and compressing it.

use crate::cost::{Most, at_most};
use support::headers::{put_source, sources};
use wcodec::SafetensorsFile;
use wcodec::convert::{CompressOptions, compress_file};

#[test]
fn opening_a_source() {
    let opening = Most { held: 4.0, in_all: 66.0 };
    for source in sources(40_000) {
        let (_folder, path) = put_source(&source);
        at_most(opening, source.input(), source.what, || {
            SafetensorsFile::open(&path).map(drop).unwrap();
        });
    }
}

/// With room for what encoding one tensor takes, which does not grow with the header.
#[test]
fn compressing_a_source() {
    let compressing = Most { held: 4.0, in_all: 370.0 };
    for source in sources(20_000) {
        let (folder, path) = put_source(&source);
        let target = folder.path().join("a.wcodec");
        at_most(compressing, source.input(), source.what, || {
            compress_file(&path, &target, &CompressOptions::default(), &()).map(drop).unwrap();
        });
    }
}
