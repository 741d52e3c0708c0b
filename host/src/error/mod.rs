//! Errors. Each message says what failed, where, and what to do about it.

mod kind;
mod text;

use std::path::{Path, PathBuf};
use text::{advice, and_more, of_the_system};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read or write a file.
    #[error("cannot {action} {}: {source}{}", path.display(), advice(action, path, source))]
    Io {
        /// The action that failed, as a verb: "read", "create", "rename".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },

    /// The file is not what its name or the caller says it is.
    #[error("{} is not a {expected}: {reason}", path.display())]
    WrongFormat {
        /// The file.
        path: PathBuf,
        /// The format looked for: "safetensors file", ".wcodec file".
        expected: &'static str,
        /// The evidence.
        reason: String,
    },

    /// The file was written by a newer major version of the format.
    #[error(
        "{} has format version {major}.{minor}, this program reads up to {}.x: use a newer wcodec",
        path.display(), wcodec_codec::format::MAJOR_VERSION
    )]
    UnsupportedVersion {
        /// The file.
        path: PathBuf,
        /// Its major version.
        major: u16,
        /// Its minor version.
        minor: u16,
    },

    /// The file was written by a version that was never released.
    #[error(
        "{} has format version {major}.{minor}, which only an unreleased wcodec wrote: \
         compress its source again, as no release reads it", path.display()
    )]
    UnreleasedVersion {
        /// The file.
        path: PathBuf,
        /// Its major version.
        major: u16,
        /// Its minor version.
        minor: u16,
    },

    /// A file or a blob has something that this version does not know.
    #[error(
        "{place} has {feature} {number}, which this wcodec does not know: \
         a newer one may, unless the data is damaged"
    )]
    UnknownFeature {
        /// Where the number stands.
        place: String,
        /// The kind of number: "split", "plane codec", "predictor", "field".
        feature: &'static str,
        /// The number.
        number: u8,
    },

    /// The data ends too early.
    #[error(
        "{place} is {actual} bytes long, it should be {expected}: the end is missing, download or \
         copy it again"
    )]
    Truncated {
        /// The file, or a blob in one.
        place: String,
        /// The length that its own header gives, or at least has to have.
        expected: u64,
        /// The length that it has.
        actual: u64,
    },

    /// The data goes on after its end.
    #[error(
        "{place} is {actual} bytes long, it should be {expected}: something follows that is no part \
         of it; compare its checksum with that of its source, and download or copy it again if they differ"
    )]
    TrailingData {
        /// The file, or a blob in one.
        place: String,
        /// The length that its own header gives.
        expected: u64,
        /// The length that it has.
        actual: u64,
    },

    /// A file is not the one that was read: it was written to, or another has taken its name.
    #[error("{} was changed meanwhile: wait until nothing writes to it, and try again", path.display())]
    Changed {
        /// The file, or the folder whose files are others.
        path: PathBuf,
    },

    /// Stored data contradicts itself or its checksum.
    #[error("{place} is corrupt: {reason}")]
    Corrupt {
        /// Where: "header of model.wcodec", "tensor wte.weight, tile 17".
        place: String,
        /// The rule that is broken.
        reason: String,
    },

    /// A limit that protects against hostile files was hit.
    #[error("{place}: {what} is {value}, the limit is {limit}")]
    LimitExceeded {
        /// Where the value stands.
        place: String,
        /// The quantity that is limited.
        what: &'static str,
        /// The value found.
        value: u64,
        /// The largest value accepted.
        limit: u64,
    },

    /// The caller's arguments do not fit together.
    #[error("{0}")]
    InvalidArgument(String),

    /// No tensor of that name is in the archive.
    #[error("{} has no tensor named {name:?}", path.display())]
    NoSuchTensor {
        /// The archive.
        path: PathBuf,
        /// The name asked for.
        name: String,
    },

    /// Two files of a model have a tensor of one name.
    #[error(
        "{} and {} both have a tensor named {name:?}: move away the one that is not wanted",
        files[0].display(), files[1].display()
    )]
    DuplicateTensor {
        /// The name.
        name: String,
        /// The files.
        files: [PathBuf; 2],
    },

    /// The index of a model names files that are not there.
    #[error(
        "{} names {:?}{}, which the folder does not have: download what is missing",
        index.display(), shards.first().map_or("", String::as_str), and_more(shards.len())
    )]
    AbsentShards {
        /// The index.
        index: PathBuf,
        /// The names of the files, as the index has them.
        shards: Vec<String>,
    },

    /// The bytes of a tensor are stored in another file of its folder, which is not there, or is
    /// another than it was.
    #[error(
        "{place} is stored in {}, as the bytes with XXH3 {xxh3:016x}: {reason}; get all files of the \
         compressed folder, and keep them together", file.display()
    )]
    StoredElsewhere {
        /// The tensor and its archive.
        place: String,
        /// The file that is to have its bytes.
        file: PathBuf,
        /// The XXH3-64 of its bytes.
        xxh3: u64,
        /// What is wrong with the file.
        reason: &'static str,
    },

    /// A tensor is coded against one of a base, which was not given, or is another.
    #[error(
        "{place} is coded against the tensor of {byte_len} bytes with XXH3 {xxh3:016x}: {reason}; \
         give the file that has it as a base (--base)"
    )]
    BaseNeeded {
        /// The tensor and its archive.
        place: String,
        /// The XXH3-64 of the bytes of the tensor that is wanted.
        xxh3: u64,
        /// The length of these.
        byte_len: u64,
        /// What is wrong with what was given.
        reason: &'static str,
    },

    /// The output is there already.
    #[error("{} exists already: remove it, choose another name, or force it", path.display())]
    OutputExists {
        /// The file or folder in the way.
        path: PathBuf,
    },

    /// A GPU was asked for, and none is usable.
    #[error("no usable NVIDIA GPU: {reason}")]
    NoGpu {
        /// The reason, from the driver where there is one.
        reason: String,
    },

    /// The GPU or its driver failed.
    #[error("the GPU failed to {action}: {reason}")]
    Gpu {
        /// The action that failed, as a verb.
        action: &'static str,
        /// The driver's error.
        reason: String,
    },

    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,

    /// The system lacks memory for a size that was proven valid.
    #[error("out of memory: {bytes} bytes for {what}")]
    OutOfMemory {
        /// The purpose of the memory.
        what: &'static str,
        /// The size asked for.
        bytes: u64,
    },

    /// The worker threads cannot be started.
    #[error("no threads to work with: {reason}")]
    Threads {
        /// The reason, and the remedy.
        reason: String,
    },

    /// This crate has a bug.
    #[error(
        "internal error: wcodec failed to {action} (a bug in wcodec: please report it): {reason}"
    )]
    Panicked {
        /// The action that failed, as a verb.
        action: &'static str,
        /// What did not hold.
        reason: String,
    },
}

impl Error {
    /// A closure for `map_err` that names the action and the path.
    pub(crate) fn io(
        action: &'static str,
        path: impl AsRef<Path>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Error::Io { action, path, source: of_the_system(source) }
    }

    /// [`Error::Corrupt`] from anything printable.
    pub(crate) fn corrupt(place: impl Into<String>, reason: impl ToString) -> Self {
        Error::Corrupt { place: place.into(), reason: reason.to_string() }
    }

    /// [`Error::Truncated`] or [`Error::TrailingData`]: chosen by comparing the expected length
    /// with the actual one.
    pub(crate) fn wrong_length(place: impl Into<String>, expected: u64, actual: u64) -> Self {
        let place = place.into();
        if actual < expected {
            Error::Truncated { place, expected, actual }
        } else {
            Error::TrailingData { place, expected, actual }
        }
    }

    /// Puts `outer` in front of the place of an error in stored data, as an inner parser knows only
    /// part of it.
    pub fn within(mut self, outer: &str) -> Self {
        if let Error::Corrupt { place, .. }
        | Error::UnknownFeature { place, .. }
        | Error::Truncated { place, .. }
        | Error::TrailingData { place, .. }
        | Error::LimitExceeded { place, .. } = &mut self
        {
            *place = format!("{outer}, {place}");
        }
        self
    }
}
