//! What the writer refuses, and the longest header that it does not.

use super::{Folder, spec, write};
use std::io::Cursor;
use std::path::Path;
use support::forged::header_len;
use wcodec::container::{ContentHash, MAX_HEADER_LEN, Manifest, Metadata};
use wcodec::{ArchiveWriter, Dtype, Error};

#[test]
fn the_writer_refuses_what_it_could_not_read() {
    let new = |manifest| ArchiveWriter::new(Cursor::new(Vec::new()), Path::new("test"), manifest);
    let one = || Manifest::new(vec![spec("a", Dtype::U8, &[1])]);
    let hash = ContentHash::of(b"");
    let invalid = |result: wcodec::Result<()>| {
        assert!(matches!(result, Err(Error::InvalidArgument(_))), "{result:?}");
    };

    let mut twice = one();
    twice.tensors.push(twice.tensors[0].clone());
    invalid(new(twice).map(drop));
    for name in ["..", "a/../b", "a\\..", "\0", "a\0b", "/a", "C:\\a"] {
        invalid(new(Manifest::new(vec![spec(name, Dtype::U8, &[1])])).map(drop));
    }
    let odd = ["", ".", "a..b", "...", "a/b", "w:0", "..a/b..", "\u{1}"];
    let odd = odd.map(|name| spec(name, Dtype::U8, &[1])).to_vec();
    new(Manifest::new(odd)).map(drop).unwrap();
    for (name_len, accepted) in [(4096, true), (4097, false)] {
        let name = "n".repeat(name_len);
        let long = Manifest::new(vec![spec(&name, Dtype::U8, &[1])]);
        let refused = matches!(new(long), Err(Error::LimitExceeded { .. }));
        assert_eq!(refused, !accepted, "a name of {name_len} bytes");
    }
    let half = Manifest::new(vec![spec("a", Dtype::F4, &[1])]);
    invalid(new(half).map(drop));
    let other = one().safetensors_header("{}".to_owned());
    invalid(new(other).map(drop));

    invalid(new(one()).unwrap().finish().map(drop));
    let mut writer = new(one()).unwrap();
    writer.append(b"", hash).unwrap();
    invalid(writer.append(b"", hash));
    writer.finish().unwrap();
}

#[test]
fn the_longest_header_is_written_and_read() {
    /// Room for the heads of the fields that there might be. The text is padded to 8 bytes.
    const FIELDS: usize = 9 * 5;
    let with =
        |len: usize| Manifest::default().metadata(Metadata::new([("a", "x".repeat(len))]).unwrap());
    let around = header_len(&write(with(0))) + FIELDS;
    let longest = MAX_HEADER_LEN as usize - around;
    let file = write(with(longest));
    assert!(header_len(&file) + FIELDS + 8 > MAX_HEADER_LEN as usize);
    let archive = Folder::new().open(&file).unwrap();
    assert_eq!(archive.metadata(), with(longest).metadata.as_ref());

    let writer = ArchiveWriter::new(Cursor::new(Vec::new()), Path::new("test"), with(longest + 8));
    assert!(matches!(writer, Err(Error::LimitExceeded { .. })));
}
