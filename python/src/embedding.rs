//! Safetensors files that hold archives (FORMAT.md section 9), written and turned back.

use crate::embedded::{
    ARCHIVE, AS_IT_WAS, Embedded, HEADER_NAME, KINDS_NAME, VERSION, VERSION_NAME, corrupt, is_own,
};
use crate::embedded_archive::ALIGNMENT;
use crate::errors::exception;
use crate::meter::Meter;
use crate::settings::{Given, Settings, profile};
use pyo3::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Cursor, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use wcodec::container::{ArchiveWriter, ContentHash, Manifest, Metadata, TensorSpec};
use wcodec::safetensors_file::safetensors_header;
use wcodec::{Decoder, Dtype, Encoder, Error, Progress, Result, SafetensorsFile, TensorView};

/// Tensors and archives among them, and the bytes of the file before and after.
type Done = (usize, usize, u64, u64);

/// Writes a file whose tensors are archives where that takes fewer bytes, and decodes them again from it.
#[pyfunction]
pub fn embed_file(
    py: Python<'_>,
    source: PathBuf,
    target: PathBuf,
    profile_name: &str,
    verify: bool,
    settings: Given,
) -> PyResult<Done> {
    let settings = Settings::new(py, settings)?;
    let (device, profile) = (settings.device, profile(py, profile_name)?);
    settings.run(py, move |meter| {
        let file = SafetensorsFile::open(&source)?;
        let encoder = Encoder::new().profile(profile).batch_bytes(file.data_len());
        meter.expect(file.data_len());
        let kinds = Embedding::new(&file, &target, encoder)?.write(meter)?;
        if verify {
            check(&target, &Decoder::open(device)?)?;
        }
        let archives = kinds.chars().filter(|&kind| kind == ARCHIVE).count();
        let written = SafetensorsFile::open(&target)?.file_len();
        Ok((kinds.len(), archives, file.file_len(), written))
    })
}

/// Restores the file that one with archives was made from; fails where it is none.
#[pyfunction]
pub fn restore_file(
    py: Python<'_>,
    source: PathBuf,
    target: PathBuf,
    settings: Given,
) -> PyResult<()> {
    let settings = Settings::new(py, settings)?;
    let device = settings.device;
    settings.run(py, move |meter| {
        let no_archives = || format!("{} holds no archives", source.display());
        let embedded =
            Embedded::open(&source)?.ok_or_else(|| Error::InvalidArgument(no_archives()))?;
        restore(&embedded, &target, &Decoder::open(device)?, meter)?;
        Ok(())
    })
}

/// Whether a safetensors file says that it holds archives, of whatever version and sound or not.
#[pyfunction]
pub fn holds_archives(py: Python<'_>, path: PathBuf) -> PyResult<bool> {
    let file = py.detach(|| SafetensorsFile::open(&path)).map_err(|error| exception(py, &error))?;
    Ok(file.manifest().metadata.as_ref().is_some_and(|strings| strings.get(VERSION_NAME).is_some()))
}

/// A file on its way from tensors to archives.
struct Embedding<'a> {
    file: &'a SafetensorsFile,
    encoder: Encoder,
    out: BufWriter<File>,
    target: &'a Path,
    written: Vec<TensorSpec>,
    kinds: String,
}

impl<'a> Embedding<'a> {
    fn new(file: &'a SafetensorsFile, target: &'a Path, encoder: Encoder) -> Result<Self> {
        let mut names = file.manifest().metadata.iter().flat_map(Metadata::iter);
        if names.any(|(name, _)| is_own(name)) {
            let message = format!("{} holds archives already", file.path().display());
            return Err(Error::InvalidArgument(message));
        }
        let out = BufWriter::with_capacity(1 << 20, create(target)?);
        Ok(Self { file, encoder, out, target, written: Vec::new(), kinds: String::new() })
    }

    /// Writes the tensors, and then the header before them, into the room that was left for it.
    fn write(mut self, meter: &Meter) -> Result<String> {
        let room = self.header(self.longest())?.len();
        self.put(&(room as u64).to_le_bytes())?;
        self.put(&vec![b' '; room])?;
        let (mut data, file) = (Vec::new(), self.file);
        for (number, spec) in file.manifest().tensors.iter().enumerate() {
            go_on(meter.tensor(file.path(), &spec.name))?;
            file.read_tensor(number, &mut data)?;
            self.append(spec, &data)?;
            go_on(meter.advance(data.len() as u64))?;
        }
        let written = std::mem::take(&mut self.written);
        let header = self.header(written)?;
        // None of its entries is longer than what the room was made for.
        let header = header.trim_end();
        if header.len() > room {
            let message = format!("the header of {} has no room", self.target.display());
            return Err(Error::InvalidArgument(message));
        }
        self.out.seek(SeekFrom::Start(8)).map_err(cannot_write(self.target))?;
        self.put(header.as_bytes())?;
        self.out.flush().map_err(cannot_write(self.target))?;
        Ok(self.kinds)
    }

    fn append(&mut self, spec: &TensorSpec, data: &[u8]) -> Result<()> {
        let mut archive = archive_of(spec, data, &self.encoder)?;
        // So that every tensor begins at the same place in a word as in the source.
        while archive.len() as u64 % ALIGNMENT != data.len() as u64 % ALIGNMENT {
            archive.push(0);
        }
        if archive.len() >= data.len() {
            self.kinds.push(AS_IT_WAS);
            self.written.push(spec.clone());
            return self.put(data);
        }
        self.kinds.push(ARCHIVE);
        self.written.push(TensorSpec::new(&spec.name, Dtype::U8, [archive.len() as u64]));
        self.put(&archive)
    }

    /// Of each tensor the entry that may be written for it whose text is longer.
    fn longest(&self) -> Vec<TensorSpec> {
        let text = |spec: &TensorSpec| format!("{}{:?}", spec.dtype, spec.shape.to_vec()).len();
        let tensors = self.file.manifest().tensors.iter().map(|spec| {
            let bytes = TensorSpec::new(&spec.name, Dtype::U8, [spec.byte_len().unwrap_or(0)]);
            if text(&bytes) > text(spec) { bytes } else { spec.clone() }
        });
        tensors.collect()
    }

    /// The header of a file of these tensors, with the source's own metadata and header in it.
    fn header(&self, tensors: Vec<TensorSpec>) -> Result<String> {
        let source = self.file.manifest();
        let kinds = match self.kinds.len() {
            0 => AS_IT_WAS.to_string().repeat(tensors.len()),
            _ => self.kinds.clone(),
        };
        let text = source.safetensors_header.as_deref().unwrap_or_default();
        let own = [(VERSION_NAME, VERSION), (KINDS_NAME, &kinds), (HEADER_NAME, text)];
        let strings = source.metadata.iter().flat_map(Metadata::iter).chain(own);
        let manifest = Manifest::new(tensors).metadata(Metadata::new(strings)?);
        Ok(safetensors_header(&manifest)?.into_owned())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(cannot_write(self.target))
    }
}

/// An archive of one tensor.
fn archive_of(spec: &TensorSpec, data: &[u8], encoder: &Encoder) -> Result<Vec<u8>> {
    let blob = encoder.encode(&TensorView::new(spec.dtype, &spec.shape.to_vec(), data)?)?;
    let manifest = Manifest::new(vec![spec.clone()]);
    let mut writer = ArchiveWriter::new(Cursor::new(Vec::new()), "<memory>", manifest)?;
    writer.append(&blob, ContentHash::of(data))?;
    Ok(writer.finish()?.into_inner())
}

/// Decodes every tensor of a file, which compares it with the hash of the source's bytes.
fn check(path: &Path, decoder: &Decoder) -> Result<()> {
    let Some(embedded) = Embedded::open(path)? else { return Ok(()) };
    let mut bytes = Vec::new();
    (0..embedded.count()).try_for_each(|number| embedded.decode(number, decoder, &mut bytes))
}

fn restore(embedded: &Embedded, target: &Path, decoder: &Decoder, meter: &Meter) -> Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, create(target)?);
    let header = embedded.source_header()?;
    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(cannot_write(target));
    put(&(header.len() as u64).to_le_bytes())?;
    put(header.as_bytes())?;
    let mut bytes = Vec::new();
    for number in 0..embedded.count() {
        go_on(meter.tensor(embedded.path(), &embedded.spec(number).name))?;
        embedded.decode(number, decoder, &mut bytes)?;
        put(&bytes)?;
        go_on(meter.advance(bytes.len() as u64))?;
    }
    out.flush().map_err(cannot_write(target))?;
    // The header is believed where the tensors are those that it lists.
    let specs = (0..embedded.count()).map(|number| embedded.spec(number));
    match SafetensorsFile::open(target) {
        Ok(restored) if restored.manifest().tensors.iter().eq(specs) => Ok(()),
        Err(error) if !error.is_bad_data() => Err(error),
        _ => {
            let reason = "the header of its source lists other tensors than it has";
            Err(corrupt(embedded.path().display(), reason))
        }
    }
}

fn create(target: &Path) -> Result<File> {
    File::create_new(target).map_err(cannot_write(target))
}

fn cannot_write(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    |source| Error::Io { action: "write", path: path.to_path_buf(), source }
}

fn go_on(flow: std::ops::ControlFlow<()>) -> Result<()> {
    if flow.is_break() { Err(Error::Cancelled) } else { Ok(()) }
}
