//! A small sound archive of several codecs, in parts that can be changed one by one.

use serde_json::{Value, json};
use support::forged::{Forged, LENGTHS, planes};
use support::{Distribution, Options, Tensor};
use twox_hash::XxHash3_64;
use wcodec::Dtype;
use wcodec::encode::{PlaneCodec, Predictor};

/// The parts of an archive; [`Parts::file`] makes all checksums, and places that were left open,
/// right.
#[derive(Clone)]
pub struct Parts {
    /// Names and entries of the text. `data_offsets` that are not there are made right.
    pub entries: Vec<(String, Value)>,
    pub blobs: Vec<Vec<u8>>,
    /// What is said of each blob, where it is another than it has.
    pub lengths: Vec<Option<u64>>,
    pub crcs: Vec<Option<u32>>,
    pub hashes: Vec<u64>,
    /// Members of the text beside the tensors, as they are written.
    pub members: Vec<(String, Value)>,
    /// Fields beside the lengths, whose tags ascend on either side of theirs.
    pub fields: Vec<(u8, Vec<u8>)>,
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
        let mut parts = Self::empty();
        for (name, dtype, shape, codec, predictor) in tensors {
            let tensor = Tensor::new(dtype, shape, Distribution::OutlierColumns, 1);
            let encoder = Options::forced(codec, predictor).encoder();
            let blob = encoder.encode(&tensor.view()).expect("a valid tensor");
            parts.push(name, dtype, shape, &tensor.data, blob);
        }
        parts
    }

    /// One tensor of four bytes, so that a file of it has not even a kilobyte.
    pub fn smallest() -> Self {
        let tensor = Tensor::of_bytes(vec![1, 2, 3, 4]);
        let blob = Options::default().encoder().encode(&tensor.view()).expect("a valid tensor");
        let mut parts = Self::empty();
        parts.push("a", Dtype::U8, &[4], &tensor.data, blob);
        parts
    }

    fn empty() -> Self {
        Self {
            entries: Vec::new(),
            blobs: Vec::new(),
            lengths: Vec::new(),
            crcs: Vec::new(),
            hashes: Vec::new(),
            members: Vec::new(),
            fields: Vec::new(),
        }
    }

    fn push(&mut self, name: &str, dtype: Dtype, shape: &[u64], data: &[u8], blob: Vec<u8>) {
        self.entries.push((name.to_owned(), json!({ "dtype": dtype, "shape": shape })));
        self.blobs.push(blob);
        self.lengths.push(None);
        self.crcs.push(None);
        self.hashes.push(XxHash3_64::oneshot(data));
    }

    /// The file.
    pub fn file(&self) -> Vec<u8> {
        self.forged().file()
    }

    /// The file in its own parts.
    pub fn forged(&self) -> Forged {
        let mut forged = Forged::of_text(self.text());
        let lengths = self.blobs.iter().zip(&self.lengths);
        let lengths: Vec<u64> =
            lengths.map(|(blob, said)| said.unwrap_or(blob.len() as u64)).collect();
        forged.fields = self.fields.clone();
        let at = forged.fields.iter().take_while(|field| field.0 < LENGTHS).count();
        forged.fields.insert(at, (LENGTHS, planes(&lengths)));
        for (blob, said) in self.blobs.iter().zip(&self.crcs) {
            forged.blobs.extend_from_slice(blob);
            let crc = said.unwrap_or_else(|| crc32c::crc32c(blob));
            forged.sums.extend_from_slice(&crc.to_le_bytes());
        }
        self.hashes.iter().for_each(|hash| forged.sums.extend_from_slice(&hash.to_le_bytes()));
        forged
    }

    fn text(&self) -> String {
        let mut end = 0u64;
        let mut members = Vec::new();
        for (name, entry) in &self.entries {
            let mut entry = entry.clone();
            let begin = end;
            end = end.saturating_add(byte_len(&entry).unwrap_or(0));
            if let Some(entry) = entry.as_object_mut() {
                entry.entry("data_offsets").or_insert(json!([begin, end]));
            }
            members.push(format!("{}:{entry}", json!(name)));
        }
        members.extend(self.members.iter().map(|(name, value)| format!("{}:{value}", json!(name))));
        format!("{{{}}}", members.join(","))
    }

    /// These parts after a change.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut parts = self.clone();
        change(&mut parts);
        parts
    }
}

/// The decoded bytes of an entry, if it has any sense.
fn byte_len(entry: &Value) -> Option<u64> {
    let dtype: Dtype = serde_json::from_value(entry["dtype"].clone()).ok()?;
    let extents = entry["shape"].as_array()?.iter();
    let bits = dtype.bitsize() as u64;
    let bits = extents.map(Value::as_u64).try_fold(bits, |bits, extent| bits.checked_mul(extent?));
    Some(bits? / 8)
}

#[test]
fn the_parts_make_a_sound_file() {
    for parts in [Parts::sound(), Parts::smallest()] {
        let file = parts.file();
        assert_eq!(crate::attempt::Attempt::new().read(&file), Ok(()));
        reference::decode_archive(&file).map(drop).unwrap();
    }
}
