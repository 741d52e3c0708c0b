//! A small sound archive of several codecs, in parts that can be changed one by one.

use serde_json::{Value, json};
use support::forged::{PREAMBLE, forge};
use support::{Distribution, Options, Tensor};
use twox_hash::XxHash3_64;
use wcodec::Dtype;
use wcodec::format::{PlaneCodec, Predictor};

/// The parts of an archive; [`Parts::file`] makes all checksums, and places that were left open,
/// right.
#[derive(Clone)]
pub struct Parts {
    /// Entries of the header without offset, length and checksum; any of these that is there stays.
    pub entries: Vec<Value>,
    pub blobs: Vec<Vec<u8>>,
    /// Members of the header beside `tensors`.
    pub members: Vec<(String, Value)>,
}

impl Parts {
    /// Three tensors: of pairs with exceptions, of bytes in two tile columns, of constant and raw
    /// planes.
    pub fn sound() -> Self {
        let tensors = [
            ("a", Dtype::BF16, &[2050][..], PlaneCodec::TansPair, Predictor::None),
            ("b", Dtype::U8, &[3, 1024], PlaneCodec::Tans8, Predictor::Left),
            ("c", Dtype::I32, &[40], PlaneCodec::Raw, Predictor::None),
        ];
        let mut parts = Self { entries: Vec::new(), blobs: Vec::new(), members: Vec::new() };
        for (name, dtype, shape, codec, predictor) in tensors {
            let tensor = Tensor::new(dtype, shape, Distribution::OutlierColumns, 1);
            let encoder = Options::forced(codec, predictor).encoder();
            parts.blobs.push(encoder.encode(&tensor.view()).expect("a valid tensor"));
            parts.entries.push(entry(name, dtype, shape, &tensor.data));
        }
        parts
    }

    /// One tensor of four bytes, so that a file of it has not even a kilobyte.
    pub fn smallest() -> Self {
        let tensor = Tensor::of_bytes(vec![1, 2, 3, 4]);
        let blob = Options::default().encoder().encode(&tensor.view()).expect("a valid tensor");
        let entries = vec![entry("a", Dtype::U8, &[4], &tensor.data)];
        Self { entries, blobs: vec![blob], members: Vec::new() }
    }

    /// The file, its header padded so that no change of a few bytes moves a blob.
    pub fn file(&self) -> Vec<u8> {
        let entries = self.entries.clone();
        let room = (self.header(entries).len() + 600).next_multiple_of(256) - PREAMBLE + 1;
        let mut end = PREAMBLE + room;
        let mut placed = self.entries.clone();
        for (entry, blob) in placed.iter_mut().zip(&self.blobs) {
            let offset = end.next_multiple_of(256);
            end = offset + blob.len();
            let members = entry.as_object_mut().expect("an entry is an object");
            members.entry("offset").or_insert(json!(offset));
            members.entry("length").or_insert(json!(blob.len()));
            members.entry("crc32c").or_insert(json!(crc32c::crc32c(blob)));
        }
        let mut header = self.header(placed).into_bytes();
        header.resize(room, b' ');
        forge((1, 0), &header, &self.body())
    }

    fn header(&self, entries: Vec<Value>) -> String {
        let mut header = json!({ "tensors": entries });
        for (name, value) in &self.members {
            header[name] = value.clone();
        }
        header.to_string()
    }

    /// The blobs, each but the last padded; they begin on a multiple of 256.
    pub fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for blob in &self.blobs {
            body.resize(body.len().next_multiple_of(256), 0);
            body.extend_from_slice(blob);
        }
        body
    }

    /// These parts after a change.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut parts = self.clone();
        change(&mut parts);
        parts
    }
}

fn entry(name: &str, dtype: Dtype, shape: &[u64], data: &[u8]) -> Value {
    let hash = format!("{:016x}", XxHash3_64::oneshot(data));
    json!({ "name": name, "dtype": dtype, "shape": shape, "codec": "", "xxh3": hash })
}

#[test]
fn the_parts_make_a_sound_file() {
    for parts in [Parts::sound(), Parts::smallest()] {
        let file = parts.file();
        assert_eq!(crate::attempt::Attempt::new().read(&file), Ok(()));
        reference::decode_archive(&file).map(drop).unwrap();
    }
}
