//! Tensors of the files of a folder that were compressed before, whose bytes need no second place.

use super::Progress;
use super::duplicates::{hash, have_same_bytes, look_at, sample};
use crate::Result;
use crate::container::ContentHash;
use crate::positioned_file::PositionedFile;
use crate::safetensors_file::SafetensorsFile;
use std::collections::HashMap;

/// The long tensors of earlier files, by their lengths and samples of their bytes.
///
/// Takes about 60 bytes a tensor.
#[derive(Default)]
pub(super) struct Earlier {
    files: Vec<File>,
    tensors: HashMap<(u64, ContentHash), Vec<Known>>,
}

/// A file that was compressed.
struct File {
    source: PositionedFile,
    /// The name of its archive in the compressed folder.
    archive: String,
}

/// A tensor that has a blob of its own in the archive of its file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The number of the file.
    pub file: usize,
    /// Its number there.
    pub number: u32,
    /// The hash of all of its bytes.
    pub hash: ContentHash,
    /// Byte offset in the source.
    offset: u64,
}

impl Earlier {
    /// Adds a file whose archive has this name in the folder, and those of its tensors, with their
    /// hashes, that have at least `least` bytes.
    pub fn add(
        &mut self,
        input: SafetensorsFile,
        archive: String,
        tensors: &[(u32, ContentHash)],
        least: u64,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        for &(number, hash) in tensors {
            let len = input.tensor_len(number as usize);
            if len < least {
                continue;
            }
            let key = (len, sample(&input, number, len, &mut bytes)?);
            let offset = input.tensor_offset(number as usize);
            let known = Known { file: self.files.len(), number, hash, offset };
            self.tensors.entry(key).or_default().push(known);
        }
        self.files.push(File { source: input.into_file(), archive });
        Ok(())
    }

    /// The tensor with the bytes of one that is to be compressed. Hashes find it, and the bytes are
    /// compared.
    pub fn find(
        &self,
        input: &SafetensorsFile,
        number: u32,
        progress: &dyn Progress,
    ) -> Result<Option<Known>> {
        if self.tensors.is_empty() {
            return Ok(None);
        }
        let len = input.tensor_len(number as usize);
        let mut pieces = [Vec::new(), Vec::new()];
        let key = (len, sample(input, number, len, &mut pieces[0])?);
        let Some(candidates) = self.tensors.get(&key) else { return Ok(None) };
        look_at(input, number, progress)?;
        let own = hash(input, number, len, &mut pieces[0])?;
        for known in candidates.iter().filter(|known| known.hash == own) {
            let source = &self.files[known.file].source;
            let earlier = |at, out: &mut [u8]| source.read_exact_at(out, known.offset + at);
            let here = |at, out: &mut [u8]| input.read_part(number as usize, at, out);
            if have_same_bytes(len, here, earlier, &mut pieces)? {
                return Ok(Some(*known));
            }
        }
        Ok(None)
    }

    /// The name of a file's archive in the compressed folder.
    pub fn archive(&self, file: usize) -> &str {
        &self.files[file].archive
    }
}
