//! What is strange about a model.

use std::fmt;
use std::path::PathBuf;

/// Something about a model that is no error, but that its user may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelWarning {
    /// The index lists a tensor that no file has.
    Missing {
        /// The tensor.
        tensor: String,
        /// The file that is to have it, as the index calls it.
        listed: String,
    },
    /// A file has a tensor that the index does not list. It is found all the same.
    Unlisted {
        /// The tensor.
        tensor: String,
        /// The file.
        file: PathBuf,
    },
    /// A tensor lies in another file than the index says. It is found all the same.
    Misplaced {
        /// The tensor.
        tensor: String,
        /// The file that it lies in.
        file: PathBuf,
        /// The file that is to have it, as the index calls it.
        listed: String,
    },
    /// A file of tensors in the folder is no part of the model: the index does not name it, or it is
    /// the source of an archive beside it.
    Unused {
        /// The file.
        file: PathBuf,
    },
}

impl fmt::Display for ModelWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { tensor, listed } => {
                write!(formatter, "the index lists tensor {tensor:?} of {listed:?}: no file has it")
            }
            Self::Unlisted { tensor, file } => {
                write!(formatter, "{} has tensor {tensor:?}, unknown to the index", file.display())
            }
            Self::Misplaced { tensor, file, listed } => write!(
                formatter,
                "tensor {tensor:?} lies in {}, not in {listed:?} as the index says",
                file.display()
            ),
            Self::Unused { file } => {
                write!(formatter, "{} holds tensors, but is no part of the model", file.display())
            }
        }
    }
}
