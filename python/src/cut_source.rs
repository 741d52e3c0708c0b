//! Read tiles as a source of blobs, for a GPU to load from.

use crate::parts::Cut;
use wcodec::container::{Shape, TensorCut, TensorSpec};
use wcodec::{Blob, BlobInfo, BlobSource, Dtype, Error, Result};

/// Cuts in memory, each a tensor of bytes that is called by its number.
pub struct CutSource<'a> {
    cuts: Vec<(&'a TensorCut, BlobInfo)>,
}

impl<'a> CutSource<'a> {
    /// The source of these cuts.
    pub fn new(cuts: impl Iterator<Item = &'a Cut>) -> Result<Self> {
        let cuts = cuts.enumerate().map(|(number, cut)| Ok((&cut.cut, info(number as u64, cut)?)));
        Ok(Self { cuts: cuts.collect::<Result<_>>()? })
    }

    /// The names of the tensors, in the order of the cuts.
    pub fn names(&self) -> Vec<String> {
        self.cuts.iter().map(|(_, info)| info.name.clone()).collect()
    }
}

fn info(number: u64, cut: &Cut) -> Result<BlobInfo> {
    let blob = cut.cut.blob();
    let byte_len = Blob::parse(blob)?.byte_len();
    let spec = TensorSpec::new(number.to_string(), Dtype::U8, Shape::from([byte_len]));
    // Of the tiles together there is no checksum: this one finds what memory does to them.
    BlobInfo::new(spec, number, blob.len() as u64, cut.crc32c)
}

impl BlobSource for CutSource<'_> {
    fn blob_count(&self) -> usize {
        self.cuts.len()
    }

    fn blob_info(&self, number: usize) -> BlobInfo {
        self.cuts[number].1.clone()
    }

    fn find_blob(&self, name: &str) -> Result<usize> {
        let number = name.parse().ok().filter(|&number: &usize| number < self.cuts.len());
        let absent = || Error::NoSuchTensor { path: "<parts>".into(), name: name.to_owned() };
        number.ok_or_else(absent)
    }

    fn read_blob_at(&self, number: usize, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let blob = self.cuts[number].0.blob();
        let part = usize::try_from(offset).ok().and_then(|start| blob.get(start..));
        let part = part.and_then(|rest| rest.get(..bytes.len()));
        let reason = || Error::InvalidArgument(format!("a part has no bytes at {offset}"));
        bytes.copy_from_slice(part.ok_or_else(reason)?);
        Ok(())
    }

    fn blob_place(&self, number: usize) -> String {
        format!("part {number} of the tensors that are loaded")
    }
}
