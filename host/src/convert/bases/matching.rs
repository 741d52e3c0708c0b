//! Which tensors of bases those of a source are coded against.

use super::file::Content;
use super::rows::match_rows;
use super::sought::{InFile, InMemory, Sought};
use super::{BaseTensor, Bases};
use crate::container::{ContentHash, TensorReference};
use crate::convert::{MOST_SHARED, Progress, duplicates};
use crate::delta::RowMap;
use crate::memory::resize;
use crate::{Decoder, Encoder, Error, Result, SafetensorsFile, TensorView};
use std::collections::BTreeMap;

/// How a tensor is found in a base.
#[derive(Debug, Clone)]
pub(crate) enum Match {
    /// With the same bytes.
    Unchanged(ContentHash),
    /// With others, of which these rows lie elsewhere.
    Against { reference: TensorReference, rows: Option<RowMap> },
}

/// The matches of the tensors of a source, by their numbers.
pub(in crate::convert) type Matches = BTreeMap<u32, Match>;

/// Bytes of a tensor by which those of other names are compared with it.
const SAMPLE: usize = 16 << 10;
/// The most tensors of other names that are compared with one.
const MOST_CANDIDATES: usize = 64;
/// A sample against a tensor takes no more than this part of it alone, or they are not taken for
/// versions of one: names tell more than chance, and what they tell is proven later.
const ALIKE: f64 = 0.95;
const ALIKE_BY_OTHER_NAMES: f64 = 0.8;
/// One row of so many has to be found for rows to be mapped.
const LEAST_ROWS: u64 = 8;

/// Looks for tensors in bases.
struct Matcher<'a> {
    bases: &'a Bases,
    decoder: &'a Decoder,
    encoder: Encoder,
}

impl Bases {
    /// Finds a tensor for each of these of a source: by name, by its hash, and, of long ones, by shape
    /// and a sample, or by rows.
    ///
    /// # Errors
    /// Those of reading the source and the bases; [`Error::Cancelled`] where `progress` says so.
    pub(in crate::convert) fn matches(
        &self,
        input: &SafetensorsFile,
        numbers: impl Iterator<Item = u32>,
        decoder: &Decoder,
        encoder: &Encoder,
        progress: &dyn Progress,
    ) -> Result<Matches> {
        let matcher = Matcher::new(self, decoder, encoder);
        let mut matches = Matches::new();
        for number in numbers {
            let tensor = InFile { input, number: number as usize };
            if tensor.byte_len() > 0 {
                duplicates::look_at(input, number, progress)?;
            }
            if let Some(found) = matcher.of(&tensor)? {
                matches.insert(number, found);
            }
        }
        Ok(matches)
    }

    /// Finds the tensor that one of this name, in memory, is to be coded against.
    ///
    /// # Errors
    /// Those of reading the bases.
    pub(crate) fn likest(
        &self,
        name: &str,
        tensor: &TensorView<'_>,
        decoder: &Decoder,
        encoder: &Encoder,
    ) -> Result<Option<Match>> {
        Matcher::new(self, decoder, encoder).of(&InMemory::new(name, tensor))
    }
}

impl<'a> Matcher<'a> {
    /// Looks in bases, whose archives `decoder` decodes; `encoder` compares samples.
    fn new(bases: &'a Bases, decoder: &'a Decoder, encoder: &Encoder) -> Self {
        Self { bases, decoder, encoder: encoder.of_parts(0) }
    }

    /// The match of a tensor; of one that is worth no blob of its own only the same bytes.
    fn of(&self, tensor: &dyn Sought) -> Result<Option<Match>> {
        let len = tensor.byte_len();
        if len == 0 {
            return Ok(None);
        }
        let own = TensorReference::new(tensor.hash()?, len);
        if self.bases.find(own, &tensor.spec().name)?.is_some() {
            return Ok(Some(Match::Unchanged(own.content_hash())));
        }
        if len <= MOST_SHARED {
            return Ok(None);
        }
        if let Some(alike) = self.alike(tensor)? {
            let reference = self.bases.file(alike).reference(alike.number)?;
            return Ok(Some(Match::Against { reference, rows: None }));
        }
        self.rows(tensor)
    }

    /// The tensor of this dtype and shape whose sample this one's is smallest against: that of the same
    /// name, or else another.
    fn alike(&self, tensor: &dyn Sought) -> Result<Option<BaseTensor>> {
        match self.best(tensor, &self.candidates(tensor, true), ALIKE)? {
            Some(best) => Ok(Some(best)),
            None => self.best(tensor, &self.candidates(tensor, false), ALIKE_BY_OTHER_NAMES),
        }
    }

    fn candidates(&self, tensor: &dyn Sought, named: bool) -> Vec<BaseTensor> {
        let (spec, len) = (tensor.spec(), tensor.byte_len());
        let files = self.bases.files.iter().enumerate();
        let found = files.flat_map(|(file, base)| {
            let fits = move |other: &&usize| {
                let theirs = base.spec(**other);
                let is_alike = theirs.dtype == spec.dtype && theirs.shape == spec.shape;
                is_alike && (theirs.name == spec.name) == named
            };
            let numbers = base.of_length(len).iter().filter(fits);
            numbers.map(move |&number| BaseTensor { file, number })
        });
        found.take(MOST_CANDIDATES).collect()
    }

    fn best(
        &self,
        tensor: &dyn Sought,
        candidates: &[BaseTensor],
        alike: f64,
    ) -> Result<Option<BaseTensor>> {
        if candidates.is_empty() {
            return Ok(None);
        }
        let (dtype, len) = (tensor.spec().dtype, tensor.byte_len() as usize);
        // From the middle, at a whole element, which has at most 8 bytes, or 4 of 6 bits 3.
        let start = (len / 2).saturating_sub(SAMPLE / 2) / 24 * 24;
        let sample = &mut vec![0; SAMPLE.min(len - start) / 24 * 24];
        tensor.read_part(start as u64, sample)?;
        let shape = [(sample.len() * 8 / dtype.bitsize()) as u64];
        let view = TensorView::new(dtype, &shape, sample)?;
        let mut least = self.encoder.encode(&view)?.len() as f64 * alike;
        let (mut best, mut theirs) = (None, vec![0; sample.len()]);
        for &candidate in candidates {
            self.read_part(candidate, start, &mut theirs)?;
            let against = self.encoder.encode_against(&view, &theirs)?.len() as f64;
            if against < least {
                (least, best) = (against, Some(candidate));
            }
        }
        Ok(best)
    }

    /// The rows of the tensor of the same name, or of another with rows of the same length, that this
    /// one has at other places.
    fn rows(&self, sought: &dyn Sought) -> Result<Option<Match>> {
        let Some(row) = row_bytes(sought) else { return Ok(None) };
        let (spec, len) = (sought.spec(), sought.byte_len());
        let files = self.bases.files.iter().enumerate();
        let named = files.filter_map(|(file, base)| {
            base.named(&spec.name).map(|number| BaseTensor { file, number })
        });
        let fits = |tensor: &BaseTensor| {
            let theirs = self.bases.file(*tensor).spec(tensor.number);
            let same_rows = theirs.shape.iter().skip(1).eq(spec.shape.iter().skip(1));
            theirs.dtype == spec.dtype && theirs.shape.iter().count() > 1 && same_rows
        };
        for tensor in named.filter(fits) {
            let mut own = Vec::new();
            resize(&mut own, len, "a tensor")?;
            sought.read_part(0, &mut own)?;
            let theirs = self.read(tensor)?;
            let (rows, found) = match_rows(&own, &theirs, row)?;
            if found * LEAST_ROWS >= len / row {
                let reference = self.bases.file(tensor).reference(tensor.number)?;
                return Ok(Some(Match::Against { reference, rows: Some(rows) }));
            }
        }
        Ok(None)
    }

    /// Reads a part of a tensor of a base: of one that decodes alone no more than that.
    fn read_part(&self, tensor: BaseTensor, start: usize, out: &mut [u8]) -> Result<()> {
        match self.bases.file(tensor).content() {
            Content::Safetensors(file, _) => file.read_part(tensor.number, start as u64, out),
            Content::Archive(archive) if archive.tensors()[tensor.number].reference().is_none() => {
                let range = start as u64..(start + out.len()) as u64;
                archive.decode_part_to(tensor.number, range, self.decoder, out)
            }
            Content::Archive(_) => {
                out.copy_from_slice(&self.read(tensor)?[start..start + out.len()]);
                Ok(())
            }
        }
    }

    fn read(&self, tensor: BaseTensor) -> Result<Vec<u8>> {
        let file = self.bases.file(tensor);
        let (reference, name) = (file.reference(tensor.number)?, &file.spec(tensor.number).name);
        let changed = |_| Error::Changed { path: file.path().to_path_buf() };
        self.bases.read(reference, name, self.decoder, &changed)
    }
}

/// Bytes of a row of a tensor, an index of its first dimension, where they are whole elements.
fn row_bytes(tensor: &dyn Sought) -> Option<u64> {
    let (spec, len) = (tensor.spec(), tensor.byte_len());
    let (rows, rank) = (spec.shape.iter().next()?, spec.shape.iter().count());
    let whole = rank > 1 && rows > 0 && spec.dtype.bitsize() >= 8 && len.is_multiple_of(rows);
    (whole && len > 0).then(|| len / rows)
}
