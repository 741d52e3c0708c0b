//! Which tensors of a source are stored together.

use super::against::Against;
use super::duplicates::duplicates;
use super::earlier::{Earlier, Known};
use super::{MOST_SHARED, Progress};
use crate::container::{OtherFiles, OtherTensor, StoragePlan, Stored};
use crate::entry_name;
use crate::safetensors_file::SafetensorsFile;
use crate::{Dtype, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Decoded bytes of a shared blob: a tensor in it can still be read without much around it.
const MOST_TOGETHER: u64 = 1 << 20;

/// How the tensors of a source are stored: those that were stored before not again, in this file or
/// in an earlier one, and small ones of one dtype together, in their order. `in_bases` looks in bases
/// for those that were not stored before.
pub fn storage_plan<'a>(
    input: &SafetensorsFile,
    folder: Option<&InFolder<'_>>,
    in_bases: impl FnOnce(&mut dyn Iterator<Item = u32>) -> Result<Option<Against<'a>>>,
    progress: &dyn Progress,
) -> Result<(StoragePlan, Option<Against<'a>>)> {
    let first = duplicates(input, progress)?;
    let (elsewhere, names) = match folder {
        Some(folder) => folder.elsewhere(input, &first, progress)?,
        None => Default::default(),
    };
    let mut own = (0..).zip(&first).filter(|(number, first)| number == *first).map(|(n, _)| n);
    let against = in_bases(&mut own.by_ref().filter(|number| !elsewhere.contains_key(number)))?;
    let of_base = |number: u32| against.as_ref().and_then(|against| against.stored(number));
    let stored = |number: usize| {
        let first = first[number];
        match elsewhere.get(&first) {
            Some(&target) => Stored::Elsewhere(target),
            None if first == number as u32 => of_base(first).unwrap_or(Stored::Own),
            None => Stored::Same(first),
        }
    };
    let mut groups = Groups::default();
    let dtypes = &input.manifest().tensors;
    let group = |number: usize| groups.take(dtypes[number].dtype, input.tensor_len(number));
    let plan = StoragePlan::new(dtypes.len(), stored, group)?.in_files(names);
    Ok((plan, against))
}

/// A file in the folder that is being compressed.
pub struct InFolder<'a> {
    /// The path of its archive in the compressed folder.
    pub archive: &'a Path,
    pub earlier: &'a Earlier,
}

/// Where tensors lie in other files, and the names of those.
type InOthers = (BTreeMap<u32, OtherTensor>, OtherFiles);

impl InFolder<'_> {
    /// Finds the long tensors that lie in earlier files, of those that are the `first` of their
    /// bytes in this one.
    fn elsewhere(
        &self,
        input: &SafetensorsFile,
        first: &[u32],
        progress: &dyn Progress,
    ) -> Result<InOthers> {
        let mut found = BTreeMap::new();
        for number in (0..).zip(first).filter(|(number, first)| number == *first).map(|(n, _)| n) {
            if input.tensor_len(number as usize) > MOST_SHARED
                && let Some(known) = self.earlier.find(input, number, progress)?
            {
                found.insert(number, known);
            }
        }
        let folder = self.archive.parent().unwrap_or(Path::new(""));
        let names: BTreeSet<&str> =
            found.values().map(|known| self.earlier.archive(known.file)).collect();
        let files: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let targets = found.into_iter().map(|(tensor, Known { file, number, hash, .. })| {
            let name = self.earlier.archive(file);
            let file = files.partition_point(|other| other.as_str() < name) as u32;
            (tensor, OtherTensor { file, number, hash })
        });
        let targets = targets.collect();
        Ok((targets, OtherFiles { folder: entry_name::encode(folder)?, files }))
    }
}

/// The groups that are being filled.
#[derive(Default)]
struct Groups {
    count: u32,
    /// Of each dtype the number of its last group, and the bytes in it.
    open: [Option<(u32, u64)>; Dtype::ALL.len()],
}

impl Groups {
    /// The group for the next tensor, if it is small.
    fn take(&mut self, dtype: Dtype, len: u64) -> Option<u32> {
        if len > MOST_SHARED {
            return None;
        }
        let open = &mut self.open[dtype as usize];
        let (number, filled) = match *open {
            Some((number, filled)) if filled + len <= MOST_TOGETHER => (number, filled),
            _ => {
                self.count += 1;
                (self.count, 0)
            }
        };
        *open = Some((number, filled + len));
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tensors_of_a_dtype_fill_a_group() {
        let mut groups = Groups::default();
        let mut take = |dtype, len| groups.take(dtype, len);
        assert_eq!(take(Dtype::F32, 4), Some(1));
        assert_eq!(take(Dtype::BF16, 4), Some(2));
        assert_eq!(take(Dtype::F32, MOST_SHARED + 1), None);
        // Of F32 all but four bytes of another tensor.
        for _ in 0..MOST_TOGETHER / MOST_SHARED - 1 {
            assert_eq!(take(Dtype::F32, MOST_SHARED), Some(1));
        }
        assert_eq!(take(Dtype::F32, MOST_SHARED), Some(3));
        assert_eq!(take(Dtype::BF16, 0), Some(2));
    }
}
