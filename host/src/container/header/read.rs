//! The header as it is read: once, into what has been checked.

use super::entry::Entry;
use super::{TensorsOfSource, check_source};
use crate::container::name_index::NameIndex;
use crate::container::preamble::Preamble;
use crate::container::{Limits, Metadata, TensorInfo, TensorSpec, limits, name};
use crate::json::{Fault, Parser, Sound, Text};
use crate::memory::reserve;

/// The content of a header.
#[derive(Debug)]
pub(in crate::container) struct Contents {
    pub tensors: Vec<TensorInfo>,
    pub by_name: NameIndex,
    pub metadata: Option<Metadata>,
    pub safetensors_header: Option<String>,
    pub file_name: Option<String>,
}

impl TensorsOfSource for Contents {
    fn count(&self) -> usize {
        self.tensors.len()
    }

    fn spec(&self, index: usize) -> &TensorSpec {
        self.tensors[index].spec()
    }

    fn by_name(&self) -> &NameIndex {
        &self.by_name
    }

    fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }
}

/// A header in the reading.
#[derive(Default)]
struct Draft<'a> {
    tensors: Option<Vec<TensorInfo>>,
    metadata: Option<Metadata>,
    safetensors_header: Option<Text<'a>>,
    file_name: Option<Text<'a>>,
}

impl Contents {
    /// Reads and checks the header that `preamble` announces, in memory of a few times its length;
    /// `place` is the header for messages.
    pub fn read(
        header: &[u8],
        preamble: &Preamble,
        limits: &Limits,
        place: &str,
    ) -> Result<Self, Fault> {
        let sound = Sound::check(header)?;
        let mut draft = Draft::default();
        sound.parser().object(|parser, member| {
            match () {
                () if member == *"tensors" => {
                    draft.tensors = Some(tensors(parser, preamble, limits, place)?);
                }
                () if member == *"metadata" => draft.metadata = Some(Metadata::parse(parser)?),
                () if member == *"safetensors_header" => {
                    draft.safetensors_header = Some(parser.string()?);
                }
                () if member == *"file_name" => draft.file_name = Some(parser.string()?),
                () => parser.skip()?,
            }
            Ok(())
        })?;
        draft.check(limits, place)
    }
}

fn tensors<'a>(
    parser: &mut Parser<'a>,
    preamble: &Preamble,
    limits: &Limits,
    place: &str,
) -> Result<Vec<TensorInfo>, Fault> {
    let count = parser.count()?;
    limits::check(place, "the number of tensors", count, limits.tensors)?;
    let mut tensors = reserve(count, "the tensors of an archive")?;
    let mut end = Preamble::LEN.checked_add(preamble.header_len).ok_or("its length overflows")?;
    parser.array(|parser| {
        let tensor = Entry::read(parser)?.check(end, limits, place)?;
        end = tensor.offset + tensor.length;
        tensors.push(tensor);
        Ok(())
    })?;
    let file_len = preamble.file_len;
    match end == file_len {
        true => Ok(tensors),
        false => Err(format!("the last blob ends at byte {end}, the file at {file_len}").into()),
    }
}

impl Draft<'_> {
    fn check(self, limits: &Limits, place: &str) -> Result<Contents, Fault> {
        let tensors = self.tensors.ok_or("there is no \"tensors\"")?;
        let by_name = NameIndex::new(tensors.len(), |index| tensors[index].name())?;
        let mut contents = Contents {
            tensors,
            by_name,
            metadata: self.metadata,
            safetensors_header: None,
            file_name: None,
        };
        if let Some(file_name) = self.file_name {
            limits.check_file_name(file_name.len(), place)?;
            let file_name = file_name.decode("the name of a file")?;
            let refused = |reason| format!("the source's file name {file_name:?}: {reason}");
            name::check_file_name(&file_name).map_err(refused)?;
            contents.file_name = Some(file_name);
        }
        if let Some(header) = self.safetensors_header {
            let header = header.decode("the header of the source")?;
            limits.check_depth(header.as_bytes(), place)?;
            check_source(&header, &contents)?;
            contents.safetensors_header = Some(header);
        }
        Ok(contents)
    }
}
