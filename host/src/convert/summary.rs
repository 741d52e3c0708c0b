//! The result of a conversion.

use super::SourceFile;
use std::path::PathBuf;

/// Sizes and files of a finished conversion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Tensors converted.
    pub tensors: u64,
    /// Their decoded bytes.
    pub tensor_bytes: u64,
    /// Bytes of all files read, those that were copied with them.
    pub input_bytes: u64,
    /// Bytes of all files that they became.
    pub output_bytes: u64,
    /// Files converted.
    pub converted: Vec<SourceFile>,
    /// Files copied along as they are.
    pub copied: Vec<SourceFile>,
    /// Safetensors files among those copied of which no archive can be made, each of which the log
    /// has a warning of.
    pub as_is: Vec<PathBuf>,
    /// The manifest of a compressed folder that was read; `None` where it has none, so that nothing
    /// tells whether files are missing.
    pub manifest: Option<SourceFile>,
    /// Files and folders that hold weights, or cannot be looked into, and were left out: hidden
    /// folders, and files that appeared meanwhile.
    pub left_out: Vec<PathBuf>,
}

impl Summary {
    /// The files that were read.
    pub fn sources(&self) -> impl Iterator<Item = &SourceFile> {
        self.converted.iter().chain(&self.copied).chain(&self.manifest)
    }

    /// Adds the sizes and files of another conversion.
    pub(super) fn add(&mut self, other: Summary) {
        self.tensors += other.tensors;
        self.tensor_bytes += other.tensor_bytes;
        self.input_bytes += other.input_bytes;
        self.output_bytes += other.output_bytes;
        self.converted.extend(other.converted);
        self.copied.extend(other.copied);
        self.as_is.extend(other.as_is);
        self.manifest = self.manifest.take().or(other.manifest);
        self.left_out.extend(other.left_out);
    }
}
