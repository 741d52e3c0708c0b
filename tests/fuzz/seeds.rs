//! The generator of the first corpus; inputs found by fuzzing are added by hand.
//!
//! `WCODEC_WRITE_CORPUS=1 cargo test --test fuzz write_corpus -- --ignored`

use crate::corpus;
use serde_json::json;
use std::io::Cursor;
use std::path::Path;
use std::{env, fs};
use support::forged::{
    BASES, ELSEWHERE, Forged, KINDS, LENGTHS, OTHER_FILES, REFERENCES, SOURCE, planes,
};
use support::{Distribution, Options, Random, Tensor};
use wcodec::container::{ContentHash, Manifest, Metadata, TensorSpec};
use wcodec::encode::{PlaneCodec, Predictor};
use wcodec::{ArchiveWriter, Dtype};

const DTYPES: [Dtype; 3] = [Dtype::U8, Dtype::BF16, Dtype::F32];

fn put(target: &str, name: &str, bytes: &[u8]) {
    fs::create_dir_all(corpus(target)).expect("a folder");
    fs::write(corpus(target).join(name), bytes).expect("a file");
}

fn tensor(dtype: Dtype, rows: u64) -> Tensor {
    let columns = 512 * 8 / dtype.bitsize() as u64;
    Tensor::new(dtype, &[rows, columns], Distribution::OutlierColumns, 1)
}

fn blobs() {
    for dtype in DTYPES {
        for codec in PlaneCodec::ALL {
            let tensor = tensor(dtype, if codec == PlaneCodec::Raw { 1 } else { 2 });
            let options = Options::forced(codec, Predictor::Left);
            let constant = Tensor { data: vec![7; tensor.data.len()], ..tensor.clone() };
            let (tensor, codec_asked) =
                if codec == PlaneCodec::Const { (constant, None) } else { (tensor, options.codec) };
            let options = Options { codec: codec_asked, ..options };
            let blob = options.encoder().encode(&tensor.view()).expect("a valid tensor");
            put("blob", &format!("{codec:?}-{dtype}").to_lowercase(), &blob);
        }
    }
}

fn archive(tensors: &[Tensor], header: Option<String>) -> Vec<u8> {
    let specs = tensors.iter().enumerate().map(|(index, tensor)| {
        TensorSpec::new(format!("t{index}"), tensor.dtype, tensor.shape.as_slice())
    });
    let metadata = header.is_some().then(|| Metadata::new([("a", "b")]).unwrap());
    let manifest = Manifest::new(specs.collect()).metadata(metadata).safetensors_header(header);
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), Path::new("seed"), manifest)
        .expect("a sound manifest");
    for tensor in tensors {
        let blob = Options::default().encoder().encode(&tensor.view()).expect("a valid tensor");
        writer.append(&blob, ContentHash::of(&tensor.data)).expect("it is next");
    }
    writer.finish().expect("all are there").into_inner()
}

/// Deltas of each form against the reference that the target takes.
fn deltas() {
    let reference: Vec<u8> = (0..4800u64).map(|at| (at * at % 251) as u8).collect();
    let encoder = wcodec::Encoder::new();
    let mut random = Random::new(6);
    let mut few = reference.clone();
    for at in [0, 600, 4798] {
        few[at] ^= 3;
    }
    let many: Vec<u8> = reference.iter().map(|byte| byte ^ (random.byte() & 7)).collect();
    for (name, new) in [("few", &few), ("many", &many), ("none", &reference)] {
        for dtype in DTYPES {
            let shape = [(4800 * 8 / dtype.bitsize()) as u64];
            let tensor = wcodec::TensorView::new(dtype, &shape, new).expect("whole elements");
            let delta = encoder.encode_against(&tensor, &reference).expect("as long");
            put("delta", &format!("{name}-{dtype}").to_lowercase(), &delta);
        }
    }
    let rows = wcodec::delta::RowMap::new(48, (0..90).rev().map(Some).chain([None]).collect());
    let new = [&few[..90 * 48], &[9; 48]].concat();
    let tensor = wcodec::TensorView::new(Dtype::BF16, &[91, 24], &new).expect("whole elements");
    let rows = rows.expect("rows of some bytes");
    let delta = encoder.encode_against_rows(&tensor, &reference, &rows).expect("a map of them");
    put("delta", "rows", &delta);
}

/// Whole files, and their headers alone.
fn archives() {
    let source =
        r#"{"__metadata__":{"a":"b"},"t0":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#;
    let three = Tensor::of_bytes(vec![1, 2, 3]);
    for (name, tensors, header) in [
        ("none", vec![], None),
        ("source", vec![three.clone()], Some(source.to_owned())),
        ("two", vec![three, tensor(Dtype::BF16, 2)], None),
        ("empty", vec![Tensor::of_bytes(vec![])], None),
    ] {
        let file = archive(&tensors, header.clone());
        let text = header.clone().unwrap_or_else(|| text_of(&tensors));
        let mut forged = Forged::of_text(text);
        if header.is_some() {
            forged.fields.push((SOURCE, Vec::new()));
        }
        forged.fields.push((LENGTHS, planes(&vec![9; tensors.len()])));
        let [low, high] = (forged.text.len() as u16).to_le_bytes();
        put("header", name, &[&[0, low, high], &forged.header()[..]].concat());
        put("archive", name, &file);
    }
    // Two that share a blob, and one that has the bytes of the first.
    let entry = |at: usize, name: &str| {
        let end = at + 3;
        format!(r#""{name}":{{"dtype":"U8","shape":[3],"data_offsets":[{at},{end}]}}"#)
    };
    let header = format!("{{{},{},{}}}", entry(0, "a"), entry(3, "b"), entry(6, "c"));
    let folder = tempfile::TempDir::new().expect("a folder");
    let source = support::safetensors_source::file(&header, &[1, 2, 3, 4, 5, 6, 1, 2, 3]);
    let source = support::safetensors_source::put(folder.path(), "a.safetensors", &source);
    let target = folder.path().join("a.wcodec");
    wcodec::convert::compress_file(&source, &target, &Default::default(), &()).expect("sound");
    put("archive", "shared", &fs::read(target).expect("an archive"));
    let fields = vec![(LENGTHS, vec![9]), (KINDS, vec![1, 2, 3]), (REFERENCES, vec![2, 0, 0, 0])];
    put_header("shared", &header, fields);
}

/// The input of a header of this text, short or not, and these fields.
fn put_header(name: &str, text: &str, fields: Vec<(u8, Vec<u8>)>) {
    let mut forged = Forged::of_text(text);
    forged.fields = fields;
    let [low, high] = (forged.text.len() as u16).to_le_bytes();
    put("header", name, &[&[0, low, high], &forged.header()[..]].concat());
}

/// Archives with tensors of other files, and headers that say so; one that is short.
fn elsewhere() {
    let entry = |name: &str, offsets: &str| {
        format!("\"{name}\":{{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[{offsets}]}}")
    };
    let text = format!("{{{},{}}}", entry("a", "0,3"), entry("b", "3,6"));
    let kinds = |kinds: [u8; 2]| (KINDS, kinds.to_vec());
    let (names, target) = (b"deep\0b.wcodec\0".to_vec(), vec![0; 8]);
    let fields = vec![(LENGTHS, vec![9]), kinds([0, 4]), (OTHER_FILES, names), (ELSEWHERE, target)];
    put_header("elsewhere", &text, fields);
    let bases = (BASES, (0..32).collect());
    put_header("bases", &text, vec![(LENGTHS, vec![9]), kinds([5, 6]), bases]);
    let [first, second] = [("a.7.x1", "\u{1}3"), ("a.\u{3}.x\u{2}", "\u{1}3")];
    let short = format!("{{{},{}}}", entry(first.0, first.1), entry(second.0, second.1));
    put_header("short", &short, vec![(LENGTHS, vec![9, 9])]);

    let folder = tempfile::TempDir::new().expect("a folder");
    let [model, target] = ["model", "out"].map(|name| folder.path().join(name));
    // Long enough to be looked for, and nothing once it is coded.
    let long = format!(r#"{{"a":{{"dtype":"U8","shape":[{LONG}],"data_offsets":[0,{LONG}]}}}}"#);
    for name in ["1.safetensors", "2.safetensors"] {
        let shard = support::safetensors_source::file(&long, &[7; LONG]);
        support::safetensors_source::put(&model, name, &shard);
    }
    wcodec::convert::compress_folder(&model, &target, &Default::default(), &()).expect("sound");
    let second = fs::read(target.join("2.wcodec")).expect("an archive");
    put("archive", "elsewhere", &second);
}

/// Bytes of a tensor that is looked for in other files.
const LONG: usize = 70_000;

/// The text of an archive of these tensors without a source.
fn text_of(tensors: &[Tensor]) -> String {
    let (mut text, mut end) = (json!({}), 0);
    for (index, tensor) in tensors.iter().enumerate() {
        let begin = end;
        end += tensor.data.len();
        let (dtype, shape) = (tensor.dtype, &tensor.shape);
        let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": [begin, end] });
        text[format!("t{index}")] = entry;
    }
    text.to_string()
}

/// Deflate streams of each kind of block.
fn deflate() {
    let text = br#"{"a":{"dtype":"U8","shape":[0]},"b":{"dtype":"U8","shape":[0]}}"#.repeat(9);
    for level in [0, 1, 9] {
        let stream = miniz_oxide::deflate::compress_to_vec(&text, level);
        put("inflate", &format!("level-{level}"), &stream);
    }
    put("inflate", "short", &miniz_oxide::deflate::compress_to_vec(b"{}", 9));
    put("inflate", "noise", &miniz_oxide::deflate::compress_to_vec(&Random::new(5).bytes(300), 9));
}

fn streams() {
    let mut random = Random::new(1);
    for codec in 0..PlaneCodec::ALL.len() as u8 {
        for split in [0, 2, 4] {
            let choices = [split, codec, split / 2, 70, 17, codec, 3, 2, 1, 2, 60, 1];
            let streams = random.bytes(200);
            put("tiles", &format!("{codec}-{split}"), &[&choices, &streams[..]].concat());
        }
    }
    for dtype in 0..8u8 {
        let tensor = tensor(Dtype::U8, 1 + u64::from(dtype % 2));
        let choices = [dtype, dtype / 2, 0x80 * (dtype % 2) + 7 * dtype];
        put("roundtrip", &dtype.to_string(), &[&choices, &tensor.data[..]].concat());
    }
}

fn sources() {
    let one = json!({ "a": { "dtype": "U8", "shape": [64], "data_offsets": [0, 64] } });
    let two = json!({
        "__metadata__": { "format": "pt" },
        "a": { "dtype": "F4", "shape": [2, 8], "data_offsets": [0, 8] },
        "b": { "dtype": "I64", "shape": [7], "data_offsets": [8, 64] },
        "c": { "dtype": "F32", "shape": [0, 3], "data_offsets": [64, 64] },
    });
    for (name, header) in [("none", json!({})), ("one", one), ("two", two)] {
        put("safetensors", name, format!("{header}  ").as_bytes());
    }
}

#[test]
#[ignore = "writes the corpus, to which was added by hand since"]
fn write_corpus() {
    assert!(env::var_os("WCODEC_WRITE_CORPUS").is_some(), "WCODEC_WRITE_CORPUS is not set");
    blobs();
    archives();
    elsewhere();
    deltas();
    deflate();
    streams();
    sources();
}
