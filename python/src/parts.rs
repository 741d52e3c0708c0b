//! Parts of tensors, of which no more is read than their tiles: what each of several processes owns.

use crate::decoders::cpu_decoder;
use crate::errors::{argument, exception};
use crate::gpu;
use crate::interrupt::interruptible;
use crate::memory::Bytes;
use crate::opened::Opened;
use crate::source::Source;
use pyo3::prelude::*;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use wcodec::container::{CutLines, TensorCut};
use wcodec::{Decoder, Error, Result};

/// A part as Python names it: a tensor, some of its bytes, and of the lines in these some columns.
type Part = (String, (u64, u64), Option<(u64, u64)>);

/// The tiles of a part, read.
#[pyclass(frozen, module = "wcodec._native")]
pub struct Cut {
    pub cut: TensorCut,
    /// The CRC-32C of its blob, for a GPU to load it.
    pub crc32c: u32,
}

#[pymethods]
impl Cut {
    /// Bytes of the tiles, as they were read.
    #[getter]
    fn blob_len(&self) -> usize {
        self.cut.blob().len()
    }

    /// Where the part lies in the decoded tiles: the byte of the first line, the number of lines, bytes
    /// from one to the next, and the part's bytes of each.
    #[getter]
    fn lines(&self) -> (u64, u64, u64, u64, u64) {
        let CutLines { start, count, line_bytes, bytes, .. } = self.cut.lines();
        (*start, *count, *line_bytes, bytes.start, bytes.end)
    }
}

/// Reads the tiles of parts; None of one whose tiles cannot be taken alone, as of a file without any.
#[pyfunction]
pub fn cut_parts(
    py: Python<'_>,
    source: Bound<'_, Source>,
    parts: Vec<Part>,
) -> PyResult<Vec<Option<Cut>>> {
    let opened = source.get().opened(py)?;
    let bytes = parts.iter().map(|(_, (start, end), _)| end - start).sum();
    interruptible(py, bytes, move |cancelled| {
        let cut = |(name, (start, end), columns): Part| {
            check_cancelled(cancelled)?;
            let Some(archive) = opened.archive_of(&name)? else { return Ok(None) };
            let columns = columns.map(|(start, end)| start..end);
            let cut = archive.reader(&name)?.cut(start..end, columns)?;
            // Here, as it is done while the parts before are decoded.
            Ok(cut.map(|cut| Cut { crc32c: cut.crc32c(), cut }))
        };
        parts.into_par_iter().map(cut).collect()
    })
}

/// Decodes parts on the CPU, each to as many bytes at an address.
#[pyfunction]
pub fn decode_parts(
    py: Python<'_>,
    source: Bound<'_, Source>,
    parts: Vec<(Part, usize, usize)>,
) -> PyResult<()> {
    let opened = source.get().opened(py)?;
    let bytes = parts.iter().map(|(_, _, len)| *len as u64).sum();
    let parts: Vec<_> =
        parts.into_iter().map(|(part, address, len)| (part, Bytes::new(address, len))).collect();
    interruptible(py, bytes, move |cancelled| {
        let decoder = cpu_decoder()?;
        parts.par_iter().try_for_each(|(part, out)| {
            check_cancelled(cancelled)?;
            decode_part(&opened, part, decoder, out.into_slice())
        })
    })
}

fn decode_part(opened: &Opened, part: &Part, decoder: &Decoder, out: &mut [u8]) -> Result<()> {
    let (name, (start, end), columns) = part;
    let columns = columns.map(|(start, end)| start..end);
    match (opened.archive_of(name)?, opened) {
        (Some(archive), _) => {
            archive.reader(name)?.decode_part_to(*start..*end, columns, decoder, out)
        }
        (None, Opened::Model { model, .. }) => {
            model.tensor(name)?.decode_part_to(*start..*end, columns, decoder, out)
        }
        // The one archive has all its tensors.
        (None, Opened::Archive(_)) => Err(Error::InvalidArgument(format!("{name:?} is nowhere"))),
    }
}

/// Decodes bytes of read tiles on a GPU: of each cut those from a start to an end, to an address there.
#[pyfunction]
#[allow(unsafe_code)]
pub fn load_cuts_to_gpu(
    py: Python<'_>,
    cuts: Vec<(Py<Cut>, (u64, u64), u64)>,
    ordinal: u32,
    stream: u64,
) -> PyResult<()> {
    if let Some((_, range, _)) = cuts.iter().find(|(_, (start, end), _)| start > end) {
        return Err(argument(py, &format!("{range:?} is no range of bytes")));
    }
    let bytes = cuts.iter().map(|(_, (start, end), _)| end - start).sum();
    let cuts: Vec<_> = cuts
        .iter()
        .map(|(cut, (start, end), address)| (cut.get(), *start..*end, *address))
        .collect();
    interruptible(py, bytes, move |cancelled| {
        // SAFETY: as for `Source.load_to_gpu`: the Python sources hand over memory that torch has just given them on
        // this device and its current stream, as long as the range, and use it for nothing else until this returns.
        unsafe { gpu::load_cuts(&cuts, (ordinal, stream), cancelled) }
    })
}

/// Compares the checksums of the blobs of these tensors, which are read whole for that.
#[pyfunction]
pub fn check_blobs(py: Python<'_>, source: Bound<'_, Source>, names: Vec<String>) -> PyResult<()> {
    let opened = source.get().opened(py)?;
    interruptible(py, u64::MAX, move |cancelled| {
        names.par_iter().try_for_each(|name| {
            check_cancelled(cancelled)?;
            opened.archive_of(name)?.map_or(Ok(()), |archive| archive.reader(name)?.check())
        })
    })
}

/// Bytes that were read of a source's files so far.
#[pyfunction]
pub fn bytes_read(py: Python<'_>, source: Bound<'_, Source>) -> PyResult<u64> {
    Ok(source.get().opened(py)?.bytes_read())
}

/// Where the tiles of parts lie in the archive that a reader gets; their fronts are read for it.
#[pyfunction]
pub fn part_places(
    py: Python<'_>,
    source: Bound<'_, Source>,
    parts: Vec<Part>,
) -> PyResult<Vec<(u64, u64)>> {
    let opened = source.get().opened(py)?;
    let places = |(name, (start, end), columns): &Part| -> Result<Vec<(u64, u64)>> {
        let Some(archive) = opened.archive_of(name)? else { return Ok(Vec::new()) };
        let columns = columns.map(|(start, end)| start..end);
        let places = archive.reader(name)?.places(*start..*end, columns)?;
        Ok(places.into_iter().map(|place| (place.start, place.end)).collect())
    };
    let places = py.detach(|| parts.par_iter().map(places).collect::<Result<Vec<_>>>());
    places.map(|places| places.concat()).map_err(|error| exception(py, &error))
}

fn check_cancelled(cancelled: &AtomicBool) -> Result<()> {
    match cancelled.load(Ordering::Relaxed) {
        true => Err(Error::Cancelled),
        false => Ok(()),
    }
}
