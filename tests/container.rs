//! The .wcodec file of FORMAT.md section 1: its content, and the files that are refused.

use miniz_oxide::inflate::decompress_to_vec;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use support::Random;
use support::forged::{
    FILE_NAME, Forged, LENGTHS, PREAMBLE, SOURCE, header_len, inflated_len, planes, sign,
    stored_header,
};
use tempfile::TempDir;
use twox_hash::XxHash3_64;
use wcodec::container::{ContentHash, MAX_HEADER_LEN, Manifest, Metadata, TensorSpec};
use wcodec::encode::{EntropyCoder, PlaneCodec};
use wcodec::safetensors_file::safetensors_header;
use wcodec::{Archive, ArchiveWriter, Dtype, Encoder, Error, RawPlanes, TensorView};

fn spec(name: &str, dtype: Dtype, shape: &[u64]) -> TensorSpec {
    TensorSpec::new(name, dtype, shape)
}

fn manifest() -> Manifest {
    let tensors = vec![
        spec("größe/重み 🦀\n\"\\", Dtype::BF16, &[3, 5]),
        spec("scalar", Dtype::F64, &[]),
        spec("empty", Dtype::I8, &[0, 7]),
    ];
    Manifest::new(tensors).metadata(Metadata::new([("format", "pt")]).unwrap())
}

/// An archive whose blobs are not blobs, which the container does not mind.
fn write(manifest: Manifest) -> Vec<u8> {
    let tensors = manifest.tensors.len();
    let out = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::new(out, Path::new("test"), manifest).unwrap();
    for index in 0..tensors {
        writer.append(&blob(index), ContentHash::of(&blob(index))).unwrap();
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

#[test]
fn what_was_written_is_read() {
    let (folder, manifest) = (Folder::new(), manifest());
    let archive = folder.open(&write(manifest.clone())).unwrap();
    assert_eq!(archive.metadata(), manifest.metadata.as_ref());
    assert_eq!(archive.version(), (2, 0));
    assert_eq!(archive.names().len(), 3);
    for (index, expected) in manifest.tensors.iter().enumerate() {
        let tensor = archive.tensor(&expected.name).unwrap();
        assert_eq!(tensor.spec(), expected);
        assert_eq!(tensor.content_hash(), ContentHash::of(&blob(index)));
        assert_eq!(*archive.read_blob(tensor).unwrap(), blob(index));
    }
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
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    let file = write(manifest());
    assert_eq!(file, write(manifest()));
    assert_eq!(&file[..8], b"WCDC\x02\0\0\0");
    let blobs: Vec<u8> = (0..3).flat_map(blob).collect();
    let stored = stored_header(&file);
    assert_eq!(file[PREAMBLE..stored.start], blobs);
    assert_eq!(file[20..24], crc32c::crc32c(&file[stored.start..]).to_le_bytes());
    assert_eq!(file[24..32], (file.len() as u64).to_le_bytes());
    assert!(file[44..60].iter().all(|&byte| byte == 0));
    assert_eq!(file[60..64], crc32c::crc32c(&file[..60]).to_le_bytes());

    let crcs = (0..3).flat_map(|index| crc32c::crc32c(&blob(index)).to_le_bytes());
    let hashes = (0..3).flat_map(|index| XxHash3_64::oneshot(&blob(index)).to_le_bytes());
    assert!(file[stored.end..].iter().copied().eq(crcs.chain(hashes)));

    let header = decompress_to_vec(&file[stored]).unwrap();
    assert_eq!(header.len(), inflated_len(&file));
    let text_len = u32::from_le_bytes(file[40..44].try_into().unwrap()) as usize;
    let text = str::from_utf8(&header[..text_len]).unwrap();
    // Three tensors, one after another: each has its length in place of its offsets.
    for length in [30, 8, 0] {
        assert!(text.contains(&format!("\"data_offsets\":[\u{1}{length}]")), "{text}");
    }
    // Lengths of 10, 310 and 610 bytes: the low bytes of all, then the high ones.
    assert_eq!(header[text_len..], [3, 6, 0, 0, 0, 10, 54, 98, 0, 1, 2]);
}

#[test]
fn an_archive_of_nothing_is_a_preamble_and_a_header() {
    let file = write(Manifest::default());
    assert_eq!(file.len(), stored_header(&file).end);
    assert_eq!(Folder::new().open(&file).unwrap().tensors(), []);
}

/// A header that deflate makes no shorter, or shorter than a reader believes, is stored as it is; one
/// of which that is true without its numbers alone is stored with them.
#[test]
fn headers_are_deflated_where_that_pays() {
    let with = |text: &str| Manifest::default().safetensors_header(text.to_owned());
    let long = format!("{{}}{}", " ".repeat(1 << 20));
    for (manifest, is_packed) in [(with("{}"), false), (manifest(), true), (with(&long), false)] {
        let file = write(manifest.clone());
        let stored = stored_header(&file).len();
        assert_eq!(stored < inflated_len(&file), is_packed);
        let archive = Folder::new().open(&file).unwrap();
        assert_eq!(archive.safetensors_header(), manifest.safetensors_header.as_deref());
    }
}

/// Takes what is written, and keeps its length alone.
#[derive(Default)]
struct Length {
    at: u64,
    len: u64,
}

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.at += bytes.len() as u64;
        self.len = self.len.max(self.at);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Length {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else { return Err(io::ErrorKind::Unsupported.into()) };
        self.at = at;
        Ok(at)
    }
}

/// Layers of a language model, 1,000 matrices of a megabyte in all, whose blobs take about 0.7 of
/// that: what a tensor costs beside what its blob holds after a header of 64 bytes.
#[test]
fn a_tensor_of_a_megabyte_costs_little() {
    const NAMES: [&str; 7] = [
        "self_attn.q_proj",
        "self_attn.k_proj",
        "self_attn.v_proj",
        "self_attn.o_proj",
        "mlp.gate_proj",
        "mlp.up_proj",
        "mlp.down_proj",
    ];
    let spec = |number: usize| {
        let (layer, name) = (number / NAMES.len(), NAMES[number % NAMES.len()]);
        spec(&format!("model.layers.{layer}.{name}.weight"), Dtype::BF16, &[1024, 512])
    };
    let mut manifest = Manifest::new((0..1000).map(spec).collect());
    manifest.metadata = Some(Metadata::new([("format", "pt")]).unwrap());
    manifest.safetensors_header = Some(safetensors_header(&manifest).unwrap().into_owned());
    let mut writer = ArchiveWriter::new(Length::default(), Path::new("test"), manifest).unwrap();
    let (mut random, mut content) = (Random::new(1), 0);
    for _ in 0..1000u64 {
        let mut blob = vec![0; 700_000 + 16 * random.below(128) as usize];
        blob[..8].copy_from_slice(&random.next_u64().to_le_bytes());
        content += blob.len() as u64 - 64;
        writer.append(&blob, ContentHash::of(&blob[..8])).unwrap();
    }
    let cost = (writer.finish().unwrap().len - content) as f64 / 1000.0;
    println!("{cost:.1} bytes a tensor");
    assert!(cost <= COST_OF_A_MEGABYTE, "{cost} bytes a tensor");
}

/// Bytes; a blob's header and the sums are 76 of them.
const COST_OF_A_MEGABYTE: f64 = 80.0;

#[test]
fn every_flipped_bit_is_found() {
    let (folder, file) = (Folder::new(), write(manifest()));
    let (path, end) = (folder.put(&file), stored_header(&file).start);
    // One file, changed in place: thousands of new ones would keep the disk busy.
    let handle = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for bit in 0..8 * file.len() {
        let byte = file[bit / 8];
        handle.write_all_at(&[byte ^ (1 << (bit % 8))], bit as u64 / 8).unwrap();
        let opened = Archive::open(&path);
        if !(PREAMBLE..end).contains(&(bit / 8)) {
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
    archive.tensors().iter().try_for_each(|tensor| archive.read_blob(tensor).map(drop))
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

#[test]
fn reserved_bytes_are_zero_in_every_minor_version() {
    let folder = Folder::new();
    for minor in [0, 1] {
        let mut forged = Forged::of_text("{}");
        forged.version.1 = minor;
        let mut file = forged.file();
        assert!(folder.open(&file).is_ok(), "minor version {minor}");
        for at in 44..60 {
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
    let mut file = Forged::of_text("{}").file();
    file[12..16].copy_from_slice(&(MAX_HEADER_LEN as u32 + 1).to_le_bytes());
    sign(&mut file);
    assert!(matches!(folder.open(&file), Err(Error::LimitExceeded { .. })));
    for len in [1, 3, 128, 129, MAX_HEADER_LEN as u32] {
        file[12..16].copy_from_slice(&len.to_le_bytes());
        sign(&mut file);
        assert!(matches!(folder.open(&file), Err(Error::Corrupt { .. })));
    }
}

const GOOD_ENTRY: &str = r#""a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}"#;

/// A file with one tensor and this text.
fn forge_text(text: &str) -> Forged {
    let mut forged = Forged::of_text(text);
    forged.blobs = b"blob".to_vec();
    forged.fields.push((LENGTHS, planes(&[4])));
    forged.sums = [crc32c::crc32c(b"blob").to_le_bytes().to_vec(), vec![0; 8]].concat();
    forged
}

#[test]
fn a_sound_entry_is_read() {
    let archive = Folder::new().open(&forge_text(&format!("{{{GOOD_ENTRY}}}")).file()).unwrap();
    assert_eq!(archive.tensors()[0].byte_len(), 4);
    assert_eq!(*archive.read_blob(&archive.tensors()[0]).unwrap(), *b"blob");
}

#[test]
fn unsound_entries_are_refused() {
    let folder = Folder::new();
    for (from, to) in [
        ("U8", "U7"),
        ("U8", "u8"),
        ("\"U8\",\"shape\":[4]", "\"F4\",\"shape\":[3]"),
        ("[4]", "[18446744073709551615,2]"),
        ("[4]", "[4294967296,4294967296,4294967296]"),
        ("[4]", "[-1]"),
        ("[4]", "[4.0]"),
        ("[4]", "[18446744073709551616]"),
        ("[4]", "null"),
        ("[0,4]", "[0,5]"),
        ("[0,4]", "[1,5]"),
        ("[0,4]", "[4,0]"),
        ("[0,4]", "[0]"),
        ("[0,4]", "[0,4,4]"),
        ("[0,4]", "[]"),
        ("\"dtype\":\"U8\",", ""),
        ("\"dtype\":\"U8\"", "\"dtype\":\"U8\",\"dtype\":\"U8\""),
        ("\"a\"", "\"\\ud800\""),
        ("\"a\"", "a"),
    ] {
        assert!(GOOD_ENTRY.contains(from));
        let text = format!("{{{}}}", GOOD_ENTRY.replacen(from, to, 1));
        let error = folder.open(&forge_text(&text).file());
        assert!(matches!(error, Err(Error::Corrupt { .. })), "{from} -> {to}: {error:?}");
    }
}

#[test]
fn unsound_headers_are_refused() {
    let folder = Folder::new();
    for text in [
        "",
        "{",
        "[]",
        "{}x",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}",
        "{\"__metadata__\":{},\"__metadata__\":{}}",
        "{\"__metadata__\":\"a\"}",
        "{\"x\":1}",
        "[[]]",
    ] {
        let error = folder.open(&Forged::of_text(text).file());
        assert!(matches!(error, Err(Error::Corrupt { .. })), "{text:.80}: {error:?}");
    }
    for text in [&b"\xff{}"[..], b"{\"__metadata__\":{\"x\":\"\xCE3\"}}"] {
        let error = folder.open(&Forged::of_text(text).file());
        assert!(matches!(error, Err(Error::Corrupt { .. })));
    }
    folder.open(&Forged::of_text("{}").file()).unwrap();
}

#[test]
fn fields_say_what_the_text_does_not() {
    let folder = Folder::new();
    let mut forged = Forged::of_text("{ }");
    let archive = folder.open(&forged.file()).unwrap();
    assert_eq!((archive.safetensors_header(), archive.file_name()), (None, None));
    forged.fields = vec![(SOURCE, vec![]), (FILE_NAME, b"ae.sft".to_vec()), (127, vec![1])];
    let archive = folder.open(&forged.file()).unwrap();
    assert_eq!((archive.safetensors_header(), archive.file_name()), (Some("{ }"), Some("ae.sft")));
    forged.fields.push((129, vec![1]));
    let error = folder.open(&forged.file()).unwrap_err();
    assert!(matches!(error, Error::UnknownFeature { number: 129, .. }), "{error}");
}

#[test]
fn names_are_unique() {
    let folder = Folder::new();
    for (other, accepted) in [("\"b\"", true), ("\"a\"", false), ("\"\\u0061\"", false)] {
        let entry = |name: &str| {
            let entry = GOOD_ENTRY.replace("\"a\"", name);
            entry.replace("[4]", "[0]").replace("[0,4]", "[0,0]")
        };
        let mut forged = Forged::of_text(format!("{{{},{}}}", entry("\"a\""), entry(other)));
        forged.fields.push((LENGTHS, planes(&[0, 0])));
        forged.sums = vec![0; 24];
        assert_eq!(folder.open(&forged.file()).is_ok(), accepted, "{other}");
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
