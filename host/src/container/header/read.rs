//! The header as it is read: once, into what has been checked.

use super::fields::Fields;
use super::places::Places;
use crate::container::elsewhere::Elsewhere;
use crate::container::name_index::NameIndex;
use crate::container::preamble::Preamble;
use crate::container::{Limits, Metadata, TensorInfo, TensorSpec, limits, name};
use crate::json::{Fault, Sound};
use crate::memory::{reserve, string};
use crate::safetensors_file::{Listed, read_in_order, tensor_count};

/// The content of a header.
#[derive(Debug)]
pub(in crate::container) struct Contents {
    pub tensors: Vec<TensorInfo>,
    pub by_name: NameIndex,
    pub metadata: Option<Metadata>,
    /// The header of a safetensors file with these tensors.
    pub text: String,
    /// True if the text is the source's own.
    pub is_source: bool,
    pub file_name: Option<String>,
    /// True if the bytes of the tensors are a file as it is.
    pub as_is: bool,
    /// The tensors that lie in other files of the folder.
    pub elsewhere: Elsewhere,
}

impl Contents {
    /// Reads and checks the header and the sums that `preamble` announces, in memory of a few times
    /// their length; `place` is the header for messages.
    pub fn read(
        mut header: Vec<u8>,
        sums: &[u8],
        preamble: &Preamble,
        limits: &Limits,
        place: &str,
    ) -> Result<Self, Fault> {
        let (text, fields) = header.split_at(preamble.text_len as usize);
        limits.check_depth(text, place)?;
        let text = Sound::check(text)?;
        let fields = Fields::read(fields, place)?;
        let reader = Reader { text, limits, place };
        let file_name = fields.file_name.map(|name| reader.file_name(name)).transpose()?;
        let count = tensor_count(text)?;
        limits::check(place, "the number of tensors", count, limits.tensors)?;
        let mut places = Places::new(count as usize, &fields, sums, place)?;
        let (mut tensors, metadata) = reader.tensors(count, &mut places)?;
        places.finish(&mut tensors, preamble.blobs_end)?;
        let other_files = fields.other_files.unwrap_or_default();
        let elsewhere = Elsewhere::new(other_files, places.into_elsewhere(), |name| {
            limits.check_file_name(name.len(), place)
        })?;
        let by_name = NameIndex::new(tensors.len(), |index| tensors[index].name())?;
        let (is_source, as_is) = (fields.is_source, fields.as_is);
        header.truncate(preamble.text_len as usize);
        let text = String::from_utf8(header).map_err(|error| error.to_string())?;
        Ok(Self { tensors, by_name, metadata, text, is_source, file_name, as_is, elsewhere })
    }
}

/// A header's text, and the limits that it keeps to; `place` is the header for messages.
struct Reader<'a> {
    text: Sound<'a>,
    limits: &'a Limits,
    place: &'a str,
}

impl Reader<'_> {
    /// The tensors in the order of their data, and the metadata.
    fn tensors(
        &self,
        count: u64,
        places: &mut Places<'_>,
    ) -> Result<(Vec<TensorInfo>, Option<Metadata>), Fault> {
        let mut tensors = reserve(count, "the tensors of an archive")?;
        let mut metadata = None;
        let tensor = |listed: Listed<'_>| {
            let tensor = self.tensor(listed, places, &tensors)?;
            tensors.push(tensor);
            Ok(())
        };
        read_in_order(self.text, count, tensor, |parser| {
            metadata = Some(Metadata::parse(parser)?);
            Ok(())
        })?;
        Ok((tensors, metadata))
    }

    /// The tensor after those `before`, and its place; nothing is copied that a limit refuses.
    fn tensor(
        &self,
        listed: Listed<'_>,
        places: &mut Places<'_>,
        before: &[TensorInfo],
    ) -> Result<TensorInfo, Fault> {
        let Listed { name, dtype, shape, data } = listed;
        self.limits.check_tensor(name.len(), dtype, &shape, self.place)?;
        let byte_len = data.end - data.start;
        let spec = TensorSpec { name: name.decode("the name of a tensor")?, dtype, shape };
        name::check(&spec.name).map_err(|reason| format!("tensor {}: {reason}", name.shown()))?;
        let place = places.next(before, dtype, byte_len);
        let place = place.map_err(|fault| fault.within(|| format!("tensor {}", name.shown())))?;
        Ok(TensorInfo { spec, byte_len, place })
    }

    fn file_name(&self, bytes: &[u8]) -> Result<String, Fault> {
        self.limits.check_file_name(bytes.len(), self.place)?;
        let name = str::from_utf8(bytes).map_err(|error| format!("the file name: {error}"))?;
        let refused = |reason| format!("the source's file name {name:?}: {reason}");
        name::check_file_name(name).map_err(refused)?;
        let mut copy = string(name.len(), "the name of a file")?;
        copy.push_str(name);
        Ok(copy)
    }
}
