//! Which tensors of a source are stored together.

use super::Progress;
use super::duplicates::duplicates;
use crate::container::StoragePlan;
use crate::safetensors_file::SafetensorsFile;
use crate::{Dtype, Result};

/// The longest tensor that lies in a blob with others: a header, a table and an index of its own
/// are a per cent of a longer one.
const MOST_SHARED: u64 = 32 << 10;
/// Decoded bytes of a shared blob: a tensor in it can still be read without much around it.
const MOST_TOGETHER: u64 = 1 << 20;

/// How the tensors of a source are stored: those that were stored before not again, and small ones
/// of one dtype together, in their order.
pub fn storage_plan(input: &SafetensorsFile, progress: &dyn Progress) -> Result<StoragePlan> {
    let first = duplicates(input, progress)?;
    let same_as = |number: usize| (first[number] != number as u32).then_some(first[number]);
    let mut groups = Groups::default();
    let dtypes = &input.manifest().tensors;
    let group = |number: usize| groups.take(dtypes[number].dtype, input.tensor_len(number));
    StoragePlan::new(dtypes.len(), same_as, group)
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
