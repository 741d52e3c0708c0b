//! A file that becomes shorter while it is open: an error that says so, and no SIGBUS.

use std::fs::{self, OpenOptions};
use std::path::Path;
use support::safetensors_source::{file_of, put};
use support::{Random, cpu};
use tempfile::TempDir;
use wcodec::convert::{CompressOptions, compress_file};
use wcodec::{Archive, Error, SafetensorsFile};

fn cut(path: &Path, len: u64) {
    OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

/// Returns whether everything could be read.
fn read_all(archive: &Archive) -> wcodec::Result<()> {
    archive.decode_all(&cpu()).try_for_each(|tensor| tensor.map(drop))
}

#[test]
fn an_archive() {
    let folder = TempDir::new().unwrap();
    let tensors = [("a", "BF16", "[100,40]", 8000), ("b", "U8", "[3000]", 3000)];
    let source = put(folder.path(), "source", &file_of(&tensors, None));
    let path = folder.path().join("archive");
    compress_file(&source, &path, &CompressOptions::default(), &()).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut random = Random::new(3);
    for _ in 0..100 {
        fs::write(&path, &whole).unwrap();
        let archive = Archive::open(&path).unwrap();
        // SAFETY: not kept, as a file that is cut is what this is about; reads look at its length
        // first, and nothing else runs in between.
        let mapped = unsafe { Archive::open_mapped(&path) }.unwrap();
        read_all(&archive).unwrap();
        read_all(&mapped).unwrap();
        let len = random.below(whole.len() as u64);
        cut(&path, len);
        for archive in [&archive, &mapped] {
            let error = read_all(archive).unwrap_err();
            assert!(matches!(error, Error::Truncated { actual, .. } if actual == len), "{error}");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
    }
}

#[test]
fn a_source() {
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), "source", &file_of(&[("a", "U8", "[3000]", 3000)], None));
    let source = SafetensorsFile::open(&path).unwrap();
    cut(&path, 2999);
    let error = source.read_tensor(0, &mut Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
}
