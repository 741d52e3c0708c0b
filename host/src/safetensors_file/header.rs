//! The JSON header of a safetensors file, with the order that the crate's own type does not keep.

use crate::Dtype;
use crate::container::TensorSpec;
use crate::strict_json::{self, Object};
use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// What a checked header says.
#[derive(Debug)]
pub(crate) struct SafetensorsHeader {
    /// The tensors in the order of their data; empty ones at one place in the order of the header.
    pub tensors: Vec<TensorSpec>,
    /// The `__metadata__`.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Bytes of all tensors.
    pub data_len: u64,
}

impl SafetensorsHeader {
    /// Parses a header; the crate checks that there are no holes, no overlaps and no wrong sizes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written: WrittenHeader = strict_json::parse(text.as_bytes())?;
        let checked: Metadata = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut tensors = Vec::with_capacity(written.names.len());
        for name in written.names {
            let info = checked.info(&name).ok_or_else(|| format!("no tensor {name:?}"))?;
            tensors.push((info.data_offsets, spec(name, info)?));
        }
        // Stable, so that empty tensors, which share an offset, keep the header's order.
        tensors.sort_by_key(|&(offsets, _)| offsets);
        let tensors = tensors.into_iter().map(|(_, spec)| spec).collect();
        Ok(Self { tensors, metadata: written.metadata, data_len: checked.data_len() as u64 })
    }
}

fn spec(name: String, info: &TensorInfo) -> Result<TensorSpec, String> {
    let shape = info.shape.iter().map(|&extent| extent as u64).collect();
    let unknown = |error| format!("tensor {name:?}: {:?} is {error}", info.dtype);
    let dtype = Dtype::from_safetensors(info.dtype).map_err(unknown)?;
    Ok(TensorSpec { name, dtype, shape })
}

/// The names as they stand in the header, and its metadata.
struct WrittenHeader {
    names: Vec<String>,
    metadata: Option<BTreeMap<String, String>>,
}

impl<'de> Deserialize<'de> for WrittenHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WrittenHeaderVisitor)
    }
}

/// What the crate's own type would take as well: an array for the struct, and `{"U8": null}` for the dtype.
#[derive(serde::Deserialize)]
struct WrittenTensor {
    #[serde(rename = "dtype")]
    _dtype: Dtype,
    #[serde(rename = "shape")]
    _shape: IgnoredAny,
}

struct WrittenHeaderVisitor;

impl<'de> Visitor<'de> for WrittenHeaderVisitor {
    type Value = WrittenHeader;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<WrittenHeader, A::Error> {
        let mut header = WrittenHeader { names: Vec::new(), metadata: None };
        while let Some(name) = access.next_key::<String>()? {
            if name == METADATA {
                header.metadata = access.next_value()?;
            } else {
                access.next_value::<Object<WrittenTensor>>()?;
                header.names.push(name);
            }
        }
        Ok(header)
    }
}

/// The member of a header that is not a tensor.
pub(super) const METADATA: &str = "__metadata__";
