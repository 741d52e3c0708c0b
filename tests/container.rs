//! The .wcodec file of FORMAT.md section 1: its content, and the files that are refused.

use std::io::Cursor;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use support::forged::{PREAMBLE, forge, sign};
use tempfile::TempDir;
use wcodec::container::{ContentHash, MAX_HEADER_LEN, Manifest, Metadata, TensorSpec};
use wcodec::{Archive, ArchiveWriter, Dtype, Error};

fn spec(name: &str, dtype: Dtype, shape: &[u64]) -> TensorSpec {
    TensorSpec { name: name.to_owned(), dtype, shape: shape.into() }
}

fn manifest() -> Manifest {
    Manifest {
        tensors: vec![
            spec("größe/重み 🦀\n\"\\", Dtype::BF16, &[3, 5]),
            spec("scalar", Dtype::F64, &[]),
            spec("empty", Dtype::I8, &[0, 7]),
        ],
        metadata: Some(Metadata::new([("format", "pt")]).unwrap()),
        ..Manifest::default()
    }
}

/// An archive whose blobs are not blobs, which the container does not mind.
fn write(manifest: Manifest) -> Vec<u8> {
    let tensors = manifest.tensors.len();
    let out = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::new(out, Path::new("test"), manifest).unwrap();
    for index in 0..tensors {
        writer.append(&blob(index), ContentHash::of(&blob(index)), "none").unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn blob(index: usize) -> Vec<u8> {
    vec![index as u8 + 1; 300 * index + 10]
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("test.wcodec");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn open(&self, bytes: &[u8]) -> wcodec::Result<Archive> {
        Archive::open(self.put(bytes))
    }
}

fn header_len(file: &[u8]) -> usize {
    u64::from_le_bytes(file[8..16].try_into().unwrap()) as usize
}

#[test]
fn what_was_written_is_read() {
    let (folder, manifest) = (Folder::new(), manifest());
    let archive = folder.open(&write(manifest.clone())).unwrap();
    assert_eq!(archive.metadata(), manifest.metadata.as_ref());
    assert_eq!(archive.version(), (1, 0));
    assert_eq!(archive.names().len(), 3);
    for (index, expected) in manifest.tensors.iter().enumerate() {
        let tensor = archive.tensor(&expected.name).unwrap();
        assert_eq!(tensor.spec(), expected);
        assert_eq!(tensor.codec(), "none");
        assert_eq!(tensor.content_hash(), ContentHash::of(&blob(index)));
        assert_eq!(*archive.read_blob(tensor).unwrap(), blob(index));
    }
    archive.check_padding().unwrap();
    assert!(matches!(archive.tensor("missing"), Err(Error::NoSuchTensor { .. })));
}

#[test]
fn a_mapped_archive_reads_the_same() {
    let folder = Folder::new();
    let path = folder.put(&write(manifest()));
    let archive = Archive::open(&path).unwrap();
    // SAFETY: the file is this test's own, and stays as it is.
    let mapped = unsafe { Archive::open_mapped(&path) }.unwrap();
    assert_eq!(archive.tensors(), mapped.tensors());
    for tensor in mapped.tensors() {
        assert_eq!(mapped.read_blob(tensor).unwrap(), archive.read_blob(tensor).unwrap());
    }
    mapped.check_padding().unwrap();
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let file = write(manifest());
    assert_eq!(file, write(manifest()));
    assert_eq!(&file[..8], b"WCDC\x01\0\0\0");
    let end = PREAMBLE + header_len(&file);
    let header = &file[PREAMBLE..end];
    assert_eq!(file[16..20], crc32c::crc32c(header).to_le_bytes());
    assert_eq!(file[24..32], (file.len() as u64).to_le_bytes());
    assert_eq!(file[60..64], crc32c::crc32c(&file[..60]).to_le_bytes());

    let json: serde_json::Value = serde_json::from_slice(header).unwrap();
    let mut offset = end.next_multiple_of(256);
    assert!(file[end..offset].iter().all(|&byte| byte == 0));
    for (index, tensor) in json["tensors"].as_array().unwrap().iter().enumerate() {
        let blob = blob(index);
        assert_eq!(tensor["offset"], offset);
        assert_eq!(tensor["length"], blob.len());
        assert_eq!(tensor["crc32c"], crc32c::crc32c(&blob));
        assert_eq!(tensor["xxh3"], ContentHash::of(&blob).to_string());
        assert_eq!(file[offset..offset + blob.len()], blob);
        offset = (offset + blob.len()).next_multiple_of(256);
    }
    assert_eq!(json["tensors"][0]["dtype"], "BF16");
    assert!(json.get("safetensors_header").is_none());
}

#[test]
fn an_archive_of_nothing_ends_with_its_header() {
    let file = write(Manifest::default());
    assert_eq!(file.len(), PREAMBLE + header_len(&file));
    assert_eq!(Folder::new().open(&file).unwrap().tensors(), []);
}

#[test]
fn every_flipped_bit_is_found() {
    let (folder, file) = (Folder::new(), write(manifest()));
    let (path, end) = (folder.put(&file), PREAMBLE + header_len(&file));
    // One file, changed in place: thousands of new ones would keep the disk busy.
    let handle = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for bit in 0..8 * file.len() {
        let byte = file[bit / 8];
        handle.write_all_at(&[byte ^ (1 << (bit % 8))], bit as u64 / 8).unwrap();
        let opened = Archive::open(&path);
        if bit / 8 < end {
            let error = opened.expect_err("damage to the preamble or header");
            assert!(error.is_bad_data(), "bit {bit}: {error}");
        } else {
            let result = read_all(&opened.unwrap());
            assert!(matches!(result, Err(Error::Corrupt { .. })), "bit {bit}: {result:?}");
        }
        handle.write_all_at(&[byte], bit as u64 / 8).unwrap();
    }
    read_all(&Archive::open(&path).unwrap()).unwrap();
}

fn read_all(archive: &Archive) -> wcodec::Result<()> {
    let blobs = archive.tensors().iter().map(|tensor| archive.read_blob(tensor).map(drop));
    blobs.chain([archive.check_padding()]).collect()
}

#[test]
fn every_truncation_is_found() {
    let (folder, file) = (Folder::new(), write(manifest()));
    let path = folder.put(&file);
    let handle = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for len in (0..file.len()).rev() {
        handle.set_len(len as u64).unwrap();
        let error = Archive::open(&path).expect_err("a truncated file");
        assert!(
            matches!(error, Error::Truncated { actual, .. } if actual == len as u64),
            "{len} bytes: {error}"
        );
    }
}

#[test]
fn every_appended_byte_is_found() {
    let (folder, mut file) = (Folder::new(), write(manifest()));
    file.push(0);
    assert!(matches!(folder.open(&file), Err(Error::TrailingData { .. })));
}

#[test]
fn versions_are_kept_apart() {
    let (folder, header) = (Folder::new(), br#"{"tensors":[],"from_the_future":{"a":[1,null]}}"#);
    let archive = folder.open(&forge((1, 7), header, b"")).unwrap();
    assert_eq!(archive.version(), (1, 7));

    let error = folder.open(&forge((2, 0), b"not even JSON", b"")).unwrap_err();
    assert!(matches!(error, Error::UnsupportedVersion { major: 2, minor: 0, .. }));
    assert!(error.to_string().contains("use a newer wcodec"), "{error}");
    assert!(matches!(folder.open(&forge((0, 9), header, b"")), Err(Error::Corrupt { .. })));
}

#[test]
fn reserved_bytes_are_zero_in_every_minor_version() {
    let folder = Folder::new();
    for minor in [0, 1] {
        let mut file = forge((1, minor), br#"{"tensors":[]}"#, b"");
        assert!(folder.open(&file).is_ok(), "minor version {minor}");
        for at in (20..24).chain(32..60) {
            file[at] = 1;
            sign(&mut file);
            let error = folder.open(&file).unwrap_err();
            assert_eq!(error.code(), "corrupt", "byte {at}, minor version {minor}");
            file[at] = 0;
        }
    }
}

#[test]
fn a_header_length_is_not_believed() {
    let folder = Folder::new();
    let mut file = forge((1, 0), br#"{"tensors":[]}"#, b"");
    file[8..16].copy_from_slice(&(MAX_HEADER_LEN + 1).to_le_bytes());
    sign(&mut file);
    assert!(matches!(folder.open(&file), Err(Error::LimitExceeded { .. })));
    for len in [15, MAX_HEADER_LEN] {
        file[8..16].copy_from_slice(&len.to_le_bytes());
        sign(&mut file);
        assert!(matches!(folder.open(&file), Err(Error::Corrupt { .. })));
    }
}

const GOOD_ENTRY: &str = r#"{"name":"a","dtype":"U8","shape":[4],"codec":"","offset":OFFSET,"length":4,"crc32c":3642328863,"xxh3":"0123456789abcdef"}"#;

/// A file with one tensor, after `change` has been made to its entry.
fn forge_entry(change: impl Fn(&str) -> String) -> Vec<u8> {
    let header = |offset: &str| {
        let entry = change(GOOD_ENTRY).replace("OFFSET", offset);
        format!("{{\"tensors\":[{entry}]}}")
    };
    let offset = (PREAMBLE + header("1000").len()).next_multiple_of(256);
    let mut header = header(&offset.to_string());
    while PREAMBLE + header.len() <= offset - 256 {
        header.push(' ');
    }
    forge((1, 0), header.as_bytes(), b"blob")
}

#[test]
fn a_sound_entry_is_read() {
    let archive = Folder::new().open(&forge_entry(str::to_owned)).unwrap();
    assert_eq!(archive.tensors()[0].byte_len(), 4);
}

#[test]
fn unsound_entries_are_refused() {
    let folder = Folder::new();
    for (from, to) in [
        ("OFFSET", "0"),
        ("OFFSET", "513"),
        ("OFFSET", "18446744073709551615"),
        ("OFFSET", "18446744073709551616"),
        ("OFFSET", "-256"),
        ("OFFSET", "256.0"),
        ("\"length\":4", "\"length\":3"),
        ("\"length\":4", "\"length\":5"),
        ("\"length\":4", "\"length\":18446744073709551615"),
        ("U8", "U7"),
        ("U8", "u8"),
        ("\"U8\",\"shape\":[4]", "\"F4\",\"shape\":[3]"),
        ("[4]", "[18446744073709551615,2]"),
        ("[4]", "[4294967296,4294967296,4294967296]"),
        ("[4]", "[-1]"),
        ("[4]", "null"),
        ("3642328863", "4294967296"),
        ("0123456789abcdef", "0123456789ABCDEF"),
        ("0123456789abcdef", "+123456789abcdef"),
        ("0123456789abcdef", "0123"),
        ("\"name\":\"a\",", ""),
        ("\"name\":\"a\"", "\"name\":\"a\",\"name\":\"b\""),
        ("\"name\":\"a\"", "\"name\":\"\\ud800\""),
    ] {
        assert!(GOOD_ENTRY.contains(from));
        let error = folder.open(&forge_entry(|entry| entry.replacen(from, to, 1)));
        assert!(matches!(error, Err(Error::Corrupt { .. })), "{from} -> {to}: {error:?}");
    }
}

#[test]
fn unsound_headers_are_refused() {
    let folder = Folder::new();
    let header_of = |text: &str, metadata: &str| {
        let text = serde_json::to_string(text).unwrap();
        format!("{{\"tensors\":[]{metadata},\"safetensors_header\":{text}}}")
    };
    for header in [
        "",
        "{",
        "[]",
        "{}",
        "{\"tensors\":{}}",
        "{\"tensors\":[]}x",
        "{\"tensors\":[],\"tensors\":[]}",
        "{\"tensors\":[],\"metadata\":{\"a\":1}}",
        "{\"tensors\":[],\"metadata\":{\"a\":\"1\",\"a\":\"1\"}}",
        "{\"tensors\":[],\"metadata\":\"a\"}",
        // Faults that a parser would ignore: arrays in place of objects, and faults in unknown
        // members.
        "[[]]",
        "[[],null,null]",
        "{\"tensors\":[[\"a\",\"U8\",[0],\"\",256,0,0,\"2d06800538d394c2\"]]}",
        "{\"tensors\":[],\"x\":{\"a\":1,\"a\":1}}",
        "{\"tensors\":[],\"x\":1,\"x\":1}",
        "{\"tensors\":[],\"x\":\"\\ud800\"}",
        &header_of("no JSON", ""),
        &header_of(r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, ""),
        &header_of(r#"{"__metadata__":{"a":"b"}}"#, ""),
        &header_of("{}", r#","metadata":{"a":"b"}"#),
    ] {
        let error = folder.open(&forge((1, 0), header.as_bytes(), b""));
        assert!(matches!(error, Err(Error::Corrupt { .. })), "{header:.80}: {error:?}");
    }
    for header in [&b"\xff{}"[..], b"{\"tensors\":[],\"x\":\"\xCE3\"}"] {
        assert!(matches!(folder.open(&forge((1, 0), header, b"")), Err(Error::Corrupt { .. })));
    }
    folder.open(&forge((1, 0), header_of("{}", "").as_bytes(), b"")).unwrap();
}

#[test]
fn names_are_unique() {
    let entry = |name: &str, offset: u64| {
        let entry = GOOD_ENTRY.replace("\"a\"", name).replace("OFFSET", &offset.to_string());
        entry.replace("\"length\":4", "\"length\":0").replace("[4]", "[0]")
    };
    let folder = Folder::new();
    for (other, accepted) in [("\"b\"", true), ("\"a\"", false), ("\"\\u0061\"", false)] {
        let header = format!("{{\"tensors\":[{},{}]}}", entry("\"a\"", 512), entry(other, 512));
        let header = format!("{header:400}");
        let mut file = forge((1, 0), header.as_bytes(), b"");
        file.resize(512, 0);
        file[24..32].copy_from_slice(&512u64.to_le_bytes());
        sign(&mut file);
        assert_eq!(folder.open(&file).is_ok(), accepted, "{other}");
    }
}

#[test]
fn what_is_no_archive_says_so() {
    let folder = Folder::new();
    let error = folder.open(&[b'x'; 1000]).unwrap_err().to_string();
    assert!(error.contains("does not begin with WCDC"), "{error}");
    let error = folder.open(&[b"\x10\0\0\0\0\0\0\0{".as_slice(), &[b' '; 90]].concat());
    assert!(error.unwrap_err().to_string().contains("safetensors file: compress it first"));
    for path in [folder.0.path(), &folder.0.path().join("missing")] {
        let error = Archive::open(path).unwrap_err();
        assert!(matches!(error, Error::Io { .. }) && !error.is_bad_data(), "{error}");
    }
}

#[test]
fn the_writer_refuses_what_it_could_not_read() {
    let new = |manifest| ArchiveWriter::new(Cursor::new(Vec::new()), Path::new("test"), manifest);
    let one = || Manifest { tensors: vec![spec("a", Dtype::U8, &[1])], ..Manifest::default() };
    let hash = ContentHash::of(b"");
    let invalid = |result: wcodec::Result<()>| {
        assert!(matches!(result, Err(Error::InvalidArgument(_))), "{result:?}");
    };

    let mut twice = one();
    twice.tensors.push(twice.tensors[0].clone());
    invalid(new(twice).map(drop));
    for name in ["..", "a/../b", "a\\..", "\0", "a\0b", "/a", "C:\\a"] {
        let hostile =
            Manifest { tensors: vec![spec(name, Dtype::U8, &[1])], ..Manifest::default() };
        invalid(new(hostile).map(drop));
    }
    let odd = ["", ".", "a..b", "...", "a/b", "w:0", "..a/b..", "\u{1}"];
    let odd = odd.map(|name| spec(name, Dtype::U8, &[1])).to_vec();
    new(Manifest { tensors: odd, ..Manifest::default() }).map(drop).unwrap();
    for (name_len, accepted) in [(4096, true), (4097, false)] {
        let name = "n".repeat(name_len);
        let long = Manifest { tensors: vec![spec(&name, Dtype::U8, &[1])], ..Manifest::default() };
        let refused = matches!(new(long), Err(Error::LimitExceeded { .. }));
        assert_eq!(refused, !accepted, "a name of {name_len} bytes");
    }
    let half = Manifest { tensors: vec![spec("a", Dtype::F4, &[1])], ..Manifest::default() };
    invalid(new(half).map(drop));
    let other = Manifest { safetensors_header: Some("{}".to_owned()), ..one() };
    invalid(new(other).map(drop));

    invalid(new(one()).unwrap().finish().map(drop));
    let mut writer = new(one()).unwrap();
    for summary in ["\"", "\\", "ü", "\n", &"x".repeat(65)] {
        invalid(writer.append(b"", hash, summary));
    }
    writer.append(b"", hash, &"x".repeat(64)).unwrap();
    invalid(writer.append(b"", hash, ""));
    writer.finish().unwrap();
}

#[test]
fn the_longest_header_is_written_and_read() {
    let with = |len: usize| Manifest {
        metadata: Some(Metadata::new([("a", "x".repeat(len))]).unwrap()),
        ..Manifest::default()
    };
    let around = header_len(&write(with(0)));
    let longest = MAX_HEADER_LEN as usize - around;
    let file = write(with(longest));
    assert_eq!(header_len(&file) as u64, MAX_HEADER_LEN);
    let archive = Folder::new().open(&file).unwrap();
    assert_eq!(archive.metadata(), with(longest).metadata.as_ref());

    let writer = ArchiveWriter::new(Cursor::new(Vec::new()), Path::new("test"), with(longest + 1));
    assert!(matches!(writer, Err(Error::LimitExceeded { .. })));
}
