//! Versions of the format.

use super::{Folder, spec};
use std::io::Cursor;
use std::path::Path;
use support::forged::Forged;
use wcodec::container::{ContentHash, Manifest};
use wcodec::encode::{EntropyCoder, PlaneCodec};
use wcodec::{ArchiveWriter, Dtype, Encoder, Error, RawPlanes, TensorView};

#[test]
fn versions_are_kept_apart() {
    let folder = Folder::new();
    let of = |version, text: &str| {
        let mut forged = Forged::of_text(text);
        forged.version = version;
        forged
    };
    let mut newer = of((2, 7), r#"{"__metadata__":{"a":"b"}}"#);
    newer.fields.push((100, b"from the future".to_vec()));
    assert_eq!(folder.open(&newer.file()).unwrap().version(), (2, 7));

    let file = of((3, 0), "not even JSON").file();
    let error = folder.open(&file).unwrap_err();
    assert!(matches!(error, Error::UnsupportedVersion { major: 3, minor: 0, .. }));
    assert!(error.to_string().contains("use a newer wcodec"), "{error}");
    let error = folder.open(&of((1, 0), "{}").file()).unwrap_err();
    assert!(matches!(error, Error::UnreleasedVersion { major: 1, minor: 0, .. }));
    assert!(error.to_string().contains("compress its source again"), "{error}");
    assert!(matches!(folder.open(&of((0, 9), "{}").file()), Err(Error::Corrupt { .. })));
    // A damaged version is no other version.
    for major in [0, 1, 3, 0xFF] {
        let mut file = of((2, 0), "{}").file();
        file[4] = major;
        assert_eq!(folder.open(&file).unwrap_err().code(), "corrupt", "version {major}");
    }
}

/// "2 where a blob has a plane codec 6 or 7": its own, or that of a raw plane.
#[test]
fn the_minor_version_tells_of_rans() {
    let folder = Folder::new();
    let data: Vec<u8> = (0..40_000u32).map(|at| (at * at % 89) as u8).collect();
    let encoder = Encoder::new().codec(PlaneCodec::Tans8);
    let coded = |codec| encoder.clone().raw_planes(RawPlanes::Coded(Some(codec)));
    for (encoder, minor) in [
        (Encoder::new(), 0),
        (coded(PlaneCodec::Tans8), 0),
        (coded(PlaneCodec::RansPair), 2),
        (Encoder::new().codec(PlaneCodec::Rans8), 2),
        (Encoder::new().entropy(EntropyCoder::Rans), 2),
    ] {
        let tensor = TensorView::new(Dtype::BF16, &[20_000], &data).unwrap();
        let blob = encoder.encode(&tensor).unwrap();
        let manifest = Manifest::new(vec![spec("a", Dtype::BF16, &[20_000])]);
        let out = Cursor::new(Vec::new());
        let mut writer = ArchiveWriter::new(out, Path::new("test"), manifest).unwrap();
        writer.append(&blob, ContentHash::of(&data)).unwrap();
        let archive = folder.open(&writer.finish().unwrap().into_inner()).unwrap();
        assert_eq!(archive.version(), (2, minor), "{encoder:?}");
        assert!(archive.decode_tensor("a", &support::cpu()).unwrap() == data);
    }
}
